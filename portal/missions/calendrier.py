"""Missions as a calendar file (RFC 5545), for the agenda of any phone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portal import clock
from portal.fields import clean, one_line
from portal.missions.models import Etat, Mission

if TYPE_CHECKING:
    from icalendar import Event

PRODUCER = "-//La Raffinerie//Portail//FR"


def of_missions(missions: Iterable[Mission], base_url: str, *, note: str = "") -> bytes:
    """One event a mission, at the hours of La Réunion; needs `mission.action`.

    `base_url` has no slash at its end. `note` is a sentence put at the end of each description. A mission keeps its
    UID for ever, so that taking the file in again replaces the event.
    """
    from icalendar import Calendar  # slow to import, for the few who ask

    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    for mission in missions:
        calendar.add_component(_event(mission, base_url, note))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(mission: Mission, base_url: str, note: str) -> Event:
    from icalendar import Event

    cancelled = mission.etat is Etat.ANNULEE
    address = f"{base_url}/missions/{mission.id}"
    event = Event()
    event.add("uid", f"mission-{mission.id}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", clock.now())
    event.add("dtstart", clock.local(mission.debut))
    event.add("dtend", clock.local(mission.fin))
    event.add("summary", one_line(f"{mission.titre} · {mission.action.titre}"))
    event.add("location", one_line(mission.action.lieu))
    event.add("description", _description(mission, note, address))
    event.add("url", address)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("sequence", int(cancelled))
    return event


def _description(mission: Mission, note: str, address: str) -> str:
    provided = f"Sur place : {mission.fourni}" if mission.fourni else ""
    parts = [mission.nature.label, mission.description, provided, note, address]
    # Every kind of line end becomes one that the format can carry.
    return "\n\n".join("\n".join(clean(part).splitlines()) for part in parts if part)
