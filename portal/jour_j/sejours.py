"""When somebody was on site, as the taps of their place say it: the report and the hours read the same. No I/O here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from portal.jour_j.pli import Presence, Tap
from portal.jour_j.soiree import evening_of

DOUBTS = (Presence.ATTENDU, Presence.ABSENT)  # they take back what was said before


@dataclass(frozen=True)
class Sejour:
    """From an arrival to a departure; None of the one that nobody tapped."""

    debut: datetime | None = None
    fin: datetime | None = None


def sejours(taps: Iterable[Tap]) -> list[Sejour]:
    """The stays that the taps of one place tell, those that still count, in their order: nobody came where there is none."""
    found: list[Sejour] = []
    for tap in taps:
        if tap.valeur in DOUBTS:
            found.clear()
        elif tap.valeur == Presence.ARRIVE:
            if not (found and _goes_on(found[-1], tap.quand)):
                found.append(Sejour(tap.quand))
        elif not found:
            found.append(Sejour(None, tap.quand))
        elif found[-1].fin is None:
            found[-1] = replace(found[-1], fin=tap.quand)
    return found


def _goes_on(stay: Sejour, instant: datetime) -> bool:
    """Whether saying again that somebody came says nothing new: they had not left, and it is the same evening."""
    return stay.fin is None and stay.debut is not None and evening_of(stay.debut) == evening_of(instant)
