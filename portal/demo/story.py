"""The past of the demonstration: each deed at its instant, done in order, with the clock stopped there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from portal import clock
from portal.comptes.models import Personne
from portal.db import db
from portal.devis.models import Tarif
from portal.fields import combine
from portal.poles.models import Espace, Materiel, Pole

Sheet = dict[str, Any]  # one table of a TOML page of this folder
Deed = Callable[[], None]

PAGES = Path(__file__).parent
WRAP = re.compile(r"(?<!\n)\n(?!\n|- |\d\. )")  # the end of a line inside a paragraph
WEEK = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass
class Story:
    """What will have happened by now; the people and the things made so far, by the short names that the pages use."""

    now: datetime = field(default_factory=clock.now)
    today: date = field(default_factory=clock.today)
    contacts: dict[str, Sheet] = field(default_factory=dict)  # of everybody, those who are still to come too
    people: dict[str, Personne] = field(default_factory=dict)
    poles: dict[str, Pole] = field(default_factory=dict)
    spaces: dict[str, Espace] = field(default_factory=dict)
    equipment: dict[str, Materiel] = field(default_factory=dict)
    tarifs: dict[str, Tarif] = field(default_factory=dict)
    chance: Random = field(default_factory=lambda: Random(20221029))
    _deeds: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def at(self, instant: datetime, deed: Deed) -> None:
        """Plan a deed; those of one instant keep the order in which they were planned, those still to come are left out."""
        if instant <= self.now:
            heappush(self._deeds, (instant, next(self._numbers), deed))

    def live(self) -> None:
        """Do what is planned, and what these deeds plan in their turn."""
        while self._deeds:
            instant, _, deed = heappop(self._deeds)
            with clock.freeze(instant):
                deed()
                db.session.flush()  # rows take their date from the stopped clock when they are written

    def ago(self, text: str, first: int = 7, last: int = 19) -> datetime:
        """ "12 j", "12 j 21:10" or "3 h" before now; without an hour, some time between `first` and `last` o'clock."""
        number, unit, *hour = text.split()
        if unit == "h":
            return self.now - timedelta(hours=int(number), minutes=self.chance.randrange(50))
        chosen = time.fromisoformat(hour[0]) if hour else time(self.chance.randrange(first, last), self.chance.randrange(60))
        return combine(self.today - timedelta(days=int(number)), chosen)

    def evening(self, text: str) -> datetime:
        """The same, when the team sits down to its candidatures."""
        return self.ago(text, 20, 22)

    def day(self, sheet: Sheet) -> date:
        """The day of an action: `jour` days from today, or the nearest `semaine` to it."""
        day = self.today + timedelta(days=sheet["jour"])
        if weekday := sheet.get("semaine"):
            day += timedelta(days=(WEEK.index(weekday) - day.weekday() + 3) % 7 - 3)
        return day


def slot(day: date, sheet: Sheet) -> Sheet:
    """`debut` and `fin` of a table's `de` and `a`, `jour` days after that day; past midnight when `a` comes before `de`."""
    start = day + timedelta(days=sheet.get("jour", 0))
    nights = sheet["fin_jour"] if "fin_jour" in sheet else int(sheet["a"] <= sheet["de"])
    return {"debut": combine(start, sheet["de"]), "fin": combine(start + timedelta(days=nights), sheet["a"])}


def some(sheet: Sheet, *names: str) -> Sheet:
    """Those of the named entries that the table has."""
    return {name: sheet[name] for name in names if name in sheet}


def prose(sheet: Sheet, *names: str) -> Sheet:
    """The same for Markdown: the lines of a paragraph are joined, those of a list stay."""
    return {name: WRAP.sub(" ", text.strip()) for name, text in some(sheet, *names).items()}


def page(path: Path) -> Sheet:
    return tomllib.loads(path.read_text(encoding="utf-8"))
