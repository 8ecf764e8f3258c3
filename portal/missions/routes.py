"""The public listing, and what the bienveillant does with a mission."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import abort, current_app, request, url_for
from flask_login import current_user

from portal import clock, ical
from portal.actions import queries as actions
from portal.actions.commands import ActionOver, Conflict
from portal.actions.forms import MotifForm
from portal.actions.models import Action
from portal.comptes import consultations
from portal.comptes.models import Vue
from portal.missions import api, commands, ouverture, ouvrir, prise, queries, revue
from portal.missions.creneau import Unannounced
from portal.missions.forms import EditMissionForm, FilterForm, NewMissionForm
from portal.missions.models import WORKFLOW, Affectation, Etat, Mission, Nature, liberer, publier
from portal.poles import queries as poles
from portal.policy import can, load
from portal.web import Done, GuardedBlueprint, Page, Refused, done, me, page_number, refused, render, render_shared, toast
from portal.workflow import Event, MotifMissing, Refusal

bp = GuardedBlueprint("missions", __name__, url_prefix="/missions")
bp.register_blueprint(ouvrir.bp)
bp.register_blueprint(api.bp)


# --- public --------------------------------------------------------------------------------------------------


@bp.get("/", access="public", kept=True)
def index() -> Any:
    if request.args.get("pour_moi"):  # what this person asked for and holds is known above this package
        return done(url_for("moi.suited"))
    return render_shared("missions/liste.html", ("liste", "combien"), _listing)


def _listing() -> dict[str, Any]:
    form = FilterForm.of_query(poles.poles())
    chips = [(words, _without(name)) for name, words in form.active]
    return {"form": form, "leaf": queries.public_list(form.filters(), page_number()), "chips": chips}


def _without(name: str) -> str:
    """The listing with the same filters but this one."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in (name, "page")]
    return f"{url_for('.index')}?{urlencode(kept)}" if kept else url_for(".index")


@bp.get("/flux.atom", access="public", kept=True)
def flux() -> Any:
    leaf = queries.public_list(queries.Filters(places=True), 1)
    page = render("missions/flux.xml", missions=leaf.items, updated=clock.now(), base_url=base_url())
    page.mimetype = "application/atom+xml"
    return page


@bp.get("/<int:id>", access="public", kept=True)
def show(id: int) -> Any:
    mission = load(Mission, id, "mission.voir", queries.WITH_ACTION)
    over = mission.etat is Etat.ANNULEE or mission.is_past
    return render(
        "missions/fiche.html",
        mission=mission,
        others=queries.other_open(mission) if over else [],
        held=can(current_user, "mission.tenue", mission),
        programme=mission.action.programme,
        share_url=base_url() + url_for(".show", id=id),
        jsonld=description(mission),
    )


@bp.get("/<int:id>.ics", access="public")
def ics(id: int) -> Any:
    from portal.missions import calendrier

    mission = load(Mission, id, "mission.voir")
    return ical.attached(calendrier.of_missions([mission], base_url()), f"mission-{id}")


def base_url() -> str:
    return str(current_app.config["PORTAL"].base_url)


def description(mission: Mission) -> dict[str, Any]:
    """The mission for search engines (schema.org Event), with nothing that the page does not say."""
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": mission.titre,
        "startDate": clock.local(mission.debut).isoformat(),
        "endDate": clock.local(mission.fin).isoformat(),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if mission.etat == 'annulee' else 'Scheduled'}",
        "location": {"@type": "Place", "name": mission.action.lieu, "address": mission.action.lieu},
        "description": mission.description or mission.action.titre,
        "remainingAttendeeCapacity": mission.left,
        "url": base_url() + url_for("missions.show", id=mission.id),
    }


# --- the missions of an action -------------------------------------------------------------------------------


@bp.get("/action/<int:action_id>", access="action.voir")
def of_action(action_id: int) -> Any:
    return _tab(load(Action, action_id, "action.voir", actions.SHEET))


