"""How often the open screens of a day ask whether it has changed: the more of them, the less often (design.md, "Live")."""

from __future__ import annotations

from collections import deque
from time import monotonic

from portal.config import WEB_PROCESSES

WINDOW = 10  # seconds
PACES = ((50, 1), (125, 2))  # up to so many screens, every so many seconds; a process is wrong by a fourth about them
SLOWEST = 4
_asked: dict[int, deque[float]] = {}  # when this process was asked, by day
_paces: dict[int, int] = {}


def pace(jour_id: int) -> int:
    """Seconds until this screen asks again. A process hears its share of the questions, and reckons how many screens ask."""
    now, asked = monotonic(), _asked.setdefault(jour_id, deque())
    asked.append(now)
    while now - asked[0] > WINDOW:
        asked.popleft()
    screens = len(asked) * WEB_PROCESSES * _paces.get(jour_id, 1) / WINDOW
    _paces[jour_id] = next((seconds for most, seconds in PACES if screens <= most), SLOWEST)
    return _paces[jour_id]
