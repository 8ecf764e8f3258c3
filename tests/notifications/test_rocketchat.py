"""The channel of the interpôle: what it hears, through a real HTTP server that behaves as Rocket.Chat does, or misbehaves."""

from __future__ import annotations

import re
import ssl
import time
from datetime import timedelta

import pytest
import trustme
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions import interpole
from portal.actions.deliberation import Ou
from portal.actions.models import Action
from portal.actions.processus import annuler, decliner, refuser
from portal.db import db
from portal.notifications import dehors, rocketchat, worker
from portal.notifications.lettres.canal import harmless
from portal.outbox import Message, Voie
from portal.poles.models import Pole
from portal.poles.queries import present_in
from tests import builders
from tests.notifications.chat import HOOK, POSTED, Chat, Dripping, Silent, chat, server
from tests.services import wait_until

__all__ = ["chat", "server"]  # fixtures
DAY = builders.in_days


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def culture() -> builders.Voice:
    """A pôle that carries actions, and somebody of it."""
    found = db.session.scalar(select(Pole).where(Pole.nom == "Culture"))
    return builders.Voice(found, present_in(found.id)[0]) if found else builders.interpole("Culture")["Culture"]


def proposed(zoe, titre: str = "Kabar") -> Action:
    return builders.proposed(zoe, culture().pole, titre=titre, debut=DAY(10, 9), fin=DAY(10, 18))


def taken(zoe, titre: str = "Kabar") -> Action:
    """An action that the interpôle is asked about."""
    return builders.in_validation(zoe, culture(), titre=titre, debut=DAY(10, 9), fin=DAY(10, 18))


def decide(action: Action, *, favorable: bool, compte_rendu: str = "Dit en réunion.") -> None:
    minute = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": compte_rendu}
    interpole.decide(action, by=culture().member, favorable=favorable, **minute)


def rows() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).where(Message.voie == Voie.ROCKETCHAT).order_by(Message.id)))


def run() -> None:
    db.session.commit()
    worker.run_once()


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


# --- what it hears -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_hears_of_a_question_then_of_the_outcome(chat, zoe):
    action = taken(zoe)
    run()
    decide(action, favorable=True)
    run()
    day = clock.local(action.debut)
    asked, outcome = map(plain, chat.texts)
    assert asked.startswith("À valider par l’interpôle : « Kabar », ")
    assert f" {day.day} " in asked
    assert "9 h à 18 h" in asked
    assert outcome.startswith("Validée par l’interpôle : « Kabar », ")
    for text in (asked, outcome):
        assert text.splitlines()[1].startswith("http://localhost:")
        assert f"/actions/{action.id}" in text.splitlines()[1]
    assert [(row.envoye_le is not None, row.erreur, row.essais) for row in rows()] == [(True, "", 1)] * 2


def test_it_hears_that_the_interpole_refused(chat, zoe):
    action = taken(zoe)
    run()
    decide(action, favorable=False, compte_rendu="Contraire à nos valeurs, dit Paul Grondin")
    run()
    assert plain(chat.texts[1]).startswith("Refusée par l’interpôle : « Kabar »")
    assert "Grondin" not in chat.texts[1]


@pytest.mark.parametrize("end", [refuser, decliner, annuler])
def test_it_hears_that_somebody_stopped_it_before_any_decision(chat, zoe, end):
    action = taken(zoe)
    run()
    actions.decide(action, end, by=zoe, motif="plus de place")
    run()
    assert plain(chat.texts[1]).startswith("Plus d’avis à donner : « Kabar »")


@pytest.mark.parametrize("validated", [False, True])
def test_what_was_refused_elsewhere_is_not_its_business(chat, zoe, validated):
    action = taken(zoe) if validated else proposed(zoe)
    if validated:
        decide(action, favorable=True)
    run()
    before = len(chat.texts)
    actions.decide(action, refuser, by=zoe, motif="plus de place")
    run()
    assert len(chat.texts) == before


def test_nothing_of_anybody_is_said(chat, zoe):
    action = taken(zoe)
    decide(action, favorable=True)
    run()
    said = " ".join(chat.texts) + " ".join(str(row.faits) for row in rows())
    for secret in ("DAL974", "dal@example.org", "Zoé", "Hoarau", zoe.email):
        assert secret not in said


def test_a_question_that_is_no_more_asked_is_not_put(chat, zoe):
    """The chat was down, and the decision was faster: one line, no storm."""
    action = taken(zoe)
    decide(action, favorable=True)
    run()
    assert [text.split(" ")[0] for text in chat.texts] == ["Validée"]
    assert [(row.envoye_le is None, row.erreur) for row in rows()] == [(True, "périmé"), (False, "")]


