"""When somebody was on site, as the taps of their place say it: the report and the hours read the same. No I/O here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from portal.jour_j.pli import Presence, Tap
from portal.jour_j.soiree import evening_of


@dataclass(frozen=True)
class Sejour:
    """From an arrival to a departure; None of the one that nobody tapped."""

    debut: datetime | None = None
    fin: datetime | None = None


def sejours(taps: Iterable[Tap]) -> list[Sejour]:
    """The stays that the taps of one place tell, those that still count, in their order: nobody came where there is none."""
    found: list[Sejour] = []
    for tap in taps:
        if tap.valeur == Presence.ABSENT:
            found = [stay for stay in found if not _is_of(stay, tap.quand)]
        elif tap.valeur == Presence.ATTENDU:  # it takes back the last stay, if it is of that day
            found = found[:-1] if found and _is_of(found[-1], tap.quand) else found
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
    return stay.fin is None and _is_of(stay, instant)


def _is_of(stay: Sejour, instant: datetime) -> bool:
    """Whether the stay and the instant are of the same day and its night."""
    begun = stay.debut or stay.fin
    return begun is not None and evening_of(begun) == evening_of(instant)
