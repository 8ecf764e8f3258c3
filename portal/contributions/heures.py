"""From what was tapped of somebody's presence to the time they gave. No I/O here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.contributions.models import MOST, Constat
from portal.jour_j.pli import Tap

GRACE = timedelta(minutes=15)  # a tap this near to the planned hour was late by itself
QUARTER = 15


@dataclass(frozen=True)
class Proposal:
    constat: Constat
    minutes: int


@dataclass(frozen=True)
class Slot:
    """When somebody was expected; `closed` is when the site closed for good, if it did."""

    debut: datetime
    fin: datetime
    closed: datetime | None = None

    @property
    def end(self) -> datetime:
        """Nobody stays on a site that closes; a mission that begins after it, to put things away, is no concern of the site."""
        return min(self.fin, self.closed) if self.closed and self.closed > self.debut else self.fin


def propose(taps: Sequence[Tap], slot: Slot) -> Proposal:
    """The taps of one place that still count, in their order; without any, the planned slot. To the nearest quarter."""
    said = [tap for n, tap in enumerate(taps) if n == 0 or tap.valeur != taps[n - 1].valeur]
    if not said or said[-1].valeur == "attendu":
        return Proposal(Constat.NON_POINTE, quarters(max(timedelta(), slot.end - slot.debut)))
    if said[-1].valeur == "absent":
        return Proposal(Constat.ABSENT, 0)
    return Proposal(Constat.PRESENT, quarters(sum(_spans(said, slot), timedelta())))


def quarters(time: timedelta) -> int:
    """Whole minutes, to the nearest quarter of an hour."""
    minutes = int(time.total_seconds() // 60)
    return min(MOST, (minutes + QUARTER // 2) // QUARTER * QUARTER)


def _spans(taps: Sequence[Tap], slot: Slot) -> Iterator[timedelta]:
    """Each stay, from an arrival to a departure; an arrival nobody tapped was on time, a departure too."""
    begun: datetime | None = None
    for tap in _since_the_last_doubt(taps):
        if tap.valeur == "arrive":
            begun = _near(tap.quand, slot.debut)
        else:
            yield max(timedelta(), _near(tap.quand, slot.fin) - (begun or slot.debut))
            begun = None
    if begun:
        yield max(timedelta(), slot.end - begun)


def _since_the_last_doubt(taps: Sequence[Tap]) -> Sequence[Tap]:
    """What follows the last « attendu » or « absent », which take back what was said before."""
    doubts = [n for n, tap in enumerate(taps) if tap.valeur in ("attendu", "absent")]
    return taps[doubts[-1] + 1 :] if doubts else taps


def _near(instant: datetime, planned: datetime) -> datetime:
    return planned if abs(instant - planned) <= GRACE else instant
