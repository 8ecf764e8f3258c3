"""What the portal stands on fails under those who write: nothing acknowledged is lost, and it heals without a hand.

`make proofs` runs the sizes that the portal promises. Half a migration is in test_migrations.py, backups are in
test_sauvegarde.py, the day's taps in jour_j/test_faults.py.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from itertools import count
from random import Random
from threading import Event, Thread
from urllib.parse import urlencode

import psycopg
import pytest
from sqlalchemy import func, select, text

from portal.candidatures.models import Candidature
from portal.db import db
from portal.outbox import Message
from tests import builders, services, support
from tests.served import Answer, Served
from tests.test_races import badge

pytestmark = pytest.mark.proof

LETTER = "Je viens avec plaisir, et deux amis."


class Applicants:
    """People who apply for one mission, each once, as long as they are let, and what they were answered."""

    HANDS = 8

    def __init__(self, portal: Served, client) -> None:
        mission = builders.mission(builders.action(builders.bienveillant()), places=500)
        self.portal, self.path = portal, f"/candidatures/deposer/{mission.id}"
        self.headers = badge(client) | {"Content-Type": "application/x-www-form-urlencoded"}
        self.acknowledged: set[str] = set()
        self.heard = Counter[str]()
        self._numbers = count(1)
        db.session.commit()  # and the test holds no lock meanwhile

    def apply(self) -> Answer:
        number = next(self._numbers)
        email = f"p{number}@example.org"
        typed = {"cle": f"une-cle-bien-a-soi-{number:05d}", "nom": "Léa", "email": email, "message": LETTER, "accord": "y"}
        answer = self.portal.ask("POST", self.path, self.headers, urlencode(typed))
        self.heard[str(answer.status)] += 1
        if answer.status == 303:
            self.acknowledged.add(email)
        return answer

    @contextmanager
    def pressing(self) -> Iterator[None]:
        over = Event()

        def press() -> None:
            while not over.is_set():
                try:
                    self.apply()
                except (OSError, HTTPException):
                    self.heard["coupé"] += 1
                    over.wait(0.02)

        hands = [Thread(target=press) for _ in range(self.HANDS)]
        for hand in hands:
            hand.start()
        try:
            yield
        finally:
            over.set()
            for hand in hands:
                hand.join()

    def wait_for(self, more: int) -> None:
        before = len(self.acknowledged)
        services.wait_until(lambda: len(self.acknowledged) >= before + more, f"{more} people who applied", 30)

    def check(self) -> None:
        """All that was acknowledged is there, each with its message, and nothing by halves."""
        told = db.session.scalars(select(Message.adresse).where(Message.genre == "candidature_recue")).all()
        assert db.session.scalar(select(func.count(Candidature.id))) == len(told) == len(set(told))
        assert self.acknowledged <= set(told)
        assert set(self.heard) <= {"303", "503", "coupé"}
        db.session.rollback()


@pytest.fixture
def applicants(site, client, processes):
    return Applicants(Served(processes, site.environ | support.same_hour()), client)


@pytest.mark.both
def test_killed_again_and_again_under_those_who_apply_it_loses_nobody(applicants, database, size, record_property):
    chance, back = Random(9), list[float]()
    for _ in range(size(2, 50)):
        with applicants.pressing():
            time.sleep(chance.uniform(0.05, 0.6))
            applicants.portal.kill()
            start = time.monotonic()
            applicants.portal.start()
            back.append(time.monotonic() - start)
    applicants.check()
    if database.engine == "sqlite":
        assert db.session.execute(text("PRAGMA integrity_check")).all() == [("ok",)]
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    record_property("serveur tué", f"{len(back)} fois : {dict(applicants.heard)}, de retour en {max(back):.1f} s au pire")


@pytest.mark.sqlite
def test_on_a_full_disk_it_is_read_gives_the_words_back_and_heals(applicants):
    with applicants.portal.without_room():
        answer = applicants.apply()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert LETTER in answer.body
        assert applicants.portal.ask("GET", "/missions/").status == 200
    assert applicants.apply().status == 303
    applicants.check()


@pytest.mark.both
def test_while_somebody_else_holds_the_lock_it_is_read_and_gives_the_words_back(applicants, database, size, record_property):
    heard = list[Answer]()
    waiting = Thread(target=lambda: heard.append(applicants.apply()))
    with held(database):
        waiting.start()
        until, reads = time.monotonic() + size(1, 30), list[float]()
        while waiting.is_alive() or time.monotonic() < until:
            start = time.monotonic()
            assert applicants.portal.ask("GET", applicants.path).status == 200
            reads.append(time.monotonic() - start)
            time.sleep(0.1)
    [refused] = heard
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert LETTER in refused.body
    assert applicants.apply().status == 303
    applicants.check()
    record_property("verrou tenu", f"{len(reads)} lectures, la plus lente {1000 * max(reads):.0f} ms")


@contextmanager
def held(database) -> Iterator[None]:
    """The lock that who applies needs, in another's hand."""
    if database.engine == "sqlite":
        with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(database.url) as other:
            other.execute("SELECT id FROM mission FOR UPDATE")
            yield


def test_postgresql_restarted_under_those_who_apply_loses_nobody(folder, processes, size, record_property):
    """At once, as after a power cut; the portal is not touched."""
    cluster = services.PostgresCluster(services.PostgresCluster.SURE)
    try:
        database = support.PostgresDatabase(str(cluster.folder), "redemarre")
        site = support.Site(database, folder / "redemarre")
        with closing(database), closing(site), site.app.app_context():
            applicants = Applicants(Served(processes, site.environ | support.same_hour()), site.app.test_client())
            with applicants.pressing():
                for _ in range(size(1, 10)):
                    applicants.wait_for(20)
                    cluster.crash()
                    time.sleep(0.3)
                    cluster.start()
                applicants.wait_for(20)
            applicants.check()
    finally:
        cluster.stop()
    record_property("PostgreSQL arrêté net", dict(applicants.heard))
