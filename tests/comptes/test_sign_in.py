"""Entering with a password: one answer for whoever does not enter, a fresh cookie for whoever does."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from bs4 import BeautifulSoup
from flask import session
from sqlalchemy import func, select

from portal import security
from portal.comptes import commands
from portal.comptes.models import Personne, Session
from portal.db import db
from tests import builders
from tests.test_web import OFFSITE

PASSWORD = "trois mots au hasard"
MONSTERS = {
    "a megabyte": "x" * 1_000_000,
    "as long as may be": "x" * 1000,
    "a NUL": "\0",
    "a NUL at the end": f"{PASSWORD}\0",
    "two ways of writing an accent": "é\u0301" * 1000,
    "one letter that becomes eighteen": "\ufdfa" * 1000,
    "half a character": "\udcff",
}
SENTENCE = "Cette adresse et ce mot de passe ne vont pas ensemble. Vérifie-les, ou demande un lien."


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet", email="Awa@example.org", password=PASSWORD)


@pytest.fixture
def hashed(monkeypatch):
    """What argon2 is asked to compare, each time; it still does."""
    seen: list[tuple[str, str, bool]] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, stored: str, password: str) -> bool:
        seen.append((stored, password, db.session().in_transaction()))
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    return seen


def sign_in(client, email="awa@example.org", password=PASSWORD, **more):
    return client.post("/comptes/connexion", data={"email": email, "mot_de_passe": password} | more)


def sessions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Session.id))) or 0


# --- who enters ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_right_password_opens_a_session(client, awa):
    answer = client.post(
        "/comptes/connexion",
        data={"email": "awa@example.org", "mot_de_passe": PASSWORD},
        headers={"User-Agent": "Téléphone d’Awa"},
    )
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Awa Payet" in client.get("/moi/").text
    row = db.session.scalars(select(Session)).one()
    assert row.personne_id == awa.id
    assert row.appareil.startswith("T")


@pytest.mark.parametrize("email", ["awa@example.org", "AWA@EXAMPLE.ORG", " Awa@example.org ", "ａｗａ@example.org"])
def test_an_address_is_known_however_it_is_typed(client, awa, email):
    assert sign_in(client, email).status_code == 303


def test_a_password_is_the_same_whichever_keyboard_wrote_its_accents(client):
    builders.personne(email="awa@example.org", password="de\u0301jeuner sur l’herbe")
    assert sign_in(client, password="d\u00e9jeuner sur l’herbe").status_code == 303


def test_blanks_of_a_password_count(client, awa):
    assert sign_in(client, password=f" {PASSWORD}").status_code == 422


def test_whoever_is_in_already_is_led_on(as_, awa):
    answer = as_(awa).get("/comptes/connexion?next=/missions/")
    assert (answer.status_code, answer.location) == (303, "/missions/")


# --- who does not ----------------------------------------------------------------------------------------------


def whoever_is_refused() -> dict[str, str]:
    """An address for each reason not to enter, all of one length."""
    builders.personne("Sans", email="sans@example.org")
    closed = builders.personne("Clos", email="clos@example.org", password=PASSWORD)
    commands.set_active(closed, False, by=closed)
    commands.introduce(nom="Neuf", email="neuf@example.org").mot_de_passe = security.hash_password(PASSWORD)
    builders.personne("Faux", email="faux@example.org", password="un tout autre secret")
    return {
        "unknown": "nul1@example.org",
        "wrong password": "faux@example.org",
        "no password": "sans@example.org",
        "deactivated": "clos@example.org",
        "provisional": "neuf@example.org",
    }


def test_every_reason_not_to_enter_gets_the_same_answer(client, hashed):
    addresses = whoever_is_refused()
    answers = set()
    for email in addresses.values():
        answer = sign_in(client, email)
        headers = tuple((k, v) for k, v in answer.headers if k not in ("Set-Cookie", "X-Request-Id"))
        body = re.sub(r'(content|value)="[\w.-]{60,}"', "", answer.text.replace(email, "…"))
        answers.add((answer.status_code, headers, body))
    assert len(answers) == 1
    [(status, _, body)] = answers
    assert status == 422
    assert SENTENCE in body
    assert sessions() == 0


def test_every_reason_costs_one_comparison(client, hashed):
    """Of the same price: an unknown address is compared with a password that nobody has."""
    addresses = whoever_is_refused()
    for email in addresses.values():
        sign_in(client, email)
    assert len(hashed) == len(addresses)
    assert len({stored.rpartition("$")[0].rpartition("$")[0] for stored, _, _ in hashed}) == 1  # memory, time, threads
    for stored, _, _ in list(hashed):
        with pytest.raises(VerifyMismatchError):  # it was read to its end
            PasswordHasher().verify(stored, "ni celui-là")


def test_no_transaction_is_open_while_comparing(client, awa, hashed):
    sign_in(client)
    sign_in(client, "nul1@example.org")
    assert [open_ for _, _, open_ in hashed] == [False, False]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": ""}, "Écris ton adresse e-mail."),
        ({"email": "awa"}, "prenom@exemple.re"),
        ({"password": ""}, "Écris ton mot de passe, ou demande un lien."),
    ],
)
def test_what_is_missing_is_said_beside_its_field(client, awa, hashed, fields, sentence):
    answer = sign_in(client, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert hashed == []


@pytest.mark.parametrize("monster", MONSTERS)
def test_a_monstrous_password_is_refused_and_costs_no_more(client, awa, hashed, monster):
    assert sign_in(client, password=MONSTERS[monster].encode("utf-8", "replace")).status_code == 422
    assert [len(compared) <= 20_000 for _, compared, _ in hashed] == [True]


# --- where one goes --------------------------------------------------------------------------------------------


def test_where_one_was_going_is_kept_through_a_mistake(client, awa):
    def hidden(page) -> str:
        return str(BeautifulSoup(page.text, "html5lib").select_one("input[name=next]")["value"])

    wanted = "/moi/?x=1"
    assert hidden(client.get("/comptes/connexion", query_string={"next": wanted})) == wanted
    assert hidden(sign_in(client, password="faux", next=wanted)) == wanted
    assert sign_in(client, next=wanted).location == wanted


def test_nobody_is_led_to_another_site(client, awa):
    assert {sign_in(client, next=wanted).location for wanted in OFFSITE[:10]} == {"/"}


@pytest.mark.parametrize("wanted", OFFSITE, ids=ascii)
def test_nor_are_those_who_come_by_htmx(client, awa, wanted):
    """A browser reads the header by its own rules, and leaves for what a Location would not say."""
    answer = client.post(
        "/comptes/connexion",
        data={"email": "awa@example.org", "mot_de_passe": PASSWORD, "next": wanted},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/")


def test_nor_is_an_address_of_another_site_kept_in_the_form(client):
    for wanted in OFFSITE[:8]:
        assert "evil" not in client.get("/comptes/connexion", query_string={"next": wanted}).text


# --- the cookie ------------------------------------------------------------------------------------------------


def test_nothing_of_before_survives_in_the_cookie(client, awa):
    client.get("/comptes/connexion")
    before, token = client.get_cookie("portail").value, client.csrf_token()
    sign_in(client)
    assert client.get_cookie("portail").value != before
    foreign = client.post("/comptes/deconnexion", data={"csrf_token": token}, csrf=False)
    assert foreign.status_code == 400
    assert sessions() == 1


def test_the_database_does_not_hold_what_the_cookie_holds(client, awa):
    sign_in(client)
    token = client.within(lambda: session["_user_id"])
    assert len(token) >= 43
    row = db.session.scalars(select(Session)).one()
    assert row.empreinte == security.fingerprint(token) != token


def test_two_devices_are_two_sessions(app, client, awa):
    sign_in(client)
    sign_in(app.test_client())
    assert sessions() == 2
