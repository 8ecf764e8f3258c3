"""The insiders' screens of an action: the list, the sheet, the programme, the journal."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

from portal.actions import commands, queries
from portal.actions.forms import EditActionForm, EditStepForm, MotifForm, NewActionForm, StepForm, next_step
from portal.actions.models import WORKFLOW, Action, Etape, Etat, clore, ouvrir, rouvrir
from portal.poles import queries as poles
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, done, me, page_number, render, toast
from portal.workflow import MotifMissing, Refusal, Transition

bp = GuardedBlueprint("actions", __name__, url_prefix="/actions")

OF_THE_DAY = (ouvrir, clore, rouvrir)  # moved by the day's own journal, which a plain button would contradict
BY_HAND = [t for t in WORKFLOW if t not in OF_THE_DAY]


@bp.get("/", access="action.lister")
def index() -> Any:
    sets_up = can(current_user, "action.creer")
    mine = request.args.get("qui", "miennes" if sets_up else "toutes") == "miennes"
    over = request.args.get("quand") == "passees"
    etat = next((e for e in Etat if e == request.args.get("etat")), None)
    board = queries.board(bienveillant_id=me().id if mine else None, over=over, etat=etat, number=page_number())
    return render("actions/liste.html", board=board, mine=mine, over=over, etat=etat, sets_up=sets_up)


# --- the sheet -----------------------------------------------------------------------------------------------


@bp.get("/nouvelle", access="action.creer")
def create() -> Any:
    return render("actions/nouvelle.html", form=NewActionForm(formdata=None, poles=poles.poles()))


@bp.post("/nouvelle", access="action.creer")
def record() -> Any:
    form = NewActionForm(poles=poles.poles())
    if not form.validate():
        return render("actions/nouvelle.html", status=422, form=form)
    action = commands.create(
        by=me(), demandeur=form.demandeur, outside_motif=form.outside_motif, cle=(form.cle.data or "")[:64], **form.fields
    )
    toast("Action enregistrée et confirmée." if form.outside_motif else "Action enregistrée.")
    return done(url_for(".show", id=action.id))


@bp.get("/<int:id>", access="action.voir")
def show(id: int) -> Any:
    return _sheet(load(Action, id, "action.voir", queries.SHEET))


def _sheet(action: Action, status: int = 200, **refused: Any) -> Page:
    """The sheet; `refused` is the transition that did not pass, and the sentence that says why."""
    context = {"refused": None, "sentence": "", "motif": ""} | refused
    offered = [t for t in BY_HAND if can(current_user, t, action)]
    return render("actions/action.html", status=status, action=action, offered=offered, **context)


def _editable(id: int) -> Action:
    action = load(Action, id, "action.modifier", queries.PROGRAMME)
    if action.is_over:
        raise commands.ActionOver
    return action


@bp.get("/<int:id>/modifier", access="action.modifier")
def edit(id: int) -> Any:
    action = _editable(id)
    return _edition(action, _form(action))


@bp.post("/<int:id>/modifier", access="action.modifier", preview=True)
def save(id: int) -> Any:
    action = _editable(id)
    form = EditActionForm(poles=poles.poles(), present=action.pole_porteur_id)
    if not form.validate():
        return _edition(action, form, 422)
    moved = (action.debut, action.fin) != (form.debut.data, form.fin.data)
    try:
        commands.edit(action, by=me(), read=form.lu.data or "", demandeur=form.demandeur, **form.fields)
    except Refusal as refusal:
        if isinstance(refusal, commands.Conflict):
            form = _form(action, form)
        form.form_errors.append(refusal.sentence)
        return _edition(action, form, refusal.status)
    toast("Fiche enregistrée.")
    if moved:
        toast("Le programme et les missions gardent leurs horaires : revois-les.", "attention")
    return done(url_for(".show", id=id))


def _form(action: Action, typed: EditActionForm | None = None) -> EditActionForm:
    return EditActionForm.over(action.sheet, typed, poles=poles.poles(), present=action.pole_porteur_id)


def _edition(action: Action, form: EditActionForm, status: int = 200) -> Page:
    return render("actions/modifier.html", status=status, action=action, form=form)


@bp.get("/<int:id>/journal", access="action.journal")
def history(id: int) -> Any:
    action = load(Action, id, "action.journal", queries.SHEET)
    return render("actions/journal.html", action=action, leaf=queries.journal(action, page_number()))


# --- the programme -------------------------------------------------------------------------------------------


@bp.get("/<int:id>/programme", access="action.voir")
def programme(id: int) -> Any:
    action = load(Action, id, "action.voir", queries.PROGRAMME)
    return _programme(action, StepForm(formdata=None, action=action, data=next_step(action)))


def _programme(action: Action, form: StepForm, status: int = 200) -> Page:
    return render("actions/programme.html", status=status, action=action, form=form)


@bp.post("/<int:id>/programme", access="action.modifier")
def add_step(id: int) -> Any:
    action = _editable(id)
    form = StepForm(action=action)
    if not form.validate():
        return _programme(action, form, 422)
    commands.add_step(action, by=me(), **form.fields)
    toast("Étape ajoutée.")
    return done(url_for(".programme", id=id))


def _step_of(id: int, etape_id: int) -> Etape:
    return queries.step(_editable(id), etape_id) or abort(404)


@bp.get("/<int:id>/programme/<int:etape_id>", access="action.modifier")
def edit_step(id: int, etape_id: int) -> Any:
    etape = _step_of(id, etape_id)
    return _step_edition(etape, EditStepForm.over(etape.sheet, action=etape.action))


@bp.post("/<int:id>/programme/<int:etape_id>", access="action.modifier")
def save_step(id: int, etape_id: int) -> Any:
    etape = _step_of(id, etape_id)
    form = EditStepForm(action=etape.action)
    if not form.validate():
        return _step_edition(etape, form, 422)
    try:
        commands.edit_step(etape, by=me(), read=form.lu.data or "", **form.fields)
    except commands.Conflict as conflict:
        form = EditStepForm.over(etape.sheet, form, action=etape.action)
        form.form_errors.append(conflict.sentence)
        return _step_edition(etape, form, conflict.status)
    toast("Étape enregistrée.")
    return done(url_for(".programme", id=id))


def _step_edition(etape: Etape, form: EditStepForm, status: int = 200) -> Page:
    return render("actions/etape.html", status=status, etape=etape, form=form)


@bp.post("/<int:id>/programme/<int:etape_id>/retirer", access="action.modifier")
def remove_step(id: int, etape_id: int) -> Any:
    commands.remove_step(_step_of(id, etape_id), by=me())
    toast("Étape retirée du programme.")
    return done(url_for(".programme", id=id))


# --- its states ----------------------------------------------------------------------------------------------


@bp.post("/<int:id>/<slug>", access="action.voir", preview=True)
def decide(id: int, slug: str) -> Any:
    transition = WORKFLOW.get(slug) or abort(404)
    action = load(Action, id, transition, queries.SHEET)
    form = MotifForm()
    if transition in OF_THE_DAY:
        return _refused(action, transition, commands.OfTheDay.sentence, 409)
    if not form.validate():
        return _refused(action, transition, next(e for errors in form.errors.values() for e in errors), 422, form.motif.data)
    try:
        commands.decide(action, transition, by=me(), motif=form.motif.data)
    except MotifMissing as missing:
        return _refused(action, transition, missing.sentence, missing.status)
    toast(f"Action {transition.done}.")
    return done(url_for(".show", id=id))


def _refused(action: Action, transition: Transition, sentence: str, status: int, motif: str = "") -> Page:
    return _sheet(action, status, refused=transition, sentence=sentence, motif=motif)
