"""How many of an equipment are out at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate

Loan = tuple[datetime, datetime, int]  # from, until, how many


def peak(loans: Iterable[Loan]) -> int:
    """The most that is out at any instant; what comes back when something else leaves is back first."""
    moves = sorted((at, n) for debut, fin, many in loans for at, n in ((debut, many), (fin, -many)))
    return max(accumulate((n for _, n in moves), initial=0))


def clipped(loans: Iterable[Loan], debut: datetime, fin: datetime) -> list[Loan]:
    """What is left of these loans between two instants."""
    return [(max(start, debut), min(end, fin), many) for start, end, many in loans if start < fin and end > debut]
