"""Missions as a calendar file (RFC 5545), for the agenda of any phone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portal import clock
from portal.fields import clean, one_line
from portal.missions.models import Etat, Mission

if TYPE_CHECKING:
    from icalendar import Calendar, Event

PRODUCER = "-//La Raffinerie//Portail//FR"
READ_AGAIN = timedelta(hours=1)  # how often whoever follows the address is asked to look


@dataclass(frozen=True)
class Entry:
    """One mission as one agenda shows it; needs `mission.action`.

    `sequence` never goes down for one reader; `revised` is when what the entry says last changed.
    """

    mission: Mission
    status: str  # CONFIRMED, TENTATIVE or CANCELLED
    sequence: int
    revised: datetime = field(default_factory=clock.now)
    mark: str = ""  # said before the title, since most agendas show no status
    notes: tuple[str, ...] = ()  # paragraphs at the end of the description


def of_missions(missions: Iterable[Mission], base_url: str, *, note: str = "") -> bytes:
    """One event a mission, taken in once. `base_url` has no slash at its end; `note` ends each description."""
    return _file(_calendar(), [_plain(mission, note) for mission in missions], base_url)


def _plain(mission: Mission, note: str) -> Entry:
    cancelled = mission.etat is Etat.ANNULEE
    return Entry(mission, "CANCELLED" if cancelled else "CONFIRMED", mission.sequence, notes=(note,))


def feed(entries: Iterable[Entry], base_url: str, *, name: str) -> bytes:
    """What an agenda reads again and again at the same address, under that name."""
    from icalendar import vDuration

    calendar = _calendar()
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(READ_AGAIN), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(READ_AGAIN))
    return _file(calendar, entries, base_url)


def _calendar() -> Calendar:
    from icalendar import Calendar  # slow to import, for the few who ask

    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    return calendar


def _file(calendar: Calendar, entries: Iterable[Entry], base_url: str) -> bytes:
    for entry in entries:
        calendar.add_component(_event(entry, base_url))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(entry: Entry, base_url: str) -> Event:
    """A mission keeps its UID for ever, so that whatever is read later replaces the event."""
    from icalendar import Event

    mission, address = entry.mission, f"{base_url}/missions/{entry.mission.id}"
    event = Event()
    event.add("uid", f"mission-{mission.id}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", entry.revised)  # without a METHOD it says the same as the next one (RFC 5545, 3.8.7.2)
    event.add("last-modified", entry.revised)
    event.add("dtstart", clock.local(mission.debut))
    event.add("dtend", clock.local(mission.fin))
    event.add("summary", one_line(f"{entry.mark} {mission.titre} · {mission.action.titre}"))
    event.add("location", one_line(mission.action.lieu))
    event.add("description", _description(entry, address))
    event.add("url", address)
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT" if entry.status == "CANCELLED" else "OPAQUE")
    event.add("sequence", entry.sequence)
    return event


def _description(entry: Entry, address: str) -> str:
    mission = entry.mission
    provided = f"Sur place : {mission.fourni}" if mission.fourni else ""
    to_bring = f"À apporter : {mission.apporter}" if mission.apporter else ""
    parts = [mission.nature.label, mission.description, provided, to_bring, *entry.notes, address]
    # Every kind of line end becomes one that the format can carry.
    return "\n\n".join("\n".join(clean(part).splitlines()) for part in parts if part)
