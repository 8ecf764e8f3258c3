"""The calendar that somebody's agenda follows: what it says, to whom, and as other programs read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import vobject
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from portal import clock, reglage, security
from portal.actions import commands as actions
from portal.actions.models import SHEET, reading
from portal.candidatures import commands as candidatures
from portal.candidatures.models import Candidature, accepter, mettre_en_attente, refuser
from portal.candidatures.queries import of_person as applied_by
from portal.comptes import commands as comptes
from portal.comptes.models import NomRole, Personne
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import Mission, annuler
from portal.moi import commands, queries
from portal.workflow import Refusal
from tests import builders as make
from tests.services import Khal


@pytest.fixture
def ada(app) -> Personne:
    """The bienveillant who sets the actions up, and takes the référent's post."""
    return make.personne("Ada Robert", [NomRole.BIENVEILLANT], telephone="+262692111111")


@pytest.fixture
def awa(app) -> Personne:
    return make.personne("Awa Payet", telephone="+262693222222")


def address(personne: Personne) -> str:
    return f"/moi/calendrier/{security.seal('agenda', personne.id, personne.agenda_generation)}.ics"


@pytest.fixture
def read(client) -> Callable[[Personne], list[Any]]:
    """The events that this person's agenda reads."""
    return lambda personne: list(Calendar.from_ical(client.get(address(personne)).data).walk("VEVENT"))


def said(events: list[Any]) -> list[tuple[str, str]]:
    return [(str(event["status"]), str(event["summary"])) for event in events]


def later(days: float = 0, **more: int) -> Any:
    return clock.freeze(clock.now() + timedelta(days=days, **more))


# --- what it says ----------------------------------------------------------------------------------------------


def test_a_place_that_one_holds_is_confirmed_with_all_one_needs(ada, awa, read):
    action = make.action(ada, titre="Fête du moulin", lieu="La case")
    make.referent_mission(action, take_post=True)
    mission = make.mission(action, titre="Accueil", apporter="Chapeau")
    make.hold(mission, awa)
    [event] = read(awa)
    assert said([event]) == [("CONFIRMED", "Accueil · Fête du moulin")]
    assert event["uid"] == f"mission-{mission.id}@localhost"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (mission.debut, mission.fin)
    assert event["dtstart"].params["TZID"] == "Indian/Reunion"
    assert event["location"] == "La case"
    words = str(event["description"])
    for expected in (
        "Sur place\u00a0: Repas partagé",
        "À apporter\u00a0: Chapeau",
        "Sur place, appelle\u00a0: Ada Robert 0692 11 11 11",
        "/moi/",
    ):
        assert expected in words


def test_the_calendar_has_a_name_and_asks_to_be_read_every_hour(awa, client):
    reglage.change(reglage.MAISON, "La Fabrik", by=awa)
    calendar = Calendar.from_ical(client.get(address(awa)).data)
    assert (calendar["name"], calendar["x-wr-calname"]) == ("La Fabrik", "La Fabrik")
    assert calendar.decoded("refresh-interval") == timedelta(hours=1)
    assert str(calendar["x-published-ttl"]) == "PT1H" or calendar.decoded("x-published-ttl") == b"PT1H"


def test_what_waits_for_an_answer_is_tentative(ada, awa, read):
    mission = make.mission(make.action(ada), titre="Accueil")
    asked = make.candidature(mission, awa)
    assert said(read(awa)) == [("TENTATIVE", "(en attente) Accueil · Fête du moulin")]
    candidatures.decide(asked, mettre_en_attente, by=ada)
    assert said(read(awa)) == [("TENTATIVE", "(en attente) Accueil · Fête du moulin")]
    with later(seconds=121):
        assert said(read(awa)) == [("TENTATIVE", "(liste d’attente) Accueil · Fête du moulin")]
    with clock.freeze(mission.fin):
        assert read(awa) == []


@pytest.mark.both
@pytest.mark.parametrize(("answer", "status"), [(accepter, "CONFIRMED"), (refuser, "CANCELLED")])
def test_an_answer_shows_once_it_was_told(ada, awa, read, answer, status):
    asked = make.candidature(make.mission(make.action(ada)), awa)
    with later():  # a stopped clock: only what the answer changes may differ
        [before] = read(awa)
        candidatures.decide(asked, answer, by=ada, motif="complet")
        [event] = read(awa)
    assert (event["status"], event["sequence"]) == ("TENTATIVE", before["sequence"])
    assert event["dtstamp"].dt <= before["dtstamp"].dt
    with later(seconds=121):
        [event] = read(awa)
    assert event["status"] == status
    assert event["sequence"] > before["sequence"]


