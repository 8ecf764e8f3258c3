"""What one person's calendar says of each mission that concerns them. No I/O here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal import clock
from portal.candidatures.models import Candidature, Etat
from portal.comptes.models import Personne
from portal.fields import local_phone
from portal.journal import subject_key
from portal.missions.calendrier import Entry
from portal.missions.models import Affectation, Mission

SHOWN = timedelta(days=365)  # how long a mission that took place stays in the calendar
CANCELLED = timedelta(days=30)  # how long what is over is told, to agendas that look seldom
WAITS = {Etat.DEPOSEE: "(en attente)", Etat.LISTE_ATTENTE: "(liste d’attente)"}
LEFT = frozenset({Etat.RETIREE, Etat.DESISTEE})  # the candidate's own ends, which are no answer


@dataclass
class Occasion:
    """A mission, with the places on it that a person heard of, and their candidatures to it."""

    mission: Mission
    places: list[Affectation] = field(default_factory=list)
    candidatures: list[Candidature] = field(default_factory=list)

    @property
    def is_held(self) -> bool:
        return any(place.libere_le is None for place in self.places)

    @property
    def waits(self) -> str:
        """How the candidature that still hopes stands, as its candidate was told; "" when there is none."""
        return next((WAITS[c.etat_dit] for c in self.candidatures if c.etat_dit in WAITS), "")

    @property
    def status(self) -> str:
        if self.is_held:
            return "CONFIRMED"
        return "TENTATIVE" if self.waits else "CANCELLED"

    @property
    def mark(self) -> str:
        return {"CONFIRMED": "", "TENTATIVE": self.waits, "CANCELLED": "(annulé)"}[self.status]

    @property
    def sequence(self) -> int:
        """What moved: the mission, this person's places there, the answers that they were told. Each term only grows."""
        on_the_mission = self.mission.sequence
        taken_and_freed = sum(1 + (place.libere_le is not None) for place in self.places)
        answers = sum(1 + c.decisions - c.is_undoable + (c.etat in LEFT) for c in self.candidatures)
        return on_the_mission + taken_and_freed + answers

    def moved(self, journal: Mapping[str, datetime]) -> datetime:
        """When this person's part in it last changed; `journal` says when each subject did."""
        told = [c for c in self.candidatures if not c.is_undoable]  # an answer that can be taken back is nobody's news
        known = [place.libere_le or place.connue_le for place in self.places]
        asked = [c.deposee_le for c in self.candidatures]
        heard = [c.dite_le for c in told if c.decidee_le and c.dite_le and c.dite_le <= clock.now()]
        return max(filter(None, [*known, *asked, *heard, *(journal.get(subject_key(c)) for c in told)]))

    def revised(self, journal: Mapping[str, datetime]) -> datetime:
        """When anything that the calendar says of it last changed."""
        mine = self.moved(journal)
        return max(mine, *(journal.get(subject_key(row), mine) for row in (self.mission, self.mission.action)))

    def is_shown(self, journal: Mapping[str, datetime]) -> bool:
        """What waits ends with the mission; what is over is told for a month."""
        if self.status == "CANCELLED":
            return clock.now() - self.moved(journal) < CANCELLED
        return self.status == "CONFIRMED" or not self.mission.is_past

    def entry(self, journal: Mapping[str, datetime], contacts: Iterable[Personne], base_url: str) -> Entry:
        """What the calendar says of it; `contacts` are those whom the reader may call."""
        call = ", ".join(" ".join(filter(None, (p.nom, local_phone(p.telephone)))) for p in contacts)
        notes = (f"Sur place, appelle\u00a0: {call}" if call else "", f"Pour prévenir ou changer d’avis\u00a0: {base_url}/moi/")
        return Entry(self.mission, self.status, self.sequence, self.revised(journal), self.mark, notes)


def gather(places: Iterable[Affectation], candidatures: Iterable[Candidature]) -> list[Occasion]:
    """By mission, soonest first."""
    found: dict[int, Occasion] = {}
    for place in places:
        found.setdefault(place.mission_id, Occasion(place.mission)).places.append(place)
    for candidature in candidatures:
        found.setdefault(candidature.mission_id, Occasion(candidature.mission)).candidatures.append(candidature)
    return sorted(found.values(), key=lambda occasion: (occasion.mission.debut, occasion.mission.id))
