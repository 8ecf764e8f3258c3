"""What the channel asks through Rocket.Chat's outgoing webhook: who may ask, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from portal import security
from portal.actions.models import Action, Etat
from portal.actions.processus import WORKFLOW
from portal.cache import Version
from portal.db import db
from portal.workflow import fire
from tests import builders

TOKEN = "un-jeton-de-rocket-chat"
URL = "/notifications/rocketchat"
HOSTILE = "@all *gras* [x](http://evil.example) <svg/onload=alert(1)>"


@pytest.fixture
def zoe(app, settings):
    settings(rocketchat_token=TOKEN)
    return builders.bienveillant()


def asked(text: object, **more: Any) -> dict[str, Any]:
    """The body that Rocket.Chat sends."""
    return {
        "token": TOKEN,
        "bot": False,
        "trigger_word": "!portail",
        "channel_id": "GENERAL",
        "channel_name": "interpole",
        "message_id": "m1",
        "timestamp": "2026-11-26T12:00:00.000Z",
        "user_id": "u1",
        "user_name": "paul",
        "text": text,
        "siteUrl": "https://chat.example.org",
    } | more


@pytest.fixture
def answer(client):
    """What the channel reads, its spaces made plain."""

    def ask(words: str, **more: Any) -> str:
        found = client.post(URL, json=asked(f"!portail {words}", **more), csrf=False)
        assert (found.status_code, found.mimetype, list(found.json)) == (200, "application/json", ["text"])
        return str(found.json["text"]).replace("\u00a0", " ")

    return ask


def action(zoe, titre: str = "Fête du moulin", *slugs: str) -> Action:
    made = builders.action(zoe, titre=titre, confirmed=False)
    for slug in slugs:
        fire(WORKFLOW.get(slug), made, by=zoe, pole=None)
    return made


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_by_its_number_the_state_the_date_and_the_page(zoe, answer):
    made = action(zoe)
    first, page = answer(str(made.id)).splitlines()
    assert first.startswith("« Fête du moulin », ")
    assert first.endswith(", 9 h à 18 h : sollicitée.")
    assert page.endswith(f"/actions/{made.id}")
    assert page.startswith("http://localhost")
    assert answer(f"#{made.id}") == f"{first}\n{page}"


@pytest.mark.both
@pytest.mark.parametrize("words", ["fete", "FÊTE moulin", "moulin  fête", "oulin"])
def test_by_words_of_its_title(zoe, answer, words):
    action(zoe)
    action(zoe, "Kabar")
    assert answer(words).startswith("« Fête du moulin »")


def test_the_place_is_no_title(zoe, answer):
    action(zoe)
    assert answer("raffinerie") == "Je ne trouve pas d’action « raffinerie »."


def test_several_answers_are_a_list_with_their_numbers(zoe, answer):
    first, second = action(zoe, "Fête des jardins"), action(zoe, "Fête du moulin")
    head, *lines = answer("fête").splitlines()
    assert head == "Plusieurs actions répondent, demande par leur numéro :"
    assert [line.split(" : ")[0] for line in lines] == [f"• {second.id}", f"• {first.id}"]
    assert lines[0].endswith(", sollicitée")
    for _ in range(4):
        action(zoe, "Fête encore")
    assert len(answer("fête").splitlines()) == 7
    assert answer("fête").endswith("Et d’autres : précise.")


@pytest.mark.parametrize("words", ["", "aide", "AIDE", "help", "?"])
def test_help_says_how_to_ask(zoe, answer, words):
    assert "• !portail 42 : l’action numéro 42" in answer(words)


@pytest.mark.parametrize("words", ["999", "valider 999", "inconnu", "%", "_", "'; DROP TABLE action", "０"])
def test_what_is_not_found_is_said(zoe, answer, words):
    action(zoe)
    assert answer(words).startswith("Je ne trouve pas d’action « ")


def test_to_validate_it_gives_the_page_and_decides_nothing(zoe, answer):
    made = action(zoe, "Kabar", "proposer", "prendre_en_charge")
    for words in (f"valider {made.id}", "VALIDER kabar", "refuser kabar", "Décider kabar", "decider kabar"):
        told = answer(words)
        assert "donne ton avis et décide sur le portail, une fois connecté." in told
        assert told.endswith(f"/actions/{made.id}/validation")
    db.session.refresh(made)
    assert made.etat is Etat.EN_VALIDATION


def test_what_awaits_no_opinion_says_where_it_stands(zoe, answer):
    assert "n’attend pas l’avis de l’interpôle : sollicitée." in answer(f"valider {action(zoe).id}")


def test_nothing_of_anybody_is_said(zoe, answer):
    made = action(zoe)
    for words in (str(made.id), "fête", "aide", f"valider {made.id}"):
        for secret in ("DAL974", "dal@example.org", "Zoé", "Hoarau"):
            assert secret not in answer(words)


def test_hostile_words_come_back_without_their_teeth(zoe, answer):
    action(zoe, HOSTILE)
    for words in (HOSTILE, "gras", "x" * 3000, "\u202e@here", "!portail " + HOSTILE):
        told = answer(words).replace("http://localhost", "")
        assert not set(told) & set("@*[]<>`\u202e")
        assert "://" not in told
        assert len(told) < 500


@pytest.mark.parametrize("trigger", ["!portail", "portail,", None, 42, ""])
def test_whatever_word_calls_it(zoe, client, trigger):
    made = action(zoe)
    word = trigger if isinstance(trigger, str) and trigger else "!chez-nous"
    answer = client.post(URL, json=asked(f"{word} {made.id}", trigger_word=trigger), csrf=False)
    assert "Fête du moulin" in answer.json["text"]


@pytest.mark.parametrize("text", [None, 42, ["x"], {"a": 1}, ""])
def test_a_message_that_is_no_text_gets_the_help(zoe, client, text):
    assert "Demande-moi" in client.post(URL, json=asked(text), csrf=False).json["text"]


# --- who asks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bot", [True, {"i": "integration"}])
def test_another_program_is_not_answered(zoe, client, bot):
    """Nor our own announces, which come back as a bot's: nobody talks to itself for ever."""
    answer = client.post(URL, json=asked("!portail aide", bot=bot), csrf=False)
    assert (answer.status_code, answer.json) == (200, {})


