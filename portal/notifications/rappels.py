"""When one is reminded of a mission: a week before, the day before at ten, two hours before (instants only, no row)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from portal import clock
from portal.fields import combine

EVE = time(10)


def _eve(debut: datetime) -> datetime:
    return combine(clock.local(debut).date() - timedelta(days=1), EVE)


@dataclass(frozen=True)
class Rappel:
    """`at`: the instant, from the start of the mission."""

    nom: str
    at: Callable[[datetime], datetime]


RAPPELS = (
    Rappel("semaine", lambda debut: debut - timedelta(days=7)),
    Rappel("veille", _eve),
    Rappel("bientot", lambda debut: debut - timedelta(hours=2)),
)


def still_true(nom: str, debut: datetime) -> bool:
    """Whether what a reminder says still is: a worker or a server that was down sends none that speaks of another day."""
    left = debut - clock.now()
    if nom == "semaine":
        return left > timedelta(days=5)
    if nom == "veille":
        return clock.local(debut).date() == clock.today() + timedelta(days=1)
    return left > timedelta(minutes=90)


def to_come(debut: datetime) -> list[tuple[Rappel, datetime]]:
    """Those whose instant has not passed: whoever joins later has just been told all by their answer."""
    return [(rappel, rappel.at(debut)) for rappel in RAPPELS if rappel.at(debut) > clock.now()]