def test_an_answer_taken_back_was_never_in_the_calendar(ada, awa, read):
    asked = make.candidature(make.mission(make.action(ada)), awa)
    candidatures.decide(asked, accepter, by=ada)
    candidatures.undo(asked, by=ada)
    with later(days=1):
        assert [event["status"] for event in read(awa)] == ["TENTATIVE"]


def _leaves(held: Candidature) -> None:
    candidatures.leave(held)


def _is_freed(held: Candidature) -> None:
    candidatures.free(held, by=held.mission.action.bienveillant, motif="trop de monde")


def _is_cancelled(held: Candidature) -> None:
    missions.decide(held.mission, annuler, by=held.mission.action.bienveillant, motif="pluie")


@pytest.mark.both
@pytest.mark.parametrize("ends", [_leaves, _is_freed, _is_cancelled])
def test_what_is_over_is_cancelled_for_a_month(ada, awa, read, ends):
    mission = make.mission(make.action(ada, debut=make.in_days(60, 9), fin=make.in_days(60, 18)), titre="Accueil")
    asked = make.candidature(mission, awa)
    candidatures.decide(asked, accepter, by=ada)
    with later(days=1):
        [held] = read(awa)
        ends(asked)
        [event] = read(awa)
        assert said([event]) == [("CANCELLED", "(annulé) Accueil · Fête du moulin")]
        assert event["transp"] == "TRANSPARENT"
        assert (event["uid"], event["sequence"] > held["sequence"]) == (held["uid"], True)
        assert "0692" not in str(event["description"])
        with later(days=30, seconds=-5):
            assert len(read(awa)) == 1
        with later(days=30):
            assert read(awa) == []


def test_a_candidature_to_a_cancelled_mission_is_cancelled_too(ada, awa, read):
    mission = make.mission(make.action(ada))
    make.candidature(mission, awa)
    missions.decide(mission, annuler, by=ada, motif="pluie")
    assert [event["status"] for event in read(awa)] == ["CANCELLED"]


def test_a_mission_that_took_place_stays_for_a_year(ada, awa, read):
    mission = make.mission(make.action(ada))
    make.hold(mission, awa)
    with clock.freeze(mission.fin + timedelta(days=365, seconds=-1)):
        assert [event["status"] for event in read(awa)] == ["CONFIRMED"]
    with clock.freeze(mission.fin + timedelta(days=365)):
        assert read(awa) == []


def test_a_post_taken_by_priority_is_there_without_ones_own_number(ada, read):
    make.referent_mission(make.action(ada), take_post=True)
    [event] = read(ada)
    assert event["status"] == "CONFIRMED"
    assert "0692" not in str(event["description"])


@pytest.mark.parametrize(("days", "shown"), [(7, True), (8, False)])
def test_the_referents_number_leaves_the_calendar_when_it_leaves_the_page(ada, awa, read, days, shown):
    action = make.action(ada)
    make.referent_mission(action, take_post=True)
    make.hold(make.mission(action), awa)
    with clock.freeze(clock.start_of(clock.local(action.fin).date()) + timedelta(days=days + 1, minutes=-1)):
        [event] = read(awa)
    assert ("0692 11 11 11" in str(event["description"])) is shown


def test_nobody_elses_missions_are_there(ada, awa, read):
    make.hold(make.mission(make.action(ada)), make.personne("Guy Laval"))
    assert read(awa) == []


def test_missions_come_soonest_first(ada, awa, read):
    for days in (20, 5, 12):
        action = make.action(ada, debut=make.in_days(days, 9), fin=make.in_days(days, 18))
        make.hold(make.mission(action), awa)
    starts = [event.decoded("dtstart") for event in read(awa)]
    assert starts == sorted(starts)
    assert len(starts) == 3


# --- that it moved ---------------------------------------------------------------------------------------------


def test_the_sequence_grows_with_the_mission(ada, awa, read):
    mission = make.mission(make.action(ada))
    make.hold(mission, awa)
    [before] = read(awa)
    mission.sequence += 1
    [after] = read(awa)
    assert after["sequence"] == before["sequence"] + 1


