"""From what was tapped of somebody's presence to the time they gave. No I/O here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from portal.contributions.models import MOST, Constat
from portal.jour_j.pli import Presence, Tap
from portal.jour_j.sejours import Sejour, sejours

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
    stays = sejours(taps)
    if stays:
        return Proposal(Constat.PRESENT, quarters(sum(_times(stays, slot), timedelta())))
    if taps and taps[-1].valeur == Presence.ABSENT:
        return Proposal(Constat.ABSENT, 0)
    return Proposal(Constat.NON_POINTE, quarters(max(timedelta(), slot.end - slot.debut)))


def quarters(time: timedelta) -> int:
    """Whole minutes, to the nearest quarter of an hour."""
    minutes = int(time.total_seconds() // 60)
    return min(MOST, (minutes + QUARTER // 2) // QUARTER * QUARTER)


def _times(stays: Sequence[Sejour], slot: Slot) -> Iterator[timedelta]:
    """Of each stay; an arrival nobody tapped was on time, a departure too, unless they came again before it."""
    for stay, following in zip_longest(stays, stays[1:]):
        begun = _near(stay.debut, slot.debut) if stay.debut else slot.debut
        ended = _near(stay.fin, slot.fin) if stay.fin else None
        again = following.debut if following else None
        yield max(timedelta(), (ended or again or slot.end) - begun)


def _near(instant: datetime, planned: datetime) -> datetime:
    return planned if abs(instant - planned) <= GRACE else instant
