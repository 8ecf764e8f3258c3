"""What keeps my account mine: passkeys, the application that makes a code besides the password, where it is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, request, session, url_for
from markupsafe import Markup

from portal import reglage
from portal.comptes import cles, entree, second, totp
from portal.comptes import queries as comptes
from portal.comptes.appareil import named
from portal.comptes.forms import KeyForm, SecondForm
from portal.comptes.models import CleAcces
from portal.policy import can
from portal.security import fingerprint
from portal.web import Done, GuardedBlueprint, Page, done, me, refused, render, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("securite", __name__, url_prefix="/securite")


class KeyFirst(Refusal):
    status = 403
    sentence = (
        "Entre d’abord avec une de tes clés d’accès. Tu n’en as plus aucune\u00a0? "
        "Une autre personne de l’administration peut les retirer."
    )


def is_wanted() -> bool:
    """Whether I administer a portal that wants two proofs of its admins, and gave but one: neither do I have an application,
    nor did a passkey that I still have open this session.
    """
    wanted = current_app.config["PORTAL"].admin_second_factor
    return bool(wanted and can(me(), "reglages.voir") and not me().double_le and not me().by_key)


def _key_first() -> None:
    """Where two proofs are wanted of somebody who has a key, a stolen password changes nothing of them. Raises KeyFirst."""
    if is_wanted() and cles.has_any(me()):
        raise KeyFirst


@bp.get("", access="moi.voir")
def index() -> Any:
    return _page(SecondForm(formdata=None))


def _page(form: SecondForm, key: KeyForm | None = None) -> Page:
    devices, here = comptes.sessions_of(me()), fingerprint(me().session_token)
    left, waiting = (second.left(me()), bool(second.to_keep(me()))) if me().double_le else (0, False)
    key = key or KeyForm(formdata=None, data={"nom": named(request.user_agent.string)})
    about: dict[str, Any] = {"appareils": devices, "ici": here, "restent": left, "a_garder": waiting, "cles": cles.of(me())}
    return render("moi/securite.html", form=form, cle=key, voulue=is_wanted(), **about)


# --- passkeys ------------------------------------------------------------------------------------------------


@bp.post("/cles/defi", access="moi.voir", limit="connexion", fresh=True)
def challenge() -> Any:
    """What a device is to sign with the passkey that it makes, and for whom."""
    _key_first()
    given, porteur = cles.challenge(), cles.holder(me())
    session["ajout"] = given, porteur
    return cles.to_make(given, porteur, me())


@bp.post("/cles", access="moi.voir", limit="connexion", fresh=True)
def add_key() -> Any:
    _key_first()
    form, answer = KeyForm(), request.form.get("reponse", "")
    given, porteur = session.pop("ajout", ("", ""))
    if form.validate() and answer:
        try:
            entree.mark_proved(me(), cles.add(me(), answer, given, porteur, nom=form.nom.data, by=me()))
        except cles.NotAdded as refusal:
            form.form_errors.append(refusal.sentence)
        else:
            toast("Cette clé d’accès t’ouvre maintenant le portail.")
            return done(url_for(".index"))
    elif not answer:  # the browser was asked for a proof instead
        form.form_errors.append("Le portail sait maintenant que c’est toi : touche encore « Ajouter une clé d’accès ».")
    return refused(422, lambda: _page(SecondForm(formdata=None), form))


def _mine(id: int) -> CleAcces:
    """404 for somebody else's, as for one that is not there."""
    return cles.one(me(), id) or abort(404)


@bp.get("/cles/<int:id>", access="moi.voir")
def key(id: int) -> Any:
    cle = _mine(id)
    return render("moi/cle.html", cle=cle, form=KeyForm(formdata=None, obj=cle))


@bp.post("/cles/<int:id>", access="moi.voir", fresh=True)
def rename_key(id: int) -> Any:
    _key_first()
    form = KeyForm()
    if not form.validate():
        return refused(422, lambda: render("moi/cle.html", cle=_mine(id), form=form))
    _mine(id).nom = form.nom.data
    toast("C’est enregistré.")
    return done(url_for(".index"))