def _tab(action: Action, **said: Any) -> Page:
    """The missions of the action; `said` names which event of which mission did not pass, and why."""
    context = {"refused": None, "on": 0, "sentence": "", "workflow": WORKFLOW, "publier": publier, "liberer": liberer} | said
    context["new_key"] = lambda: secrets.token_urlsafe(16)  # a copy asked for twice by one tap is one copy
    mine = can(current_user, "mission.creer", action) and not action.is_over
    context["calls"] = mine and ouverture.calls_for_posts(action)
    return render("missions/action.html", action=action, missions=queries.of_action(action), **context)


def _back_to(mission: Mission) -> Done:
    return done(url_for(".of_action", action_id=mission.action_id, _anchor=f"mission-{mission.id}"))


@bp.get("/equipe/<int:action_id>", access="mission.equipe")
def team(action_id: int) -> Any:
    action = load(Action, action_id, "mission.equipe", actions.SHEET)
    shown = can(current_user, "jour.telephones", action) and action.shares_team
    known = queries.known_team(action)
    if shown:
        consultations.note((place.personne_id for place in known if place.shows_a_number), Vue.EQUIPE, by=me())
    return render("missions/equipe.html", action=action, team=known, phones=shown)


@bp.get("/nouvelle/<int:action_id>", access="mission.creer")
def create(action_id: int) -> Any:
    action = _open(action_id)
    nature = _nature(request.args.get("nature"))
    if nature is None:
        return render("missions/natures.html", action=action, natures=Nature)
    slot = {"debut": action.debut, "fin": action.fin}
    return _new(action, NewMissionForm(formdata=None, nature=nature, offer_post=_may_take(action), data=slot))


@bp.post("/nouvelle/<int:action_id>", access="mission.creer")
def record(action_id: int) -> Any:
    action = _open(action_id)
    nature = _nature(request.form.get("nature") or request.args.get("nature"))
    if nature is None:
        return render("missions/natures.html", status=422, action=action, natures=Nature)
    form = NewMissionForm(nature=nature, offer_post=_may_take(action))
    if not form.validate():
        return _new(action, form, 422)
    try:
        mission = commands.create(action, by=me(), take_post=form.takes_post, cle=(form.cle.data or "")[:64], **form.fields)
        _publish_too(mission)
    except Refusal as refusal:
        form.form_errors.append(refusal.sentence)
        return _new(action, form, refusal.status)
    said = f"Mission {'publiée' if mission.etat is Etat.OUVERTE else 'enregistrée en brouillon'}."
    prise.say(said, mission if form.takes_post else None, me())
    return _back_to(mission)


def _new(action: Action, form: NewMissionForm, status: int = 200) -> Page:
    return render("missions/nouvelle.html", status=status, action=action, form=form)


def _open(action_id: int) -> Action:
    action = load(Action, action_id, "mission.creer", actions.SHEET)
    if action.is_over:
        raise ActionOver
    return action


def _nature(text: str | None) -> Nature | None:
    return next((n for n in Nature if n == text), None)


def _may_take(action: Action) -> bool:
    return can(current_user, "mission.prendre", action)


def _publish_too(mission: Mission) -> None:
    """« Enregistrer et publier » is both in one transaction; a second tap finds it published."""
    if request.form.get("suite") == publier.slug and mission.etat is Etat.BROUILLON:
        commands.decide(mission, publier, by=me())


@bp.get("/<int:id>/modifier", access="mission.modifier")
def edit(id: int) -> Any:
    mission = _editable(id)
    return _edition(mission, EditMissionForm.over(mission.sheet, nature=mission.nature))


