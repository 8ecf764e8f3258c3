"""A session is a row: what ends it ends it at the next request, on every device, whatever cookie was copied."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from portal import clock
from portal.comptes import commands, queries
from portal.comptes.models import Personne, Session
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders

PASSWORD = "trois mots au hasard"
OTHER = "quatre autres mots au hasard"
MONTH = timedelta(days=30)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet", [builders.BIENVEILLANT], email="awa@example.org", password=PASSWORD)


@pytest.fixture
def admin(app) -> Personne:
    return builders.personne("Ada Robert", [builders.ADMIN])


def is_in(client) -> bool:
    return client.get("/moi/").status_code == 200


def copied(app, client):
    """Another device with the very same cookie."""
    thief = app.test_client()
    thief.set_cookie("portail", client.get_cookie("portail").value)
    return thief


def seen() -> datetime:
    db.session.rollback()
    return db.session.scalars(select(Session.vue_le)).one()


# --- signing out -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_signing_out_ends_the_session_and_its_copies(app, as_, awa):
    client = as_(awa)
    thief = copied(app, client)
    assert is_in(thief)
    answer = client.post("/comptes/deconnexion")
    assert (answer.status_code, answer.location) == (303, "/")
    assert not is_in(client)
    assert not is_in(thief)
    assert db.session.scalar(select(func.count(Session.id))) == 0


def test_signing_out_here_keeps_one_signed_in_elsewhere(as_, awa):
    here, there = as_(awa), as_(awa)
    here.post("/comptes/deconnexion")
    assert is_in(there)


def test_looking_at_an_address_signs_nobody_out(as_, awa):
    client = as_(awa)
    assert client.get("/comptes/deconnexion").status_code == 405
    assert is_in(client)


def test_signing_out_twice_or_without_being_in_is_no_error(client, as_, awa):
    assert client.post("/comptes/deconnexion").status_code == 303
    gone = as_(awa)
    assert [gone.post("/comptes/deconnexion").status_code for _ in range(2)] == [303, 303]


@pytest.mark.parametrize("token", ["", "x", "é" * 300, "\0", "a" * 5000])
def test_a_cookie_of_no_session_is_a_visitor(client, token):
    client.remember(_user_id=token, _fresh=True)
    answer = client.get("/moi/")
    assert (answer.status_code, answer.location) == (303, "/comptes/connexion?next=/moi/")


def test_a_cookie_that_we_did_not_sign_is_a_visitor(client, as_, awa):
    value = as_(awa).get_cookie("portail").value
    for forged in (value[:-1], value.swapcase(), f"{value}x", value.partition(".")[0], "x.y.z", "é"):
        client.set_cookie("portail", forged)
        assert not is_in(client)


# --- thirty days, and the last time seen -----------------------------------------------------------------------


@pytest.mark.parametrize(("away", "still"), [(MONTH - timedelta(seconds=1), True), (MONTH, False)])
def test_whoever_stays_away_for_thirty_days_signs_in_again(as_, awa, away, still):
    with clock.freeze(now := clock.now()):
        client = as_(awa)
    with clock.freeze(now + away):
        assert is_in(client) == still


def test_whoever_comes_back_stays_in_for_six_months(as_, awa):
    now = clock.now()
    client = as_(awa)
    for days in (*range(20, 180, 20), 179):
        with clock.freeze(now + timedelta(days=days)):
            assert is_in(client)
    with clock.freeze(now + timedelta(days=180, minutes=1)):
        assert not is_in(client)


@pytest.mark.both
def test_the_last_time_seen_is_written_once_an_hour(as_, awa):
    with clock.freeze(start := clock.now()):
        client = as_(awa)
        assert is_in(client)
        assert seen() == start
    with clock.freeze(start + timedelta(minutes=59)):
        assert is_in(client)
        assert seen() == start
    with clock.freeze(later := start + timedelta(minutes=61)):
        assert is_in(client)
        assert seen() == later
    with clock.freeze(later + timedelta(minutes=30)):
        assert is_in(client)
        assert seen() == later


def test_the_cookie_itself_lasts_thirty_days(client, awa):
    client.post("/comptes/connexion", data={"email": awa.email, "mot_de_passe": PASSWORD})
    assert abs(client.get_cookie("portail").expires - clock.now() - MONTH) < timedelta(minutes=1)


def test_an_ordinary_page_costs_one_query_to_know_who_is_there(as_, awa, count_queries):
    client = as_(awa)
    with count_queries() as asked:
        client.get("/moi/coordonnees")
    assert len([sql for sql in asked if "session" in sql or "personne" in sql]) == 1


# --- what others decide ----------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_role_that_is_taken_is_gone_at_the_next_request(as_, awa, admin):
    devices = as_(awa), as_(awa)
    assert [device.get("/actions/nouvelle").status_code for device in devices] == [200, 200]
    commands.set_roles(awa, [], by=admin)
    assert [device.get("/actions/nouvelle").status_code for device in devices] == [403, 403]
    assert all(is_in(device) for device in devices)


def test_a_role_that_is_given_is_there_at_the_next_request(as_, awa, admin):
    client = as_(awa)
    assert client.get("/reglages/").status_code == 403
    commands.set_roles(awa, [builders.ADMIN], by=admin)
    assert client.get("/reglages/").status_code == 200


@pytest.mark.both
def test_a_deactivated_person_is_out_everywhere_and_no_cookie_comes_back(as_, client, awa, admin):
    devices = as_(awa), as_(awa)
    commands.set_active(awa, False, by=admin)
    assert [is_in(device) for device in devices] == [False, False]
    fields = {"email": awa.email, "mot_de_passe": PASSWORD}
    assert client.post("/comptes/connexion", data=fields).status_code == 422
    commands.set_active(awa, True, by=admin)
    assert [is_in(device) for device in devices] == [False, False]
    assert client.post("/comptes/connexion", data=fields).status_code == 303


@pytest.mark.both
@pytest.mark.parametrize(
    ("deed", "said", "then"),
    [
        ("", {"nom": "Awa Payet", "telephone": ""}, 403),  # without a role any more
        ("/desactiver", {}, 303),
        ("/effacer", {"certain": "y"}, 303),
    ],
    ids=["role", "deactivated", "erased"],
)
def test_what_an_admin_decides_holds_at_the_next_request_of_every_copy(app, as_, awa, admin, deed, said, then):
    """Their own devices, and whoever has the cookie of one."""
    mine = as_(awa), as_(awa)
    devices = [*mine, *(copied(app, device) for device in mine)]
    assert [device.get("/actions/nouvelle").status_code for device in devices] == [200] * 4
    assert as_(admin).post(f"/reglages/personnes/{awa.id}{deed}", data=said).status_code == 303
    assert [device.get("/actions/nouvelle").status_code for device in devices] == [then] * 4
    fragment = [device.get("/actions/nouvelle", headers={"HX-Request": "true"}).status_code for device in devices]
    assert fragment == [401 if then == 303 else then] * 4


# --- changing one's password -----------------------------------------------------------------------------------


def change(client, password: str, **more: str):
    return client.post("/comptes/mot-de-passe", data={"mot_de_passe": password} | more)


@pytest.mark.both
def test_a_new_password_signs_the_other_devices_out_and_keeps_this_one(app, as_, awa, client):
    mine, other = as_(awa), as_(awa)
    thief = copied(app, other)
    answer = change(mine, OTHER)
    assert (answer.status_code, answer.location) == (303, "/moi/")
    assert "Tes autres appareils sont déconnectés." in mine.get("/moi/").text
    assert (is_in(mine), is_in(other), is_in(thief)) == (True, False, False)
    tries = [{"email": awa.email, "mot_de_passe": password} for password in (PASSWORD, OTHER)]
    assert [client.post("/comptes/connexion", data=fields).status_code for fields in tries] == [422, 303]
    [line] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "personne.mot_de_passe"))
    assert (line.sujet, line.personne_id, line.faits) == (f"personne:{awa.id}", awa.id, {})


@pytest.mark.both
@pytest.mark.parametrize("present", [PASSWORD, ""], ids=["one to change", "none yet"])
def test_a_phone_left_open_sets_no_password_without_a_proof(as_, present):
    lea = builders.personne("Léa Grondin", email="lea@example.org", password=present)
    with clock.freeze(clock.now() - QUARTER):
        mine, other = as_(lea), as_(lea)
    answer = change(mine, OTHER)
    assert answer.status_code == 403
    assert "Prouve que c’est toi" in answer.text
    assert is_in(other)
    proof = {"preuve_vers": "/comptes/mot-de-passe", "preuve_passe": OTHER}
    assert mine.post("/comptes/preuve", data=proof).status_code == 422
    db.session.refresh(lea)
    assert bool(lea.mot_de_passe) == bool(present)


def test_once_proved_the_new_password_goes_on(as_, awa):
    with clock.freeze(clock.now() - QUARTER):
        mine, other = as_(awa), as_(awa)
    assert change(mine, OTHER).status_code == 403
    proof = {"preuve_vers": "/comptes/mot-de-passe", "preuve_passe": PASSWORD}
    assert mine.post("/comptes/preuve", data=proof).status_code == 307
    assert change(mine, OTHER).status_code == 303
    assert not is_in(other)


def test_who_has_just_signed_in_is_not_asked_for_the_password_they_forgot(as_, awa):
    with clock.freeze(clock.now() - QUARTER + timedelta(seconds=5)):
        client = as_(awa)
    assert change(client, OTHER).status_code == 303


def test_signing_in_again_leaves_no_session_behind(client, awa):
    for _ in range(2):
        client.post("/comptes/connexion", data={"email": awa.email, "mot_de_passe": PASSWORD})
    assert db.session.scalar(select(func.count(Session.id))) == 1


def test_whoever_entered_by_a_link_may_choose_one(as_, client):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    assert change(as_(lea), OTHER).status_code == 303
    assert client.post("/comptes/connexion", data={"email": lea.email, "mot_de_passe": OTHER}).status_code == 303


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "Écris un mot de passe."),
        ("x" * 11, "Au moins 12 caractères"),
        ("x" * 1001, "trop long"),
        ("x" * 1_000_000, "trop long"),
    ],
)
def test_a_password_has_a_length(as_, awa, password, sentence):
    mine, other = as_(awa), as_(awa)
    answer = change(mine, password)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert password[:20] not in answer.text or not password
    assert is_in(other)


@pytest.mark.parametrize("password", ["z!" * 6, "x" * 1000, "douze\0signes", "été " * 5, "한국어 비밀번호 열두 글자"])
def test_any_sign_will_do(as_, awa, client, password):
    assert change(as_(awa), password).status_code == 303
    fields = {"email": awa.email, "mot_de_passe": password}
    assert client.post("/comptes/connexion", data=fields).status_code == 303


@pytest.mark.parametrize(
    "password",
    ["azertyuiop12", "Password1234", "x" * 12, "Raffinerie974!", "awa-payet-974", "Portail La Réunion", "mot de passe 12"],
)
def test_what_many_have_and_words_of_the_house_or_of_oneself_are_refused(as_, awa, password):
    mine, other = as_(awa), as_(awa)
    answer = change(mine, password)
    assert answer.status_code == 422
    assert "Ce mot de passe se devine" in answer.text
    assert is_in(other)


@pytest.mark.parametrize("password", ["une raffinerie de nuages", "Payet, sept kayaks bleus", "!@#$%^&*()_+="])
def test_such_a_word_among_others_is_welcome(as_, awa, password):
    assert change(as_(awa), password).status_code == 303


def test_no_transaction_is_open_while_the_new_one_is_hashed(as_, awa, monkeypatch):
    """SQLite's one write lock is not held for the time of a hash."""
    client, open_ = as_(awa), []
    hash_ = PasswordHasher.hash

    def watched(self: PasswordHasher, password: str) -> str:
        open_.append(db.session().in_transaction())
        return hash_(self, password)

    monkeypatch.setattr(PasswordHasher, "hash", watched)
    assert change(client, OTHER).status_code == 303
    assert open_ == [False]
    assert queries.confirmed(awa.email).mot_de_passe.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
