"""Every write about actions and their programme."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.actions.models import Action, Demandeur, Etape, Etat, creer, enregistrer, modifier
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.workflow import Event, Refusal, Transition, fire

ajouter_etape = Event("action.ajouter_etape", "Ajouter au programme", "programme complété")
modifier_etape = Event("action.modifier_etape", "Modifier le programme", "programme modifié")
retirer_etape = Event("action.retirer_etape", "Retirer du programme", "programme allégé")


class ActionOver(Refusal):
    sentence = "Cette action est close : elle ne se modifie plus."


def create(*, by: Personne, demandeur: dict[str, str], outside_motif: str = "", **fields: Any) -> Action:
    """Record an action; its author becomes its bienveillant.

    With `outside_motif`, it was validated outside the portal and goes straight to `confirmee`, with that reason.
    """
    action = Action(demandeur=Demandeur(**demandeur), bienveillant=by, etat=Etat.SOLLICITEE, **fields)
    db.session.add(action)
    creer.tell(action, by=by)
    if outside_motif:
        fire(enregistrer, action, by=by, motif=outside_motif)
    return action


def edit(action: Action, *, by: Personne, demandeur: dict[str, str], **fields: Any) -> None:
    action = _open(action)
    changed = _apply(action.demandeur, demandeur) + _apply(action, fields)
    if changed:
        modifier.tell(action, by=by, champs=changed)


def decide(action: Action, transition: Transition, *, by: Personne, motif: str = "") -> None:
    """Move the action; what depends on it reacts."""
    fire(transition, lock_one(action), by=by, motif=motif)


def add_step(action: Action, *, by: Personne, titre: str, debut: datetime, fin: datetime, **fields: Any) -> Etape:
    """A timed item of the programme; items may overlap (an all-day stand runs beside the others)."""
    action = _open(action)
    etape = Etape(titre=titre, debut=debut, fin=fin, **fields)
    action.programme.append(etape)
    db.session.flush()
    ajouter_etape.tell(action, by=by, etape=etape.id)
    return etape


def edit_step(etape: Etape, *, by: Personne, **fields: Any) -> None:
    action = _open(etape.action)
    if _apply(etape, fields):
        modifier_etape.tell(action, by=by, etape=etape.id)


def remove_step(etape: Etape, *, by: Personne) -> None:
    action = _open(etape.action)
    retirer_etape.tell(action, by=by, titre=etape.titre)
    action.programme.remove(etape)
    db.session.flush()


def _open(action: Action) -> Action:
    action = lock_one(action)
    if action.is_over:
        raise ActionOver
    return action


def _apply(row: Any, fields: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of what changed."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    return changed
