"""Public holidays: those of all France (code du travail, art. L3133-1), and those that the law adds where the house stands.

Ours rather than a library's: the law names eleven of them, which move with Easter alone, and last changed in 1983.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from portal import clock
from portal.territoire import Territoire

FIXED = {
    (1, 1): "Jour de l’An",
    (5, 1): "Fête du Travail",
    (5, 8): "Victoire de 1945",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice de 1918",
    (12, 25): "Noël",
}
AFTER_EASTER = {1: "Lundi de Pâques", 39: "Ascension", 50: "Lundi de Pentecôte"}
GOOD_FRIDAY = {-2: "Vendredi saint"}


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar: the Sunday after the first full moon of spring, as the Church reckons it."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=16)
def feries(year: int, territoire: Territoire) -> dict[date, str]:
    """The names by day; one day may have two, as 1 May 2008 had."""
    found = {date(year, *day): name for day, name in FIXED.items()}
    found |= {date(year, month, day): name for month, day, name in territoire.feries}
    for days, name in (AFTER_EASTER | (GOOD_FRIDAY if territoire.vendredi_saint else {})).items():
        day = easter(year) + timedelta(days=days)
        found[day] = f"{found[day]} et {name}" if day in found else name
    return found


def ferie(day: date) -> str:
    """The holiday of that day where the house stands, "" when it is none."""
    return feries(day.year, clock.HERE).get(day, "")
