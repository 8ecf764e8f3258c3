"""The calendar file: what an agenda reads back is what the mission says, whatever people wrote in it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from portal import clock
from portal.missions import commands as missions
from portal.missions.calendrier import of_missions
from portal.missions.models import Etat, Mission, Nature, annuler
from tests import builders as make

BASE = "https://portail.example.re"
NOON = datetime(2026, 10, 29, 8, 0, tzinfo=UTC)  # 12 h at La Réunion


def described(**fields: Any) -> Mission:
    """A mission that no database holds: the writing is pure."""
    where = fields.pop("lieu", "La Raffinerie")
    action = SimpleNamespace(titre=fields.pop("action", "Fête du moulin"), lieu=where)
    typical = {
        "id": 7,
        "etat": Etat.OUVERTE,
        "nature": Nature.VOLONTAIRE,
        "titre": "Accueil",
        "description": "",
        "fourni": "",
        "apporter": "",
        "sequence": 0,
        "debut": NOON,
        "fin": NOON.replace(hour=12),
    }
    return SimpleNamespace(action=action, **(typical | fields))


def events(file: bytes) -> list[Any]:
    return list(Calendar.from_ical(file).walk("VEVENT"))


def event(mission: Mission, **more: Any) -> Any:
    [found] = events(of_missions([mission], BASE, **more))
    return found


def unfolded(file: bytes) -> list[str]:
    """The lines as the least careful reader cuts them: at every kind of line end."""
    return file.replace(b"\r\n ", b"").decode().splitlines()


def test_an_event_says_when_what_and_where():
    told = event(described(description="Ouvrir le portail.", fourni="Repas partagé"), note="À bientôt.")
    assert told["summary"] == "Accueil · Fête du moulin"
    assert told["location"] == "La Raffinerie"
    assert told["url"] == f"{BASE}/missions/7"
    assert told["description"].split("\n\n") == [
        "Volontaire",
        "Ouvrir le portail.",
        "Sur place\u00a0: Repas partagé",
        "À bientôt.",
        f"{BASE}/missions/7",
    ]


def test_hours_are_those_of_la_reunion():
    lines = unfolded(of_missions([described()], BASE))
    assert "DTSTART;TZID=Indian/Reunion:20261029T120000" in lines
    assert "DTEND;TZID=Indian/Reunion:20261029T160000" in lines
    zone = lines[lines.index("BEGIN:VTIMEZONE") : lines.index("END:VTIMEZONE")]
    assert "TZID:Indian/Reunion" in zone
    assert [line for line in zone if line.startswith("TZOFFSET")] == ["TZOFFSETFROM:+0400", "TZOFFSETTO:+0400"]


def test_an_evening_that_ends_after_midnight_is_one_event():
    # 20 h to 2 h at La Réunion: in UTC it begins and ends on the same day, on a wall there it does not.
    told = event(described(debut=NOON.replace(hour=16), fin=NOON.replace(hour=22)))
    assert told.decoded("dtstart").isoformat() == "2026-10-29T20:00:00+04:00"
    assert told.decoded("dtend").isoformat() == "2026-10-30T02:00:00+04:00"


def test_a_mission_keeps_its_uid():
    before, after = event(described()), event(described(titre="Accueil du soir", debut=NOON.replace(day=20)))
    assert before["uid"] == after["uid"] == "mission-7@portail.example.re"
    assert event(described(id=8))["uid"] != before["uid"]


def test_the_stamp_is_now():
    with clock.freeze(datetime(2026, 10, 1, 3, 4, 5, tzinfo=UTC)):
        assert "DTSTAMP:20261001T030405Z" in unfolded(of_missions([described()], BASE))


def test_a_cancelled_mission_says_so():
    assert (event(described())["status"], event(described())["sequence"]) == ("CONFIRMED", 0)
    gone = event(described(etat=Etat.ANNULEE, sequence=3))
    assert (gone["status"], gone["sequence"]) == ("CANCELLED", 3)


def test_several_missions_share_one_time_zone():
    file = of_missions([described(id=1), described(id=2), described(id=3)], BASE)
    assert [e["uid"].split("@")[0] for e in events(file)] == ["mission-1", "mission-2", "mission-3"]
    assert file.count(b"BEGIN:VTIMEZONE") == 1


def test_no_mission_is_an_empty_calendar():
    assert unfolded(of_missions([], BASE)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Portail//Tiers-lieu//FR",
        "END:VCALENDAR",
    ]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\r\n\r\n"])
@pytest.mark.parametrize("field", ["titre", "description", "fourni", "lieu", "action"])
def test_nobody_adds_a_line_to_the_file(field: str, end: str):
    hostile = f"Accueil{end}ATTENDEE:mailto:x@example.org{end}END:VEVENT{end}BEGIN:VEVENT"
    honest = [line.partition(":")[0] for line in unfolded(of_missions([described(**{field: "Accueil"})], BASE))]
    assert [line.partition(":")[0] for line in unfolded(of_missions([described(**{field: hostile})], BASE))] == honest


def test_separators_of_the_format_come_back_as_typed():
    words = r'Café; thé, "rhum" \n C:\temp : à volonté'
    told = event(described(titre=words, lieu=words, description=words))
    assert told["summary"] == f"{words} · Fête du moulin"
    assert told["location"] == words
    assert words in told["description"]


def test_long_lines_are_folded_between_characters():
    long = "Éé" * 300
    file = of_missions([described(titre=long, description=long)], BASE)
    assert max(len(line) for line in file.split(b"\r\n")) <= 75
    assert all(line.decode() for line in file.split(b"\r\n")[:-1])  # no character is cut in two
    assert event(described(titre=long))["summary"] == f"{long} · Fête du moulin"


@given(titre=st.text(max_size=80), lieu=st.text(max_size=80), description=st.text(max_size=200))
def test_any_text_is_read_back_as_one_event(titre: str, lieu: str, description: str):
    file = of_missions([described(titre=titre, lieu=lieu, description=description)], BASE)
    [told] = events(file)
    assert told["uid"] == "mission-7@portail.example.re"
    assert told.decoded("dtend").isoformat() == "2026-10-29T16:00:00+04:00"
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert b"\r" not in file.replace(b"\r\n", b"")


def test_a_published_mission_has_its_file(app, client):
    mission = make.mission(make.action(make.bienveillant()))
    response = client.get(f"/missions/{mission.id}.ics")
    assert response.status_code == 200
    assert response.mimetype == "text/calendar"
    [told] = events(response.data)
    assert told["summary"] == "Accueil du public · Fête du moulin"
    assert told["url"].startswith("http://localhost:")
    assert told["url"].endswith(f"/missions/{mission.id}")


def test_a_draft_has_none_and_a_cancelled_mission_tells_it(app, client):
    bienveillant = make.bienveillant()
    draft = make.mission(make.action(bienveillant), published=False)
    assert client.get(f"/missions/{draft.id}.ics").status_code == 404
    mission = make.mission(make.action(bienveillant))
    missions.decide(mission, annuler, by=bienveillant, motif="pluie")
    [told] = events(client.get(f"/missions/{mission.id}.ics").data)
    assert told["status"] == "CANCELLED"
