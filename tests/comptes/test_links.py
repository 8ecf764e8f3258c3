"""Entering with a message: its link by one tap, or its six digits; once, within ten minutes, proving the address."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock, security
from portal.comptes import commands, entree, queries
from portal.comptes.models import Jeton, Personne, Session
from portal.db import db
from portal.outbox import Message
from tests import builders

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet", email="awa@example.org")


def ask(client, email="awa@example.org", address="203.0.113.7", **more):
    return client.post("/comptes/lien", data={"email": email} | more, environ_overrides={"REMOTE_ADDR": address})


def message() -> Message:
    """The last message written."""
    return db.session.scalars(select(Message).order_by(Message.id.desc())).first()


def link(jeton: Jeton | None = None) -> str:
    """The address that the worker puts into the message."""
    jeton = jeton or db.session.scalars(select(Jeton).order_by(Jeton.id.desc())).first()
    return f"/comptes/lien/{security.seal('connexion', jeton.id, jeton.generation)}"


def is_in(client) -> bool:
    return client.get("/moi/").status_code == 200


def is_in_by(client, sent: Message) -> bool:
    return client.post(link(db.session.get(Jeton, sent.faits["jeton"]))).status_code == 303


def sessions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Session.id))) or 0


# --- asking ----------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_known_address_gets_a_message_that_holds_no_signature(client, awa, outbox):
    answer = ask(client)
    assert (answer.status_code, answer.location) == (303, "/comptes/code")
    [sent] = outbox()
    jeton = db.session.scalars(select(Jeton)).one()
    assert (sent.genre, sent.adresse, sent.faits["jeton"], sent.faits["nom"]) == (
        "connexion", "awa@example.org", jeton.id, "Awa Payet",
    )  # fmt: skip
    assert jeton.code == security.fingerprint(sent.faits["code"])
    assert len(sent.faits["code"]) == 6
    assert link(jeton).rpartition(".")[2] not in str(sent.faits)


@pytest.mark.both
def test_strangers_have_an_address_written_to_five_times_and_lock_nobody_out(app, settings, as_, awa, outbox):
    settings(rate_limits=True)
    strangers = iter(range(100))

    def asked_again() -> int:
        """How many messages there are once a stranger has asked, from elsewhere each time."""
        assert ask(app.test_client(), address=f"198.51.100.{next(strangers)}").status_code == 303
        return len(outbox())

    with clock.freeze(start := clock.now()):
        assert [asked_again() for _ in range(8)] == [1, 2, 3, 4, 5, 5, 5, 5]
        db.session.commit()
        assert is_in_by(app.test_client(), outbox()[4])  # whoever is not written to holds some that work
        assert asked_again() == 6  # having come in, they hold none
        assert [asked_again() for _ in range(8)][-1] == 10
    with clock.freeze(start + timedelta(minutes=10, seconds=1)):
        assert asked_again() == 11  # what was asked for and not written counts for nothing


@pytest.mark.both
def test_whoever_is_written_no_more_enters_by_the_last_code_of_their_mailbox(app, settings, client, awa, outbox):
    settings(rate_limits=True)
    for n in range(5):
        ask(app.test_client(), address=f"198.51.100.{n}")
    ask(client)
    assert len(outbox()) == 5
    assert client.post("/comptes/code", data={"code": outbox()[-1].faits["code"]}).status_code == 303
    assert client.get("/moi/").status_code == 200


@pytest.mark.both
def test_who_asks_once_more_is_given_nothing_of_anybody_elses(app, settings, client, awa, outbox):
    """Neither the tries of the owner's own code, nor, in the cookie that anybody reads, which addresses are known."""
    settings(rate_limits=True)
    held = []
    for n, email in enumerate(["awa@example.org", "nul1@example.org", "nul2@example.org"] * 7):
        browser = app.test_client()
        ask(browser, email=email, address=f"198.51.100.{n}")
        with browser.session_transaction() as session:
            held.append(session["jeton"])
        if n == 12:  # the fifth to her, the last that leaves
            owner = browser
    assert held == sorted(set(held))
    for _ in range(5):
        assert type_code(browser, "000000").status_code == 422
    stranger = app.test_client()
    ask(stranger, address="198.51.100.99")
    assert [type_code(stranger, wrong(outbox()[-1].faits["code"])).status_code for _ in range(5)] == [422] * 5
    assert type_code(owner, outbox()[-1].faits["code"]).status_code == 303


