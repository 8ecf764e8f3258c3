"""Calendar files (RFC 5545), for the agenda of any phone: the only place that writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Response, request

from portal import clock
from portal.fields import clean, one_line

if TYPE_CHECKING:
    from icalendar import Calendar, Event

PRODUCER = "-//Portail//Tiers-lieu//FR"
READ_AGAIN = timedelta(hours=1)  # how often whoever follows the address is asked to look


@dataclass(frozen=True)
class Evenement:
    """One thing at its time. It keeps its `uid` for ever, so that whatever is read later replaces it.

    `sequence` never goes down for one reader; `revised` is when what it says last changed.
    """

    uid: str
    debut: datetime
    fin: datetime
    titre: str
    lieu: str
    paragraphes: tuple[str, ...]
    url: str
    status: str  # CONFIRMED, TENTATIVE or CANCELLED
    sequence: int
    revised: datetime


def file(evenements: Iterable[Evenement]) -> bytes:
    """What is taken in once."""
    return _written(_calendar(), evenements)


def feed(evenements: Iterable[Evenement], *, name: str) -> bytes:
    """What an agenda reads again and again at the same address, under that name."""
    from icalendar import vDuration

    calendar = _calendar()
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(READ_AGAIN), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(READ_AGAIN))
    return _written(calendar, evenements)


def attached(content: bytes, name: str) -> Response:
    """The answer that an agenda takes in once, under that name of a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(content, mimetype="text/calendar", headers=headers)


def followed(content: bytes) -> Response:
    """The answer to an agenda that follows a secret address: looked at each time, sent again only when it changed."""
    response = Response(content, mimetype="text/calendar", headers={"Cache-Control": "private, no-cache"})
    response.set_etag(sha256(content).hexdigest()[:20], weak=True)  # it may travel compressed
    response.make_conditional(request)
    return response


def _calendar() -> Calendar:
    from icalendar import Calendar  # slow to import, for the few who ask

    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    return calendar


def _written(calendar: Calendar, evenements: Iterable[Evenement]) -> bytes:
    for evenement in evenements:
        calendar.add_component(_event(evenement))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(told: Evenement) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", told.uid)
    event.add("dtstamp", told.revised)  # without a METHOD it says the same as the next one (RFC 5545, 3.8.7.2)
    event.add("last-modified", told.revised)
    event.add("dtstart", clock.local(told.debut))
    event.add("dtend", clock.local(told.fin))
    event.add("summary", one_line(told.titre))
    event.add("location", one_line(told.lieu))
    # Every kind of line end becomes one that the format can carry.
    event.add("description", "\n\n".join("\n".join(clean(part).splitlines()) for part in told.paragraphes if part))
    event.add("url", told.url)
    event.add("status", told.status)
    event.add("transp", "TRANSPARENT" if told.status == "CANCELLED" else "OPAQUE")
    event.add("sequence", told.sequence)
    return event
