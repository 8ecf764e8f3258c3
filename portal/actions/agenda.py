"""The days of the agenda: what falls on each, month by month. No I/O here."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal import clock
from portal.actions.models import ALIVE, HELD, STOPPED, Action, Etat
from portal.feries import ferie
from portal.filters import creneau, heure

FIRM = HELD | {Etat.CONFIRMEE, Etat.EN_COURS}
OPTIONS = frozenset(Etat) - FIRM - STOPPED
MORNING = 6  # o'clock: what ends before belongs to the evening before
YEARS = range(2000, 2101)
WEEKS = Calendar()  # from Monday on


@dataclass(frozen=True)
class Mois:
    """One month, said "2026-12" in addresses."""

    premier: date

    @classmethod
    def read(cls, text: str | None) -> Mois | None:
        found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text or "")
        return cls(date(int(found[1]), int(found[2]), 1)) if found and int(found[1]) in YEARS else None

    @classmethod
    def of(cls, day: date) -> Mois:
        return cls(day.replace(day=1))

    def __str__(self) -> str:
        return f"{self.premier:%Y-%m}"

    @property
    def is_current(self) -> bool:
        return self == Mois.of(clock.today())

    @property
    def before(self) -> Mois | None:
        return self._at(self.premier - timedelta(days=1))

    @property
    def after(self) -> Mois | None:
        return self._at(self.premier + timedelta(days=31))

    @property
    def weeks(self) -> list[list[date]]:
        """Whole weeks from Monday, which the neighbouring months fill up."""
        return WEEKS.monthdatescalendar(self.premier.year, self.premier.month)

    @staticmethod
    def _at(day: date) -> Mois | None:
        return Mois.of(day) if day.year in YEARS else None


@dataclass(frozen=True)
class Case:
    """One day of the month's grid; `hors`: of a neighbouring month."""

    jour: date
    hors: bool = False
    actions: list[Action] = field(default_factory=list)

    @property
    def ferie(self) -> str:
        return ferie(self.jour)

    @property
    def is_today(self) -> bool:
        return self.jour == clock.today()

    @property
    def is_past(self) -> bool:
        return self.jour < clock.today()

    def is_on_a_phone(self, *, whole: bool) -> bool:
        """Its own month alone; of the present one, the days to come unless it is asked for `whole`."""
        return not self.hors and (whole or not self.is_past)

    def heures(self, action: Action) -> str:
        """When it is there that day, in words."""
        days = days_of(action)
        if self.jour == days[0]:
            return creneau(action.debut, action.fin)
        return f"jusqu’à {heure(action.fin)}" if self.jour == days[-1] else "toute la journée"

    def debut(self, action: Action) -> str:
        """The same in a word, where there is little room."""
        return heure(action.debut) if self.jour == days_of(action)[0] else "suite"


def grid(mois: Mois, actions: Iterable[Action]) -> list[list[Case]]:
    """The weeks of the month, with what falls on each day in the order given."""
    weeks = [[Case(day, hors=day.month != mois.premier.month) for day in week] for week in mois.weeks]
    cases = {case.jour: case for week in weeks for case in week}
    for action in actions:
        for day in days_of(action):
            if day in cases:
                cases[day].actions.append(action)
    return weeks


def days_of(action: Action) -> list[date]:
    """From the day when it begins to the last one that it reaches; « 20 h à 2 h » is one evening."""
    first, end = clock.local(action.debut).date(), clock.local(action.fin)
    last = end.date() - timedelta(days=end.hour < MORNING)
    return [first + timedelta(days=n) for n in range(max(0, (last - first).days) + 1)]


def together(these: Iterable[Action], others: Iterable[Action]) -> dict[int, list[Action]]:
    """For each of these that is alive, those of the others that share an instant with it."""
    alive = [action for action in others if action.etat in ALIVE]
    found = {a.id: [b for b in alive if b.id != a.id and b.debut < a.fin and a.debut < b.fin] for a in these if a.etat in ALIVE}
    return {id: beside for id, beside in found.items() if beside}