@pytest.mark.both
def test_a_link_that_is_about_to_die_keeps_no_other_from_leaving(app, settings, awa, outbox):
    settings(rate_limits=True)
    with clock.freeze(start := clock.now()):
        for n in range(5):
            ask(app.test_client(), address=f"198.51.100.{n}")
    with clock.freeze(start + timedelta(minutes=8, seconds=1)):
        ask(app.test_client())
    assert len(outbox()) == 6


@pytest.mark.both
def test_nor_from_proving_who_they_are(app, settings, as_, awa, outbox):
    settings(rate_limits=True)
    for n in range(8):
        ask(app.test_client(), address=f"198.51.100.{n}")
    with clock.freeze(clock.now() - timedelta(minutes=16)):
        mine = as_(awa)
    mine.post("/comptes/preuve/code", data={"preuve_vers": "/moi/donnees/tout.json"})
    assert len(outbox()) == 6
    proof = {"preuve_vers": "/moi/donnees/tout.json", "preuve_code": outbox()[-1].faits["code"]}
    assert mine.post("/comptes/preuve", data=proof).status_code == 307


def test_an_unknown_address_gets_the_same_answer_and_no_message(app, awa, outbox):
    known, unknown = (ask(app.test_client(), email) for email in ("awa@example.org", "nul@example.org"))
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    said = [[(k, v) for k, v in answer.headers if k not in ("Set-Cookie", "X-Request-Id")] for answer in (known, unknown)]
    assert said[0] == said[1]
    assert len(outbox()) == 1
    assert db.session.scalar(select(func.count(Jeton.id))) == 2  # the same work for both


@pytest.mark.parametrize("email", ["", "awa", "x" * 5000])
def test_what_is_no_address_is_said(client, outbox, email):
    answer = ask(client, email)
    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "html5lib").select_one("[aria-invalid=true][name=email]")
    assert outbox() == []


# --- the link --------------------------------------------------------------------------------------------------


def test_looking_at_a_link_uses_nothing(client, awa):
    """Programs that read the mail before people do."""
    ask(client)
    for method in ("get", "head", "get"):
        assert getattr(client, method)(link()).status_code == 200
    assert not is_in(client)
    assert db.session.scalars(select(Jeton.utilise_le)).all() == [None]
    assert client.post(link()).status_code == 303


def test_its_page_is_one_button_that_wants_a_tap(client, awa):
    ask(client)
    answer = client.get(link())
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.select_one('meta[name="robots"]')["content"] == "noindex"
    [form] = page.select("main form")
    assert (form["method"], form["action"]) == ("post", link())
    assert form.button.get_text(strip=True) == "Entrer dans le portail"
    assert not page.select("[hx-trigger], [data-hx-trigger], meta[http-equiv]")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.both
def test_it_serves_once_then_says_so_kindly(app, client, awa):
    ask(client)
    assert client.post(link()).status_code == 303
    assert is_in(client)
    for answer in (client.post(link()), app.test_client().get(link()), app.test_client().post(link())):
        assert answer.status_code == 410
        assert "Ce lien ou ce code a déjà servi, ou son temps est passé. Demande-en un autre." in answer.text
        assert 'name="email"' in answer.text  # where to ask for another
    assert is_in(client)
    assert sessions() == 1


