"""The ten recovery codes: read until their person says that they have them, then no more."""

from __future__ import annotations

import pytest
from flask import current_app

from portal import clock
from portal.comptes import second
from portal.comptes.models import FRESH
from tests import builders
from tests.comptes.test_application import NEW, PAPER, dump, events, read
from tests.comptes.test_second import awa, code_of, codes, give, sign_in

__all__ = ["awa", "codes", "dump"]  # fixtures


@pytest.fixture
def hers(as_, awa):
    """Awa's browser, which has just put an application; the answer, and the codes with it, was lost."""
    client = as_(awa)
    client.post("/moi/securite/application")
    client.post("/moi/securite/application/confirmer", data={"code": code_of(awa)})
    return client


@pytest.mark.both
def test_the_codes_are_read_again_until_she_says_that_she_has_them(hers, awa):
    shown = read(hers.get(PAPER))
    assert len(shown) == 10
    assert read(hers.get(PAPER)) == shown
    assert "Tes codes de secours t’attendent" in hers.get("/moi/securite").text
    answer = hers.post(PAPER)
    assert (answer.status_code, answer.location) == (303, PAPER)
    hers.post(f"{PAPER}/gardes")
    assert hers.get(PAPER).location == "/moi/securite"
    page = hers.get("/moi/securite").text
    assert "t’attendent" not in page
    assert "il te reste 10&nbsp;codes de secours" in page
    assert not second.to_keep(awa)


def test_the_first_code_sent_again_leads_to_the_same_ten(hers, awa):
    """A double tap, or the page sent again when the first answer was cut."""
    shown = read(hers.get(PAPER))
    answer = hers.post("/moi/securite/application/confirmer", data={"code": code_of(awa)})
    assert (answer.status_code, answer.location) == (303, PAPER)
    assert read(hers.get(PAPER)) == shown
    assert events().count("personne.second_activer") == 1


def test_said_twice_it_is_journaled_once(hers):
    for _ in range(2):
        assert hers.post(f"{PAPER}/gardes").status_code == 303
    assert events().count("personne.codes_gardes") == 1


def test_whoever_did_not_prove_it_a_moment_ago_reads_none(hers, awa, as_):
    with clock.freeze(clock.now() + FRESH):
        assert hers.get(PAPER).location == "/moi/securite"
        asked = hers.post(PAPER)
        assert asked.status_code == 403
        assert not read(asked)
        proof = {"preuve_vers": PAPER, "preuve_code": code_of(awa)}
        assert hers.post("/comptes/preuve", data=proof).status_code == 307
        assert hers.post(PAPER).location == PAPER
        assert len(read(hers.get(PAPER))) == 10


def test_a_browser_that_was_proved_by_the_password_alone_reads_none(app, client, as_, awa):
    """Whoever holds a stolen password, signed in a moment before the application came."""
    sign_in(client)
    owner = as_(awa)
    owner.post("/moi/securite/application")
    owner.post("/moi/securite/application/confirmer", data={"code": code_of(awa)})
    assert len(read(owner.get(PAPER))) == 10
    assert client.get(PAPER).location == "/moi/securite"
    assert client.post(PAPER).status_code == 403


def test_nor_does_anybody_else(hers, as_):
    zoe = as_(builders.personne("Zoé Hoarau"))
    assert zoe.get(PAPER).location == "/moi/securite"
    zoe.post(f"{PAPER}/gardes")
    assert len(read(hers.get(PAPER))) == 10


def test_whoever_uses_one_has_them(client, hers, awa):
    one = second.to_keep(awa)[0]
    sign_in(client)
    give(client, one)
    assert not second.to_keep(awa)
    assert "il te reste 9&nbsp;codes de secours" in hers.get("/moi/securite").text


def test_new_ones_are_to_be_kept_in_their_turn(client, awa, codes):
    """By a proof that was made with a code: however old the one before."""
    sign_in(client)
    give(client, code_of(awa))
    with clock.freeze(clock.now() + FRESH):
        client.post("/moi/securite/application/codes", data={"code": code_of(awa)})
        shown = read(client.get(PAPER))
    assert len(shown) == 10
    assert not set(shown) & set(codes)


@pytest.mark.both
def test_a_copy_of_the_database_does_not_hold_them(hers, awa, dump):
    shown, held = second.to_keep(awa), dump()
    assert not any(code in held or code.replace("-", "") in held for code in shown)


@pytest.mark.both
def test_a_new_key_opens_those_that_the_former_one_encrypted(hers, awa, settings):
    shown = second.to_keep(awa)
    settings(secret_keys=(NEW, *current_app.config["PORTAL"].secret_keys))
    assert second.to_keep(awa) == shown
    second.encrypt_again()
    settings(secret_keys=(NEW,))
    assert second.to_keep(awa) == shown


def test_when_nothing_opens_them_any_more_the_page_offers_others(hers, awa, settings):
    settings(secret_keys=(NEW,))
    assert second.to_keep(awa) == []
    assert "dix nouveaux codes" in hers.get("/moi/securite").text
