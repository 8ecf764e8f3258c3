"""Every write of a person about themself: what they like and can do, what is written to them, their calendar's address."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.actions.models import SETTLED, Action
from portal.comptes import commands as comptes
from portal.comptes.models import Personne, Profil, Reception, exporter
from portal.db import db, lock_one
from portal.missions import queries as missions
from portal.notifications.commands import reroute
from portal.workflow import Event, Refusal

decrire = Event("personne.profil", "Enregistrer mon profil", "profil changé", "pencil")
choisir_ses_messages = Event("personne.messages", "Choisir mes messages", "choix des messages changé", "mail")
changer_d_adresse = Event("personne.agenda", "Changer l’adresse de mon agenda", "adresse d’agenda changée", "calendar")


class StillExpected(Refusal):
    """They hold places to come: whoever counts on them hears it from them first."""

    def __init__(self, titres: list[str]):
        super().__init__(
            f"On compte encore sur toi : {_quoted(titres)}. Dis d’abord que tu ne viens pas, depuis « Moi », pour que "
            "ta place aille à quelqu’un d’autre."
        )


class StillInCharge(Refusal):
    """They set up actions that are not over."""

    def __init__(self, titres: list[str]):
        super().__init__(
            f"Tu montes encore {_quoted(titres)}. Confie d’abord cette charge à une autre personne bienveillante, ou parles-en "
            "à l’administration."
        )


def _quoted(titres: list[str]) -> str:
    return ", ".join(f"« {titre} »" for titre in titres[:3])


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
        decrire.tell(personne, by=by, champs=changed)


def choose_messages(personne: Personne, *, reception: Reception, sollicitable: bool, by: Personne) -> None:
    """How much is written to them, and whether the team may ask them for a hand."""
    personne = lock_one(personne)
    if changed := _apply(personne, {"reception": reception, "sollicitable": sollicitable}):
        choisir_ses_messages.tell(personne, by=by, champs=changed)
        reroute(personne)


def change_calendar_address(personne: Personne, *, by: Personne) -> None:
    """Whoever had the former address reads nothing more."""
    personne = lock_one(personne)
    personne.agenda_generation += 1
    changer_d_adresse.tell(personne, by=by)


def note_export(personne: Personne, sorte: str, *, by: Personne) -> None:
    """Who took away all that is held about that person, and as what."""
    exporter.tell(personne, by=by, sorte=sorte)


def erase_oneself(personne: Personne) -> None:
    """All that `comptes.commands.erase` takes away. Raises StillExpected, StillInCharge or LastAdmin.

    What they only wait for is taken back by it, and so is a place that they were not told of yet.
    """
    if expected := [place.mission.titre for place in missions.engagements(personne) if not place.mission.is_past]:
        raise StillExpected(expected)
    mine = select(Action.titre).where(Action.bienveillant_id == personne.id, Action.etat.not_in(SETTLED))
    if set_up := list(db.session.scalars(mine.order_by(Action.debut, Action.id))):
        raise StillInCharge(set_up)
    comptes.erase(personne, by=personne)


def _apply(row: Any, fields: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of what changed."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    return changed
