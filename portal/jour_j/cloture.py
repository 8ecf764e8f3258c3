"""How a site closes: what it leaves behind, and how the last closing went, for whoever opens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.actions.models import Action, Etape
from portal.actions.processus import clore
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j.models import Entree, Phase, Point
from portal.jour_j.pli import EtatEtape, Presence, Site
from portal.jour_j.programme import goes_by_itself
from portal.jour_j.queries import Day
from portal.jour_j.soiree import evening_of
from portal.journal import EntreeJournal
from portal.missions.models import Affectation


@dataclass(frozen=True)
class Reste:
    """What is not settled: a closing that leaves any of it owes a word."""

    lignes: Sequence[Point]  # nobody looked at them
    non_conformes: Sequence[Point]
    presents: Sequence[Affectation]  # one each, without whoever closes
    incidents: Sequence[Entree]  # that nothing followed
    en_cours: Sequence[Etape]
    public: int  # people still counted
    a_venir: int  # items that never began: they are told, and owe nothing

    def __bool__(self) -> bool:
        owed = self.lignes, self.non_conformes, self.presents, self.incidents, self.en_cours, self.public
        return any(owed)

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
            "en_cours": [item.titre for item in self.en_cours],
            "public": self.public,
        }


def left_by(day: Day, personne_id: int) -> Reste:
    """What would be left if this person closed now."""
    there = {a.personne_id: a for a in reversed(day.team) if day.state.presence(a.id) is Presence.ARRIVE}
    there.pop(personne_id, None)
    incidents = [incident.entree for incident in day.incidents if not incident.suites]
    running = [item for item in day.deroule.items if day.state.step(item.id).etat is EtatEtape.EN_COURS]
    public = max(0, sum(people for _, people in day.state.passages))
    people = list(there.values())[::-1]
    return Reste(day.left(Phase.FERMETURE), day.wrong, people, incidents, running, public, _never_began(day))


def _never_began(day: Day) -> int:
    """How many items of the days until now; what goes by itself is not waited for, nor what is for tomorrow."""
    tonight, slots = evening_of(day.now), day.deroule.promised
    to_come = [item for item in day.deroule.items if day.state.step(item.id).etat is EtatEtape.A_VENIR]
    due = [item for item in to_come if evening_of(slots[item.id].debut) <= tonight]
    return len([item for item in due if not goes_by_itself(item, day.lanes[str(item.id)])])


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
