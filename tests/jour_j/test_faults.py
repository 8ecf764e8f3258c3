"""The portal falls in the middle of the day: nothing acknowledged is lost, nothing counts twice, screens come back alone."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from random import Random
from threading import Event, Thread
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.db import db
from portal.jour_j.models import Entree
from tests import services, support
from tests.served import Served
from tests.test_races import badge

pytestmark = [pytest.mark.both, pytest.mark.proof]


@pytest.fixture
def portal(site, nine, processes):
    return Served(processes, site.environ | support.same_hour())


@pytest.fixture
def phone(saturday, as_):
    """Awa's: where she sends to, what her phone says of itself, her id."""
    headers = badge(as_(saturday.awa)) | {"Accept": "application/json", "Content-Type": "application/json"}
    said = saturday.url, headers, saturday.awa.id
    db.session.commit()  # reading holds SQLite's write lock
    return said


def sending(compte: int, many: int = 1) -> str:
    now = clock.now().timestamp()
    tap = {"genre": "jauge", "cible": "", "valeur": "+1", "mot": "", "compte": compte}
    return json.dumps(
        {"envoye_le": now, "entrees": [tap | {"uuid": str(uuid4()), "quand": now - many + n} for n in range(many)]}
    )


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
        status, said, _ = portal.ask("POST", f"{url}/entrees", headers, body)
        [statut] = {one["statut"] for one in json.loads(said)["resultats"]}
        assert (status, rows()) == (200, 5 * number)
        assert statut == "déjà reçue" or not heard
        found["acquittés" if heard else "écrits, réponse perdue" if statut == "déjà reçue" else "rien d’écrit"] += 1
    record_property("serveur tué", f"{rounds} fois : {dict(found)}")


def attempt(portal: Served, url: str, headers, body: object, heard: list[int]) -> None:
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


def watch(portal: Served, url: str, headers, shown: dict[int, str], number: int, over: Event) -> None:
    """What an open screen does, whatever it hears: ask again."""
    version = ""
    while not over.is_set():
        try:
            status, said, _ = portal.ask("GET", f"{url}/etat?v={version}", headers)
            if status == 200:
                version = said.split("etat?v=")[1].split('"')[0]
                shown[number] = version.split("-")[0]
        except (OSError, http.client.HTTPException):
            pass
        over.wait(1)
