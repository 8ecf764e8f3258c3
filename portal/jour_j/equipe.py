"""The team of a day as its page shows it to one person: who is there, who is late, what is theirs, what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from portal.comptes.models import Personne
from portal.jour_j.droits import Droits
from portal.jour_j.models import Entree, Point
from portal.jour_j.pli import Mark, Presence, Site
from portal.jour_j.queries import Day
from portal.jour_j.soiree import evening_of
from portal.missions.models import Affectation, Mission, Slot

LATE = timedelta(minutes=15)  # after the start of a mission; somebody still expected is late from then on


def concerned(day: Day, message: Entree) -> list[Personne]:
    """Whom a message is written to, among those who have a place now and know of it; nobody once it was taken back."""
    if message.uuid not in day.state.messages:
        return []
    held = (place for place in day.held if place.is_told and message.cible in ("", str(place.mission_id)))
    return list(dict.fromkeys(place.personne for place in held))


@dataclass(frozen=True)
class Pointage:
    """A place, and where whoever holds it stands; `retard`: from when to when they are late, unless they come."""

    place: Affectation
    presence: Presence
    mark: Mark | None
    retard: Slot | None
    is_late: bool
    is_one_of_several: bool  # a name alone does not say which


class Equipe:
    """`droits` are those of whoever looks."""

    def __init__(self, day: Day, droits: Droits):
        self.day, self.droits = day, droits

    # who is there

    @cached_property
    def rows(self) -> list[Pointage]:
        """Today's first, by hour, then by name: whatever is said of somebody, nothing moves under the thumb."""
        today = self.day.team_today
        order = sorted(self.day.team, key=lambda p: (p not in today, p.mission.debut, p.personne.nom_cle, p.id))
        return [self._row(place) for place in order]

    @cached_property
    def _posts(self) -> Counter[int]:
        return Counter(place.personne_id for place in self.day.team)

    def _row(self, place: Affectation) -> Pointage:
        id, state = str(place.id), self.day.state
        presence = state.presence(place.id)
        waited_for = presence is Presence.ATTENDU and place.personne_id not in self._on_site and state.site is not Site.CLOS
        retard = (place.mission.debut + LATE, place.mission.fin) if waited_for and self.day.jour.is_live else None
        return Pointage(
            place,
            presence,
            state.presences.get(id),
            retard,
            bool(retard) and self._within(retard),
            self._posts[place.personne_id] > 1,
        )

    def _within(self, slot: Slot | None) -> bool:
        return slot is not None and slot[0] <= self.day.now < slot[1]

    @cached_property
    def _on_site(self) -> set[int]:
        state = self.day.state
        return {a.personne_id for a in self.day.team if state.presence(a.id) is Presence.ARRIVE}

    @property
    def referents(self) -> list[Personne]:
        """Whom to see."""
        return self.day.referents

    @property
    def late(self) -> int:
        """How many people, whatever the posts they hold."""
        return len({row.place.personne_id for row in self.rows if row.is_late})

    @property
    def present(self) -> list[Affectation]:
        """One place for each person on site, to call the roll."""
        return self._once(lambda place: place.personne_id in self._on_site)

    @property
    def unseen(self) -> list[Affectation]:
        """Those who may be there all the same: nobody said that they came, left or would not come."""
        marks = self.day.state.presences
        said = {a.personne_id for a in self.day.team if str(a.id) in marks and marks[str(a.id)].valeur != Presence.ATTENDU}
        return self._once(lambda place: place.personne_id not in said)

    def _once(self, wanted: Callable[[Affectation], bool]) -> list[Affectation]:
        found: dict[int, Affectation] = {}
        for place in sorted(self.day.team, key=lambda place: self.day.state.presence(place.id) is not Presence.ARRIVE):
            if wanted(place):
                found.setdefault(place.personne_id, place)
        return sorted(found.values(), key=lambda place: place.personne.nom_cle)

    # what is theirs

    @property
    def acts(self) -> bool:
        """Whether one's own taps are taken now."""
        return bool(self.droits.places) and not self.day.is_too_early

    def owns(self, place: Affectation) -> bool:
        return self.acts and place in self.droits.places

    @cached_property
    def lines(self) -> list[Point]:
        """The checklist lines that were handed to them, and that they tick; whoever runs the day ticks them all."""
        theirs = self.droits.lines if self.acts and not self.droits.runs else set()
        return [point for point in self.day.jour.points if str(point.id) in theirs]

    @property
    def to_arrive(self) -> Affectation | None:
        """The place of theirs to which they may say now that they came."""
        return next((p for p in self.droits.places if self._may_arrive(p)), None)

    def _may_arrive(self, place: Affectation) -> bool:
        opens = place.mission.arrivals_from <= self.day.now <= place.mission.fin
        return opens and self.day.state.presence(place.id) is not Presence.ARRIVE

    @property
    def to_leave(self) -> Affectation | None:
        return next((p for p in self.droits.places if self.day.state.presence(p.id) is Presence.ARRIVE), None)

    @property
    def opens_at(self) -> datetime | None:
        """When they may say that they came, if that is still to come."""
        later = [p.mission.arrivals_from for p in self.droits.places]
        return min((instant for instant in later if instant > self.day.now), default=None)

    # what was written

    @property
    def missions(self) -> list[Mission]:
        """Those that somebody holds, to write to their people."""
        return list(dict.fromkeys(place.mission for place in self.day.held))

    @property
    def messages(self) -> list[Entree]:
        """Those that concern them, latest first; whoever runs the day reads them all."""
        theirs = {"", *(str(place.mission_id) for place in self.droits.places)} if self.droits.places else set()
        told = set(self.day.state.messages)
        return [e for e in reversed(self.day.entries) if e.uuid in told and (self.droits.runs or e.cible in theirs)]

    def was_before_today(self, message: Entree) -> bool:
        return evening_of(message.quand) < evening_of(self.day.now)

    def addressed(self, message: Entree) -> str:
        """To whom a message was written, when that is not the whole team."""
        return next((m.titre for m in self.missions if str(m.id) == message.cible), "")
