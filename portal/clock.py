"""The only clock: instants in UTC, days as La Réunion lives them (UTC+4 all year)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

REUNION = ZoneInfo("Indian/Reunion")

_frozen: datetime | None = None
_shift = timedelta()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _frozen or datetime.now(UTC) + _shift


def local(instant: datetime) -> datetime:
    """The same instant as a wall clock at La Réunion shows it."""
    return instant.astimezone(REUNION)


def today() -> date:
    """The date at La Réunion, which is a day ahead of UTC's from 20:00 UTC on."""
    return local(now()).date()


def start_of(day: date) -> datetime:
    """Midnight at La Réunion on that day, in UTC."""
    return datetime.combine(day, time(), REUNION).astimezone(UTC)


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
        _frozen = (instant if instant.tzinfo else instant.replace(tzinfo=REUNION)).astimezone(UTC)


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Stop the clock of this process at an aware instant."""
    global _frozen
    before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
