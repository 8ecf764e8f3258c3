"""A passkey signs in alone: what was signed elsewhere, twice, too late or by a copy opens nothing, and one sentence says it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock
from portal.comptes import cles, commands, second
from portal.comptes.models import Defi
from portal.db import db
from tests import builders
from tests.comptes.device import PRESENT, VERIFIED, to_text
from tests.comptes.test_cles import NOTHING, add, asked_to_sign, awa, device, enter, phone
from tests.comptes.test_second import code_of, is_in, sessions
from tests.test_policy_answers import bare

__all__ = ["awa", "device", "phone"]  # fixtures


@pytest.mark.both
def test_it_is_both_proofs_at_once(app, as_, client, awa, device):
    second.prepare(awa, by=awa)
    second.confirm(awa, code_of(awa), by=awa)
    phone = device()
    add(as_(awa), phone)
    assert enter(client, phone).location == "/"
    assert is_in(client)


@pytest.mark.both
@pytest.mark.parametrize(
    "lies",
    [{"origin": "https://portail.exemple.re"}, {"origin": "http://localhost"}, {"rp_id": "exemple.re"}, {"flags": PRESENT},
     {"flags": VERIFIED}, {"type": "webauthn.create"}, {"challenge": to_text(b"x" * 32)}, {"handle": b"somebody else"},
     {"handle": b""}],
)  # fmt: skip
def test_what_was_signed_for_another_site_or_without_its_person_opens_nothing(client, phone, lies):
    before = sessions()
    answer = enter(client, phone, **lies)
    assert answer.status_code == 422
    assert NOTHING in answer.text
    assert not is_in(client)
    assert sessions() == before
    assert enter(client, phone).status_code == 303


def test_whatever_is_wrong_one_sentence_says_it(as_, client, awa, phone, device):
    unknown, forged = device(), device()
    unknown.handle = forged.handle = phone.handle
    forged.id = phone.id  # signed by another key
    said = {bare(enter(client, one).text) for one in (unknown, forged)}
    said.add(bare(enter(client, phone, origin="https://portail.exemple.re").text))
    commands.set_active(awa, False, by=builders.personne("Ada", [builders.ADMIN]))
    said.add(bare(enter(client, phone).text))
    assert len(said) == 1
    assert NOTHING in said.pop()
    commands.set_active(awa, True, by=awa)
    assert enter(client, phone).status_code == 303


@pytest.mark.both
def test_a_challenge_serves_once_for_five_minutes_in_its_own_browser(app, phone):
    mine, thief = app.test_client(), app.test_client()
    with clock.freeze(now := clock.now()):
        asked = asked_to_sign(mine)
        signed = phone.sign(asked)
        asked_to_sign(thief)
        assert thief.post("/comptes/cle", data={"reponse": signed}).status_code == 422
        cookie = mine.get_cookie("portail").value
        assert mine.post("/comptes/cle", data={"reponse": signed}).status_code == 303
        thief.set_cookie("portail", cookie)  # even with all that the browser held
        assert thief.post("/comptes/cle", data={"reponse": phone.sign(asked)}).status_code == 422
        late = phone.sign(asked_to_sign(thief))
    with clock.freeze(now + cles.LIFE):
        assert thief.post("/comptes/cle", data={"reponse": late}).status_code == 422
    assert not is_in(thief)


def test_a_challenge_that_was_answered_wrong_serves_no_more(client, phone):
    asked = asked_to_sign(client)
    assert client.post("/comptes/cle", data={"reponse": phone.sign(asked, flags=PRESENT)}).status_code == 422
    assert client.post("/comptes/cle", data={"reponse": phone.sign(asked)}).status_code == 422


def test_those_that_nobody_answered_go_with_the_next_one(client):
    with clock.freeze(now := clock.now()):
        asked_to_sign(client)
        asked_to_sign(client)
    with clock.freeze(now + cles.LIFE):
        asked_to_sign(client)
    assert db.session.scalar(select(func.count()).select_from(Defi)) == 1


@pytest.mark.both
def test_a_count_that_goes_back_or_stays_is_a_copy_s(app, phone):
    for _ in range(3):
        assert enter(app.test_client(), phone).status_code == 303
    for count in (0, 1, phone.count):
        assert enter(app.test_client(), phone, count=count).status_code == 422
    assert enter(app.test_client(), phone, count=2**32 - 1).status_code == 303


@pytest.mark.both
def test_a_device_that_does_not_count_enters_as_often_as_it_likes(app, as_, awa, device):
    synced = device(counts=False)
    add(as_(awa), synced)
    assert [enter(app.test_client(), synced).status_code for _ in range(3)] == [303, 303, 303]


def test_nothing_of_the_session_before_survives(client, phone):
    asked_to_sign(client)
    token = client.csrf_token()
    assert enter(client, phone).status_code == 303
    assert client.post("/comptes/deconnexion", data={"csrf_token": token}, csrf=False).status_code == 400
    before = sessions()
    assert enter(client, phone).status_code == 303  # once more, from inside
    assert sessions() == before


@pytest.mark.parametrize("suite", ["//exemple.re", "https://exemple.re", "/\\exemple.re"])
def test_it_leads_to_no_other_site(client, phone, suite):
    assert enter(client, phone, suite=suite).location == "/"


def test_a_crowd_of_tries_from_one_place_is_slowed_down(client, phone, settings):
    settings(rate_limits=True)
    assert [client.post("/comptes/cle/defi").status_code for _ in range(101)][-1] == 429
    assert client.post("/comptes/cle", data={"reponse": "x"}).status_code == 429


def test_without_javascript_no_button_promises_anything(client):
    page = BeautifulSoup(client.get("/comptes/connexion").text, "html5lib")
    assert "hidden" in page.select_one("button[data-cle]").attrs
