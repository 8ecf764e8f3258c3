"""A bad night: the mail server dies, refuses or forgets; the clock steps back. Nothing is lost, nobody reads it thrice."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select, text

from portal import clock, outbox
from portal.db import db
from portal.notifications import commands, delivery, echeances, worker
from portal.notifications.echeances import Echeance
from portal.outbox import Message
from tests import builders
from tests.services import SmtpSink


class Server(SmtpSink):
    """Counts the lines that are opened; may die once it has the whole message, or after so many messages on one line."""

    def __init__(self) -> None:
        self.lines = 0
        self.dies_after_data = False
        self.most_a_line = 0
        super().__init__()

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, said: list[str]) -> list[str]:
        self.lines += 1
        session.host_name = hostname
        session.given = 0
        return said

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.most_a_line and session.given >= self.most_a_line:
            return "421 trop de messages sur cette ligne"
        session.given += 1
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = await super().handle_DATA(server, session, envelope)
        if self.dies_after_data:
            server.transport.abort()
            await asyncio.sleep(0)
        return said


@pytest.fixture
def server(app, settings):
    sink = Server()
    settings(mail_url=sink.url)
    yield sink
    sink.stop()


def write(count: int) -> None:
    action = builders.action(builders.bienveillant())
    for n in range(count):
        facts = {"action": action.id, "motif": "", "lignes": ["Gaz"]}
        outbox.post("jour_ouverture", f"jour:{n}", to=f"p{n}@example.org", **facts)
    db.session.commit()


def rows() -> list[Message]:
    found = list(db.session.scalars(select(Message).order_by(Message.id)))
    db.session.expunge_all()
    db.session.rollback()
    return found


def ids(server: SmtpSink) -> Counter[str]:
    return Counter(mail.message["Message-ID"] for mail in server.mails)


@pytest.mark.both
def test_a_server_that_dies_once_it_has_the_message_gets_it_twice_at_most_and_somebody_sees_it(server):
    write(1)
    server.dies_after_data = True
    moment = clock.now()
    for _ in range(5):
        with clock.freeze(moment):
            worker.run_once()
        moment += timedelta(hours=5)
    [row] = rows()
    assert [*ids(server).values()] == [2]
    assert (row.doutes, row.envoye_le) == (2, None)
    assert row.abandonne_le  # the dead-letter page shows it


@pytest.mark.both
def test_a_worker_that_dies_twice_over_the_same_message_does_not_send_it_a_third_time(server):
    write(1)
    moment = clock.now()
    for _ in range(2):
        with clock.freeze(moment):
            assert commands.claim()  # and nothing more is ever heard of it
        moment += commands.LEASE
    with clock.freeze(moment):
        worker.run_once()
    [row] = rows()
    assert (server.mails, row.abandonne_le, row.erreur) == ([], moment, "envoyé deux fois sans savoir s’il est arrivé")


def test_one_line_to_the_server_carries_them_all(server):
    write(20)
    worker.run_once()
    assert (len(server.mails), server.lines) == (20, 1)


def test_a_server_that_hangs_up_after_some_messages_is_called_again_and_gets_each_once(server):
    write(20)
    server.most_a_line = 6
    worker.run_once()
    assert (len(server.mails), len(ids(server)), server.lines) == (20, 20, 4)
    assert {row.essais for row in rows()} == {1}


@pytest.mark.parametrize("refusal", ["452 boite pleine", "421 pas maintenant"])
def test_a_mailbox_that_is_full_holds_nobody_else_and_is_tried_for_half_a_day(server, refusal):
    write(2)
    server.refusal = refusal
    moment = clock.now()
    for _ in range(commands.TRIES):
        with clock.freeze(moment):
            worker.run_once()
        moment = max(row.du_le for row in rows())
    assert [(row.essais, row.abandonne_le is not None) for row in rows()] == [(commands.TRIES, True)] * 2


@pytest.mark.both
def test_the_clock_set_back_leaves_no_message_behind_a_lease_of_the_future(server):
    write(1)
    with clock.freeze(clock.now() + timedelta(hours=1)):
        assert commands.claim()  # by a worker that died; then the clock was put right
    worker.run_once()
    assert len(server.mails) == 1


@pytest.mark.both
def test_a_row_that_fails_keeps_no_other_echeance_and_no_message_from_its_turn(server, monkeypatch, caplog):
    """A constraint that speaks where a command should have, again and again."""
    write(1)

    def fail(_id: int) -> None:
        db.session.execute(text("INSERT INTO battement (nom) VALUES (NULL)"))

    done: list[int] = []
    rows_of_two = (Echeance(lambda: [1], fail), Echeance(lambda: [2], done.append))
    monkeypatch.setattr(echeances, "ECHEANCES", rows_of_two)
    worker.run_once()
    assert (done, len(server.mails)) == ([2], 1)
    assert "fail(1) failed" in caplog.text


def test_while_the_server_does_not_answer_it_is_asked_less_and_less_and_no_message_pays_for_it(app, settings, monkeypatch):
    write(3)
    settings(mail_url="smtp://127.0.0.1:1")
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    asked = []
    with worker.Round(delivery.Courier(current_app.config["PORTAL"])) as round_:
        for second in range(1000):
            now = float(second)
            before = round_._until
            assert not round_.next()
            if round_._until != before:
                asked.append(second)
    assert asked == [0, 5, 15, 35, 75, 155, 315, 615, 915]
    assert {row.essais for row in rows()} == {0}
