"""Tasks of a rétroplanning that are late: their owner is told, once for each date that the action has."""

from __future__ import annotations

from datetime import time, timedelta

from portal import clock
from portal.actions import queries as actions
from portal.actions.models import Action, Tache
from portal.comptes.models import Personne
from portal.db import db, lock
from portal.fields import combine
from portal.notifications.commands import NOW, Envoi, send
from portal.outbox import Poids

MORNING = time(8)  # at La Réunion: a task is late from midnight on, when nobody wants to read it


def tell_what_is_late(action_id: int) -> None:
    """One message an owner; a task of nobody, or of somebody who left, is the bienveillant's."""
    action = lock(Action, action_id)[0]
    whose: dict[Personne, list[Tache]] = {}
    for task in actions.late_untold_of(action):
        task.relancee_pour = action.debut
        if owner := _owner(task):
            whose.setdefault(owner, []).append(task)
    db.session.flush()
    for owner, tasks in whose.items():
        ids = [task.id for task in tasks]
        said = {"action": action.id, "personne": owner.id, "taches": ids}
        cle = f"action:{action.id}:retard:{owner.id}:{clock.now():%Y%m%d%H%M%S}"
        send("taches_en_retard", Envoi(owner, cle, said, _until_morning()), Poids.ORDINAIRE, by=None)


def _owner(task: Tache) -> Personne | None:
    return next((p for p in (task.responsable, task.action.bienveillant) if p and p.is_active), None)


def _until_morning() -> timedelta:
    return max(NOW, combine(clock.today(), MORNING) - clock.now())
