"""The insiders' screens of an action: the list, the sheet, the programme, the journal."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, abort, current_app, request, url_for
from flask_login import current_user

from portal import clock, ical, security
from portal.actions import calendrier, chemin, commands, planning, queries, relais, validation
from portal.actions import programme as order
from portal.actions.agenda import Mois, grid
from portal.actions.calendrier import Regard
from portal.actions.forms import EditActionForm, EditStepForm, MotifForm, NewActionForm, StepForm, next_step
from portal.actions.guichet import bp
from portal.actions.models import WORKFLOW, Action, Etape, Etat, clore, ouvrir, rouvrir
from portal.comptes import queries as comptes
from portal.poles import queries as poles
from portal.policy import can, load
from portal.web import Page, done, me, page_number, refused, render, toast
from portal.workflow import MotifMissing, Refusal, Transition

bp.register_blueprint(planning.bp)
bp.add_app_template_global(chemin.way, "pas_de")  # the head of an action is drawn in every package that has a tab there
bp.add_app_template_global(chemin.awaited, "attendu_de")

OF_THE_DAY = (ouvrir, clore, rouvrir)  # moved by the day's own journal, which a plain button would contradict
FEED = "agenda.actions"  # what the secret addresses of the house's agenda are sealed for
WHOSE = ("miennes", "a_prendre", "toutes")
Stuck = tuple[int, str, str]
BY_HAND = [t for t in WORKFLOW if t not in OF_THE_DAY + validation.MOVES]


@bp.get("/", access="action.lister")
def index() -> Any:
    sets_up = can(current_user, "action.creer")
    asked = request.args.get("qui", "miennes" if sets_up else "toutes")
    qui = asked if asked in WHOSE else "toutes"
    mine = me().id if qui == "miennes" else None
    over = request.args.get("quand") == "passees"
    etat = next((e for e in Etat if e == request.args.get("etat")), None)
    board = queries.board(bienveillant_id=mine, to_take=qui == "a_prendre", over=over, etat=etat, number=page_number())
    return render("actions/liste.html", board=board, qui=qui, over=over, etat=etat, sets_up=sets_up)


@bp.get("/tableau", access="action.lister")
def overview() -> Any:
    standing = poles.poles()
    pole = next((p for p in standing if str(p.id) == request.args.get("pole")), None)
    mine = request.args.get("qui") == "miennes"
    columns = queries.columns(pole_id=pole.id if pole else None, bienveillant_id=me().id if mine else None)
    sets_up = can(current_user, "action.creer")
    return render("actions/tableau.html", columns=columns, poles=standing, pole=pole, mine=mine, sets_up=sets_up)


# --- the agenda ----------------------------------------------------------------------------------------------


@bp.get("/agenda", access="public", kept=True)
def calendar() -> Any:
    """Everybody's, or the house's for whoever belongs to it; a month, or a list from a day on."""
    asked = Mois.read(request.args.get("mois"))
    mois, regard = asked or Mois.of(clock.today()), _regard()
    interne = regard.interne
    shown = _listed(mois, regard) if request.args.get("vue") == "liste" else _month(mois, regard, whole=asked is not None)
    clashes = calendrier.clashes(shown["actions"]) if interne else {}
    stay = {name: value for name in ("vue", "mois", "pole", "qui") if (value := request.args.get(name))} if interne else {}
    return render(
        "actions/agenda.html", mois=mois, regard=regard, clashes=clashes, stay=stay,
        poles=poles.poles() if interne else [], **shown,
    )  # fmt: skip


def _regard() -> Regard:
    if not can(current_user, "action.lister"):
        return Regard()
    pole, mine = request.args.get("pole", ""), request.args.get("qui") == "miennes"
    return Regard(True, int(pole) if re.fullmatch("[1-9][0-9]{0,8}", pole) else None, me().id if mine else None)


def _month(mois: Mois, regard: Regard, *, whole: bool) -> dict[str, Any]:
    """`whole`: a phone shows the days of the present month that are over too."""
    weeks = mois.weeks
    actions = calendrier.between(regard, weeks[0][0], weeks[-1][-1])
    return {"weeks": grid(mois, actions), "actions": actions, "whole": whole, "too_many": len(actions) == calendrier.MOST}


def _listed(mois: Mois, regard: Regard) -> dict[str, Any]:
    found = calendrier.from_day(regard, clock.today() if mois.is_current else mois.premier, page_number())
    return {"leaf": found, "actions": found.items}


@bp.get("/agenda.ics", access="public", kept=True)
def public_feed() -> Any:
    return Response(calendrier.public_feed(_base_url()), mimetype="text/calendar")


@bp.get("/agenda/<jeton>.ics", access="public")
def house_feed(jeton: str) -> Any:
    """What an agenda of somebody of the house reads, without signing in; their right is asked again each time."""
    opened = security.unseal(FEED, jeton)
    personne = (comptes.calendar_owner(*opened) if opened else None) or abort(404)
    if not can(personne, "action.lister"):
        abort(404)
    return ical.followed(calendrier.house_feed(_base_url()))


@bp.get("/agenda/abonnement", access="public")
def subscribe() -> Any:
    addresses = {"publique": _base_url() + url_for(".public_feed")}
    if can(current_user, "action.lister"):
        jeton = security.seal(FEED, me().id, me().agenda_generation)
        addresses["interne"] = _base_url() + url_for(".house_feed", jeton=jeton)
    return render("actions/abonnement.html", addresses=addresses)


def _base_url() -> str:
    return str(current_app.config["PORTAL"].base_url)


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
    debut, moved = action.debut, (action.debut, action.fin) != (form.debut.data, form.fin.data)
    try:
        commands.edit(action, by=me(), read=form.lu.data or "", demandeur=form.demandeur, **form.fields)
    except Refusal as refusal:
        if isinstance(refusal, commands.Conflict):
            form = _form(action, form)
        form.form_errors.append(refusal.sentence)
        return _edition(action, form, refusal.status)
    toast("Fiche enregistrée.")
    if moved:
        left = clock.local(debut).strftime("%Y-%m-%dT%H:%M")
        follow = (url_for(".planning.move", id=id, depuis=left), "Tout décaler")
        toast(
            "Le programme et les missions gardent leurs horaires : revois-les, ou décale-les aussi.", "attention", lien=follow
        )
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
