"""The second proof: asked for after the password or the link, never twice the same code, never a way to lock somebody out."""

from __future__ import annotations

from datetime import timedelta
from math import log2
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from portal import clock, security
from portal.comptes import commands, second, totp
from portal.comptes.models import Jeton, Personne, SecondFacteur, Session
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders

PASSWORD = "trois mots au hasard"
STEP = timedelta(seconds=30)


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet", email="awa@example.org", password=PASSWORD)


def secret_of(personne) -> str:
    return second.secret_of(db.session.get(SecondFacteur, personne.id))


def code_of(personne, steps: int = 0) -> str:
    """What the application shows now, or so many steps later."""
    return totp.code(secret_of(personne), totp.step_at(clock.now()) + steps)


def wrong_of(personne) -> str:
    near = {code_of(personne, steps) for steps in range(-2, 3)}
    return next(code for code in ("123456", "654321", "111111", "222222", "333333", "444444") if code not in near)


@pytest.fixture
def codes(awa) -> list[str]:
    """Awa's recovery codes: her application has been there for an hour."""
    with clock.freeze(clock.now() - timedelta(hours=1)):
        second.prepare(awa, by=awa)
        second.confirm(awa, code_of(awa), by=awa)
        kept = second.to_keep(awa)
        second.keep(awa, by=awa)
        return kept


def sign_in(client, **more):
    return client.post("/comptes/connexion", data={"email": "awa@example.org", "mot_de_passe": PASSWORD} | more)


def give(client, code: str):
    return client.post("/comptes/second", data={"code": code})


def is_in(client) -> bool:
    return client.get("/moi/").status_code == 200


def sessions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Session.id))) or 0


# --- signing in ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_password_alone_opens_nothing(client, awa, codes):
    answer = sign_in(client, next="/missions/")
    assert (answer.status_code, answer.location) == (303, "/comptes/second")
    assert not is_in(client)
    assert sessions() == 0
    assert give(client, wrong_of(awa)).status_code == 422
    assert sessions() == 0
    answer = give(client, code_of(awa))
    assert (answer.status_code, answer.location) == (303, "/missions/")
    assert is_in(client)
    assert sessions() == 1


def test_nor_does_the_link_nor_its_code(app, client, awa, codes, outbox):
    client.post("/comptes/lien", data={"email": awa.email})
    typed = outbox()[-1].faits["code"]
    assert client.post("/comptes/code", data={"code": typed}).location == "/comptes/second"
    assert not is_in(client)
    other = app.test_client()
    other.post("/comptes/lien", data={"email": awa.email})
    jeton = db.session.scalars(select(Jeton).order_by(Jeton.id.desc())).first()
    link = f"/comptes/lien/{security.seal('connexion', jeton.id, jeton.generation)}"
    assert other.post(link).location == "/comptes/second"
    assert not is_in(other)
    assert give(other, code_of(awa)).status_code == 303
    assert is_in(other)


def test_nothing_of_before_survives_the_second_proof(client, awa, codes):
    sign_in(client)
    token = client.csrf_token()
    give(client, code_of(awa))
    assert client.post("/comptes/deconnexion", data={"csrf_token": token}, csrf=False).status_code == 400
    assert give(client, code_of(awa, 1)).status_code == 410  # it has been given


def test_without_a_first_proof_there_is_no_second(client, awa, codes):
    assert client.get("/comptes/second").status_code == 200
    answer = give(client, code_of(awa))
    assert answer.status_code == 410
    assert "recommence ta connexion" in answer.text
    assert not is_in(client)


def test_the_first_proof_is_good_for_ten_minutes(client, awa, codes):
    with clock.freeze(now := clock.now()):
        sign_in(client)
    with clock.freeze(now + timedelta(minutes=10)):
        assert give(client, code_of(awa)).status_code == 410
    assert sessions() == 0


def test_an_account_closed_between_the_two_proofs_does_not_open(client, awa, codes):
    sign_in(client)
    commands.set_active(awa, False, by=builders.personne("Ada", [builders.ADMIN]))
    assert give(client, code_of(awa)).status_code == 422
    assert sessions() == 0


def test_nor_does_one_whose_password_changed_between_them(client, as_, awa, codes):
    sign_in(client)
    as_(awa).post("/comptes/mot-de-passe", data={"mot_de_passe": "quatre autres mots au hasard"})
    assert give(client, code_of(awa)).status_code == 422
    assert not is_in(client)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "é" * 6, "١٢٣٤٥٦", "\0", "x" * 5000])
