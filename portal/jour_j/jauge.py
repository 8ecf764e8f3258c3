"""How many people are on site, and have been. The sum commutes, and is shown never below nought. No I/O here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

NEARLY = 90  # percent of the capacity from which one is warned


@dataclass(frozen=True)
class Jauge:
    """The public counted on one day, and how many people the place holds, team included; None when nobody has said."""

    passages: Sequence[tuple[datetime, int]]  # in the order of time
    team: int
    capacity: int | None

    @property
    def public(self) -> int:
        return max(0, sum(people for _, people in self.passages))

    @property
    def present(self) -> int:
        return self.public + self.team

    @property
    def percent(self) -> int | None:
        """Of the capacity; rounded down, so that 100 is really full."""
        return self.present * 100 // self.capacity if self.capacity else None

    @property
    def ton(self) -> str:
        if self.percent is None or self.percent < NEARLY:
            return "bon"
        return "attention" if self.percent >= 100 else "attente"

    @property
    def peak(self) -> tuple[datetime, int] | None:
        """When the most people of the public were there for the first time, and how many."""
        return max(self.curve, key=lambda point: point[1], default=None)

    @property
    def entries(self) -> int:
        """How many people came in, in all."""
        return sum(people for _, people in self.passages if people > 0)

    @property
    def curve(self) -> list[tuple[datetime, int]]:
        """After each passage, how many there were."""
        return list(self._points())

    def _points(self) -> Iterator[tuple[datetime, int]]:
        sums = accumulate(people for _, people in self.passages)
        for (quand, _), public in zip(self.passages, sums, strict=True):
            yield quand, max(0, public)
