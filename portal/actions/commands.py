"""Every write about actions and their programme."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal import journal
from portal.actions import queries
from portal.actions.models import Action, Demandeur, Etape, Etat, creer, enregistrer, modifier, reading
from portal.comptes.models import Personne
from portal.db import db, lock, lock_one
from portal.workflow import Event, Refusal, Transition, fire

ajouter_etape = Event("action.ajouter_etape", "Ajouter au programme", "ajoutée au programme", "plus")
modifier_etape = Event("action.modifier_etape", "Modifier le programme", "modifiée", "pencil")
retirer_etape = Event("action.retirer_etape", "Retirer du programme", "retirée du programme", "trash-2")


class ActionOver(Refusal):
    sentence = "Cette action est close : elle ne se modifie plus."


class StepGone(Refusal):
    sentence = "Cette étape a été retirée du programme entre-temps."


class Conflict(Refusal):
    sentence = "Quelqu’un d’autre a modifié cette fiche pendant que tu écrivais. Rien n’est perdu : compare, puis renvoie."


class OfTheDay(Refusal):
    sentence = "Le site s’ouvre et se ferme depuis la page du jour, avec ses vérifications."


def create(*, by: Personne, demandeur: dict[str, str], outside_motif: str = "", cle: str = "", **fields: Any) -> Action:
    """Record an action; its author becomes its bienveillant. The same form (its `cle`) sent twice is one action.

    With `outside_motif`, it was validated outside the portal and goes straight to `confirmee`, with that reason.
    """
    lock(Personne, by.id)
    cle = journal.submission(cle, demandeur, outside_motif, fields)
    if (made := journal.made_by(cle, creer.key, by=by)) and (twin := db.session.get(Action, made)):
        return twin
    action = Action(demandeur=Demandeur(**demandeur), bienveillant=by, etat=Etat.SOLLICITEE, **fields)
    db.session.add(action)
    creer.tell(action, by=by, cle=cle)
    if outside_motif:
        fire(enregistrer, action, by=by, motif=outside_motif)
    return action


def edit(action: Action, *, by: Personne, read: str, demandeur: dict[str, str], **fields: Any) -> None:
    """Change the sheet; `read` is `reading(action.sheet)` when the form was shown. Raises ActionOver or Conflict."""
    action = _open(action)
    db.session.refresh(action.demandeur)
    check_reading(read, action.sheet, fields | {f"demandeur_{name}": value for name, value in demandeur.items()})
    lieu = action.lieu
    changed = [f"demandeur_{name}" for name in _apply(action.demandeur, demandeur)] + _apply(action, fields)
    if changed:
        modifier.tell(action, by=by, champs=changed, lieu_avant=lieu)


def decide(action: Action, transition: Transition, *, by: Personne, motif: str = "") -> None:
    """Move the action; what depends on it reacts."""
    fire(transition, lock_one(action), by=by, motif=motif)


def add_step(action: Action, *, by: Personne, titre: str, debut: datetime, fin: datetime, **fields: Any) -> Etape:
    """A timed item of the programme; items may overlap (an all-day stand runs beside the others), never be twins."""
    action = _open(action)
    if twin := queries.same_step(action, titre=titre, debut=debut, fin=fin):
        return twin
    etape = Etape(titre=titre, debut=debut, fin=fin, **fields)
    action.programme.append(etape)
    db.session.flush()
    ajouter_etape.tell(action, by=by, etape=etape.id, titre=titre)
    return etape


def edit_step(etape: Etape, *, by: Personne, read: str, **fields: Any) -> None:
    """Change an item of the programme. Raises ActionOver, StepGone, or Conflict as `edit` does."""
    action, etape = _open_step(etape)
    check_reading(read, etape.sheet, fields)
    if _apply(etape, fields):
        modifier_etape.tell(action, by=by, etape=etape.id, titre=etape.titre)


def remove_step(etape: Etape, *, by: Personne) -> None:
    action, etape = _open_step(etape)
    retirer_etape.tell(action, by=by, titre=etape.titre)
    action.programme.remove(etape)
    db.session.flush()


def check_reading(read: str, sheet: Mapping[str, Any], typed: Mapping[str, Any]) -> None:
    """Raises Conflict when the sheet is no more what somebody's form has read, nor what it says; the caller holds its lock."""
    if read != reading(sheet) and any(sheet[name] != value for name, value in typed.items()):
        raise Conflict


def _open_step(etape: Etape) -> tuple[Action, Etape]:
    """The action under lock, and the item as it now is."""
    id, action = etape.id, _open(etape.action)
    found = queries.step(action, id)
    if found is None:
        raise StepGone
    return action, found


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
