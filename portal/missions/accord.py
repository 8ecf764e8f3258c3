"""Whether a mission suits what a person said of themself. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from portal import clock

JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MOMENTS = ("matin", "apres_midi", "soir", "soir")  # by six hours from six o'clock: after midnight is still the evening before
QUARTER = timedelta(hours=6)


def covers(disponibilites: Collection[str], debut: datetime, fin: datetime) -> bool:
    """Whether someone free at these times ("samedi-matin") is so during the whole of [debut, fin)."""
    return set(disponibilites).issuperset(_parts(debut, fin))


def _parts(debut: datetime, fin: datetime) -> Iterator[str]:
    at, last = (clock.local(instant) - QUARTER for instant in (debut, fin))
    at = at.replace(hour=at.hour // 6 * 6, minute=0, second=0, microsecond=0)
    while at < last:
        yield f"{JOURS[at.weekday()]}-{MOMENTS[at.hour // 6]}"
        at += QUARTER
