"""The portal falls in the middle of the day: nothing acknowledged is lost, nothing counts twice, screens come back alone."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections import Counter
from random import Random
from threading import Event, Thread
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.config import ROOT
from portal.db import db
from portal.jour_j.models import Entree
from tests import services, support
from tests.test_races import answers, badge

pytestmark = [pytest.mark.both, pytest.mark.proof]


class Portal:
    """gunicorn on one port, that can be killed and come back."""

    def __init__(self, processes, environ) -> None:
        self._processes, self._environ = processes, environ
        self._socket = services.bound_socket()
        self.port = self._socket.getsockname()[1]
        self._socket.close()
        self.start()

    def start(self) -> None:
        options = f"--workers 2 --threads 8 --bind 127.0.0.1:{self.port} --log-level error"
        command = [sys.executable, "-m", "gunicorn", *options.split(), "wsgi:app"]
        self._process = self._processes.start(*command, cwd=ROOT, env=os.environ | self._environ)
        services.wait_until(lambda: answers(self.port), "gunicorn", 30)

    def kill(self) -> None:
        self._processes.kill(self._process)

    def ask(self, method: str, path: str, headers, body: object = None) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", **headers})
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()


@pytest.fixture
def portal(site, nine, processes):
    return Portal(processes, site.environ | support.same_hour())


@pytest.fixture
def phone(saturday, as_):
    """Awa's: where she sends to, what her phone says of itself, her id."""
    headers = badge(as_(saturday.awa)) | {"Accept": "application/json"}
    said = saturday.url, headers, saturday.awa.id
    db.session.commit()  # reading holds SQLite's write lock
    return said


def sending(compte: int, many: int = 1) -> dict[str, object]:
    now = clock.now().timestamp()
    tap = {"genre": "jauge", "cible": "", "valeur": "+1", "mot": "", "compte": compte}
    return {"envoye_le": now, "entrees": [tap | {"uuid": str(uuid4()), "quand": now - many + n} for n in range(many)]}


def rows() -> int:
    found = db.session.scalar(select(func.count()).select_from(Entree))
    db.session.rollback()
    return found or 0


def test_killed_at_any_instant_it_loses_nothing_it_acknowledged_and_counts_each_tap_once(portal, phone, size, record_property):
    url, headers, compte = phone
    found, rounds, chance = Counter[str](), size(1, 30), Random(6)
    for number in range(1, rounds + 1):
        body, heard = sending(compte, 5), list[int]()
        sender = Thread(target=attempt, args=(portal, f"{url}/entrees", headers, body, heard))
        sender.start()
        time.sleep(chance.uniform(0, 0.12))
        portal.kill()
        sender.join()
        portal.start()
        status, said = portal.ask("POST", f"{url}/entrees", headers, body)
        [statut] = {one["statut"] for one in json.loads(said)["resultats"]}
        assert (status, rows()) == (200, 5 * number)
        assert statut == "déjà reçue" or not heard
        found["acquittés" if heard else "écrits, réponse perdue" if statut == "déjà reçue" else "rien d’écrit"] += 1
    record_property("serveur tué", f"{rounds} fois : {dict(found)}")


def attempt(portal: Portal, url: str, headers, body: object, heard: list[int]) -> None:
    try:
        heard.append(portal.ask("POST", url, headers, body)[0])
    except (OSError, http.client.HTTPException):
        return


def test_restarted_with_forty_screens_open_all_of_them_catch_up_alone(portal, phone):
    url, headers, compte = phone
    over, shown = Event(), dict[int, str]()
    screens = [Thread(target=watch, args=(portal, url, headers, shown, n, over)) for n in range(40)]
    for screen in screens:
        screen.start()
    services.wait_until(lambda: len(shown) == 40, "forty screens", 30)
    portal.kill()
    portal.start()
    assert portal.ask("POST", f"{url}/entrees", headers, sending(compte))[0] == 200
    services.wait_until(lambda: set(shown.values()) == {"1"}, "forty screens again", 30)
    over.set()
    for screen in screens:
        screen.join()


def watch(portal: Portal, url: str, headers, shown: dict[int, str], number: int, over: Event) -> None:
    """What an open screen does, whatever it hears: ask again."""
    version = ""
    while not over.is_set():
        try:
            status, said = portal.ask("GET", f"{url}/etat?v={version}", headers)
            if status == 200:
                version = said.decode().split("etat?v=")[1].split('"')[0]
                shown[number] = version.split("-")[0]
        except (OSError, http.client.HTTPException):
            pass
        over.wait(1)