def test_what_is_no_code_is_refused(client, awa, codes, typed):
    sign_in(client)
    assert give(client, typed).status_code == 422
    assert sessions() == 0


def test_blanks_do_not_count(client, awa, codes):
    sign_in(client)
    code = code_of(awa)
    assert give(client, f" {code[:3]} {code[3:]} ").status_code == 303


# --- once ------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_code_never_serves_twice(app, awa, codes):
    with clock.freeze(now := clock.now()):
        first, again = app.test_client(), app.test_client()
        for client in (first, again):
            sign_in(client)
        code = code_of(awa)
        assert give(first, code).status_code == 303
        assert give(again, code).status_code == 422
        assert give(again, code_of(awa, -1)).status_code == 422  # nor one of before
    with clock.freeze(now + STEP):
        assert give(again, code_of(awa)).status_code == 303


@pytest.mark.both
def test_of_two_at_once_with_one_code_one_enters(app, awa, codes):
    code, clients, barrier, answers = code_of(awa), [app.test_client() for _ in range(2)], Barrier(2), []
    for client in clients:
        sign_in(client)
        client.csrf_token()
    db.session.remove()

    def enter(client):
        barrier.wait()
        answers.append(give(client, code).status_code)

    threads = [Thread(target=enter, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 422]
    assert sessions() == 1


def test_a_recovery_code_is_not_found_by_looking(codes):
    """ASVS 6.5.2: with 112 bits of chance or more, a plain fingerprint may keep it."""
    assert all(len(code.replace("-", "")) * log2(len(second.LETTERS)) >= 112 for code in codes)


@pytest.mark.both
def test_each_recovery_code_opens_once(app, awa, codes):
    for n, typed in enumerate((codes[0], codes[1].replace("-", ""), codes[2].upper()), start=1):
        client = app.test_client()
        sign_in(client)
        assert give(client, typed).status_code == 303
        assert f"il te reste {10 - n}&nbsp;codes" in client.get("/moi/securite").text
    client = app.test_client()
    sign_in(client)
    assert [give(client, code).status_code for code in (codes[0], codes[3])] == [422, 303]
    used = [line for line in db.session.scalars(select(EntreeJournal)) if line.evenement == "personne.code_secours"]
    assert [line.faits for line in used] == [{"restent": left} for left in (9, 8, 7, 6)]


def test_somebody_else_s_recovery_code_opens_nothing(client, awa, codes):
    zoe = builders.personne("Zoé", email="zoe@example.org", password=PASSWORD)
    second.prepare(zoe, by=zoe)
    second.confirm(zoe, code_of(zoe), by=zoe)
    client.post("/comptes/connexion", data={"email": "zoe@example.org", "mot_de_passe": PASSWORD})
    assert give(client, codes[0]).status_code == 422


# --- guessing --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_thirty_wrong_codes_a_day_and_only_paper_opens(app, client, awa, codes):
    with clock.freeze(now := clock.now()):
        sign_in(client)
        wrong = wrong_of(awa)
        assert {give(client, wrong).status_code for _ in range(30)} == {422}
        assert give(client, code_of(awa)).status_code == 422  # the right one, by now
        other = app.test_client()
        sign_in(other)
        assert give(other, code_of(awa)).status_code == 422
        assert give(other, codes[0]).status_code == 303
    with clock.freeze(now + timedelta(days=1, seconds=1)):
        third = app.test_client()
        sign_in(third)
        assert give(third, code_of(awa)).status_code == 303


def test_a_right_code_costs_no_try(client, awa, codes):
    for hours in range(3):
        with clock.freeze(clock.now() + timedelta(hours=hours)):
            sign_in(client)
            give(client, code_of(awa))
    assert db.session.scalars(select(SecondFacteur.essais)).one() == 0


def test_a_stranger_who_asks_for_links_burns_none_of_the_tries(client, awa, codes):
    for _ in range(3):
        client.post("/comptes/lien", data={"email": awa.email})
        for _ in range(12):
            client.post("/comptes/code", data={"code": "000000"})
    sign_in(client)
    assert give(client, code_of(awa)).status_code == 303


def test_a_crowd_of_tries_from_one_place_is_slowed_down(client, awa, codes, settings):
    settings(rate_limits=True)
    sign_in(client)
    statuses = [give(client, "1").status_code for _ in range(101)]
    assert statuses[-1] == 429
