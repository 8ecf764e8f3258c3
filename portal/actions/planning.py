"""The screens of what comes before the day: the rétroplanning, and moving the whole action."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

from portal.actions import decalage, echeancier, queries, retroplanning
from portal.actions.commands import Conflict
from portal.actions.forms import MotifForm
from portal.actions.models import Action
from portal.actions.saisie import EditTaskForm, MoveForm, TaskForm
from portal.actions.tache import Tache
from portal.comptes import queries as comptes
from portal.fields import LocalDateTime
from portal.policy import can, load
from portal.web import Done, GuardedBlueprint, Page, done, me, previewed, refused, render, safe_next, toast
from portal.workflow import MotifMissing, Refusal

bp = GuardedBlueprint("planning", __name__)


# --- the rétroplanning ---------------------------------------------------------------------------------------


@bp.get("/taches", access="moi.voir")
def mine() -> Any:
    """What is late or due this week, of all the actions."""
    return render("actions/taches.html", tasks=echeancier.tasks_awaiting(me()))


@bp.get("/<int:id>/retroplanning", access="action.voir")
def index(id: int) -> Any:
    return _plan(load(Action, id, "action.voir", queries.SHEET))


def _plan(action: Action, form: TaskForm | None = None, status: int = 200) -> Page:
    edits = can(current_user, "action.modifier", action) and not action.is_stopped
    tasks = echeancier.tasks_of(action)
    if edits and form is None:
        form = TaskForm(formdata=None, action=action, people=comptes.names())
    modele = echeancier.of_type(action.type)
    offered: dict[str, Any] = {"missing": retroplanning.missing_of(tasks, modele), "modele": modele}
    return render("actions/retroplanning.html", status=status, action=action, form=form, edits=edits, tasks=tasks, **offered)


@bp.post("/<int:id>/retroplanning", access="action.modifier")
def add(id: int) -> Any:
    action = load(Action, id, "action.modifier", queries.SHEET)
    form = TaskForm(action=action, people=comptes.names())
    if not form.validate():
        return _plan(action, form, 422)
    task = retroplanning.add(action, by=me(), **form.fields)
    toast("Tâche ajoutée.")
    return done(url_for(".index", id=id, _anchor=f"tache-{task.id}"))


@bp.post("/<int:id>/retroplanning/modele", access="action.modifier")
def apply_template(id: int) -> Any:
    added = retroplanning.apply_template(load(Action, id, "action.modifier", queries.SHEET), by=me())
    toast(f"{added} tâches ajoutées." if added > 1 else "Une tâche ajoutée." if added else "Tout le modèle y était déjà.")
    return done(url_for(".index", id=id))


def _task(id: int, tache_id: int, right: str) -> Tache:
    task = load(Tache, tache_id, "tache.voir", echeancier.TASK)
    return load(Tache, task.id, right) if task.action_id == id else abort(404)


@bp.get("/<int:id>/retroplanning/<int:tache_id>", access="tache.voir")
def show(id: int, tache_id: int) -> Any:
    return _sheet(_task(id, tache_id, "tache.voir"))


def _sheet(task: Tache, form: EditTaskForm | None = None, status: int = 200, sentence: str = "", motif: str = "") -> Page:
    """One task; `sentence` says why it was not set aside, for the reason that was typed."""
    edits = can(current_user, "tache.modifier", task) and not task.action.is_stopped
    if edits and form is None:
        form = _edition(task)
    acts = can(current_user, "tache.traiter", task) and not task.action.is_stopped
    context: dict[str, Any] = {"edits": edits, "acts": acts, "sentence": sentence, "motif": motif}
    return render("actions/tache.html", status=status, task=task, action=task.action, form=form, **context)


def _edition(task: Tache, typed: EditTaskForm | None = None) -> EditTaskForm:
    return EditTaskForm.over(task.sheet, typed, action=task.action, people=comptes.names(task.responsable_id))


@bp.post("/<int:id>/retroplanning/<int:tache_id>", access="tache.modifier")
def save(id: int, tache_id: int) -> Any:
    task = _task(id, tache_id, "tache.modifier")
    form = EditTaskForm(action=task.action, people=comptes.names(task.responsable_id))
    if not form.validate():
        return _sheet(task, form, 422)
    try:
        retroplanning.edit(task, by=me(), read=form.lu.data or "", **form.fields)
    except Conflict as conflict:
        form = _edition(task, form)
        form.form_errors.append(conflict.sentence)
        return _sheet(task, form, conflict.status)
    toast("Tâche enregistrée.")
    return _back(task)


@bp.post("/<int:id>/retroplanning/<int:tache_id>/retirer", access="tache.modifier")
def remove(id: int, tache_id: int) -> Any:
    retroplanning.remove(_task(id, tache_id, "tache.modifier"), by=me())
    toast("Tâche retirée du rétroplanning.")
    return done(url_for(".index", id=id))


@bp.post("/<int:id>/retroplanning/<int:tache_id>/faire", access="tache.traiter")
def do(id: int, tache_id: int) -> Any:
    task = _task(id, tache_id, "tache.traiter")
    retroplanning.do(task, by=me())
    undo = url_for(".take_up", id=id, tache_id=tache_id, next=safe_next("") or None)
    toast(f"Fait\u00a0: {task.titre}.", undo=(undo, "Annuler"))
    return _back(task)


@bp.post("/<int:id>/retroplanning/<int:tache_id>/ecarter", access="tache.traiter")
def set_aside(id: int, tache_id: int) -> Any:
    task, form = _task(id, tache_id, "tache.traiter"), MotifForm()
    if not form.validate():
        return _sheet(task, status=422, sentence=form.sentence, motif=form.motif.data)
    try:
        retroplanning.set_aside(task, by=me(), motif=form.motif.data)
    except MotifMissing as missing:
        return _sheet(task, status=missing.status, sentence=missing.sentence, motif=form.motif.data)
    toast(f"Sans objet\u00a0: {task.titre}.", undo=(url_for(".take_up", id=id, tache_id=tache_id), "Annuler"))
    return _back(task)


@bp.post("/<int:id>/retroplanning/<int:tache_id>/reprendre", access="tache.traiter")
def take_up(id: int, tache_id: int) -> Any:
    task = _task(id, tache_id, "tache.traiter")
    retroplanning.take_up(task, by=me())
    toast("La tâche est de nouveau à faire.")
    return _back(task)


def _back(task: Tache) -> Done:
    """To the list where it was ticked; whoever was only entrusted with this task sees no more of the action than it."""
    if can(current_user, "action.voir", task.action):
        return done(safe_next(url_for(".index", id=task.action_id, _anchor=f"tache-{task.id}")))
    return done(safe_next(url_for(".show", id=task.action_id, tache_id=task.id)))


# --- moving it all -------------------------------------------------------------------------------------------


@bp.get("/<int:id>/decaler", access="action.decaler")
def move(id: int) -> Any:
    action = _movable(id)
    debut, fin = (LocalDateTime.read(request.args.get(name, "")) for name in ("debut", "jusqu_a"))  # typed before
    return _move(action, MoveForm(formdata=None, action=action, data={"debut": debut or action.debut, "jusqu_a": fin}))


def _movable(id: int) -> Action:
    action = load(Action, id, "action.decaler", queries.SHEET)
    decalage.check(action)
    return action


def _move(action: Action, form: MoveForm, status: int = 200) -> Page:
    return render("actions/decaler.html", status=status, action=action, form=form)


@bp.post("/<int:id>/decaler", access="action.decaler")
def shift(id: int) -> Any:
    """Done once what it does was shown: the preview's key comes back with the form, and still says what it says."""
    action = _movable(id)
    form = MoveForm(action=action)
    if not form.validate():
        return _move(action, form, 422)
    try:
        moved = decalage.shift(action, by=me(), **form.fields)
    except Refusal as refusal:
        form.form_errors.append(refusal.sentence)
        return refused(refusal.status, lambda: _move(load(Action, id, "action.decaler", queries.SHEET), form))
    answer = done(url_for("actions.show", id=id))
    if form.annonce.data != moved.cle:
        return previewed(answer, "actions/decaler_apercu.html", cle=moved.cle, move=moved, **_announced(action, form))
    toast("L’action est décalée, avec son programme et ses missions.")
    if not action.demandeur.email:
        toast("Le demandeur n’a pas d’adresse e-mail\u00a0: préviens-le autrement.", "attention")
    return answer


def _announced(action: Action, form: MoveForm) -> dict[str, Any]:
    """What the preview says besides the move: to whom, and whether something else was announced before."""
    client = action.demandeur
    said = {"titre": action.titre, "demandeur": client.nom, "par_mail": bool(client.email)}
    return said | {"dire": form.dire.data, "again": bool(form.annonce.data)}
