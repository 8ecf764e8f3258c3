"""The agenda as other programs follow it: what each feed says, to whom, and as others than ourselves read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import vobject
from bs4 import BeautifulSoup
from icalendar import Calendar

from portal import clock, reglage, security
from portal.actions import calendrier, commands, decalage
from portal.actions.models import Action, reading
from portal.actions.processus import WORKFLOW, annuler, refuser, revenir_au_devis
from portal.comptes import commands as comptes
from portal.comptes.models import Personne
from portal.db import db
from portal.moi import commands as moi
from portal.workflow import fire
from tests import builders
from tests.builders import in_days
from tests.services import Khal

PUBLIC = "/actions/agenda.ics"


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


def address(personne: Personne) -> str:
    return f"/actions/agenda/{security.seal('agenda.actions', personne.id, personne.agenda_generation)}.ics"


@pytest.fixture
def read(client) -> Callable[[str], list[Any]]:
    """The events at that address."""
    return lambda url: list(Calendar.from_ical(client.get(url).data).walk("VEVENT"))


def said(events: list[Any]) -> list[tuple[str, str]]:
    return [(str(event["status"]), str(event["summary"])) for event in events]


def later(days: float = 0, **more: int) -> Any:
    return clock.freeze(clock.now() + timedelta(days=days, **more))


def action(zoe, titre: str = "Kabar", **fields: Any) -> Action:
    return builders.action(zoe, **{"titre": titre, "publique": True} | fields)


def moved(made: Action, **slot: Any) -> None:
    decalage.shift(made, by=made.bienveillant, motif="La cour est prise.", **({"fin": made.fin} | slot))


def edited(made: Action, **changed: Any) -> None:
    by, fields = made.bienveillant, {name: value for name, value in made.sheet.items() if not name.startswith("demandeur_")}
    commands.edit(made, by=by, read=reading(made.sheet), demandeur={}, **fields | changed)


# --- what they say -------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_public_one_says_what_when_and_where_and_nothing_else(zoe, read):
    made = action(zoe, lieu="La cour", pole_porteur=builders.pole("Culture"))
    action(zoe, "Privée", publique=False)
    action(zoe, "Option", confirmed=False)
    [event] = read(PUBLIC)
    assert said([event]) == [("CONFIRMED", "Kabar")]
    assert event["uid"] == f"action-{made.id}@localhost"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (made.debut, made.fin)
    assert event["dtstart"].params["TZID"] == "Indian/Reunion"
    assert event["location"] == "La cour"
    assert str(event["description"]) == str(event["url"])
    assert event["url"].endswith("/actions/agenda")


@pytest.mark.both
def test_the_houses_says_options_and_who_carries_them(zoe, read):
    firm = action(zoe, publique=False, pole_porteur=builders.pole("Culture"))
    action(zoe, "Demandée", confirmed=False, debut=in_days(20, 9), fin=in_days(20, 12))
    events = read(address(zoe))
    assert said(events) == [("CONFIRMED", "Kabar"), ("TENTATIVE", "(option) Demandée")]
    assert "Confirmée\n\nPôle Culture\nBienveillant\u00a0: Zoé Hoarau" in events[0]["description"]
    assert "Sollicitée\n\nPôle porteur à décider" in events[1]["description"]
    assert events[0]["url"].endswith(f"/actions/{firm.id}")
    for secret in ("DAL974", "dal@example.org"):
        assert secret not in str(events)


def test_each_has_its_name_and_one_time_zone(zoe, client):
    action(zoe)
    action(zoe)
    reglage.change(reglage.MAISON, "La Fabrik", by=zoe)
    names = []
    for url in (PUBLIC, address(zoe)):
        answer = client.get(url)
        assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
        assert answer.data.count(b"BEGIN:VTIMEZONE") == 1
        calendar = Calendar.from_ical(answer.data)
        assert calendar.decoded("refresh-interval") == timedelta(hours=1)
        names.append(calendar["x-wr-calname"])
    assert names == ["Agenda de La Fabrik", "La Fabrik, agenda interne"]


def test_an_evening_that_ends_after_midnight_is_one_event(zoe, read):
    action(zoe, debut=in_days(10, 20), fin=in_days(10, 26))
    [event] = read(PUBLIC)
    assert event.decoded("dtstart").isoformat()[11:] == "20:00:00+04:00"
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=6)


@pytest.mark.both
def test_what_the_public_knew_is_cancelled_for_a_month(zoe, read):
    made = action(zoe, debut=in_days(60, 9), fin=in_days(60, 12))
    [before] = read(PUBLIC)
    with later(days=1):
        fire(annuler, made, by=zoe, motif="pluie")
        [event] = read(PUBLIC)
        assert said([event]) == [("CANCELLED", "(annulé) Kabar")]
        assert (event["uid"], event["transp"]) == (before["uid"], "TRANSPARENT")
        assert event["sequence"] > before["sequence"]
        with later(days=30, minutes=-2):
            assert len(read(PUBLIC)) == 1
        with later(days=30):
            assert read(PUBLIC) == []


def test_an_agreement_undone_is_no_cancellation(zoe, read):
    """The public agenda does not show it any more; the house's has an option again."""
    made = action(zoe)
    fire(revenir_au_devis, made, by=zoe, motif="erreur de clic")
    assert read(PUBLIC) == []
    assert said(read(address(zoe))) == [("TENTATIVE", "(option) Kabar")]


