"""Where my account is open: I see it, I close it, nobody else does."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock
from portal.comptes import entree
from portal.comptes.models import Personne, Session
from portal.comptes.queries import LONGEST_SESSION, SESSION_LIFE
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.test_policy_answers import bare

FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet")


@pytest.fixture
def zoe(app) -> Personne:
    return builders.personne("Zoé Hoarau")


def is_in(client) -> bool:
    return client.get("/moi/").status_code == 200


def devices(client) -> list[str]:
    page = BeautifulSoup(client.get("/moi/securite").text, "html5lib")
    return [" ".join(row.get_text(" ", strip=True).split()) for row in page.select(".rangees > li")]


def last_session() -> int:
    return db.session.scalars(select(Session.id).order_by(Session.id.desc())).first()


def journaled() -> list[dict]:
    lines = select(EntreeJournal).where(EntreeJournal.evenement == "personne.deconnecter").order_by(EntreeJournal.id)
    return [line.faits for line in db.session.scalars(lines)]


def test_one_s_own_page_leads_to_it(as_, awa):
    assert 'href="/moi/securite"' in as_(awa).get("/moi/").text


def test_each_device_has_its_name_and_this_one_is_said(as_, awa, zoe):
    entree.open_session(awa, agent=FIREFOX)
    entree.open_session(zoe, agent=FIREFOX)
    mine = as_(awa)
    assert devices(mine) == [
        "Appareil inconnu Cet appareil · ouvert à l’instant",
        "Téléphone Android, Firefox Vu à l’instant · ouvert à l’instant Déconnecter",
    ]
    assert "Déconnecter tous les autres appareils" in mine.get("/moi/securite").text


def test_alone_there_is_nothing_to_close(as_, awa):
    page = BeautifulSoup(as_(awa).get("/moi/securite").text, "html5lib")
    assert len(page.select(".rangees > li")) == 1
    assert not page.select("form[action^='/moi/securite/appareils']")


def test_a_session_that_opens_nothing_any_more_is_not_shown(as_, awa):
    for age in (SESSION_LIFE, LONGEST_SESSION):
        with clock.freeze(clock.now() - age):
            entree.open_session(awa, agent=FIREFOX)
            db.session.commit()
    db.session.execute(update(Session).where(Session.ouverte_le < clock.now() - SESSION_LIFE * 2).values(vue_le=clock.now()))
    db.session.commit()
    assert len(devices(as_(awa))) == 1


@pytest.mark.both
def test_a_device_is_signed_out_at_its_next_request(as_, awa):
    lost, mine = as_(awa), None
    id = last_session()
    mine, other = as_(awa), as_(awa)
    answer = mine.post(f"/moi/securite/appareils/{id}/deconnecter")
    assert (answer.status_code, answer.location) == (303, "/moi/securite")
    assert "Cet appareil est déconnecté." in mine.get("/moi/securite").text
    assert [is_in(client) for client in (lost, mine, other)] == [False, True, True]
    assert journaled() == [{"appareils": 1}]


@pytest.mark.both
def test_all_the_others_are_signed_out_at_once_and_nobody_else(as_, awa, zoe):
    mine, *others, hers = as_(awa), as_(awa), as_(awa), as_(zoe)
    assert mine.post("/moi/securite/appareils/deconnecter").status_code == 303
    assert [is_in(client) for client in (mine, *others, hers)] == [True, False, False, True]
    assert mine.post("/moi/securite/appareils/deconnecter").status_code == 303
    assert journaled() == [{"appareils": 2}]


def test_somebody_else_s_device_is_answered_as_an_absent_one(as_, awa, zoe):
    hers = as_(zoe)
    id, mine = last_session(), as_(awa)
    theirs, nobody_s = (mine.post(f"/moi/securite/appareils/{n}/deconnecter") for n in (id, 999))
    assert (theirs.status_code, nobody_s.status_code) == (404, 404)
    assert bare(theirs.text) == bare(nobody_s.text)
    assert is_in(hers)
    assert journaled() == []


def test_this_device_may_be_closed_too(as_, awa):
    mine = as_(awa)
    assert mine.post(f"/moi/securite/appareils/{last_session()}/deconnecter").status_code == 303
    assert not is_in(mine)


def test_the_page_costs_as_much_whatever_the_number_of_devices(as_, awa, count_queries):
    mine, counted = as_(awa), []
    for _ in range(2):
        with count_queries() as asked:
            mine.get("/moi/securite")
        counted.append(len(asked))
        for _ in range(3):
            as_(awa)
    assert counted == [3, 3]
