"""Somebody erased: the pictures that they sent go, those of others stay, and the day keeps what it says in words."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.comptes.commands import erase
from portal.db import db
from portal.jour_j import album
from portal.jour_j.cliche import develop
from portal.jour_j.models import Genre, Photo
from portal.jour_j.refus import NotYours
from portal.missions.models import Nature
from tests import builders
from tests.jour_j.conftest import kept, tap
from tests.jour_j.test_erased import erased
from tests.jour_j.test_photos import taken

pytestmark = pytest.mark.both


def shown(saturday, by, mot: str):
    """An incident that this person noted, with its picture."""
    noted = tap(Genre.INCIDENT, mot=mot)
    saturday.send(noted, by=by)
    album.keep(saturday.jour, noted.uuid, develop(taken()), by=by)
    db.session.commit()
    return noted


@pytest.fixture
def lea(saturday):
    saturday.held_by(saturday.lea).mission.nature = Nature.CHARGE_DE_MISSION  # who says what happened
    return saturday.lea


def pictures() -> list[str]:
    return list(db.session.scalars(select(Photo.entree_uuid)))


def test_their_pictures_go_and_what_they_noted_stays_in_words(saturday, lea, as_):
    theirs, other = shown(saturday, lea, "Vitre cassée."), shown(saturday, saturday.awa, "Barrière tombée.")
    zoe = as_(saturday.zoe)
    erased(lea)
    assert pictures() == [other.uuid]
    assert (kept(theirs).mot, kept(theirs).photo) == ("Vitre cassée.", None)
    assert zoe.get(f"{saturday.url}/entrees/{theirs.uuid}/photo").status_code == 404
    page = zoe.get(saturday.url).text
    assert ("Vitre cassée." in page, theirs.uuid + "/photo" in page, other.uuid + "/photo" in page) == (True, False, True)


def test_the_open_screens_of_their_days_draw_them_no_more_and_no_other_day_moves(saturday, lea):
    shown(saturday, saturday.awa, "Barrière tombée.")
    saturday.send(tap(Genre.INCIDENT, mot="Vitre cassée."), by=lea)
    for who, left, moves in ((lea, 1, 0), (saturday.awa, 0, 1)):
        before = saturday.jour.version
        album.forget([who.id])
        db.session.expire_all()
        assert (len(pictures()), saturday.jour.version - before) == (left, moves)


def test_one_that_still_travels_when_they_are_erased_is_not_kept(saturday, lea):
    noted = tap(Genre.INCIDENT, mot="Vitre cassée.")
    saturday.send(noted, by=lea)
    ada, raw = builders.personne("Ada Dijoux", [builders.ADMIN]), taken()
    db.session.commit()

    def travel() -> bytes:
        erase(lea, by=ada)
        db.session.commit()
        return raw

    with pytest.raises(NotYours):
        album.receive(saturday.jour, noted.uuid, travel, by=lea)
    assert pictures() == []


def test_the_house_says_so_before_and_on_its_page(saturday, as_, client):
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert "ses photos du jour J" in ada.get(f"/reglages/personnes/{saturday.lea.id}").text
    assert "Photos du jour J" in client.get("/pages/donnees-personnelles").text


def test_a_picture_of_another_day_of_theirs_goes_too(saturday, lea):
    other = builders.action(saturday.zoe, debut=saturday.action.debut, fin=saturday.action.fin)
    builders.hold(builders.mission(other, nature=Nature.CHARGE_DE_MISSION), lea)
    db.session.commit()
    shown(saturday, lea, "Vitre cassée.")
    saturday.action = other
    shown(saturday, lea, "Barrière tombée.")
    erased(lea)
    assert pictures() == []
