"""The worker as it runs: several at once, killed, asked to stop, facing a server or a database that does not answer."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal import clock, outbox
from portal.config import ROOT
from portal.db import db
from portal.notifications import worker
from portal.notifications.commands import LEASE
from portal.notifications.delivery import TIMEOUT
from portal.outbox import Battement, Message
from tests import builders
from tests.services import SmtpSink, wait_until

COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "portal", "worker")


class Slow(SmtpSink):
    """A mail server that says when it is given a message."""

    def __init__(self) -> None:
        self.given = threading.Event()
        super().__init__()

    async def handle_DATA(self, *args: Any) -> str:
        self.given.set()
        return await super().handle_DATA(*args)


class Script(worker.Stop):
    """No signal: the worker rests so many times, with something done each time, then is asked to stop."""

    def __init__(self, *, rests: int, each: Callable[[], Any]) -> None:
        self.asked = False
        self._rests, self._each = rests, each

    def wait(self, seconds: float) -> None:
        self._each()
        self._rests -= 1
        self.asked = self._rests == 0


@pytest.fixture
def slow():
    sink = Slow()
    yield sink
    sink.stop()


@pytest.fixture
def start(site, processes) -> Callable[..., subprocess.Popen]:
    """A worker in a process of its own; keywords are settings, `now` its clock."""

    def run(*options: str, mail_url: str, now: str = "") -> subprocess.Popen:
        environ = {**os.environ, **site.environ, "PORTAL_MAIL_URL": mail_url, "PORTAL_NOW": now}
        return processes.start(*COMMAND, *options, cwd=ROOT, env=environ, stderr=subprocess.PIPE)

    return run


def write(count: int, *, due: timedelta = timedelta()) -> None:
    """That many messages to as many people, all true."""
    zoe = builders.bienveillant()
    action = builders.action(zoe)
    for number in range(count):
        outbox.post(
            "jour_ouverture",
            f"jour:{number}",
            to=f"p{number}@example.org",
            due=clock.now() + due,
            action=action.id,
            motif="",
            lignes=["Gaz"],
        )
    db.session.commit()


def left() -> int:
    """How many messages still wait."""
    try:
        waiting = (Message.envoye_le.is_(None), Message.abandonne_le.is_(None))
        return db.session.scalar(select(func.count(Message.id)).where(*waiting)) or 0
    finally:
        db.session.rollback()


def stop(process: subprocess.Popen, number: int = signal.SIGTERM) -> tuple[int, float]:
    """Its exit status, and the seconds it took."""
    asked = time.monotonic()
    process.send_signal(number)
    return process.wait(10), time.monotonic() - asked


def ids(sink: SmtpSink) -> Counter[str]:
    return Counter(mail.message["Message-ID"] for mail in sink.mails)


@pytest.mark.both
@pytest.mark.proof
def test_three_workers_send_two_thousand_messages_once_each(app, start, smtp_server, size):
    smtp_server.reset()
    count = size(200, 2000)
    write(count, due=timedelta(seconds=3))  # all of them are looking when the messages fall due
    workers = [start(mail_url=smtp_server.url) for _ in range(3)]
    wait_until(lambda: left() == 0, "every message sent", seconds=size(60, 300))
    assert [stop(process)[0] for process in workers] == [0, 0, 0]
    assert len(smtp_server.mails) == len(ids(smtp_server)) == count
    assert len({mail.recipients[0] for mail in smtp_server.mails}) == count
    assert db.session.scalar(select(func.max(Message.essais))) == 1


@pytest.mark.both
def test_killed_between_sending_and_writing_it_down_it_sends_again_under_the_same_id(app, start, slow, settings):
    """The one case where a message can be received twice: whoever reads mail sees one."""
    write(1)
    slow.hangs = True
    first = start(mail_url=slow.url)
    assert slow.given.wait(10)
    with db.engine.connect() as hold:  # the worker will have sent, and will wait for this to write that it has
        if db.engine.dialect.name == "postgresql":
            hold.execute(text("LOCK TABLE outbox"))
        else:
            hold.begin()  # takes SQLite's one write lock
        slow.hangs = False
        wait_until(lambda: slow.mails, "the first sending")
        first.kill()
        first.wait()
    settings(mail_url=slow.url)
    worker.run_once()
    assert len(slow.mails) == 1  # the lease still runs
    with clock.freeze(clock.now() + LEASE):
        worker.run_once()
    assert [*ids(slow).values()] == [2]
    assert left() == 0


@pytest.mark.both
@pytest.mark.proof
def test_killed_again_and_again_it_loses_nothing(app, start, smtp, size):
    write(size(30, 400))
    shift = 0
    chance = random.Random(1)
    for _ in range(size(2, 50)):
        process = start(mail_url=smtp.url, now=f"+{shift}")
        before = len(smtp.mails)
        wait_until(lambda before=before: len(smtp.mails) > before or left() == 0, "the worker at work")
        time.sleep(chance.random() / 50)
        process.kill()
        process.wait()
        shift += int(LEASE.total_seconds())
    with clock.freeze(clock.now() + timedelta(seconds=shift)):
        worker.run_once()
    assert left() == 0
    assert len(ids(smtp)) == size(30, 400)
    assert len({mail.recipients[0] for mail in smtp.mails}) == size(30, 400)


def test_idle_it_ticks_and_stops_within_a_second(app, start, smtp_server):
    process = start(mail_url=smtp_server.url)
    wait_until(ticks, "a first tick")
    status, seconds = stop(process, signal.SIGINT)
    assert status == 0
    assert seconds < 1.5  # a second, and what ending a process takes on a busy machine


def ticks() -> list[Any]:
    try:
        return list(db.session.scalars(select(Battement.quand).where(Battement.nom == "worker")))  # the night has its own
    finally:
        db.session.rollback()


def test_even_a_mail_server_that_hangs_leaves_no_more_than_fifteen_seconds_between_two_ticks():
    assert worker.TICK + TIMEOUT <= 15


def test_it_ticks_again_and_again(app, monkeypatch):
    monkeypatch.setattr(worker, "TICK", 0.0)
    seen = []
    worker.loop(Script(rests=3, each=lambda: seen.extend(ticks())))
    assert len(seen) == len(set(seen)) == 3


def test_asked_to_stop_while_the_mail_server_hangs_it_does_and_the_message_is_not_lost(app, start, slow, settings):
    write(1)
    slow.hangs = True
    process = start(mail_url=slow.url)
    assert slow.given.wait(10)
    status, seconds = stop(process)
    assert status == 0
    assert seconds < 5
    assert process.stderr
    assert "Traceback" not in process.stderr.read()
    slow.hangs = False
    settings(mail_url=slow.url)
    with clock.freeze(clock.now() + LEASE):
        worker.run_once()
    assert (left(), len(ids(slow))) == (0, 1)


def test_asked_to_stop_in_the_middle_of_a_message_it_finishes_it(app, start, slow):
    write(2)
    slow.hangs = True
    process = start(mail_url=slow.url)
    assert slow.given.wait(10)
    process.terminate()
    slow.hangs = False
    assert process.wait(10) == 0
    assert (left(), len(slow.mails)) == (1, 1)


def test_once_sends_what_is_due_and_leaves_the_rest(app, start, smtp_server):
    smtp_server.reset()
    write(3)
    outbox.post("jour_ouverture", "plus tard", to="x@example.org", due=clock.now() + timedelta(hours=1))
    db.session.commit()
    assert start("--once", mail_url=smtp_server.url).wait(20) == 0
    assert (len(smtp_server.mails), left()) == (3, 1)


def test_a_server_address_that_is_not_understood_ends_it_with_a_sentence(app, start):
    process = start(mail_url="ftp://moi:tournesol@x.re")
    assert process.wait(20) == 1
    assert process.stderr
    said = process.stderr.read()
    assert "PORTAL_MAIL_URL n’est pas compris" in said
    assert "tournesol" not in said


@pytest.mark.both
def test_a_database_that_fails_for_a_while_does_not_end_it(app, smtp, caplog):
    write(1)

    def rename(before: str, after: str) -> bool:
        with db.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))
        return True

    rename("outbox", "ailleurs")
    worker.loop(Script(rests=2, each=lambda: smtp.mails or rename("ailleurs", "outbox")))
    assert "the database does not answer" in caplog.text
    assert len(smtp.mails) == 1