def test_what_fell_long_ago_takes_the_place_of_nothing(zoe, read, monkeypatch):
    monkeypatch.setattr(calendrier, "IN_A_FEED", 2)
    for _ in range(2):
        fire(annuler, action(zoe, "Tombée", debut=in_days(60, 9), fin=in_days(60, 12)), by=zoe, motif="pluie")
    action(zoe, debut=in_days(90, 9), fin=in_days(90, 12))
    with later(days=31):
        assert said(read(PUBLIC)) == said(read(address(zoe))) == [("CONFIRMED", "Kabar")]


def test_what_the_public_never_knew_falls_in_silence(zoe, read):
    for falls in (annuler, refuser):
        fire(falls, action(zoe, confirmed=False), by=zoe, motif="non")
    fire(annuler, action(zoe, publique=False), by=zoe, motif="non")
    assert read(PUBLIC) == []
    assert {status for status, _ in said(read(address(zoe)))} == {"CANCELLED"}


def test_what_is_no_more_public_is_gone(zoe, read):
    made = action(zoe)
    edited(made, publique=False)
    assert read(PUBLIC) == []


def test_what_took_place_stays_for_a_month(zoe, read):
    made = action(zoe)
    for slug in ("ouvrir", "clore", "solder_sans_facture"):
        fire(WORKFLOW.get(slug), made, by=zoe, motif="libre")
    for url in (PUBLIC, address(zoe)):
        with clock.freeze(made.fin + timedelta(days=30, seconds=-1)):
            assert [status for status, _ in said(read(url))] == ["CONFIRMED"]
        with clock.freeze(made.fin + timedelta(days=30)):
            assert read(url) == []


@pytest.mark.both
def test_each_change_is_one_more_and_its_stamp_grows(zoe, read):
    seen = []
    made = action(zoe, confirmed=False)
    for number, change in enumerate(
        (
            lambda: fire(WORKFLOW.get("enregistrer"), made, by=zoe, motif="réunion"),
            lambda: moved(made, debut=in_days(11, 9), fin=in_days(11, 12)),
            lambda: edited(made, lieu="Le jardin"),
            lambda: fire(revenir_au_devis, made, by=zoe, motif="erreur"),
            lambda: fire(annuler, made, by=zoe, motif="pluie"),
        )
    ):
        with later(seconds=number + 1):
            change()
            [event] = read(address(zoe))
            seen.append((event["sequence"], event["last-modified"].dt))
            assert event["dtstamp"].dt == event["last-modified"].dt
    assert seen == sorted(seen)
    assert len({number for number, _ in seen}) == len({stamp for _, stamp in seen}) == 5


# --- whose they are ------------------------------------------------------------------------------------------------


def test_the_page_says_how_to_follow_it(zoe, as_, client):
    inside = BeautifulSoup(as_(zoe).get("/actions/agenda/abonnement").text, "html5lib")
    assert inside.find(id="adresse")["value"].endswith(address(zoe))
    assert inside.find("a", href="webcal:" + inside.find(id="adresse")["value"].partition(":")[2])
    assert inside.find("a", string=lambda text: text and text.endswith(PUBLIC))
    for visitor in (client, as_(builders.personne())):
        outside = BeautifulSoup(visitor.get("/actions/agenda/abonnement").text, "html5lib")
        assert outside.find(id="adresse")["value"].endswith(PUBLIC)
        assert "secret" not in outside.text
    assert "Set-Cookie" not in client.get("/actions/agenda/abonnement").headers


def test_it_asks_for_no_sign_in_and_gives_none(zoe, client):
    answer = client.get(address(zoe) + "?utm_source=x")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.both
def test_the_right_is_asked_again_each_time(zoe, client):
    url = address(zoe)
    assert client.get(url).status_code == 200
    comptes.set_roles(zoe, [], by=zoe)
    assert client.get(url).status_code == 404
    builders.pole("Culture", members=[zoe])
    assert client.get(url).status_code == 200


def test_a_deactivated_person_reads_nothing(zoe, client):
    url = address(zoe)
    comptes.set_active(zoe, False, by=zoe)
    assert client.get(url).status_code == 404


def test_a_volunteer_has_none(app, client):
    assert client.get(address(builders.personne())).status_code == 404


