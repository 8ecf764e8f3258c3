"""Somebody who gives their place back was there all the same: on site until they leave, and in what the day came to."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from portal.jour_j import bilan, cloture, refus
from portal.jour_j.commands import Statut, undoing
from portal.jour_j.equipe import concerned
from portal.jour_j.models import Genre
from portal.missions import commands as missions
from portal.missions.models import Affectation
from tests.jour_j.conftest import Saturday, at, tap
from tests.jour_j.test_telephones import numbers

NAMES = ["Awa Payet", "Léa Grondin"]


@pytest.fixture
def lea(saturday) -> Affectation:
    """Léa came at half past nine, and gave her place back at ten."""
    saturday.open("Tout est vérifié.")
    place = saturday.held_by(saturday.lea)
    with clock.freeze(at(9.5)):
        saturday.send(tap(Genre.PRESENCE, place.id, "arrive"))
    with clock.freeze(at(10)):
        missions.release(place, motif="Une urgence à la maison.")
        db.session.commit()
        yield place


def says(day: Saturday, place: Affectation, valeur: str, **more):
    return day.send(tap(Genre.PRESENCE, place.id, valeur), **more)[0]


def page(as_, day: Saturday, who=None) -> BeautifulSoup:
    return BeautifulSoup(as_(who or day.awa).get(day.url).text, "html5lib")


def words(part) -> str:
    return " ".join(part.get_text(" ").replace("\u00a0", " ").split())


def named(soup: BeautifulSoup) -> list[str]:
    return [str(strong.get_text()) for strong in soup.select("#equipe .personnes .presence strong")]


# --- on site until they leave ---------------------------------------------------------------------------------


@pytest.mark.both
def test_they_are_on_site_until_they_are_marked_gone(saturday, lea, as_):
    shown = page(as_, saturday)
    assert named(shown) == NAMES
    assert words(shown.select_one(f"#place-{lea.id} .corps")) == "Léa Grondin Sur place, 9 h 30 Place libérée"
    assert words(shown.select_one("#equipe .chiffres")) == "1 sur 2 sur place , 1 en retard"
    assert [str(b.find(string=True)) for b in shown.select("#appel [data-present]")] == ["Léa Grondin"]
    assert saturday.day().jauge.present == 1
    assert cloture.left_by(saturday.day(), saturday.awa.id).presents == [lea]
    assert says(saturday, lea, "parti").statut is Statut.RECUE
    after = saturday.day()
    assert (after.present, after.expected, cloture.left_by(after, saturday.awa.id).presents) == (0, 2, [])


def test_a_mistake_is_put_right_and_they_are_nobody_s(saturday, lea):
    assert says(saturday, lea, "attendu").statut is Statut.RECUE
    assert [a.personne.nom for a in saturday.day().team] == ["Awa Payet"]


def test_whoever_never_came_is_gone(saturday, as_):
    missions.release(saturday.held_by(saturday.lea), motif="Malade.")
    db.session.commit()
    assert named(page(as_, saturday)) == ["Awa Payet"]
    assert saturday.day().expected == 1
    assert [p["nom"] for p in bilan.content(saturday.jour, [])["equipe"]] == ["Awa Payet"]


def test_an_absence_is_no_presence(saturday):
    place = saturday.held_by(saturday.lea)
    says(saturday, place, "absent")
    missions.release(place, motif="Malade.")
    assert place not in saturday.day().team


def test_that_they_came_is_heard_from_a_phone_that_was_without_network(saturday):
    place = saturday.held_by(saturday.lea)
    with clock.freeze(at(10)):
        missions.release(place, motif="Une urgence.")
        came = tap(Genre.PRESENCE, place.id, "arrive", when=at(9.5))
        assert saturday.send(came, sent=at(10))[0].statut is Statut.RECUE
        assert saturday.day().people_present == [saturday.lea]
        saturday.send(undoing(came.uuid, at=clock.now()))
        assert saturday.day().people_present == []


# --- no right any more ----------------------------------------------------------------------------------------


def test_the_place_gives_no_right_and_no_number(saturday, lea, as_):
    assert as_(saturday.lea).get(saturday.url).status_code == 404
    assert says(saturday, lea, "parti", by=saturday.lea).refusal
    assert "tel:+262692222222" not in numbers(as_(saturday.awa), saturday.url)
    assert "tel:+262692222222" not in numbers(as_(saturday.awa), f"{saturday.url}/feuille")


def test_nothing_is_written_or_handed_to_them(saturday, lea, as_):
    saturday.send(told := tap(Genre.MESSAGE, mot="Repas à midi."))
    assert saturday.lea not in concerned(saturday.day(), next(e for e in saturday.day().entries if e.uuid == told.uuid))
    line = saturday.jour.points[0].id
    assert isinstance(saturday.send(tap(Genre.CONFIE, line, str(lea.id)))[0].refusal, refus.NotOfThisDay)
    assert isinstance(saturday.send(tap(Genre.MESSAGE, lea.mission_id, mot="Ici."))[0].refusal, refus.NotOfThisDay)
    shown = page(as_, saturday)
    assert shown.select("#confie-a") == []  # nobody else is there
    assert shown.select(f'#message-a option[value="{lea.mission_id}"]') == []


def test_what_was_handed_to_them_is_nobody_s(saturday, as_):
    place, line = saturday.held_by(saturday.lea), saturday.jour.points[0]
    says(saturday, place, "arrive")
    saturday.send(tap(Genre.CONFIE, line.id, str(place.id)))
    missions.release(place, motif="Une urgence.")
    db.session.commit()
    assert place in saturday.day().team
    assert saturday.day().handed == {}


# --- what the day came to -------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_report_names_whoever_came_whatever_became_of_their_place(saturday, lea):
    said = next(p for p in bilan.content(saturday.jour, [])["equipe"] if p["nom"] == "Léa Grondin")
    assert (said["arrivee"].replace("\u00a0", " "), said["depart"]) == ("9 h 30", "")
    saturday.send(tap(Genre.INCIDENT, mot="Verre cassé."))
    assert bilan.content(saturday.jour, [])["incidents"][0]["present"] == "Léa Grondin"


def test_of_an_action_of_several_days_it_names_those_of_each(saturday, lea):
    """She never said that she left: nobody waits for her the next morning, and the report still has her."""
    saturday.action.fin = at(24 + 18)
    with clock.freeze(at(21)):
        saturday.close("Tout va bien.")
    with clock.freeze(at(24 + 9)):
        saturday.open("Tout est vu.")
        assert lea not in saturday.day().team
        assert "Léa Grondin" in [p["nom"] for p in bilan.content(saturday.jour, [])["equipe"]]


def test_whoever_was_in_charge_was_though_the_post_is_another_s_since(saturday):
    saturday.open("Tout est vérifié.")
    post = saturday.held_by(saturday.awa)
    with clock.freeze(at(21)):
        saturday.close("Tout va bien.")
    with clock.freeze(at(24 + 9)):
        missions.release(post, motif="Une erreur.")
        db.session.commit()
        assert [c["nom"] for c in bilan.content(saturday.jour, [])["charge"]] == ["Awa Payet"]
        assert saturday.day().runners == [saturday.zoe]