@pytest.mark.both
def test_tapped_twice_at_once_it_opens_one_session(app, awa):
    """Whoever comes second waits for the first to end, then is told."""
    id = entree.ask_link(awa.email, suite="/").id
    db.session.commit()
    told = []

    def second() -> None:
        with app.app_context():
            try:
                told.append(entree.use_link(id, 1))
            except entree.LinkUsed as refusal:
                told.append(refusal)
            db.session.remove()

    entree.use_link(id, 1)
    thread = Thread(target=second)
    thread.start()
    thread.join(0.2)
    assert told == []
    db.session.commit()
    thread.join()
    assert [type(outcome) for outcome in told] == [entree.LinkUsed]


@pytest.mark.parametrize(("after", "opens"), [(TEN_MINUTES - timedelta(seconds=1), True), (TEN_MINUTES, False)])
def test_it_lasts_ten_minutes(client, awa, after, opens):
    with clock.freeze(now := clock.now()):
        ask(client)
    with clock.freeze(now + after):
        assert client.get(link()).status_code == (200 if opens else 410)
        assert client.post(link()).status_code == (303 if opens else 410)
        assert is_in(client) == opens


def test_a_link_of_another_generation_opens_nothing(client, awa):
    ask(client)
    jeton = db.session.scalars(select(Jeton)).one()
    old = link(jeton)
    jeton.generation = 2
    assert (client.get(old).status_code, client.post(old).status_code) == (410, 410)
    assert client.post(link(jeton)).status_code == 303


def test_a_link_that_nobody_signed_is_absent(client, awa):
    ask(client)
    for forged in ("/comptes/lien/1-1", "/comptes/lien/1-1.x", link()[:-1]):
        assert (client.get(forged).status_code, client.post(forged).status_code) == (404, 404)
    assert not is_in(client)


def test_the_link_of_an_unknown_address_opens_nothing(client):
    ask(client, "nul@example.org")
    assert client.post(link()).status_code == 410
    assert sessions() == 0


def test_a_link_asked_for_before_the_account_was_closed_opens_nothing(client, awa):
    ask(client)
    url = link()
    commands.set_active(awa, False, by=awa)
    assert client.post(url).status_code == 410


# --- the code --------------------------------------------------------------------------------------------------


def type_code(client, code: str):
    return client.post("/comptes/code", data={"code": code})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_code_enters_too_blanks_or_not(client, awa):
    ask(client)
    code = message().faits["code"]
    assert type_code(client, f" {code[:3]} {code[3:]} ").status_code == 303
    assert is_in(client)
    assert client.post(link()).status_code == 410  # one message, one entrance


@pytest.mark.both
def test_five_tries_then_even_the_right_code_is_refused(client, awa):
    ask(client)
    code = message().faits["code"]
    for _ in range(5):
        answer = type_code(client, wrong(code))
        assert answer.status_code == 422
        assert "Ce code n’est pas le bon, ou ses dix minutes sont passées." in answer.text
    assert type_code(client, code).status_code == 422
    assert not is_in(client)
    assert client.post(link()).status_code == 303  # nobody guesses the link: it still serves


def test_the_fifth_try_may_be_the_right_one(client, awa):
    ask(client)
    code = message().faits["code"]
    for _ in range(4):
        type_code(client, wrong(code))
    assert type_code(client, code).status_code == 303


def test_a_code_serves_the_browser_that_asked_for_it(app, client, awa):
    ask(client)
    elsewhere = app.test_client()
    assert type_code(elsewhere, message().faits["code"]).status_code == 422
    assert not is_in(elsewhere)


def test_a_code_lasts_ten_minutes(client, awa):
    with clock.freeze(now := clock.now()):
        ask(client)
    with clock.freeze(now + TEN_MINUTES):
        assert type_code(client, message().faits["code"]).status_code == 422