def test_without_an_address_nothing_is_written_for_it(zoe):
    taken(zoe)
    assert rows() == []


def test_once_the_address_is_taken_away_what_waits_is_put_aside(chat, settings, zoe):
    taken(zoe)
    settings(rocketchat_url=None)
    run()
    assert [(row.ecarte_le is not None, row.abandonne_le) for row in rows()] == [(True, None)]


def test_without_an_address_the_table_is_asked_once(app, count_queries):
    """Each look would take SQLite's one write lock, every second."""
    with worker.Round(rocketchat.Channel(app.config["PORTAL"])) as round_:
        assert not round_.next()
        with count_queries() as asked:
            assert not round_.next()
    assert asked == []


def test_a_preview_shows_what_the_channel_would_read(chat, zoe, as_):
    """The same page as for mails."""
    action = taken(zoe)
    data = {"apercu": "1", "motif": "plus de place"}
    page = as_(zoe).post(f"/actions/{action.id}/refuser", data=data)
    assert "Canal interpôle, Rocket.Chat" in page.text
    assert "Plus d’avis à donner" in page.text
    assert len(rows()) == 1


# --- people's words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    [
        "@all venez",
        "x@here",
        "#general",
        "*gras* _i_ ~s~ `code` ```bloc```",
        "[lien](http://evil.example)",
        "http://evil.example/x",
        "evil.example",
        ":smile:",
        "> citation",
        "<http://evil.example|ici>",
        "# Titre",
        "a\n@all\n# b",
        "\\(x\\) $$y$$",
        "\u202eevil\u200b@all",
    ],
)
def test_peoples_words_call_nobody_and_lead_nowhere(hostile):
    said = harmless(hostile)
    assert not set(said) & set("@#*_~`[]<>\\$|/\n\u202e\u200b")
    assert not re.search(r"[.:]\S", said)
    assert len(harmless(hostile * 100)) <= 121


def test_plain_words_stay_as_they_are():
    words = "Fête du moulin : 20 ans ! L’été, « chez nous » (3e édition) - ça recommence… J&K, etc."
    assert harmless(words) == words


def test_a_title_reaches_the_chat_without_its_teeth(chat, zoe):
    taken(zoe, "@all *venez* http://evil.example")
    run()
    [text] = chat.texts
    assert "＠all ∗venez∗" in text
    assert text.count("http") == 2  # what was typed, and our own link
    assert text.count("://") == 1


# --- a server that does not play -----------------------------------------------------------------------------------


def test_a_message_has_its_content_type_or_rocket_chat_posts_nothing(chat, zoe):
    taken(zoe)
    run()
    assert "" not in chat.texts
    assert len(chat.texts) == 1


@pytest.mark.both
def test_nobody_there_costs_no_try_and_it_leaves_once_at_the_return(chat, settings, zoe):
    taken(zoe)
    settings(rocketchat_url=f"http://127.0.0.1:1{HOOK}")
    run()
    [row] = rows()
    assert (row.envoye_le, row.abandonne_le, row.essais, row.bail_jusqu) == (None, None, 0, None)
    assert row.erreur == "Rocket.Chat ne répond pas (ConnectionRefusedError)"
    settings(rocketchat_url=chat.url)
    run()
    run()
    assert len(chat.texts) == 1


def test_a_chat_that_never_answers_is_left_alone_and_mails_leave(chat, smtp, settings, zoe, monkeypatch):
    monkeypatch.setattr(dehors, "TIMEOUT", 0.2)
    silent = Silent()
    settings(rocketchat_url=silent.url)
    taken(zoe)
    builders.candidature(builders.mission(builders.action(zoe)), email="lea@example.org")
    started = time.monotonic()
    run()
    silent.stop()
    assert time.monotonic() - started < 3
    assert ["lea@example.org"] in [mail.recipients for mail in smtp.mails]
    [row] = rows()
    assert (row.envoye_le, row.essais, row.doutes) == (None, 1, 1)
    assert row.erreur == "Doubtful: Rocket.Chat n’a pas dit s’il l’a pris (TimeoutError)"


def test_a_chat_that_says_yes_a_byte_at_a_time_is_hung_up_on(settings, zoe, monkeypatch):
    monkeypatch.setattr(dehors, "TIMEOUT", 0.3)
    slow = Dripping()
    settings(rocketchat_url=slow.url)
    taken(zoe)
    run()
    slow.stop()
    [row] = rows()
    assert (row.envoye_le, row.essais, row.doutes) == (None, 1, 1)