@pytest.mark.both
def test_the_stamp_is_when_something_was_last_changed(ada, awa, read):
    with clock.freeze(make.in_days(-3)):
        action = make.action(ada)
        mission = make.mission(action)
        with later(seconds=60):
            make.hold(mission, awa).connue_le = clock.now()
            taken = clock.now()
    assert [event["dtstamp"].dt for event in read(awa)] == [taken]
    with clock.freeze(make.in_days(-2)):
        missions.edit(mission, by=ada, read=reading(mission.sheet), **mission.sheet | {"titre": "Ailleurs"})
    assert [event["last-modified"].dt for event in read(awa)] == [make.in_days(-2)]
    with clock.freeze(make.in_days(-1)):
        sheet = {name: getattr(action, name) for name in SHEET} | {"lieu": "Le jardin"}
        actions.edit(action, by=ada, read=reading(action.sheet), demandeur={}, **sheet)
    [event] = read(awa)
    assert (event["dtstamp"].dt, event["last-modified"].dt) == (make.in_days(-1), make.in_days(-1))


STEPS = ("apply", "accept", "wait", "refuse", "undo", "leave", "free", "pass", "cancel")


@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_whatever_happens_the_sequence_only_grows(app, renew, steps: list[str]):
    """An agenda takes an event again when its SEQUENCE grew: it never goes down, and each change of status is one more."""
    renew()
    ada, awa = make.personne("Ada", [NomRole.BIENVEILLANT]), make.personne("Awa")
    mission = make.mission(make.action(ada))
    now, seen = clock.now(), ("", -1)
    for step in steps:
        now += timedelta(minutes=3 if step == "pass" else 1)
        with clock.freeze(now):
            _do(step, mission, ada, awa)
            for entry in queries.calendar_of(awa, "https://example.org"):
                assert entry.sequence >= seen[1]
                assert entry.sequence > seen[1] or entry.status == seen[0]
                assert entry.revised <= now
                seen = (entry.status, entry.sequence)


def _do(step: str, mission: Mission, ada: Personne, awa: Personne) -> None:
    """What can't be done at that point is refused, and changes nothing."""
    mine = max(applied_by(awa), key=lambda c: c.id, default=None)
    answers = {"accept": accepter, "wait": mettre_en_attente, "refuse": refuser}
    try:
        with db.session.begin_nested():
            if step == "apply":
                make.candidature(mission, awa)
            elif step == "cancel":
                missions.decide(mission, annuler, by=ada, motif="pluie")
            elif mine and step in answers:
                candidatures.decide(mine, answers[step], by=ada, motif="complet")
            elif mine and step == "undo":
                candidatures.undo(mine, by=ada)
            elif mine and step == "leave":
                candidatures.leave(mine)
            elif mine and step == "free":
                candidatures.free(mine, by=ada, motif="trop de monde")
    except Refusal:
        db.session.expire_all()


# --- whose it is -----------------------------------------------------------------------------------------------


def test_the_page_gives_the_address_and_how_to_follow_it(ada, awa, as_, client):
    page = BeautifulSoup(as_(awa).get("/moi/calendrier").text, "html.parser")
    shown = page.find(id="adresse")["value"]
    assert shown.endswith(address(awa))
    assert shown.startswith("http://localhost")
    assert page.find("a", href="webcal:" + shown.partition(":")[2])
    assert page.select_one("button[data-copier]")["data-partager"] == shown
    assert client.get(shown).status_code == 200


def test_the_address_asks_for_no_sign_in_and_gives_none(awa, client):
    answer = client.get(address(awa) + "?utm_source=x")
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.both
def test_a_changed_address_closes_the_former_one(awa, as_, client):
    former = address(awa)
    answer = as_(awa).post("/moi/calendrier/changer")
    assert (answer.status_code, answer.location) == (303, "/moi/calendrier")
    db.session.refresh(awa)
    assert awa.agenda_generation == 2
    assert [client.get(url).status_code for url in (former, address(awa))] == [404, 200]


def test_a_deactivated_person_has_no_calendar(awa, client):
    url = address(awa)
    comptes.set_active(awa, False, by=awa)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("purpose", ["candidature", "candidature.mail", "connexion"])
def test_no_other_link_opens_it(awa, client, purpose):
    assert client.get(f"/moi/calendrier/{security.seal(purpose, awa.id, 1)}.ics").status_code == 404


@pytest.mark.parametrize("shape", ["{}=", "{}.", "0{}", "{}.ics", " {}", "é{}", "1-1.x"])
def test_an_address_altered_is_an_absent_one(awa, client, shape):
    sealed = security.seal("agenda", awa.id, awa.agenda_generation)
    altered, absent = (client.get(f"/moi/calendrier/{token}.ics") for token in (shape.format(sealed), "x"))
    assert (altered.status_code, absent.status_code) == (404, 404)
    assert altered.text == absent.text