@pytest.mark.both
def test_two_links_of_one_person_used_at_once_let_one_in(app, awa):
    """Each wants all the links of the person: they take turns, neither waits for ever."""
    ids = [entree.ask_link(awa.email, suite="/").id for _ in range(2)]
    db.session.commit()
    together, told = Barrier(2), []

    def use(id: int) -> None:
        with app.app_context():
            together.wait()
            try:
                entree.use_link(id, 1)
                db.session.commit()
                told.append("in")
            except entree.LinkUsed:
                told.append("used")
            db.session.remove()

    threads = [Thread(target=use, args=[id]) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["in", "used"]


@pytest.mark.both
def test_whoever_is_in_already_may_type_one_too(as_, awa):
    """Signed in from another tab: nobody waits for the lock that this very request holds."""
    client = as_(awa)
    ask(client)
    assert client.post("/comptes/code", data={"code": "000000"}).status_code == 422
    assert client.post("/comptes/code", data={"code": message().faits["code"]}).status_code == 303
    assert is_in(client)


@pytest.mark.both
def test_code_after_code_nobody_guesses_more_than_thirty_times_a_day(app, awa):
    def guess(times: int):
        stranger = app.test_client()
        ask(stranger)
        return [type_code(stranger, wrong(message().faits["code"])) for _ in range(times)]

    for _ in range(6):
        guess(5)
    own = app.test_client()
    ask(own)
    assert type_code(own, message().faits["code"]).status_code == 422
    assert own.post(link()).status_code == 303  # the mail's link lets its owner in all the same
    with clock.freeze(clock.now() + timedelta(days=1, minutes=10)):
        ask(other := app.test_client())
        assert type_code(other, message().faits["code"]).status_code == 303


def test_whoever_came_in_leaves_no_other_way_in_behind(app, client, awa):
    ask(client)
    first = link()
    ask(client)
    assert client.post(link()).status_code == 303
    assert app.test_client().post(first).status_code == 410


@pytest.mark.parametrize("code", ["", "abc", "１２３４５６", "1" * 5000, "\0", "-1"])
def test_what_is_no_code_is_refused(client, awa, code):
    ask(client)
    assert type_code(client, code).status_code == 422


# --- where one was going ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_code", [False, True])
def test_where_one_was_going_is_kept_to_the_end(client, awa, by_code):
    door = client.get("/moi/").location
    wanted = BeautifulSoup(client.get(door).text, "html5lib").select_one("input[name=next]")["value"]
    assert wanted == "/moi/"
    ask(client, next=wanted)
    answer = type_code(client, message().faits["code"]) if by_code else client.post(link())
    assert (answer.status_code, answer.location) == (303, "/moi/")


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
def test_no_link_leads_to_another_site(client, awa, wanted):
    ask(client, next=wanted)
    assert db.session.scalars(select(Jeton.suite)).all() == ["/"]
    assert client.post(link()).location == "/"


# --- proving an address ----------------------------------------------------------------------------------------


def test_a_provisional_row_is_sent_no_link(client, outbox):
    """Anybody may have written it with this address: only the message about what they wrote proves it."""
    commands.introduce(nom="Léa Grondin", email="lea@example.org")
    assert ask(client, "lea@example.org").status_code == 303
    assert outbox() == []


def test_a_proved_address_is_that_person(app):
    lea = commands.introduce(nom="Léa Grondin", email="lea@example.org")
    assert queries.confirmed("LEA@example.org") is None
    assert commands.confirm(lea) is lea
    assert queries.confirmed("LEA@example.org") is lea


def test_who_proves_an_address_that_somebody_has_is_that_person(client, awa):
    provisional = commands.introduce(nom="Awa P.", email="Awa@example.org")
    assert commands.confirm(provisional) is awa
    assert provisional.confirme_le is None
    assert commands.confirm(awa) is awa


def test_proving_twice_keeps_the_first_time(app):
    lea = commands.introduce(nom="Léa Grondin", email="lea@example.org")
    first = commands.confirm(lea).confirme_le
    with clock.freeze(clock.now() + timedelta(days=1)):
        assert commands.confirm(lea).confirme_le == first
