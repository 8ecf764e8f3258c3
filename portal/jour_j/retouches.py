"""What the day makes of its plan: items made shorter or longer, put off, exchanged. No I/O here.

The plan itself is never edited by the day: a Plan is the printed programme and, over it, the changes in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from portal.actions.programme import Limited, Slot, in_lane, is_fixed, lanes_of, slot_of
from portal.jour_j.pli import Change

LONGEST, FARTHEST = 24 * 60, 12 * 60  # minutes
SHORTEST = 5  # what a button may make of an item; less is a mistake
SWAP = "echange"


class Plan:
    """The programme as the day now has it: `rows` of items that follow one another, and the `slots` they ought to have.

    A change that makes no sense any more (an item that left the programme, two that no longer follow one another) is none.
    """

    def __init__(self, programme: Sequence[Limited], changes: Iterable[Change] = ()):
        self.lanes = lanes_of(programme)
        self.rows = {lane: in_lane(lane, programme, self.lanes) for lane in dict.fromkeys(self.lanes.values())}
        self.slots = {item.id: slot_of(item) for item in programme}
        self._items = {str(item.id): item for item in programme}
        for change in changes:
            if item := self._items.get(change.cible):
                _RULES[change.genre](self, item, change.valeur)

    def following(self, item: Limited) -> Limited | None:
        """The one just after it."""
        row, place = self._row(item)
        return row[place + 1] if place + 1 < len(row) else None

    def may_swap(self, item: Limited, other: Limited | None) -> bool:
        """Whether it may give its place to the one just after it, and come second: neither is held by the clock."""
        return other is not None and other == self.following(item) and not (is_fixed(item) or other.ancre)

    def _row(self, item: Limited) -> tuple[list[Limited], int]:
        row = self.rows[self.lanes[str(item.id)]]
        return row, row.index(item)

    def _last(self, item: Limited, valeur: str) -> None:
        start = self.slots[item.id].debut
        self.slots[item.id] = Slot(start, start + timedelta(minutes=int(valeur)))

    def _put_off(self, item: Limited, valeur: str) -> None:
        """It moves with all that follows without a pause, up to one held by the clock; further on, a pause absorbs it."""
        if item.ancre:
            return
        for moved in self._chain(item):
            self.slots[moved.id] = self.slots[moved.id].later(timedelta(minutes=int(valeur)))

    def _chain(self, item: Limited) -> list[Limited]:
        row, place = self._row(item)
        found = [item]
        for other in row[place + 1 :]:
            if is_fixed(other) or self.slots[other.id].debut > self.slots[found[-1].id].fin:
                break
            found.append(other)
        return found

    def _swap(self, item: Limited, valeur: str) -> None:
        """Each keeps its length, and together they begin and end as before; said twice, it is done once."""
        other = self._items.get(valeur)
        if other is None or not self.may_swap(item, other):
            return
        row, place = self._row(item)
        row[place : place + 2] = [other, item]
        first, second = self.slots[item.id], self.slots[other.id]
        self.slots[other.id] = Slot(first.debut, first.debut + second.lasts)
        self.slots[item.id] = Slot(second.fin - first.lasts, second.fin)


_RULES: dict[str, Callable[[Plan, Limited, str], None]] = {
    "duree": Plan._last,
    "decale": Plan._put_off,
    SWAP: Plan._swap,
}


def promised(programme: Sequence[Limited], changes: Iterable[Change]) -> Plan:
    """What was announced: the printed programme, but for those that changed places. Delays are counted from there."""
    return Plan(programme, [change for change in changes if change.genre == SWAP])


def is_said(genre: str, valeur: str) -> bool:
    """Whether that is a length, or a delay, that somebody can mean; two items are judged by the plan."""
    if genre == "duree":
        return bool(re.fullmatch("[1-9][0-9]{0,3}", valeur)) and int(valeur) <= LONGEST
    if genre == "decale":
        return bool(re.fullmatch("-?[1-9][0-9]{0,2}", valeur)) and abs(int(valeur)) <= FARTHEST
    return True
