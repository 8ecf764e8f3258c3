"""The people of the house, seen by its bienveillants, and whom to ask when some are missing."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

from portal.actions.commands import Conflict
from portal.candidatures import queries as candidatures
from portal.comptes import consultations
from portal.comptes.models import Personne, Vue
from portal.equipe import commands, queries
from portal.equipe.forms import FilterForm, NoteForm
from portal.missions import queries as missions
from portal.missions.accord import SLOTS
from portal.missions.models import Affectation, Competence, Mission
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, RowId, done, me, page_number, refused, render, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("equipe", __name__, url_prefix="/equipe")


@bp.get("/", access="equipe.lister")
def index() -> Any:
    form = FilterForm.of_query()
    filters = form.filters()
    return render(
        "equipe/liste.html",
        ("liste", "combien"),
        form=form,
        leaf=queries.people(filters, page_number()),
        chosen=filters.words,
        competences=Competence,
    )


# --- one person ----------------------------------------------------------------------------------------------


@bp.get("/<int:id>", access="personne.voir")
def show(id: int) -> Any:
    page = _page(id)
    if not page.context["seen"]:
        consultations.write([id], Vue.FICHE, by=me())
    return page


@bp.post("/<int:id>/note", access="personne.annoter")
def annotate(id: int) -> Any:
    personne, form = load(Personne, id, "personne.annoter", queries.WITH_ROLES), NoteForm()
    if not form.validate():
        return refused(422, lambda: _page(id, form))
    try:
        commands.annotate(personne, by=me(), read=form.lu.data or "", **form.fields)
    except Conflict as conflict:
        refusal = conflict  # the name above goes away with its clause
        return refused(refusal.status, lambda: _page(id, form, refusal))
    toast("La note est enregistrée." if form.texte.data else "La note est effacée.")
    return done(url_for(".show", id=id, _anchor="note"))


def _page(id: int, typed: NoteForm | None = None, conflict: Conflict | None = None) -> Page:
    """Their history, and the note; `typed` are words that did not pass, which lie over what is stored after a conflict."""
    personne, profil, note, seen = queries.known_of(id, by=me()) or abort(404)
    load(Personne, id, "personne.voir")  # it is here: this says whether they may read it
    form = typed if typed and not conflict else NoteForm.over(commands.sheet_of(note), typed)
    if conflict:
        form.form_errors.append(conflict.sentence)
    held = missions.engagements(personne)
    return render(
        "equipe/personne.html",
        personne=personne,
        profil=profil,
        note=note,
        seen=seen,
        form=form,
        to_come=[place for place in held if not place.mission.is_past],
        past=[place for place in reversed(held) if place.mission.is_past],
        presences=queries.presences(held),
        applied=[c for c in candidatures.of_person(personne) if can(current_user, "candidature.voir", c)],
        callable=any(_may_call(place) for place in held),
        competences=Competence,
        creneaux=SLOTS,
    )


def _may_call(place: Affectation) -> bool:
    """The house's rule on phones: those of one's own action, around its day."""
    action = place.mission.action
    return action.shares_team and can(current_user, "action.modifier", action)


# --- finding cover -------------------------------------------------------------------------------------------


@bp.get("/renfort/<int:mission_id>", access="mission.modifier")
def cover(mission_id: int) -> Any:
    return _cover(mission_id)


@bp.post("/renfort/<int:mission_id>", access="mission.modifier", preview=True)
def invite(mission_id: int) -> Any:
    mission = load(Mission, mission_id, "mission.modifier", missions.WITH_ACTION)
    ticked = {int(id) for id in request.form.getlist("personne") if re.fullmatch(RowId.regex, id)}
    try:
        asked = commands.invite(mission, ticked, by=me())
    except Refusal as refusal:
        sentence = refusal.sentence
        return refused(refusal.status, lambda: _cover(mission_id, sentence))
    toast(_sum_up(asked, len(ticked)))
    return done(url_for(".cover", mission_id=mission_id))


def _sum_up(asked: int, ticked: int) -> str:
    """ "3 personnes invitées", and how many could not be asked any more."""
    said = f"{asked} personne{'s' if asked > 1 else ''} invitée{'s' if asked > 1 else ''}."
    gone = ticked - asked
    return f"{said} Les autres ne pouvaient plus l’être\u00a0: {gone}." if gone else said


def _cover(mission_id: int, refusal: str = "") -> Page:
    mission = load(Mission, mission_id, "mission.modifier", missions.WITH_ACTION)
    return render(
        "equipe/renfort.html",
        mission=mission,
        refusal=refusal,
        invited=queries.invited_to(mission),
        leaf=queries.cover_for(mission, page_number(), but=me()),
        competences=Competence,
    )
