"""The day that an instant belongs to, for a house whose evenings end in the night."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import clock

NIGHT = timedelta(hours=6)  # an evening lasts until six in the morning


def evening_of(instant: datetime) -> datetime:
    """The start of the day that an instant belongs to: two in the morning is still the evening before."""
    return clock.start_of(clock.local(instant - NIGHT).date())