def test_a_chat_that_takes_it_and_says_so_too_late_posts_it_twice_at_most(chat, zoe, monkeypatch):
    monkeypatch.setattr(dehors, "TIMEOUT", 0.2)
    chat.hangs = True
    taken(zoe)
    for minutes in range(0, 60, 10):
        with clock.freeze(clock.now() + timedelta(minutes=minutes)):
            run()
    chat.hangs = False
    wait_until(lambda: len(chat.texts) == 2, "both were posted")
    [row] = rows()
    assert (chat.calls, row.doutes, row.abandonne_le is not None) == (2, 2, True)


@pytest.mark.parametrize(("mail_url", "chat_up"), [("smtp://127.0.0.1:1", True), ("", False)])
def test_in_the_loop_neither_waits_for_the_others_server(chat, smtp, settings, zoe, mail_url, chat_up):
    """Whichever is down, the other's messages all leave before the worker rests twice."""
    for number in range(3):
        taken(zoe, f"Action {number}")
        builders.candidature(builders.mission(builders.action(zoe)), email=f"lea{number}@example.org")
    db.session.commit()
    settings(
        **({"mail_url": mail_url} if mail_url else {}), **({} if chat_up else {"rocketchat_url": f"http://127.0.0.1:1{HOOK}"})
    )
    worker.loop(Rests(2))
    assert (len(chat.texts), len(smtp.mails)) == (
        (3, 0) if chat_up else (0, 6)
    )  # who asks for a place, and whose action a pôle carries


def test_in_the_loop_a_chat_that_hangs_costs_the_mails_one_try_and_no_more(smtp, settings, zoe, monkeypatch):
    monkeypatch.setattr(dehors, "TIMEOUT", 0.3)
    silent = Silent()
    settings(rocketchat_url=silent.url)
    for titre in ("Kabar", "Bal"):
        taken(zoe, titre)
    for number in range(5):
        builders.candidature(builders.mission(builders.action(zoe)), email=f"lea{number}@example.org")
    db.session.commit()
    started = time.monotonic()
    worker.loop(Rests(1))
    calls = silent.calls
    silent.stop()
    assert (len(smtp.mails), calls) == (7, 1)
    assert time.monotonic() - started < 3


class Rests(worker.Stop):
    """No signal: asked to stop at the n-th rest."""

    def __init__(self, number: int) -> None:
        self.asked, self._left = False, number

    def wait(self, seconds: float) -> None:
        self._left -= 1
        self.asked = self._left == 0


def test_asked_to_slow_down_it_rests_as_long_as_the_server_says(chat, zoe, monkeypatch, app):
    chat.answers = [(429, {"success": False, "error": "too many"}, {"Retry-After": "30"}), POSTED]
    taken(zoe)
    db.session.commit()
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with worker.Round(rocketchat.Channel(app.config["PORTAL"])) as round_:
        assert not round_.next()
        now = 1029.9
        assert not round_.next()
        assert chat.calls == 1
        now = 1030.0
        assert round_.next()
    assert (len(rows()), rows()[0].essais, chat.calls) == (1, 1, 2)


def test_the_servers_own_header_is_understood():
    soon = str(int((clock.now().timestamp() + 40) * 1000))
    for headers, least, most in [
        ({"Retry-After": "7"}, 7, 7),
        ({"x-ratelimit-reset": soon}, 30, 41),
        ({"X-RateLimit-Reset": "1000"}, 0, 0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0, 0),
        ({"Retry-After": "-1", "X-RateLimit-Reset": "NaN"}, 0, 0),
        ({}, 0, 0),
    ]:
        assert least <= dehors.rest(headers) <= most