@pytest.mark.both
def test_changing_ones_calendar_address_changes_this_one_too(zoe, client):
    former = address(zoe)
    moi.change_calendar_address(zoe, by=zoe)
    db.session.commit()
    assert [client.get(url).status_code for url in (former, address(zoe))] == [404, 200]


@pytest.mark.parametrize("shape", ["{}=", "{}.", "0{}", "{}.ics", " {}", "é{}", "1-1.x"])
def test_an_address_altered_is_an_absent_one(zoe, client, shape):
    sealed = security.seal("agenda.actions", zoe.id, zoe.agenda_generation)
    altered, absent = (client.get(f"/actions/agenda/{token}.ics") for token in (shape.format(sealed), "x"))
    assert (altered.status_code, absent.status_code) == (404, 404)
    assert altered.text == absent.text


def test_the_address_of_my_missions_opens_it_not_nor_the_other_way_round(zoe, client):
    for purpose in ("agenda", "candidature", "connexion"):
        assert client.get(f"/actions/agenda/{security.seal(purpose, zoe.id, 1)}.ics").status_code == 404
    assert client.get(f"/moi/calendrier/{security.seal('agenda.actions', zoe.id, 1)}.ics").status_code == 404


# --- cost ----------------------------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_sent_again(zoe, client):
    made = action(zoe)
    for url in (PUBLIC, address(zoe)):
        first = client.get(url)
        again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    edited(made, titre="Autre")
    assert client.get(PUBLIC, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.both
def test_it_costs_the_same_for_one_and_for_many(zoe, client, count_queries):
    costs: list[tuple[int, int]] = []
    for number in (1, 2):
        for _ in range(number):
            action(builders.bienveillant("Rose"), pole_porteur=builders.pole(f"Pôle {len(costs)} {_}"))
        for url in (PUBLIC, address(zoe)):
            with count_queries() as statements:
                events = client.get(url).data.count(b"BEGIN:VEVENT")
            costs.append((events, len(statements)))
    assert costs == [(1, 3), (1, 5), (3, 3), (3, 5)]  # the house's name; whose calendar it is, and their roles


# --- as others read it ---------------------------------------------------------------------------------------------

HOSTILE = 'Café; thé, "rhum" \\n C:\\temp\r\nEND:VEVENT\nATTENDEE:mailto:x@example.org'


@pytest.fixture
def followed(zoe, client) -> bytes:
    """Somebody's feed with a firm action, an option in the evening, and one that fell."""
    slots = {"Ferme": (9, 12), "Option": (20, 26), "Tombée": (13, 14)}
    for titre, (first, last) in slots.items():
        slot = {"debut": in_days(10, first), "fin": in_days(10, last)}
        action(zoe, f"{titre} {HOSTILE}", lieu=HOSTILE, confirmed=titre != "Option", **slot)
    fire(annuler, db.session.get(Action, 3), by=zoe, motif="pluie")
    return bytes(client.get(address(zoe)).data)


def test_another_library_reads_it_back(followed):
    [calendar] = vobject.readComponents(followed.decode())
    events = calendar.vevent_list
    assert [event.status.value for event in events] == ["CONFIRMED", "CANCELLED", "TENTATIVE"]
    assert events[0].dtstart.value == in_days(10, 9)
    assert events[0].dtstart.value.utcoffset() == timedelta(hours=4)
    assert events[2].dtend.value == in_days(10, 26)
    one_line = " ".join(HOSTILE.split())
    assert events[0].summary.value == f"Ferme {one_line}"
    assert events[0].location.value == one_line


@pytest.mark.parametrize(("zone", "hours"), [("Indian/Reunion", "09:00-12:00"), ("Asia/Tokyo", "14:00-17:00")])
def test_khal_reads_it_back(followed, tmp_path, zone, hours):
    khal = Khal(tmp_path, zone)
    khal.take_in(followed)
    found = khal.listed(clock.local(in_days(10)).date().isoformat(), "{start-time}-{end-time} {status}{title}")
    assert found[0].startswith(f"{hours} CONFIRMED Ferme")


def test_khal_replaces_what_it_had_read(zoe, client, tmp_path):
    khal, made = Khal(tmp_path, "Indian/Reunion"), action(zoe, confirmed=False)
    day = clock.local(made.debut).date().isoformat()
    lines = []
    for change in (
        lambda: None,
        lambda: fire(WORKFLOW.get("enregistrer"), made, by=zoe, motif="réunion"),
        lambda: moved(made, debut=in_days(10, 11)),
        lambda: fire(annuler, made, by=zoe, motif="pluie"),
    ):
        change()
        khal.take_in(client.get(address(zoe)).data)
        lines += khal.listed(day, "{start-time} {status}{title}")
    assert lines == [
        "09:00 TENTATIVE (option) Kabar",
        "09:00 CONFIRMED Kabar",
        "11:00 CONFIRMED Kabar",
        "11:00 CANCELLED (annulé) Kabar",
    ]
