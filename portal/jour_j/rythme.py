"""How often the open screens of a day ask whether it has changed: the more of them, the less often (docs/decisions/05)."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic

PACES = ((20, 1), (40, 1.5), (100, 2))  # up to so many screens, every so many seconds: a tap is to be seen within two
SLOWEST = 4.8  # within five
WINDOW = 8 * SLOWEST  # seconds: long enough for each process to have been asked by nearly every screen
_asked: dict[int, OrderedDict[str, float]] = {}  # when each screen last asked this process, by day, the oldest first
_lock = Lock()


def pace(jour_id: int, screen: str) -> float:
    """Seconds until this screen asks again; `screen` is what tells it from the others.

    Without a proxy, phones that keep their connection ask one process alone, which then hears but its share of them.
    """
    now = monotonic()
    with _lock:
        asked = _asked.setdefault(jour_id, OrderedDict())
        asked[screen] = now
        asked.move_to_end(screen)
        while now - next(iter(asked.values())) > WINDOW:
            asked.popitem(last=False)
        return next((seconds for most, seconds in PACES if len(asked) <= most), SLOWEST)