@bp.post("/cles/<int:id>/retirer", access="moi.voir", fresh=True)
def remove_key(id: int) -> Any:
    _key_first()
    cles.remove(_mine(id), by=me())
    toast("Cette clé d’accès n’ouvre plus rien ici. Efface-la aussi de l’appareil qui la garde.")
    return done(url_for(".index"))


# --- where it is open ----------------------------------------------------------------------------------------


@bp.post("/appareils/<int:id>/deconnecter", access="moi.voir", fresh=True)
def sign_out(id: int) -> Any:
    """404 for a device of somebody else's, as for one that is not there."""
    if not entree.sign_out(me(), id):
        abort(404)
    toast("Cet appareil est déconnecté.")
    return done(url_for(".index"))


@bp.post("/appareils/deconnecter", access="moi.voir", fresh=True)
def sign_others_out() -> Any:
    entree.sign_out(me())
    toast("Tous tes autres appareils sont déconnectés.")
    return done(url_for(".index"))


# --- the application that makes codes ------------------------------------------------------------------------


@bp.post("/application", access="moi.voir", fresh=True)
def prepare() -> Any:
    _key_first()
    second.prepare(me(), by=me())
    return done(url_for(".application"))


@bp.get("/application", access="moi.voir")
def application() -> Any:
    secret = second.waiting(me())
    return _setting_up(secret, SecondForm(formdata=None)) if secret else done(url_for(".index"))


@bp.post("/application/confirmer", access="moi.voir", fresh=True)
def confirm() -> Any:
    _key_first()
    return _with_code(second.confirm, _to_recovery, _again)


def _with_code(act: Callable[..., None], then: Callable[[], Done], again: Callable[[SecondForm], Page]) -> Any:
    """Do it for the right code; else the page again."""
    form = SecondForm()
    if form.validate():
        try:
            act(me(), form.code.data, by=me())
        except second.WrongCode as refusal:
            form.code.errors = [refusal.sentence]
        else:
            return then()
    return refused(422, lambda: again(form))


def _to_recovery() -> Done:
    return done(url_for(".recovery"))


def _again(form: SecondForm) -> Page:
    secret = second.waiting(me())
    return _setting_up(secret, form) if secret else _page(form)


def _setting_up(secret: str, form: SecondForm) -> Page:
    address = totp.address(secret, me().email, reglage.maison())
    fours = [secret[n : n + 4] for n in range(0, len(secret), 4)]
    return render("moi/application.html", qr=_drawn(address), adresse=address, lettres=fours, form=form)


def _drawn(address: str) -> Markup:
    import segno  # imported when it is first wanted: few pages draw

    drawn = segno.make(address, error="m", micro=False)
    title = "QR code à scanner avec ton application"
    return Markup(drawn.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title=title))  # noqa: S704


@bp.get("/application/secours", access="moi.voir")
def recovery() -> Any:
    """The recovery codes, to whoever proved a moment ago who they are, until they say that they have them."""
    codes = second.to_keep(me()) if me().is_fresh else []
    return render("moi/secours.html", codes=codes) if codes else done(url_for(".index"))


@bp.post("/application/secours", access="moi.voir", fresh=True)
def see_recovery() -> Any:
    """The way to them, through a proof, which sends on what is posted."""
    return done(url_for(".recovery"))


@bp.post("/application/secours/gardes", access="moi.voir", fresh=True)
def keep_recovery() -> Any:
    second.keep(me(), by=me())
    return done(url_for(".index"))


@bp.post("/application/codes", access="moi.voir", limit="connexion")
def renew_codes() -> Any:
    return _with_code(second.renew_codes, _to_recovery, _page)


@bp.post("/application/retirer", access="moi.voir", limit="connexion")
def remove() -> Any:
    return _with_code(second.remove, _removed, _page)


def _removed() -> Done:
    toast("Aucun code ne t’est plus demandé.")
    return done(url_for(".index"))