@pytest.mark.parametrize("token", ["", "faux", TOKEN[:-1], TOKEN + "x", None, 42, [TOKEN], "é\ud800", TOKEN.upper()])
def test_without_the_token_nothing_is_said(zoe, client, token):
    answer = client.post(URL, json=asked("!portail aide", token=token), csrf=False)
    assert (answer.status_code, answer.data) == (403, b"")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (f"token={TOKEN}&text=aide".encode(), "application/x-www-form-urlencoded"),
        (b'{"token": "' + TOKEN.encode() + b'", "text": "' + b"x" * 20_000 + b'"}', "application/json"),
        (b"\xff\xfe", "application/json"),
    ],
)
def test_a_body_of_another_shape_is_refused(zoe, client, body, kind):
    answer = client.post(URL, data=body, content_type=kind, csrf=False)
    assert answer.status_code in {403, 413}
    assert TOKEN not in answer.text


def test_without_a_token_set_the_door_is_not_there(app, client):
    assert client.post(URL, json=asked("!portail aide", token=""), csrf=False).status_code == 404


def test_it_is_asked_by_post_only(zoe, client):
    assert client.get(URL).status_code == 405


def test_it_is_asked_so_many_times_a_minute(zoe, client, settings):
    settings(rate_limits=True)
    most = security.LIMITS["rocketchat"].per_host
    got = [client.post(URL, json=asked("!portail aide"), csrf=False).status_code for _ in range(most + 1)]
    assert got == [200] * most + [429]


@pytest.mark.both
def test_a_question_writes_nothing_and_takes_no_lock(zoe, client, count_queries):
    words = f"!portail {action(zoe).id}"
    client.post(URL, json=asked(words), csrf=False)  # what the test wrote is committed first
    before = db.session.get(Version, 1).numero
    db.session.rollback()
    with db.engine.connect() as writer:
        writer.begin()  # takes SQLite's one write lock
        if db.engine.dialect.name == "postgresql":
            writer.exec_driver_sql("LOCK TABLE action IN EXCLUSIVE MODE")
        with count_queries() as statements:
            answer = client.post(URL, json=asked(words), csrf=False)
        writer.rollback()
    assert "Fête" in answer.json["text"]
    assert len(statements) == 1
    assert db.session.get(Version, 1, populate_existing=True).numero == before


def test_it_gives_no_cookie(zoe, client):
    assert "Set-Cookie" not in client.post(URL, json=asked("!portail aide"), csrf=False).headers
