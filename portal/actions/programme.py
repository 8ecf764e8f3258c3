"""The programme as it is planned: what follows what, what moves along with an item, what then overlaps. No I/O here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Protocol, TypeVar

from portal import clock

Lane = tuple[str, str]  # a piste, and the id of an item that runs beside the others of that piste


class Planned(Protocol):
    """An item of the programme, as it was planned; `ancre` is fixed by the clock."""

    @property
    def id(self) -> int: ...
    @property
    def debut(self) -> datetime: ...
    @property
    def fin(self) -> datetime: ...
    @property
    def piste(self) -> str: ...
    @property
    def ancre(self) -> bool: ...


class Limited(Planned, Protocol):
    """The same, which may have a hard end (`butoir`)."""

    @property
    def butoir(self) -> bool: ...


P = TypeVar("P", bound=Planned)
L = TypeVar("L", bound=Limited)


@dataclass(frozen=True)
class Slot:
    """When an item runs."""

    debut: datetime
    fin: datetime

    @property
    def lasts(self) -> timedelta:
        return self.fin - self.debut

    def later(self, delta: timedelta) -> Slot:
        return Slot(self.debut + delta, self.fin + delta)


def slot_of(item: Planned) -> Slot:
    return Slot(item.debut, item.fin)


# --- what follows what ---------------------------------------------------------------------------------------


def lanes_of(programme: Sequence[Planned]) -> dict[str, Lane]:
    """Items of one piste follow one another; one that covers another of its piste (an all-day stand) runs beside."""
    spans = [(str(i.id), i.piste, i.debut, i.fin) for i in programme]
    return {
        id: (piste, id if any(o != id and p == piste and debut <= d and f <= fin for o, p, d, f in spans) else "")
        for id, piste, debut, fin in spans
    }


def in_lane(lane: Lane, programme: Sequence[P], lanes: Mapping[str, Lane]) -> list[P]:
    return sorted((i for i in programme if lanes[str(i.id)] == lane), key=lambda i: (i.debut, i.id))


def beside(item: Planned, programme: Sequence[P]) -> list[P]:
    """Those that follow one another with this one, itself among them, in their order."""
    lanes = lanes_of(programme)
    return in_lane(lanes[str(item.id)], programme, lanes)


def neighbour(item: Planned, programme: Sequence[P], *, up: bool) -> P | None:
    """The one just before, or just after."""
    lane = beside(item, programme)
    place = [other.id for other in lane].index(item.id) + (-1 if up else 1)
    return lane[place] if 0 <= place < len(lane) else None


def is_fixed(item: Limited) -> bool:
    """By its hour or by its hard end: it never moves by itself."""
    return item.ancre or item.butoir


# --- what moves ----------------------------------------------------------------------------------------------


def swapped(first: Planned, second: Planned) -> dict[int, Slot]:
    """Two neighbours change places: each keeps its length, and together they begin and end as before."""
    lengths = first.fin - first.debut, second.fin - second.debut
    return {second.id: Slot(first.debut, first.debut + lengths[1]), first.id: Slot(second.fin - lengths[0], second.fin)}


def chain(item: Limited, programme: Sequence[L]) -> list[L]:
    """What follows it without a pause, one after the other, up to one that is fixed."""
    found: list[L] = []
    end = item.fin
    for other in beside(item, programme):
        if other.debut == end and other.id != item.id:
            if is_fixed(other):
                break
            found.append(other)
            end = other.fin
    return found


def shifted(programme: Iterable[Limited], delta: timedelta, days: int) -> dict[int, Slot]:
    """The whole programme with its action: what is fixed by the clock changes its day (by `days`) and keeps its hour."""
    return {item.id: _on_its_hour(item, days) if is_fixed(item) else slot_of(item).later(delta) for item in programme}


def _on_its_hour(item: Planned, days: int) -> Slot:
    return Slot(clock.same_hour(item.debut, days), clock.same_hour(item.fin, days))


# --- what overlaps -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overlap:
    """The first is not over when the second, of the same lane, begins."""

    first: Limited
    second: Limited

    @property
    def lasts(self) -> timedelta:
        return self.first.fin - self.second.debut

    @property
    def would_end(self) -> datetime:
        """When the second would be over, begun after the first and not cut short."""
        return self.second.fin + self.lasts


def overlaps(programme: Sequence[Limited]) -> dict[int, Overlap]:
    """By the id of the one that goes on too long; nothing for an item that runs beside the others."""
    lanes = lanes_of(programme)
    rows = [in_lane(lane, programme, lanes) for lane in dict.fromkeys(lanes.values())]
    pairs = [Overlap(first, second) for row in rows for first, second in pairwise(row)]
    return {pair.first.id: pair for pair in pairs if pair.lasts > timedelta()}


def at_once(programme: Iterable[Planned]) -> set[tuple[int, int]]:
    """The pairs of one piste that run at the same time."""
    items = sorted(programme, key=lambda i: i.id)
    pairs = combinations(items, 2)
    return {(a.id, b.id) for a, b in pairs if a.piste == b.piste and a.debut < b.fin and b.debut < a.fin}
