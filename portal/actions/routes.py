"""The insiders' screens of an action: the list, the sheet, the programme, the journal."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

from portal.actions import almanach as almanach  # the agenda's pages join the blueprint
from portal.actions import api, chemin, commands, decalage, effacement, planning, queries, recit, relais, validation
from portal.actions import programme as order
from portal.actions.forms import EditActionForm, EditStepForm, MotifForm, NewActionForm, StepForm, next_step
from portal.actions.guichet import bp
from portal.actions.models import Action, Etape, Etat
from portal.actions.processus import WORKFLOW, clore, ouvrir, rouvrir
from portal.comptes import queries as comptes
from portal.poles import queries as poles
from portal.poles.models import Pole
from portal.policy import can, load
from portal.web import Page, done, me, page_number, refused, render, safe_next, toast
from portal.workflow import Refusal

bp.register_blueprint(planning.bp)
bp.register_blueprint(api.bp)
bp.add_app_template_global(chemin.way, "pas_de")  # the head of an action is drawn in every package that has a tab there
bp.add_app_template_global(chemin.awaited, "attendu_de")

OF_THE_DAY = (ouvrir, clore, rouvrir)  # moved by the day's own journal, which a plain button would contradict
WHOSE = ("miennes", "a_prendre", "relais", "toutes")
WHO = re.compile("[1-9][0-9]{0,8}")
Stuck = tuple[int, str, str]
BY_HAND = [t for t in WORKFLOW if t not in OF_THE_DAY + validation.MOVES]


@bp.get("/", access="action.lister")
def index() -> Any:
    sets_up = can(current_user, "action.creer")
    asked = request.args.get("qui", "miennes" if sets_up else "toutes")
    qui = asked if asked in WHOSE or WHO.fullmatch(asked) else "toutes"
    pole, over = _asked_pole(poles.poles()) if "pole" in request.args else None, request.args.get("quand") == "passees"
    etat = next((e for e in Etat if e == request.args.get("etat")), None)
    relay = me().id if qui == "relais" else None
    board = queries.board(
        bienveillant_id=_whose(qui), relais_id=relay, to_take=qui == "a_prendre", pole_id=pole.id if pole else None,
        over=over, etat=etat, number=page_number(),
    )  # fmt: skip
    return render("actions/liste.html", board=board, qui=qui, over=over, etat=etat, pole=pole, sets_up=sets_up)


@bp.get("/tableau", access="action.lister")
def overview() -> Any:
    standing, qui = poles.poles(), request.args.get("qui", "")
    pole = _asked_pole(standing)
    columns = queries.columns(pole_id=pole.id if pole else None, bienveillant_id=_whose(qui))
    sets_up, people = can(current_user, "action.creer"), comptes.bienveillants()
    return render("actions/tableau.html", columns=columns, poles=standing, people=people, pole=pole, qui=qui, sets_up=sets_up)


def _asked_pole(standing: list[Pole]) -> Pole | None:
    return next((pole for pole in standing if str(pole.id) == request.args.get("pole")), None)


def _whose(qui: str) -> int | None:
    """The bienveillant that `qui` names: oneself, or a person by number."""
    return int(qui) if WHO.fullmatch(qui) else me().id if qui == "miennes" else None


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
        by=me(),
        demandeur=form.demandeur,
        outside_motif=form.outside_motif,
        cle=(form.cle.data or "")[:64],
        take=form.take,
        invite=form.prevenir.data,
        **form.fields,
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
    context |= {"around": queries.around(action), "souhaits": poles.prestations(action.souhaits)}
    context |= {"nom_reste": effacement.name_stays}
    return render("actions/action.html", status=status, action=action, offered=offered, **context)


@bp.post("/<int:id>/prendre", access="action.prendre")
def take(id: int) -> Any:
    action = load(Action, id, "action.prendre", queries.SHEET)
    try:
        relais.take(action, by=me())
    except relais.AlreadyTaken as taken:
        said = taken
        return refused(said.status, lambda: _sheet(load(Action, id, "action.voir", queries.SHEET), sentence=said.sentence))
    toast("Cette demande est à toi.")
    return done(url_for(".show", id=id))


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
    try:
        commands.edit(action, by=me(), read=form.lu.data or "", demandeur=form.demandeur, **form.fields)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _not_saved(_editable(id), form, said))
    toast("Fiche enregistrée.")
    return done(safe_next(url_for(".show", id=id)))


def _not_saved(action: Action, form: EditActionForm, refusal: Refusal) -> Page:
    """Every word is kept; dates that would leave something behind wait in the link that moves it all."""
    elsewhen = ""
    if isinstance(refusal, commands.Conflict):
        form = _form(action, form)
    elif isinstance(refusal, decalage.Dated):
        elsewhen = url_for(".planning.move", id=action.id, debut=form.debut.raw, jusqu_a=form.fin.raw)
        form.keep_dates(action)
    form.form_errors.append(refusal.sentence)
    return _edition(action, form, refusal.status, elsewhen)


def _form(action: Action, typed: EditActionForm | None = None) -> EditActionForm:
    return EditActionForm.over(action.sheet, typed, poles=poles.poles(), present=action.pole_porteur_id)


def _edition(action: Action, form: EditActionForm, status: int = 200, elsewhen: str = "") -> Page:
    back = safe_next("")
    return render("actions/modifier.html", status=status, action=action, form=form, decalage=elsewhen, back=back)


@bp.get("/<int:id>/journal", access="action.journal")
def history(id: int) -> Any:
    action = load(Action, id, "action.journal", queries.SHEET)
    return render("actions/journal.html", action=action, leaf=recit.journal(action, page_number()))


# --- the programme -------------------------------------------------------------------------------------------


@bp.get("/<int:id>/programme", access="action.voir")
def programme(id: int) -> Any:
    return _programme(load(Action, id, "action.voir", queries.PROGRAMME))


def _programme(action: Action, form: StepForm | None = None, status: int = 200, stuck: Stuck = (0, "", "")) -> Page:
    """The items and, for whoever edits them, the form of the next; `stuck`: which item did not move, which way, and why."""
    edits = can(current_user, "action.modifier", action) and not action.is_over
    if edits and form is None:
        form = StepForm(formdata=None, action=action, people=comptes.names(), data=next_step(action))
    context: dict[str, Any] = {"overlaps": order.overlaps(action.programme), "neighbour": order.neighbour, "stuck": stuck}
    return render("actions/programme.html", status=status, action=action, form=form, edits=edits, **context)


@bp.post("/<int:id>/programme", access="action.modifier")
def add_step(id: int) -> Any:
    action = _editable(id)
    form = StepForm(action=action, people=comptes.names())
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
    return _step_edition(etape, _step_form(etape))


def _step_form(etape: Etape, typed: EditStepForm | None = None) -> EditStepForm:
    return EditStepForm.over(etape.sheet, typed, action=etape.action, people=comptes.names(etape.responsable_id))


@bp.post("/<int:id>/programme/<int:etape_id>", access="action.modifier")
def save_step(id: int, etape_id: int) -> Any:
    etape = _step_of(id, etape_id)
    form = EditStepForm(action=etape.action, people=comptes.names(etape.responsable_id))
    if not form.validate():
        return _step_edition(etape, form, 422)
    try:
        done_so = commands.edit_step(etape, by=me(), read=form.lu.data or "", follow=form.suivre.data, **form.fields)
    except commands.Conflict as conflict:
        form = _step_form(etape, form)
        form.form_errors.append(conflict.sentence)
        return _step_edition(etape, form, conflict.status)
    _tell_step(done_so)
    return done(url_for(".programme", id=id, _anchor=f"etape-{etape_id}"))


def _tell_step(done_so: commands.Consequences) -> None:
    """What moved along, and what now runs at the same time."""
    moved = len(done_so.moved)
    along = "" if not moved else " La suivante suit." if moved == 1 else f" Les {moved} suivantes suivent."
    toast(f"Étape enregistrée.{along}")
    for a, b in done_so.overlapping:
        toast(f"«\u00a0{a.titre}\u00a0» et «\u00a0{b.titre}\u00a0» se chevauchent maintenant.", "attention")


def _step_edition(etape: Etape, form: EditStepForm, status: int = 200) -> Page:
    follows = order.chain(etape, etape.action.programme)
    return render("actions/etape.html", status=status, etape=etape, form=form, follows=follows)


@bp.post("/<int:id>/programme/<int:etape_id>/<any(monter, descendre):sens>", access="action.modifier")
def move_step(id: int, etape_id: int, sens: str) -> Any:
    """The focus stays on the button that was pressed, or on the item once that button has nothing more to do."""
    etape, up = _step_of(id, etape_id), sens == "monter"
    try:
        commands.move_step(etape, by=me(), up=up)
    except Refusal as refusal:
        stuck = etape_id, sens, refusal.sentence
        return refused(refusal.status, lambda: _programme(_editable(id), stuck=stuck))
    more = order.neighbour(etape, queries.programme_of(etape.action), up=up)
    return done(url_for(".programme", id=id, _anchor=f"{sens if more else 'etape'}-{etape_id}"))


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
        return _sheet(action, 409, refused=transition, sentence=commands.OfTheDay.sentence)
    said: dict[str, Any] = {"refused": transition, "motif": form.motif.data}
    if not form.validate():
        return _sheet(action, 422, sentence=form.sentence, **said)
    try:
        commands.decide(action, transition, by=me(), motif=form.motif.data)
    except Refusal as refusal:
        said["sentence"] = refusal.sentence
        return refused(refusal.status, lambda: _sheet(load(Action, id, "action.voir", queries.SHEET), **said))
    toast(f"Action {transition.done}.")
    return done(url_for(".show", id=id))
