"""The only clock: instants in UTC, days as the place lives them (PORTAL_TERRITOIRE)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from portal.territoire import TERRITOIRES, Territoire

HERE = TERRITOIRES["RE"]  # where the house stands, and its zone: `stand_in` says it once, as the portal starts
ZONE = HERE.fuseau

_frozen: datetime | None = None
_shift = timedelta()


def stand_in(territoire: Territoire) -> None:
    """The house stands there from now on."""
    global HERE, ZONE
    HERE, ZONE = territoire, territoire.fuseau


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _frozen or datetime.now(UTC) + _shift


def local(instant: datetime) -> datetime:
    """The same instant as a clock on the walls of the place shows it."""
    return instant.astimezone(ZONE)


def today() -> date:
    """The date at the place, which is not always UTC's."""
    return local(now()).date()


def start_of(day: date) -> datetime:
    """Midnight at the place on that day, in UTC: a day has 23 or 25 hours when the hour changes."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The next midnight at the place, in UTC."""
    return start_of(day + timedelta(days=1))


def same_hour(instant: datetime, days: int) -> datetime:
    """The instant so many days later when the clock on the wall shows the same hour."""
    return (local(instant) + timedelta(days=days)).astimezone(UTC)


def months_ago(months: int) -> datetime:
    """The same hour so many months before; the last day of a shorter month."""
    here = local(now())
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    return here.replace(year=year, month=month + 1, day=min(here.day, monthrange(year, month + 1)[1]))


def set_from(text: str | None) -> None:
    """Apply PORTAL_NOW: an ISO instant freezes the clock, "+3600" or "-60" (seconds) shifts it, None is the real time."""
    global _frozen, _shift
    _frozen, _shift = None, timedelta()
    if not text:
        return
    if text[0] in "+-":
        _shift = timedelta(seconds=int(text))
    else:
        instant = datetime.fromisoformat(text)
        _frozen = (instant if instant.tzinfo else instant.replace(tzinfo=ZONE)).astimezone(UTC)


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Stop the clock of this process at an aware instant."""
    global _frozen
    before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
