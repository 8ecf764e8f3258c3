"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import request, session, url_for
from flask_login import current_user, login_user, logout_user

from portal import clock, security
from portal.comptes import cles, commands, entree, preuve, queries, second
from portal.comptes.forms import CodeForm, LinkForm, PasswordForm, SecondForm, SignInForm, StatutForm
from portal.comptes.models import CleAcces, Personne
from portal.web import Done, GuardedBlueprint, Page, done, me, render, safe_next, toast

bp = GuardedBlueprint("comptes", __name__, url_prefix="/comptes")
bp.register_blueprint(preuve.bp)


def _enter(personne: Personne, suite: str, cle: CleAcces | None = None) -> Done:
    """A fresh cookie: nothing of the session before survives, neither its CSRF token nor its row.

    Whoever has a second proof to give is only asked for it: nothing opens yet. A passkey is both.
    """
    if current_user.is_authenticated:
        entree.close_session(me().session_token)
    session.clear()
    if personne.double_le and not cle:
        until = int((clock.now() + entree.LINK_LIFE).timestamp())
        session["second"] = {"qui": personne.id, "marque": second.mark(personne), "suite": suite, "avant": until}
        return done(url_for(".second_proof"))
    return _open(personne, suite, cle)


def _open(personne: Personne, suite: str, cle: CleAcces | None = None) -> Done:
    entree.open_session(personne, agent=request.user_agent.string, cle=cle)
    session.permanent = True
    login_user(personne)
    return done(suite)


@bp.get("/connexion", access="public")
def connexion() -> Any:
    if current_user.is_authenticated:
        return done(safe_next("/"))
    form = SignInForm(formdata=None)
    form.next.data = safe_next("")
    return render("comptes/connexion.html", form=form)


@bp.post("/connexion", access="public", limit="connexion")
def sign_in() -> Any:
    form = SignInForm()
    form.next.data = safe_next("")
    if not form.validate():
        return render("comptes/connexion.html", status=422, form=form)
    personne = entree.check_password(form.email.data, form.mot_de_passe.data)
    if personne is None:
        form.form_errors.append("Cette adresse et ce mot de passe ne vont pas ensemble. Vérifie-les, ou demande un lien.")
        return render("comptes/connexion.html", status=422, form=form)
    return _enter(personne, form.next.data or "/")


@bp.post("/cle/defi", access="public", limit="connexion")
def challenge() -> Any:
    """What a passkey is to sign, for this browser alone."""
    session["defi"] = cles.challenge()
    return cles.to_sign(session["defi"], me() if current_user.is_authenticated else None)


@bp.post("/cle", access="public", limit="connexion")
def use_key() -> Any:
    try:
        cle = cles.use(request.form.get("reponse", ""), session.pop("defi", ""))
    except cles.WrongKey as refusal:
        return _unusable(refusal.status, refusal.sentence)
    return _enter(cle.personne, safe_next("/"), cle)


@bp.post("/lien", access="public", limit="lien")
def ask_link() -> Any:
    form = LinkForm()
    form.next.data = safe_next("")
    if not form.validate():
        whole = SignInForm()
        whole.email.errors = form.email.errors
        return render("comptes/connexion.html", status=422, form=whole)
    session["jeton"] = entree.ask_link(form.email.data, suite=form.next.data or "/").id
    return done(url_for(".code"))


@bp.get("/code", access="public")
def code() -> Any:
    return render("comptes/code.html", form=CodeForm(formdata=None))


@bp.post("/code", access="public", limit="connexion")
def use_code() -> Any:
    form = CodeForm()
    if not form.validate():
        return render("comptes/code.html", status=422, form=form)
    try:
        return _enter(*entree.use_code(int(session.get("jeton") or 0), form.code.data))
    except entree.LinkUsed:
        form.code.errors = ["Ce code n’est pas le bon, ou ses dix minutes sont passées."]
        return render("comptes/code.html", status=422, form=form)


def _first_proof() -> dict[str, Any] | None:
    """Whose password or link was good, and where they were going, as this browser's signed cookie says for ten minutes."""
    given = session.get("second")
    return given if given and clock.now().timestamp() < given["avant"] else None


@bp.get("/second", access="public")
def second_proof() -> Any:
    return render("comptes/second.html", form=SecondForm(formdata=None))


@bp.post("/second", access="public", limit="connexion")
def give_second_proof() -> Any:
    given, form = _first_proof(), SecondForm()
    if given is None:
        return _unusable(410, "Dix minutes sont passées, ou ce code a déjà servi\u00a0: recommence ta connexion.")
    if not form.validate():
        return render("comptes/second.html", status=422, form=form)
    try:
        personne = second.admit(given["qui"], given["marque"], form.code.data)
    except second.WrongCode as refusal:
        form.code.errors = [refusal.sentence]
        return render("comptes/second.html", status=422, form=form)
    session.clear()
    return _open(personne, given["suite"])


@bp.get("/lien/<jeton>", access="public")
def lien(jeton: str) -> Any:
    opened = security.unseal("connexion", jeton)
    if opened is None:
        return _unusable(404)
    return render("comptes/lien.html", jeton=jeton) if queries.pending(*opened) else _unusable(410)


@bp.post("/lien/<jeton>", access="public", limit="connexion")
def use_link(jeton: str) -> Any:
    opened = security.unseal("connexion", jeton)
    if opened is None:
        return _unusable(404)
    try:
        return _enter(*entree.use_link(*opened))
    except entree.LinkUsed:
        return _unusable(410)


def _unusable(status: int, sentence: str = entree.LinkUsed.sentence) -> Page:
    return render("comptes/connexion.html", status=status, form=SignInForm(formdata=None), used_up=sentence)


@bp.post("/deconnexion", access="public")
def deconnexion() -> Any:
    if current_user.is_authenticated:
        entree.close_session(me().session_token)
        logout_user()
    session.clear()
    return done("/")


@bp.get("/mot-de-passe", access="moi.voir")
def mot_de_passe() -> Any:
    return _password_page(PasswordForm(formdata=None))


@bp.post("/mot-de-passe", access="moi.voir", limit="connexion", fresh=True)
def set_password() -> Any:
    form = PasswordForm()
    if not form.validate():
        return _password_page(form, 422)
    try:
        entree.set_password(me(), form.mot_de_passe.data)
    except entree.EasyPassword as refusal:
        form.mot_de_passe.errors = [refusal.sentence]
        return _password_page(form, refusal.status)
    toast("Ton mot de passe est enregistré. Tes autres appareils sont déconnectés.")
    return done(url_for("moi.index"))


def _password_page(form: PasswordForm, status: int = 200) -> Page:
    return render("comptes/mot_de_passe.html", status=status, form=form)


@bp.get("/statut", access="moi.voir")
def statut() -> Any:
    return render("comptes/statut.html", form=StatutForm(formdata=None, obj=me()))


@bp.post("/statut", access="moi.voir")
def declare() -> Any:
    form = StatutForm()
    if not form.validate():
        return render("comptes/statut.html", status=422, form=form)
    assert form.situation
    commands.declare(me(), form.situation, by=me())
    toast("C’est enregistré.")
    return done(url_for("moi.coordonnees"))
