"""Who sets an action up: taking up a request, handing it over to somebody who accepts."""

from __future__ import annotations

from portal import clock
from portal.actions.commands import ActionOver
from portal.actions.models import Action
from portal.actions.processus import accepter_relais, confier, laisser_relais, prendre
from portal.comptes.models import NomRole, Personne
from portal.db import lock_one
from portal.workflow import Refusal


class AlreadyTaken(Refusal):
    """Two bienveillants at once: the second is told who was first."""


class NotBienveillant(Refusal):
    status = 422
    sentence = "Choisis une autre personne bienveillante, active dans la maison."


class NotOffered(Refusal):
    sentence = "Ce relais n’est plus proposé\u00a0: il a été repris, ou accepté par quelqu’un d’autre."


def take(action: Action, *, by: Personne) -> None:
    """Become its bienveillant; twice is once. Raises AlreadyTaken, which says by whom, or ActionOver."""
    action = _open(action)
    if action.bienveillant_id == by.id:
        return
    if action.is_carried:
        assert action.bienveillant
        raise AlreadyTaken(f"{action.bienveillant.nom} a déjà pris cette demande.")
    before = action.bienveillant_id
    _hand_to(action, by)
    prendre.tell(action, by=by, personne=before)


def offer(action: Action, *, to: Personne | None, by: Personne) -> None:
    """Propose to hand the action over; it moves only once they accept. Raises NotBienveillant or ActionOver."""
    action = _open(action)
    if not to or to.id == action.bienveillant_id or not (to.is_active and to.has_role(NomRole.BIENVEILLANT)):
        raise NotBienveillant
    if action.relais_id != to.id:
        action.relais = to
        confier.tell(action, by=by, personne=to.id)


def accept(action: Action, *, by: Personne) -> None:
    """The one it was proposed to takes over; twice is once. Raises NotOffered or ActionOver."""
    action = _open(action)
    if action.bienveillant_id == by.id:
        return
    if action.relais_id != by.id:
        raise NotOffered
    before = action.bienveillant_id
    _hand_to(action, by)
    accepter_relais.tell(action, by=by, personne=before)


def leave(action: Action, *, by: Personne) -> None:
    """Declined by the one it was proposed to, or taken back by whoever proposed it; twice is once."""
    action = lock_one(action)
    if action.relais_id is not None:
        offered, action.relais = action.relais_id, None
        laisser_relais.tell(action, by=by, personne=offered)


def _hand_to(action: Action, personne: Personne) -> None:
    action.bienveillant, action.relais, action.prise_le = personne, None, clock.now()


def _open(action: Action) -> Action:
    action = lock_one(action)
    if action.is_stopped:
        raise ActionOver
    return action