def test_no_more_in_a_minute_than_the_server_takes(chat, zoe, monkeypatch, app):
    """Fourteen at once: ten leave, the others a minute later, and none is refused."""
    chat.most = 10
    for number in range(14):
        taken(zoe, f"Action {number}")
    db.session.commit()
    now = 5000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with worker.Round(rocketchat.Channel(app.config["PORTAL"])) as round_:
        for _ in range(20):
            round_.next()
        assert (len(chat.texts), chat.calls) == (10, 10)
        chat.most, now = None, 5060.0
        for _ in range(20):
            round_.next()
    assert (len(chat.texts), chat.calls) == (14, 14)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((410, {}, {}), "Rocket.Chat a répondu 410 : ce webhook a été supprimé"),
        ((404, {}, {}), "Rocket.Chat a répondu 404 : l’adresse du webhook n’est pas, ou plus, la bonne"),
        (
            (400, {"success": False, "error": "Invalid integration id or token provided."}, {}),
            "Rocket.Chat a répondu 400 : il n’a pas voulu du message",
        ),
        ((200, {"success": False, "error": "no"}, {}), "Rocket.Chat a répondu 200 : il n’a pas voulu du message"),
        ((301, {}, {"Location": "/ailleurs"}), "Rocket.Chat a répondu 301 : l’adresse du webhook renvoie ailleurs"),
        ((307, {}, {"Location": HOOK}), "Rocket.Chat a répondu 307 : l’adresse du webhook renvoie ailleurs"),
    ],
)
def test_what_will_never_do_waits_at_once_for_somebody_to_look(chat, zoe, answer, sentence):
    chat.answers = [answer]
    taken(zoe)
    run()
    [row] = rows()
    assert (row.abandonne_le is not None, row.essais, row.erreur) == (True, 1, sentence)
    assert (chat.calls, chat.texts) == (1, [])  # no redirection is followed


@pytest.mark.parametrize("trusted", [True, False])
def test_over_https_the_certificate_is_looked_at_before_a_word_is_said(settings, zoe, tmp_path, monkeypatch, trusted):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    chat = Chat(tls)
    settings(rocketchat_url=chat.url)
    taken(zoe)
    run()
    chat.stop()
    [row] = rows()
    assert (len(chat.texts), chat.calls) == ((1, 1) if trusted else (0, 0))
    assert row.erreur == ("" if trusted else "Rocket.Chat ne répond pas (SSLCertVerificationError)")


def test_a_server_that_stumbles_is_tried_again_later(chat, zoe):
    chat.answers = [(500, {"success": False, "error": "oups"}, {})]
    taken(zoe)
    run()
    [row] = rows()
    assert (row.abandonne_le, row.essais, row.erreur) == (None, 1, "OSError: Rocket.Chat a répondu 500")
    with clock.freeze(clock.now() + timedelta(minutes=2)):
        run()
    assert len(chat.texts) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_without_a_chat_behind_costs_no_try(chat, zoe, status):
    chat.answers = [(status, {}, {})]
    taken(zoe)
    run()
    assert [(row.abandonne_le, row.essais) for row in rows()] == [(None, 0)]


@pytest.mark.parametrize("body", ["null", "[]", "nope", '{"success": 1', '"\\ud800"'])
def test_an_answer_in_any_shape_is_read(body):
    assert rocketchat.was_posted(200, body)
    assert not rocketchat.was_posted(410, body)


def test_the_secret_address_stays_secret(chat, zoe, caplog, app):
    said = f"no hook at {HOOK}, nor jeton-tres-secret-42, nor 64f0integrationid"
    chat.answers = [(404, {"success": False, "error": said}, {}), (500, {"success": False, "error": said}, {})]
    for titre in ("Une", "Deux"):
        taken(zoe, titre)
        run()
    for row in rows():
        assert row.erreur.partition("Rocket.Chat a répondu")[1]
        assert "no hook" not in row.erreur  # what a server answers is not repeated
        assert "secret" not in row.erreur + str(row.faits) + row.texte + row.cle
        assert "64f0" not in row.erreur
    assert "secret" not in caplog.text
    assert "64f0" not in caplog.text


# --- the dead letters ----------------------------------------------------------------------------------------------


def test_whoever_administers_reads_why_and_sends_it_again(chat, zoe, as_):
    chat.answers = [(410, {}, {})]
    taken(zoe)
    run()
    ada = as_(builders.personne("Ada", [builders.ADMIN]))
    page = " ".join(BeautifulSoup(ada.get("/notifications/courrier").text, "html5lib").main.get_text(" ").split())
    assert "Canal interpôle, Rocket.Chat" in page
    assert "Annonce sur le chat, 1 essai. Rocket.Chat a répondu 410 : ce webhook a été supprimé" in page
    [row] = rows()
    letter = ada.get(f"/notifications/{row.id}")
    assert "À valider par l’interpôle" in letter.text
    assert ada.post(f"/notifications/{row.id}/reprendre").status_code == 303
    run()
    assert [(r.voie, r.envoye_le is not None) for r in rows()] == [(Voie.ROCKETCHAT, True)]
    assert len(chat.texts) == 1
