"""What is late: tasks of a rétroplanning, told once for each date that the action has; a pôle that says nothing."""

from __future__ import annotations

from datetime import time, timedelta

from portal import clock
from portal.actions import avis, echeancier
from portal.actions.models import Action
from portal.actions.tache import Tache
from portal.comptes import queries as comptes
from portal.comptes.models import Personne
from portal.db import db, lock
from portal.fields import combine
from portal.notifications import queries
from portal.notifications.commands import NOW, Envoi, send
from portal.outbox import Poids

MORNING = time(8)  # a task is late from midnight on, when nobody wants to read it


def tell_what_is_late(action_id: int) -> None:
    """One message an owner; a task of nobody, or of somebody who left, is the bienveillant's, once there is one."""
    action = lock(Action, action_id)[0]
    whose: dict[Personne, list[Tache]] = {}
    for task in echeancier.late_untold_of(action):
        if owner := _owner(task):
            task.relancee_pour = action.debut
            whose.setdefault(owner, []).append(task)
    db.session.flush()
    for owner, tasks in whose.items():
        ids = [task.id for task in tasks]
        said = {"action": action.id, "personne": owner.id, "taches": ids}
        cle = f"action:{action.id}:retard:{owner.id}:{clock.now():%Y%m%d%H%M%S}"
        send("taches_en_retard", Envoi(owner, cle, said, _until_morning()), Poids.ORDINAIRE, by=None)


def tell_nobody_carries_it(action_id: int) -> None:
    """To whoever sets it up, or to all the bienveillants while nobody does; once for each time that it is proposed."""
    action = lock(Action, action_id)[0]
    late = {found.id: since for found, since in avis.not_carried()}
    if action_id not in late:
        return  # a pôle was faster
    cle, sets_up = queries.carrier_key(action, late[action_id]), None if action.is_to_take else action.bienveillant
    for nth, reader in enumerate([sets_up] if sets_up else comptes.bienveillants()):
        said = {"action": action_id, "pole": action.pole_porteur_id}
        send("action_sans_porteur", Envoi(reader, f"{cle}:{reader.id}" if nth else cle, said), Poids.PRESSANT, by=None)


def _owner(task: Tache) -> Personne | None:
    return next((p for p in (task.responsable, task.action.bienveillant) if p and p.is_active), None)


def _until_morning() -> timedelta:
    return max(NOW, combine(clock.today(), MORNING) - clock.now())