@bp.post("/<int:id>/modifier", access="mission.modifier", preview=True)
def save(id: int) -> Any:
    mission = _editable(id)
    form = EditMissionForm(nature=mission.nature, obj=mission)
    if not form.validate():
        return _edition(mission, form, 422)
    try:
        asked = commands.edit(mission, by=me(), read=form.lu.data or "", announced=form.prevenir.data, **form.fields)
        _publish_too(mission)
    except Unannounced as first:
        return _edition(mission, form, first.status, first.sentence)
    except Refusal as refusal:
        if isinstance(refusal, Conflict):
            form = EditMissionForm.over(mission.sheet, form, nature=mission.nature)
        form.form_errors.append(refusal.sentence)
        return _edition(mission, form, refusal.status)
    toast(f"Mission enregistrée.{_told(asked)}")
    return _back_to(mission)


def _editable(id: int) -> Mission:
    mission = load(Mission, id, "mission.modifier", queries.WITH_ACTION)
    if mission.etat is Etat.ANNULEE:
        raise commands.MissionOver
    if mission.action.is_over:
        raise ActionOver
    return mission


def _told(asked: list[Affectation]) -> str:
    """What the new slot has set going."""
    if not asked:
        return ""
    who = "Une personne reçoit" if len(asked) == 1 else f"{len(asked)} personnes reçoivent"
    return f" {who} un e-mail pour confirmer le nouveau créneau."


def _edition(mission: Mission, form: EditMissionForm, status: int = 200, consequence: str = "") -> Page:
    """`consequence` is what saving will do, which wants a tick first."""
    action = mission.action
    return render("missions/modifier.html", status=status, mission=mission, action=action, form=form, consequence=consequence)


@bp.post("/<int:id>/dupliquer", access="mission.dupliquer")
def duplicate(id: int) -> Any:
    mission = load(Mission, id, "mission.dupliquer", queries.WITH_ACTION)
    copy = commands.duplicate(mission, by=me(), cle=request.form.get("cle", "")[:64])
    toast("Voici la copie, en brouillon : change ce qui diffère.")
    return done(url_for(".edit", id=copy.id))


@bp.post("/<int:id>/vu", access="mission.modifier")
def see(id: int) -> Any:
    """What a devis has changed under it was looked at."""
    mission = load(Mission, id, "mission.modifier", queries.WITH_ACTION)
    revue.see(mission, by=me())
    toast("C’est noté.")
    return _back_to(mission)


# --- the référent's priority, and the states -----------------------------------------------------------------


@bp.post("/<int:id>/prendre", access="mission.prendre")
def take(id: int) -> Any:
    mission = load(Mission, id, "mission.prendre", queries.WITH_ACTION)
    commands.take(mission, by=me())
    prise.say(prise.TAKEN, mission, me(), undo=(url_for(".give_back", id=id), liberer.label))
    return _back_to(mission)


@bp.post("/<int:id>/liberer", access="mission.liberer", preview=True)
def give_back(id: int) -> Any:
    mission = load(Mission, id, "mission.liberer", queries.WITH_ACTION)
    form = MotifForm()
    runs_it = can(current_user, "mission.modifier", mission)
    try:
        commands.give_back(mission, by=me(), motif=form.motif.data[:500])
    except MotifMissing as missing:
        return _refused(mission, liberer, missing)
    toast("Le poste est libre. Les personnes que la priorité avait fait attendre reviennent dans la file.")
    return _back_to(mission) if runs_it else done(url_for("moi.index"))


@bp.post("/<int:id>/<slug>", access="moi.voir", preview=True)
def decide(id: int, slug: str) -> Any:
    transition = WORKFLOW.get(slug) or abort(404)
    mission = load(Mission, id, transition, queries.WITH_ACTION)
    try:
        commands.decide(mission, transition, by=me(), motif=MotifForm().motif.data[:500])
    except MotifMissing as missing:
        return _refused(mission, transition, missing)
    toast(f"Mission {transition.done}.")
    return _back_to(mission)


def _refused(mission: Mission, event: Event, refusal: Refusal) -> Refused:
    said = {"refused": event, "on": mission.id, "sentence": refusal.sentence}
    return refused(refusal.status, lambda: _tab(mission.action, **said))
