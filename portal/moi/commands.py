"""Every write of a person about themself: what they like and can do, what is written to them, their calendar's address."""

from __future__ import annotations

from typing import Any

from portal import journal
from portal.comptes.models import Personne, Profil, Reception
from portal.db import db, lock_one
from portal.notifications.commands import reroute


def tell_profile(
    personne: Personne,
    *,
    disponibilites: list[str],
    competences: list[str],
    envies: list[str],
    sollicitable: bool,
    by: Personne,
) -> None:
    """When they are free, what they know how to do, what they would like; the lock lets two screens take turns."""
    personne = lock_one(personne)
    profil = db.session.get(Profil, personne.id) or Profil(personne_id=personne.id)
    db.session.add(profil)
    told = {"disponibilites": disponibilites, "competences": competences, "envies": envies}
    changed = _apply(profil, told) + _apply(personne, {"sollicitable": sollicitable})
    if changed:
        journal.record("personne.profil", personne, by=by, faits={"champs": changed})


def choose_messages(personne: Personne, *, reception: Reception, sollicitable: bool, by: Personne) -> None:
    """How much is written to them, and whether the team may ask them for a hand."""
    personne = lock_one(personne)
    if changed := _apply(personne, {"reception": reception, "sollicitable": sollicitable}):
        journal.record("personne.messages", personne, by=by, faits={"champs": changed})
        reroute(personne)


def change_calendar_address(personne: Personne, *, by: Personne) -> None:
    """Whoever had the former address reads nothing more."""
    personne = lock_one(personne)
    personne.agenda_generation += 1
    journal.record("personne.agenda", personne, by=by)


def _apply(row: Any, fields: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of what changed."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    return changed
