"""What a calendar file says of a mission."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from portal import clock, ical
from portal.missions.models import Etat, Mission


@dataclass(frozen=True)
class Entry:
    """One mission as one agenda shows it; needs `mission.action`. The fields are those of ical.Evenement."""

    mission: Mission
    status: str
    sequence: int
    revised: datetime = field(default_factory=clock.now)
    mark: str = ""  # said before the title, since most agendas show no status
    notes: tuple[str, ...] = ()  # paragraphs at the end of the description


def of_missions(missions: Iterable[Mission], base_url: str, *, note: str = "") -> bytes:
    """One event a mission, taken in once. `base_url` has no slash at its end; `note` ends each description."""
    return ical.file(_told(_plain(mission, note), base_url) for mission in missions)


def _plain(mission: Mission, note: str) -> Entry:
    cancelled = mission.etat is Etat.ANNULEE
    return Entry(mission, "CANCELLED" if cancelled else "CONFIRMED", mission.sequence, notes=(note,))


def feed(entries: Iterable[Entry], base_url: str, *, name: str) -> bytes:
    """What an agenda reads again and again at the same address, under that name."""
    return ical.feed((_told(entry, base_url) for entry in entries), name=name)


def _told(entry: Entry, base_url: str) -> ical.Evenement:
    mission, address = entry.mission, f"{base_url}/missions/{entry.mission.id}"
    return ical.Evenement(
        uid=f"mission-{mission.id}@{urlsplit(base_url).hostname}",
        debut=mission.debut,
        fin=mission.fin,
        titre=f"{entry.mark} {mission.titre} · {mission.action.titre}",
        lieu=mission.action.lieu,
        paragraphes=(*_said(mission), *entry.notes, address),
        url=address,
        status=entry.status,
        sequence=entry.sequence,
        revised=entry.revised,
    )


def _said(mission: Mission) -> tuple[str, ...]:
    provided = f"Sur place\u00a0: {mission.fourni}" if mission.fourni else ""
    to_bring = f"À apporter\u00a0: {mission.apporter}" if mission.apporter else ""
    return mission.nature.label, mission.description, provided, to_bring
