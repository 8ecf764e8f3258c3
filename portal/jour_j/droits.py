"""What one person may tap on a day: whoever runs it everything, the others what is theirs."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from portal import clock
from portal.comptes.models import Personne
from portal.filters import heure, jour
from portal.jour_j import queries
from portal.jour_j.models import Genre
from portal.missions.models import Affectation, Mission
from portal.policy import can
from portal.workflow import Refusal


class NotYourTap(Refusal):
    status = 403
    sentence = "Ce geste n’est pas, ou plus, le tien\u00a0: il n’est pas compté. Vois la personne référente."


class TooSoon(Refusal):
    def __init__(self, mission: Mission):
        opens = mission.arrivals_from
        day = "" if clock.local(opens).date() == clock.today() else f"{jour(opens)}, "
        super().__init__(f"Tu pourras dire que tu es là {day}à partir de {heure(opens)}.")


class MissionOver(Refusal):
    def __init__(self, mission: Mission):
        super().__init__(f"Ta mission est finie depuis {heure(mission.fin)}\u00a0: vois la personne référente.")


class Droits:
    """Of one person on one day, as its team now is."""

    def __init__(self, day: queries.Day, who: Personne):
        self.day, self.who = day, who

    @cached_property
    def runs(self) -> bool:
        return can(self.who, "jour.agir", self.day.jour)

    @cached_property
    def reports(self) -> bool:
        if not self.day.jour.is_live:
            return False
        return self.runs or any(can(self.who, "affectation.signaler", place) for place in self._mine)

    @cached_property
    def places(self) -> list[Affectation]:
        """Those that they hold and know of, in the order of the day."""
        if not self.day.jour.is_live:
            return []
        mine = [place for place in self._mine if can(self.who, "affectation.pointer", place)]
        return sorted(mine, key=lambda place: place.mission.debut)

    @property
    def _mine(self) -> list[Affectation]:
        """Nobody has a right to somebody else's: of those, nothing is asked."""
        return [place for place in self.day.held if place.personne_id == self.who.id]

    @property
    def lines(self) -> set[str]:
        """The checklist lines that were handed to them."""
        mine = {str(place.id) for place in self.places}
        return {line for line, place in self.day.state.handed.items() if place in mine}

    def allows(self, genre: str, cible: str) -> bool:
        """Whether it is theirs to tap; what no rule names belongs to whoever runs the day."""
        if self.runs:
            return True
        if genre == Genre.PRESENCE:
            return cible in {str(place.id) for place in self.places}
        if genre == Genre.COCHE:
            return cible in self.lines
        return self._takes_back(cible) if genre == Genre.ANNULE else genre == Genre.INCIDENT and self.reports

    def _takes_back(self, uuid: str) -> bool:
        """Their own taps, while it is still theirs to make such a tap."""
        entree = next((e for e in self.day.entries if e.uuid == uuid), None)
        return entree is not None and entree.personne_id == self.who.id and self.allows(entree.genre, entree.cible)


def check_arrival(place: Affectation, at: datetime) -> None:
    """Of oneself, one says it from a quarter of an hour before one's mission to its end."""
    if at < place.mission.arrivals_from:
        raise TooSoon(place.mission)
    if at > place.mission.fin:
        raise MissionOver(place.mission)
