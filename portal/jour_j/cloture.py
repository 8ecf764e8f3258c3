"""How a site closes: what it leaves behind, and how the last closing went, for whoever opens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.actions.models import Action
from portal.actions.processus import clore
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j.models import Entree, Genre, Phase, Point
from portal.jour_j.pli import Presence, Site, undone
from portal.jour_j.queries import Day
from portal.journal import EntreeJournal
from portal.missions.models import Affectation


@dataclass(frozen=True)
class Reste:
    """What is not settled: a closing that leaves any of it owes a word."""

    lignes: Sequence[Point]  # nobody looked at them
    non_conformes: Sequence[Point]
    presents: Sequence[Affectation]  # one each, without whoever closes
    incidents: Sequence[Entree]  # that nothing followed

    def __bool__(self) -> bool:
        return bool(self.lignes or self.non_conformes or self.presents or self.incidents)

    @property
    def points(self) -> list[Point]:
        return [*self.lignes, *self.non_conformes]

    @property
    def facts(self) -> dict[str, Any]:
        """What the action's journal keeps of it, and `last` reads; nobody is named."""
        return {
            "lignes": [p.label for p in self.lignes],
            "non_conformes": [p.label for p in self.non_conformes],
            "presents": len(self.presents),
            "incidents": len(self.incidents),
        }


def left_by(day: Day, personne_id: int) -> Reste:
    """What would be left if this person closed now."""
    there = {a.personne_id: a for a in reversed(day.team) if day.state.presence(a.id) is Presence.ARRIVE}
    there.pop(personne_id, None)
    return Reste(day.left(Phase.FERMETURE), day.wrong, list(there.values())[::-1], _open_incidents(day))


def _open_incidents(day: Day) -> list[Entree]:
    gone = undone(day.entries)
    rows = [e for e in day.entries if e.uuid not in gone]
    followed = {e.cible for e in rows if e.genre is Genre.SUITE}
    return [e for e in rows if e.genre is Genre.INCIDENT and e.uuid not in followed]


def signature(day: Day) -> Entree | None:
    """The entry that closed a site which is closed."""
    closed = day.state.moved if day.state.site is Site.CLOS else None
    return next((e for e in day.entries if closed and e.uuid == closed.uuid), None)


@dataclass(frozen=True)
class Derniere:
    """The last closing of the site, whatever the action was."""

    titre: str
    par: str
    quand: datetime
    mot: str
    lignes: Sequence[str]
    non_conformes: Sequence[str]
    incidents: int

    @property
    def amiss(self) -> int:
        """How many things it left that whoever opens should know of."""
        return len(self.lignes) + len(self.non_conformes) + self.incidents


def last() -> Derniere | None:
    """As whoever closed signed it; one query."""
    query = (
        select(EntreeJournal, Action.titre, Personne.nom)
        .join(Action, Action.id == EntreeJournal.action_id)
        .join(Personne, Personne.id == EntreeJournal.personne_id)
        .where(EntreeJournal.evenement == clore.key)
        .order_by(EntreeJournal.quand.desc(), EntreeJournal.id.desc())
        .limit(1)
    )
    row = db.session.execute(query).first()
    if row is None:
        return None
    entry, titre, nom = row
    said = entry.faits
    quand = datetime.fromisoformat(said["a"]) if "a" in said else entry.quand
    lists = said.get("lignes", []), said.get("non_conformes", []), said.get("incidents", 0)
    return Derniere(titre, nom, quand, entry.motif, *lists)
