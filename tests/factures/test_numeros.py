"""Numbers without a gap nor a twin, whoever issues at once and whatever falls: 1 to N, in the order of their dates."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from portal.db import db
from portal.factures import emission
from portal.factures.models import Etat, Facture, Nature, Serie
from tests.factures.conftest import agreed
from tests.served import Served
from tests.support import same_hour
from tests.test_races import badge, crowd

__all__ = ["crowd"]  # a fixture
pytestmark = [pytest.mark.both, pytest.mark.proof]

HEAD = {"mot": "", "delai": "30", "categorie": "services"}


@pytest.fixture
def drafts(people, size):
    """So many invoices ready to leave, each of its own action."""
    return [agreed(*people).end().draft() for _ in range(size(6, 50))]


def posts(drafts: list[Facture], headers: dict[str, str]) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    return [(f"/factures/{one.id}/emettre", HEAD | {"tout": emission.reading(one)}, headers) for one in drafts]


def numbers() -> list[int]:
    """The ranks that were given, in the order in which their papers left."""
    db.session.expire_all()
    rows = db.session.execute(select(Facture.rang, Facture.emise_le).where(Facture.etat != Etat.BROUILLON)).all()
    db.session.rollback()  # reading holds SQLite's write lock
    return [rang for rang, _ in sorted(rows, key=lambda row: row[1])]


def test_many_that_leave_at_once_have_each_the_next_number(crowd, as_, people, drafts):
    pressed = crowd.press(posts(drafts, badge(as_(people[1]))))
    assert {answer.status for answer in pressed} == {303}
    assert numbers() == list(range(1, len(drafts) + 1))


def test_one_that_is_issued_several_times_at_once_takes_one_number(crowd, as_, people, drafts, size):
    pressed = crowd.press(posts(drafts[:1] * size(4, 20), badge(as_(people[1]))))
    assert sorted({answer.status for answer in pressed}) == [303, 409]
    assert numbers() == [1]
    assert db.session.get_one(Serie, Nature.FACTURE.prefixe).dernier == 1


def test_killed_at_any_instant_it_leaves_neither_hole_nor_twin(site, processes, as_, people, drafts, size, record_property):
    waiting, kills, chance = posts(drafts, badge(as_(people[1]))), size(2, 20), Random(7)
    db.session.commit()
    portal = Served(processes, site.environ | same_hour())
    for _ in range(kills):
        with ThreadPoolExecutor(len(waiting)) as hands:
            heard = [hands.submit(tried, portal.port, post) for post in waiting]
            time.sleep(chance.uniform(0.05, 0.4))
            portal.kill()
        said = [one.result() for one in heard]
        assert set(said) <= {None, 303, 409}
        portal.start()
        given = numbers()
        assert given == list(range(1, len(given) + 1))
        assert len(given) >= said.count(303)
    while numbers() != list(range(1, len(drafts) + 1)):
        assert {tried(portal.port, post) for post in waiting} <= {303, 409}
    record_property("numéros", f"1 à {len(drafts)}, {kills} arrêts brutaux")


def tried(port: int, post: tuple[str, dict[str, str], dict[str, str]]) -> int | None:
    """The status, None when the portal fell before it answered."""
    path, fields, headers = post
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("POST", path, urlencode(fields), headers | {"Content-Type": "application/x-www-form-urlencoded"})
            return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
