"""Every write about the rétroplanning: the tasks of a template, those written by hand, and what becomes of each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from portal import clock
from portal.actions import echeancier
from portal.actions.commands import check_reading
from portal.actions.modeles import MODELES, Modele
from portal.actions.models import Action
from portal.actions.tache import Avancee, Tache, Trame, enregistrer_trame
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock, lock_one
from portal.workflow import Event, MotifMissing, Refusal

appliquer_taches = Event("action.appliquer_taches", "Ajouter les tâches du modèle", "rétroplanning proposé", "list-checks")
ajouter_tache = Event("action.ajouter_tache", "Ajouter une tâche", "ajoutée au rétroplanning", "plus")
modifier_tache = Event("action.modifier_tache", "Modifier la tâche", "modifiée", "pencil")
confier_tache = Event("action.confier_tache", "Confier la tâche", "confiée", "share-2")
retirer_tache = Event("action.retirer_tache", "Retirer la tâche", "retirée du rétroplanning", "trash-2")
faire_tache = Event("action.faire_tache", "C’est fait", "faite", "check")
ecarter_tache = Event("action.ecarter_tache", "Sans objet", "sans objet", "minus")
reprendre_tache = Event("action.reprendre_tache", "Remettre à faire", "remise à faire", "undo-2")


class ActionStopped(Refusal):
    sentence = "Cette action est arrêtée : son rétroplanning ne change plus."


class TaskGone(Refusal):
    sentence = "Cette tâche a été retirée du rétroplanning entre-temps."


class TemplateChanged(Refusal):
    sentence = (
        "Ce modèle a changé pendant que tu écrivais\u00a0: rien n’est perdu. Relis la version enregistrée, plus bas, puis "
        "enregistre la tienne si elle doit la remplacer."
    )


class AlreadySettled(Refusal):
    sentence = "Quelqu’un a déjà traité cette tâche. Remets-la à faire d’abord si ce n’est pas le cas."


def apply_template(action: Action, *, by: Personne) -> int:
    """Add what the template of its type has and the action has not; says how many. Twice is once.

    Whoever asks for it sees what is late already: the bienveillant is not told of it a moment later.
    """
    action = _alive(action)
    missing = missing_of(echeancier.tasks_of(action), echeancier.of_type(action.type))
    told = action.debut if by.id == action.bienveillant_id else None
    for modele in missing:
        words = {"titre": modele.titre, "aide": modele.aide, "jours": modele.jours}
        db.session.add(Tache(action=action, modele=modele.cle, relancee_pour=told, **words))
    if missing:
        appliquer_taches.tell(action, by=by, nombre=len(missing))
    return len(missing)


def missing_of(tasks: list[Tache], proposed: list[Modele]) -> list[Modele]:
    """What is proposed, and is not among these tasks."""
    there = {task.modele for task in tasks}
    return [modele for modele in proposed if modele.cle not in there]


def add(action: Action, *, by: Personne, titre: str, jours: int, responsable_id: int | None = None) -> Tache:
    """A task by hand. The same one sent twice is there once, while it is to do."""
    action = _alive(action)
    same = (titre, jours, responsable_id, "")
    there = (t for t in echeancier.tasks_of(action) if t.is_open and (t.titre, t.jours, t.responsable_id, t.modele) == same)
    if twin := next(there, None):
        return twin
    task = Tache(action=action, titre=titre, jours=jours, responsable_id=responsable_id)
    db.session.add(task)
    ajouter_tache.tell(action, by=by, titre=titre)
    _entrust(task, by=by)
    return task


def edit(task: Tache, *, by: Personne, read: str, **fields: Any) -> None:
    """Raises ActionStopped, TaskGone, or Conflict as commands.edit does."""
    action, task = _open(task)
    check_reading(read, task.sheet, fields)
    if task.sheet == fields:
        return
    other = task.responsable_id != fields["responsable_id"]
    if other or task.jours != fields["jours"]:
        task.relancee_pour = None
    for name, value in fields.items():
        setattr(task, name, value)
    modifier_tache.tell(action, by=by, titre=task.titre)
    if other:
        _entrust(task, by=by)


def _entrust(task: Tache, *, by: Personne) -> None:
    """Whoever has it from now on hears so."""
    db.session.flush()
    if task.responsable_id and task.is_open:
        confier_tache.tell(task.action, by=by, titre=task.titre, tache=task.id, personne=task.responsable_id)


def remove(task: Tache, *, by: Personne) -> None:
    action, task = _open(task)
    retirer_tache.tell(action, by=by, titre=task.titre)
    db.session.delete(task)
    db.session.flush()


# --- what becomes of it --------------------------------------------------------------------------------------


def do(task: Tache, *, by: Personne) -> None:
    """It is done; twice is once. Raises AlreadySettled when it was found without object."""
    _settle(task, Avancee.FAIT, faire_tache, by=by)


def set_aside(task: Tache, *, by: Personne, motif: str) -> None:
    """Somebody looked, and this action does not need it: why. Raises MotifMissing or AlreadySettled."""
    if not motif.strip():
        raise MotifMissing(
            "Dis pourquoi elle n’a pas lieu d’être\u00a0: «\u00a0pas encore regardé\u00a0» n’est pas «\u00a0sans objet\u00a0»."
        )
    _settle(task, Avancee.SANS_OBJET, ecarter_tache, by=by, motif=motif)


def _settle(task: Tache, avancee: Avancee, event: Event, *, by: Personne, motif: str = "") -> None:
    action, task = _open(task)
    if task.avancee is avancee:
        return
    if not task.is_open:
        raise AlreadySettled
    task.avancee, task.motif, task.traitee_le, task.traitee_par_id = avancee, motif, clock.now(), by.id
    event.tell(action, by=by, motif=motif, titre=task.titre)


def take_up(task: Tache, *, by: Personne) -> None:
    """It is to do again."""
    action, task = _open(task)
    if task.is_open:
        return
    task.avancee, task.motif, task.traitee_le, task.traitee_par_id = Avancee.A_FAIRE, "", None, None
    reprendre_tache.tell(action, by=by, titre=task.titre)


def _open(task: Tache) -> tuple[Action, Tache]:
    """The action and the task under lock, as they now are."""
    id, action = task.id, _alive(task.action)
    found = lock(Tache, id)
    if not found:
        raise TaskGone
    return action, found[0]


def _alive(action: Action) -> Action:
    """Thanking the team comes after the end: only an action that was stopped has nothing left to prepare."""
    action = lock_one(action)
    if action.is_stopped:
        raise ActionStopped
    return action


# --- what the house proposes ---------------------------------------------------------------------------------


def save_template(tasks: Sequence[Modele], *, read: int, by: Personne) -> Trame | None:
    """Make another version of it, None when it says the same; `read` is the version that was shown. Raises TemplateChanged.

    A task without a key is a new one. Actions keep the tasks that they have.
    """
    _write(1, MODELES, by=None)
    now = echeancier.trames()[0]
    if now.version != read:
        raise TemplateChanged
    kept = echeancier.by_day(replace(task, cle=task.cle or secrets.token_hex(6)) for task in tasks)
    if echeancier.proposed(now) == kept:
        return None
    made = _write(read + 1, kept, by=by)
    if made is None:
        raise TemplateChanged
    enregistrer_trame.tell(made, by=by, version=made.version)
    return made


def _write(version: int, tasks: Sequence[Modele], *, by: Personne | None) -> Trame | None:
    """One version, unless somebody has written it meanwhile."""
    if not insert_once(Trame, version=version, le=clock.now(), par_id=by.id if by else None):
        return None
    made = db.session.scalars(select(Trame).filter_by(version=version)).one()
    made.taches = [echeancier.row(task) for task in tasks]
    db.session.flush()
    return made
