"""The day that an instant belongs to, for a house whose evenings end in the night."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import clock

NIGHT = timedelta(hours=4)  # an evening lasts until four in the morning; a market is set up from five


def evening_of(instant: datetime) -> datetime:
    """The start of the day that an instant belongs to: two in the morning is still the evening before."""
    return clock.start_of(clock.local(instant - NIGHT).date())
