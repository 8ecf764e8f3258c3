"""The checklists of one day: their lines, by space, and what was said of each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from portal.jour_j.models import Jour, Phase, Point
from portal.jour_j.pli import NON_CONFORME, Site

if TYPE_CHECKING:
    from portal.jour_j.pli import Mark, State


class Verifications:
    """What `queries.Day` says of its lists."""

    if TYPE_CHECKING:

        @property
        def jour(self) -> Jour: ...
        @property
        def state(self) -> State: ...
        @property
        def reopens(self) -> bool: ...
        @property
        def continues(self) -> bool: ...

    @property
    def lists(self) -> list[tuple[Phase, list[Point]]]:
        return [(phase, self.points(phase)) for phase in Phase]

    def points(self, phase: Phase) -> list[Point]:
        return [p for p in self.jour.points if p.phase == phase]

    def by_space(self, points: list[Point]) -> list[tuple[str, list[Point]]]:
        """The lines under the name of their space, those of the whole site first; without a name when it is alone."""
        groups = [(where, list(lines)) for where, lines in groupby(points, lambda p: p.espace)]
        if len(groups) == 1 and groups[0][0] is None:
            return [("", points)]
        return [(where.nom if where else "Tout le site", lines) for where, lines in groups]

    def mark(self, point: Point) -> Mark | None:
        """What was said last of a line, when and by whom."""
        return self.state.ticks.get(str(point.id))

    def is_wrong(self, point: Point) -> bool:
        """Somebody looked at it, and it is not as it should be."""
        mark = self.mark(point)
        return mark is not None and mark.valeur == NON_CONFORME

    def left(self, phase: Phase) -> list[Point]:
        """The lines that nobody has looked at."""
        return [p for p in self.points(phase) if self.mark(p) is None]

    def owed(self, points: list[Point]) -> list[Point]:
        """Those of these lines that nobody looked at, or that are not as they should be."""
        return [p for p in points if self.mark(p) is None or self.is_wrong(p)]

    @property
    def wrong(self) -> list[Point]:
        """The lines of both lists that are not as they should be."""
        return [p for p in self.jour.points if self.is_wrong(p)]

    @property
    def phase(self) -> Phase:
        return Phase.OUVERTURE if self.is_to_open else Phase.FERMETURE

    @property
    def is_to_open(self) -> bool:
        """Whether a day is still to begin: the first, or another of an action that goes on."""
        return self.state.site is Site.FERME or self.reopens or self.continues

    @property
    def forgotten(self) -> list[Point]:
        """The opening lines that an open site opened without; those ticked since stay, to be seen and taken back."""
        opened = self.state.opened
        if opened is None or self.state.site is not Site.OUVERT:
            return []
        return [
            p for p in self.points(Phase.OUVERTURE) if self.is_wrong(p) or (m := self.mark(p)) is None or m.quand > opened.quand
        ]

    @property
    def unsafe(self) -> list[Point]:
        """The critical lines that the opening of a day would leave open, or not as they should be."""
        return [p for p in self.owed(self.points(Phase.OUVERTURE)) if p.critique] if self.is_to_open else []
