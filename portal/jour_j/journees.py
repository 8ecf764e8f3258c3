"""An action of several days: which of them it is now, and what is said of the others."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from portal import clock
from portal.filters import date_courte, heure, jour_semaine
from portal.jour_j.pli import Presence, Site
from portal.jour_j.soiree import evening_of

if TYPE_CHECKING:
    from portal.actions.models import Action
    from portal.jour_j.pli import State
    from portal.missions.models import Affectation, Mission

WEEK = timedelta(days=6)  # further away, the name of a day is that of several


class Journees:
    """What `queries.Day` says of its days."""

    if TYPE_CHECKING:
        now: datetime

        @property
        def action(self) -> Action: ...
        @property
        def state(self) -> State: ...
        @property
        def team(self) -> list[Affectation]: ...

    @property
    def lasts_days(self) -> bool:
        """Whether hours alone do not say when: the action goes on for more than one day and its night."""
        return evening_of(self.action.debut) < _last_evening(self.action.fin)

    @property
    def is_under_way(self) -> bool:
        """Whether this is one of several days of the action, and the others are told apart from it."""
        return self.lasts_days and self.is_today(self.action)

    def is_today(self, slot: Action | Mission) -> bool:
        return evening_of(slot.debut) <= evening_of(self.now) <= _last_evening(slot.fin)

    def hour(self, instant: datetime) -> str:
        """ "8 h 08", "jeudi 8 h 08" when it was not today."""
        if self.was_today(instant):
            return heure(instant)
        away = evening_of(self.now) - evening_of(instant)
        return f"{jour_semaine(instant) if abs(away) <= WEEK else date_courte(instant)} {heure(instant)}"

    def was_today(self, instant: datetime) -> bool:
        return evening_of(instant) == evening_of(self.now)

    @property
    def since(self) -> str:
        """ "hier 8 h 08", "jeudi 8 h 08": when the site opened that nobody closed."""
        opened = self.state.moved.quand if self.state.moved else self.now
        yesterday = evening_of(self.now) == clock.same_hour(evening_of(opened), 1)
        return f"hier {heure(opened)}" if yesterday else self.hour(opened)

    @cached_property
    def team_today(self) -> list[Affectation]:
        """Those whose post is of today; of another day, whoever is on site all the same and nowhere else."""
        if not self.is_under_way:
            return self.team
        today = [a for a in self.team if self.is_today(a.mission)]
        there = {a.personne_id for a in today if self.state.presence(a.id) is Presence.ARRIVE}
        elsewhere = (a.id for a in self.team if a.personne_id not in there and self.state.presence(a.id) is Presence.ARRIVE)
        shown = {a.id for a in today} | set(elsewhere)
        return [a for a in self.team if a.id in shown]

    @property
    def expected(self) -> int:
        return len({a.personne_id for a in self.team_today})

    @property
    def is_open_since_before(self) -> bool:
        """Whether nobody closed the site on the evening of its opening."""
        state = self.state
        return state.site is Site.OUVERT and state.moved is not None and evening_of(state.moved.quand) < evening_of(self.now)

    @property
    def goes_on(self) -> bool:
        """Whether that evening was not the last of the action."""
        return self.now < self.action.fin

    @property
    def continues(self) -> bool:
        """Whether the house, open since before, is still to be checked for a day that nobody has begun."""
        return self.is_open_since_before and self.goes_on

    def _is_another_morning(self, state: State) -> bool:
        """Whether the site is closed, opened last for a day that is over, and the action goes on."""
        opened = state.opened if state.site is Site.CLOS else None
        return opened is not None and self.goes_on and evening_of(opened.quand) < evening_of(self.now)


def _last_evening(fin: datetime) -> datetime:
    return evening_of(fin - timedelta(microseconds=1))
