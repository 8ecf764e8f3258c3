"""Who sets missions up, who reads them, who takes the référent's post: the rows of security.md, asked over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.db import db
from portal.missions.models import Affectation, Mission
from tests import builders
from tests.cells import ask, fingerprint, rows

# 403 for VO where the door itself is closed to them: it opens for no number, so that none is told from an absent one.
TABLE = """
                                 AN  VO  RF  BA  BO  PM  TR  AD
GET /missions/{open}             200 200 200 200 200 200 200 200
GET /missions/{draft}            404 404 200 200 200 200 200 200
GET /missions/action/{action}    303 404 200 200 200 200 200 200
GET /missions/equipe/{action}    303 404 200 200 403 403 403 200
GET /missions/nouvelle/{action}  303 403 403 200 403 403 403 200
GET /missions/{draft}/modifier   303 403 403 200 403 403 403 200
GET /missions/action/999         303 404 404 404 404 404 404 404
POST /missions/nouvelle/{action} 303 403 403 422 403 403 403 422
POST /missions/{open}/modifier   303 403 403 422 403 403 403 422
POST /missions/{open}/dupliquer  303 403 403 303 403 403 403 303
POST /missions/{draft}/publier   303 404 403 303 403 403 403 303
POST /missions/{open}/fermer     303 403 403 303 403 403 403 303
POST /missions/{open}/annuler    303 403 403 303 403 403 403 303
POST /missions/{open}/rouvrir    303 403 403 409 403 403 403 409
POST /missions/{free}/prendre    303 403 403 303 403 403 403 403
POST /missions/{held}/prendre    303 403 403 409 403 403 403 403
POST /missions/{held}/liberer    303 403 303 403 403 403 403 303
POST /missions/{open}/inventer   303 404 404 404 404 404 404 404
"""


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


TYPED = {"motif": "pluie"}


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: row.asked)
def test_who_is_refused_moves_nothing(client, as_, around, numbers, row):
    refused = {who: status for who, status in row.cells.items() if not row.moves(who)}
    visitors = {who: as_(around[who]) if around[who] else client for who in refused}
    before = fingerprint()
    assert {who: ask(visitor, row, numbers, TYPED) for who, visitor in visitors.items()} == refused
    assert fingerprint() == before


@pytest.mark.parametrize(("row", "who"), [(row, who) for row in rows(TABLE) for who in row.cells if row.moves(who)])
def test_who_may_does_it(as_, around, numbers, row, who):
    visitor, before = as_(around[who]), fingerprint()
    assert ask(visitor, row, numbers, TYPED) == 303
    assert fingerprint() != before


def test_without_its_token_no_post_passes(as_, action, numbers):
    zoe = as_(action.bienveillant)
    before = fingerprint()
    for row in rows(TABLE):
        if row.method == "POST":
            assert zoe.post(row.path(numbers), csrf=False, data=TYPED).status_code == 400
    assert fingerprint() == before


@pytest.mark.parametrize("who", ["AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD"])
def test_names_of_the_team_are_for_those_who_run_the_action(client, as_, action, around, who):
    visitor = as_(around[who]) if around[who] else client
    html = visitor.get(f"/missions/action/{action.id}").text
    assert ("Vanille Técher" in html.split("<main")[-1]) == (who in {"RF", "BA", "AD"})
