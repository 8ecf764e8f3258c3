"""Who edits needs, who answers them, who reads them: the rows of security.md, asked over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.besoins.models import Besoin, Occupation
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles.queries import poles_of
from tests import builders

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
READS = {
    # path                                AN   VO   RF   BA   BO   PM   TR   AD
    "/besoins/":                        (303, 403, 403, 403, 403, 200, 403, 403),
    "/besoins/espaces":                 (303, 403, 403, 200, 200, 200, 200, 200),
    "/besoins/action/{action}":         (303, 404, 200, 200, 200, 200, 200, 200),
    "/besoins/action/999":              (303, 404, 404, 404, 404, 404, 404, 404),
    "/besoins/nouveau/{action}":        (303, 403, 403, 200, 403, 403, 403, 200),
    "/besoins/{draft}/modifier":        (303, 403, 403, 200, 403, 403, 403, 200),
    "/besoins/999/modifier":            (303, 403, 403, 404, 404, 403, 403, 404),
}  # fmt: skip
WRITES = {
    # path                                AN   VO   RF   BA   BO   PM   TR   AD
    "/besoins/nouveau/{action}":        (303, 403, 403, 422, 403, 403, 403, 422),
    "/besoins/action/{action}/demander": (303, 403, 403, 303, 403, 403, 403, 303),
    "/besoins/{draft}/modifier":        (303, 403, 403, 422, 403, 403, 403, 422),
    "/besoins/{draft}/demander":        (303, 403, 403, 303, 403, 403, 403, 303),
    "/besoins/{draft}/retirer":         (303, 403, 403, 303, 403, 403, 403, 303),
    "/besoins/{theirs}/reprendre":      (303, 403, 403, 303, 403, 403, 403, 303),
    "/besoins/{theirs}/confirmer":      (303, 403, 403, 403, 403, 303, 403, 403),
    "/besoins/{theirs}/refuser":        (303, 403, 403, 403, 403, 303, 403, 403),
    "/besoins/{other}/confirmer":       (303, 403, 403, 403, 403, 403, 403, 403),
    "/besoins/{other}/refuser":         (303, 403, 403, 403, 403, 403, 403, 403),
}  # fmt: skip


def cells(table):
    return [(path, who, status) for path, statuses in table.items() for who, status in zip(WHO, statuses, strict=True)]


@pytest.fixture
def action(app):
    return builders.action(builders.bienveillant())


@pytest.fixture
def around(action):
    return builders.cast(action)


@pytest.fixture
def numbers(action, around):
    """What stands between braces in the paths above."""
    mine, sport = poles_of(around["PM"])[0], builders.pole("Sport", members=[builders.personne("Sam")])
    found = {
        "draft": builders.besoin(action, mine, asked=False),
        "theirs": builders.besoin(action, mine),
        "other": builders.besoin(action, sport),
    }
    return {"action": action.id} | {name: besoin.id for name, besoin in found.items()}


def everything() -> tuple[object, ...]:
    """What a refused request must leave as it was."""
    db.session.expire_all()
    tables = (Besoin.__table__, Occupation.__table__)
    rows = [tuple(db.session.execute(select(table).order_by(table.c.id)).all()) for table in tables]
    return (*rows, db.session.scalar(select(func.count(EntreeJournal.id))))


@pytest.mark.parametrize("path", READS)
def test_reading(client, as_, around, numbers, path):
    url = path.format(**numbers)
    visitors = {who: as_(around[who]) if around[who] else client for who in WHO}
    assert {who: visitors[who].get(url).status_code for who in WHO} == dict(zip(WHO, READS[path], strict=True))


@pytest.mark.parametrize(("path", "who", "status"), cells(WRITES))
def test_writing(client, as_, around, numbers, path, who, status):
    visitor = as_(around[who]) if around[who] else client
    before = everything()
    assert visitor.post(path.format(**numbers), data={"motif": "pluie"}).status_code == status
    assert (everything() == before) == (status != 303 or who == "AN")


def test_the_needs_of_another_action_are_another_s(as_, action, numbers):
    stranger = as_(builders.bienveillant("Bruno Ozoux"))
    before = everything()
    for slug in ("demander", "retirer", "reprendre", "adopter", "modifier"):
        assert stranger.post(f"/besoins/{numbers['draft']}/{slug}").status_code == 403
    assert everything() == before
