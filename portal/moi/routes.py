"""What concerns me: my missions, my candidatures, my details."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request, session, url_for
from flask_login import logout_user

from portal import donnees, ical, reglage, security
from portal.candidatures.models import Candidature
from portal.comptes import commands as comptes
from portal.comptes import queries as comptes_queries
from portal.missions import creneau
from portal.missions.accord import JOURS, Moment
from portal.missions.models import Affectation
from portal.missions.queries import HELD
from portal.moi import commands, copie, queries, securite
from portal.moi.forms import CoordonneesForm, EffacerForm, MessagesForm, ProfilForm
from portal.policy import load
from portal.web import GuardedBlueprint, Page, as_file, done, me, page_number, refused, render, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("moi", __name__, url_prefix="/moi")
bp.register_blueprint(securite.bp)


@bp.get("/", access="moi.voir")
def index() -> Any:
    return render("moi/index.html", mine=queries.of(me()), suivi=_follow_url)


def _follow_url(candidature: Candidature) -> str:
    """The candidature's own page, where one corrects it or steps back."""
    jeton = security.seal("candidature", candidature.id, candidature.generation)
    return url_for("candidatures.suivi", jeton=jeton)


@bp.get("/missions/<int:id>.ics", access="moi.voir")
def ics(id: int) -> Any:
    from portal.missions import calendrier

    place = load(Affectation, id, "affectation.voir", HELD)
    note = f"Qui appeler, et comment prévenir si tu ne peux plus venir\u00a0: {_base_url()}{url_for('.index')}"
    return ical.attached(calendrier.of_missions([place.mission], _base_url(), note=note), f"mission-{place.mission_id}")


@bp.post("/missions/<int:id>/confirmer", access="moi.voir")
def confirm_slot(id: int) -> Any:
    creneau.confirm(load(Affectation, id, "affectation.confirmer", HELD), by=me())
    toast("Merci : on compte sur toi au nouveau créneau.")
    return done(url_for(".index"))


@bp.get("/coordonnees", access="moi.voir")
def coordonnees() -> Any:
    return render("moi/coordonnees.html", form=CoordonneesForm(formdata=None, obj=me()))


@bp.post("/coordonnees", access="moi.voir")
def edit_coordonnees() -> Any:
    form = CoordonneesForm()
    if not form.validate():
        return render("moi/coordonnees.html", status=422, form=form)
    comptes.edit_person(me(), nom=form.nom.data, telephone=form.telephone.data, by=me())
    toast("C’est enregistré.")
    return done(url_for(".index"))


@bp.get("/missions", access="moi.voir")
def suited() -> Any:
    """Open missions, those that suit me best first."""
    profil = queries.profile_of(me())
    return render("moi/missions.html", profil=profil, suited=queries.suited_to(me(), profil))


@bp.get("/profil", access="moi.voir")
def profil() -> Any:
    told = queries.profile_of(me())
    return _profile_page(ProfilForm(formdata=None, obj=told, sollicitable=me().sollicitable))


@bp.post("/profil", access="moi.voir")
def edit_profil() -> Any:
    form = ProfilForm()
    if not form.validate():
        return _profile_page(form, 422)
    commands.tell_profile(me(), by=me(), **form.fields)
    toast("C’est enregistré.")
    return done(url_for(".suited"))


def _profile_page(form: ProfilForm, status: int = 200) -> Page:
    return render("moi/profil.html", status=status, form=form, jours=JOURS, moments=Moment)


@bp.get("/messages/choix", access="moi.voir")
def choix() -> Any:
    return render("moi/choix.html", form=MessagesForm(formdata=None, obj=me()))


@bp.post("/messages/choix", access="moi.voir")
def edit_choix() -> Any:
    form = MessagesForm()
    if not form.validate():
        return render("moi/choix.html", status=422, form=form)
    commands.choose_messages(me(), reception=form.reception.data, sollicitable=form.sollicitable.data, by=me())
    toast("C’est enregistré.")
    return done(url_for(".index"))


# --- my calendar -----------------------------------------------------------------------------------------------


@bp.get("/calendrier", access="moi.voir")
def calendar() -> Any:
    jeton = security.seal("agenda", me().id, me().agenda_generation)
    return render("moi/calendrier.html", address=_base_url() + url_for(".feed", jeton=jeton))


@bp.post("/calendrier/changer", access="moi.voir")
def change_calendar() -> Any:
    commands.change_calendar_address(me(), by=me())
    toast("Voici ta nouvelle adresse. L’ancienne ne donne plus rien\u00a0: remplace-la dans ton agenda.")
    return done(url_for(".calendar"))


@bp.get("/calendrier/<jeton>.ics", access="public")
def feed(jeton: str) -> Any:
    """What an agenda that follows the address reads, without signing in."""
    from portal.missions import calendrier

    opened = security.unseal("agenda", jeton)
    personne = (comptes_queries.calendar_owner(*opened) if opened else None) or abort(404)
    entries = queries.calendar_of(personne, _base_url())
    return ical.followed(calendrier.feed(entries, _base_url(), name=reglage.maison()))


# --- my data ---------------------------------------------------------------------------------------------------

SORTE = f"<any({', '.join(copie.SORTES)}):sorte>"


@bp.get("/donnees", access="moi.voir")
def my_data() -> Any:
    """What the portal holds about me, counted; `quoi` names the part to read."""
    if cle := request.args.get("quoi"):
        section = donnees.SECTIONS.get(cle) or abort(404)
        return render("moi/partie.html", section=section, leaf=copie.part_of(section, me(), page_number()))
    return render("moi/donnees.html", sections=donnees.SECTIONS, counted=donnees.counted(me()))


# By a POST: who took personal data away is written down, be they one's own, and reading never writes.
@bp.post(f"/donnees/tout.{SORTE}", access="moi.voir", fresh=True)
def take_data(sorte: str) -> Any:
    commands.note_export(me(), sorte, by=me())
    content = copie.whole(me(), sorte)
    return as_file(content, copie.SORTES[sorte], f"mes-donnees.{sorte}")


@bp.get("/donnees/effacer", access="moi.voir")
def leave() -> Any:
    return _leaving_page(EffacerForm(formdata=None))


@bp.post("/donnees/effacer", access="moi.voir", fresh=True)
def erase_me() -> Any:
    form = EffacerForm()
    if not form.validate():
        return _leaving_page(form, status=422)
    try:
        commands.erase_oneself(me())
    except Refusal as refusal:
        status, sentence = refusal.status, refusal.sentence
        return refused(status, lambda: _leaving_page(form, sentence))
    logout_user()
    session.clear()
    toast("Ton compte est effacé. Merci pour ce que tu as fait ici.")
    return done("/")


def _leaving_page(form: EffacerForm, refusal: str = "", status: int = 200) -> Page:
    return render("moi/effacer.html", status=status, form=form, refusal=refusal)


def _base_url() -> str:
    return str(current_app.config["PORTAL"].base_url)
