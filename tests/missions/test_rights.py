"""Who sets missions up, who reads them, who takes the référent's post: the rows of security.md, asked over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Affectation, Mission
from tests import builders

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
# 403 for VO where the door itself is closed to them: it opens for no number, so that none is told from an absent one.
READS = {
    # path                              AN   VO   RF   BA   BO   PM   TR   AD
    "/missions/{open}":                (200, 200, 200, 200, 200, 200, 200, 200),
    "/missions/{draft}":               (404, 404, 200, 200, 200, 200, 200, 200),
    "/missions/action/{action}":       (303, 404, 200, 200, 200, 200, 200, 200),
    "/missions/equipe/{action}":       (303, 404, 200, 200, 403, 403, 403, 200),
    "/missions/nouvelle/{action}":     (303, 403, 403, 200, 403, 403, 403, 200),
    "/missions/{draft}/modifier":      (303, 403, 403, 200, 403, 403, 403, 200),
    "/missions/action/999":            (303, 404, 404, 404, 404, 404, 404, 404),
}  # fmt: skip
WRITES = {
    # path                              AN   VO   RF   BA   BO   PM   TR   AD
    "/missions/nouvelle/{action}":     (303, 403, 403, 422, 403, 403, 403, 422),
    "/missions/{open}/modifier":       (303, 403, 403, 422, 403, 403, 403, 422),
    "/missions/{open}/dupliquer":      (303, 403, 403, 303, 403, 403, 403, 303),
    "/missions/{draft}/publier":       (303, 404, 403, 303, 403, 403, 403, 303),
    "/missions/{open}/fermer":         (303, 403, 403, 303, 403, 403, 403, 303),
    "/missions/{open}/annuler":        (303, 403, 403, 303, 403, 403, 403, 303),
    "/missions/{open}/rouvrir":        (303, 403, 403, 409, 403, 403, 403, 409),
    # the référent's post: free, then held by RF
    "/missions/{free}/prendre":        (303, 403, 403, 303, 403, 403, 403, 403),
    "/missions/{held}/prendre":        (303, 403, 403, 409, 403, 403, 403, 403),
    "/missions/{held}/liberer":        (303, 403, 303, 403, 403, 403, 403, 303),
    "/missions/{open}/inventer":       (303, 404, 404, 404, 404, 404, 404, 404),
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
    held = db.session.scalars(
        select(Mission.id).join(Mission.affectations).where(Affectation.personne_id == around["RF"].id)
    ).one()
    return {
        "action": action.id,
        "open": builders.mission(action, titre="Ouverte").id,
        "draft": builders.mission(action, titre="Brouillon", published=False).id,
        "free": builders.referent_mission(action, titre="Référent du soir").id,
        "held": held,
    }


def everything() -> tuple[object, ...]:
    """What a refused request must leave as it was."""
    db.session.expire_all()
    tables = (Mission.__table__, Affectation.__table__)
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


def test_without_its_token_no_post_passes(as_, action, numbers):
    zoe = as_(action.bienveillant)
    before = everything()
    for path in WRITES:
        assert zoe.post(path.format(**numbers), csrf=False, data={"motif": "pluie"}).status_code == 400
    assert everything() == before


@pytest.mark.parametrize("who", WHO)
def test_names_of_the_team_are_for_those_who_run_the_action(client, as_, action, around, who):
    visitor = as_(around[who]) if around[who] else client
    html = visitor.get(f"/missions/action/{action.id}").text
    assert ("Vanille Técher" in html.split("<main")[-1]) == (who in {"RF", "BA", "AD"})