# --- cost ------------------------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_sent_again(ada, awa, client):
    mission = make.mission(make.action(ada))
    held = make.hold(mission, awa)
    first = client.get(address(awa))
    again = client.get(address(awa), headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    missions.release(held, motif="malade")
    changed = client.get(address(awa), headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.both
def test_it_costs_the_same_whatever_one_did(ada, awa, client, count_queries):
    costs, url = [], address(awa)
    for numbers in ((8,), (9, 10)):
        for number in numbers:
            action = make.action(ada, debut=make.in_days(5, number), fin=make.in_days(5, number + 1))
            make.referent_mission(action, take_post=True)
            make.hold(make.mission(action), awa)
            make.candidature(make.mission(action), awa)
            make.candidature(make.mission(action), awa)
        with count_queries() as statements:
            events = client.get(url).data.count(b"BEGIN:VEVENT")
        costs.append((events, len(statements)))
    assert costs == [(3, 6), (9, 6)]


# --- as others read it -----------------------------------------------------------------------------------------

HOSTILE = 'Café; thé, "rhum" \\n C:\\temp\r\nEND:VEVENT\nATTENDEE:mailto:x@example.org'


@pytest.fixture
def followed(ada, awa, client) -> bytes:
    """The file of someone who holds a place, waits for another, and has left a third one."""
    action = make.action(ada, titre=HOSTILE, lieu=HOSTILE)
    hours = {"Accueil": (9, 12), "Repas": (12, 14), "Nuit": (20, 26)}
    for titre, (first, last) in hours.items():
        slot = {"debut": make.in_days(10, first), "fin": make.in_days(10, last)}
        asked = make.candidature(make.mission(action, titre=titre, description=HOSTILE, **slot), awa)
        if titre != "Repas":
            candidatures.decide(asked, accepter, by=ada)
        if titre == "Nuit":
            candidatures.leave(asked)
    with later(seconds=121):
        return bytes(client.get(address(awa)).data)


def test_another_library_reads_it_back(followed):
    [calendar] = vobject.readComponents(followed.decode())
    events = {event.summary.value.partition(" ·")[0]: event for event in calendar.vevent_list}
    assert list(events) == ["Accueil", "(en attente) Repas", "(annulé) Nuit"]
    assert [event.status.value for event in events.values()] == ["CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert events["Accueil"].dtstart.value == make.in_days(10, 9)
    assert events["Accueil"].dtstart.value.utcoffset() == timedelta(hours=4)
    assert events["(annulé) Nuit"].dtend.value == make.in_days(10, 26)
    one_line = " ".join(HOSTILE.split())
    assert events["Accueil"].location.value == one_line
    assert events["Accueil"].summary.value == f"Accueil · {one_line}"
    assert HOSTILE.replace("\r\n", "\n") in events["Accueil"].description.value


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Indian/Reunion", ["09:00-12:00", "12:00-14:00", "20:00-"]),
        ("Asia/Tokyo", ["14:00-17:00", "17:00-19:00"]),  # five hours ahead all year: a phone that travels shows its own hours
    ],
)
def test_khal_reads_it_back(followed, tmp_path, zone, hours):
    khal = Khal(tmp_path, zone)
    khal.take_in(followed)
    day = clock.local(make.in_days(10)).date().isoformat()
    found = khal.listed(day, "{start-time}-{end-time} {status}{title}")
    assert [line[: len(expected)] for line, expected in zip(found, hours, strict=False)] == hours
    assert "CONFIRMED Accueil" in found[0]
    assert "TENTATIVE (en attente) Repas" in found[1]


def test_khal_replaces_what_it_had_read(ada, awa, client, tmp_path):
    """The same UID with a greater SEQUENCE is the same event: it moves, and one that is over says so."""
    khal, day = Khal(tmp_path, "Indian/Reunion"), clock.local(make.in_days(10)).date().isoformat()
    mission = make.mission(make.action(ada), titre="Accueil")
    held = make.hold(mission, awa)
    for change in (lambda: setattr(mission, "debut", make.in_days(10, 11)), lambda: missions.release(held, motif="malade")):
        khal.take_in(client.get(address(awa)).data)
        change()
    khal.take_in(client.get(address(awa)).data)
    assert khal.listed(day, "{start-time} {status}{title}") == ["11:00 CANCELLED (annulé) Accueil · Fête du moulin"]


def test_changing_it_twice_is_two_changes(awa):
    for _ in range(2):
        commands.change_calendar_address(awa, by=awa)
    assert awa.agenda_generation == 3
