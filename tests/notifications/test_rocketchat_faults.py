"""A chat that does not play: absent, slow, full or wrong, it costs the mails nothing, nor the house its secret."""

from __future__ import annotations

import ssl
import time
from datetime import timedelta

import pytest
import trustme

from portal import clock
from portal.db import db
from portal.notifications import dehors, rocketchat, worker
from tests import builders
from tests.notifications.chat import HOOK, POSTED, Chat, Dripping, Silent, chat, server
from tests.notifications.test_rocketchat import rows, run, taken, zoe
from tests.services import wait_until

__all__ = ["chat", "server", "zoe"]  # fixtures


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
