"""Who takes a request, answers it, hands an action over: the rows of security.md, each cell asked over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.actions import relais
from portal.actions.models import Action, Demandeur, Echange
from portal.actions.suivi import page_token
from portal.db import db
from portal.journal import EntreeJournal
from portal.outbox import Message
from tests import builders
from tests.actions.test_rights import WHO, cells

READS = {
    # path                             AN   VO   RF   BA   BO   PM   TR   AD
    "/actions/{id}/echanges":         (303, 404, 200, 200, 200, 200, 200, 200),
    "/actions/{id}/confier":          (303, 403, 403, 200, 403, 403, 403, 200),
    "/actions/solliciter":            (200, 200, 200, 200, 200, 200, 200, 200),
}  # fmt: skip
HANDED_TO_BO = {  # 200 stands for a 303 that moves nothing: it is theirs already
    # path                             AN   VO   RF   BA   BO   PM   TR   AD
    "/actions/{id}/echanges":         (303, 403, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/repondue":         (303, 403, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/lien":             (303, 403, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/confier":          (303, 403, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/accepter_relais":  (303, 403, 403, 200, 303, 403, 403, 403),
    "/actions/{id}/laisser_relais":   (303, 403, 403, 303, 303, 403, 403, 303),
    "/actions/{id}/prendre":          (303, 403, 403, 200, 409, 403, 403, 409),
}  # fmt: skip
TO_TAKE = {
    "/actions/{id}/prendre":          (303, 403, 403, 303, 303, 403, 403, 303),
    "/actions/{id}/echanges":         (303, 403, 403, 403, 403, 403, 403, 303),
    "/actions/{id}/confier":          (303, 403, 403, 403, 403, 403, 403, 303),
    "/actions/{id}/accepter_relais":  (303, 403, 403, 403, 403, 403, 403, 403),
}  # fmt: skip


@pytest.fixture
def around(app):
    return builders.cast(builders.action(builders.bienveillant()))


@pytest.fixture
def handed(around):
    """A request that BA has taken and proposes to BO; RF holds a post of it."""
    action = builders.request()
    relais.take(action, by=around["BA"])
    builders.hold(builders.referent_mission(action, published=False), around["RF"])
    relais.offer(action, to=around["BO"], by=around["BA"])
    return action


@pytest.fixture
def rose(app):
    return builders.bienveillant("Rose Técher")


def everything() -> tuple[object, ...]:
    """What a refused request must leave as it was."""
    db.session.expire_all()
    tables = (Action.__table__, Demandeur.__table__, Echange.__table__)
    rows = [tuple(db.session.execute(select(table).order_by(table.c.id)).all()) for table in tables]
    counts = [db.session.scalar(select(func.count()).select_from(model)) for model in (EntreeJournal, Message)]
    return (*rows, *counts)


def outcome(visitor, path: str, rose) -> tuple[int, bool]:
    """The answer, and whether anything moved."""
    before = everything()
    status = visitor.post(path, data={"texte": "Bonjour", "personne": rose.id}).status_code
    return status, everything() != before


@pytest.mark.parametrize("path", READS)
def test_reading(client, as_, around, handed, path):
    visitors = {who: as_(around[who]) if around[who] else client for who in WHO}
    found = {who: visitors[who].get(path.format(id=handed.id)).status_code for who in WHO}
    assert found == dict(zip(WHO, READS[path], strict=True))


@pytest.mark.parametrize(("path", "who", "status"), cells(HANDED_TO_BO))
def test_of_a_request_that_is_taken(client, as_, around, handed, rose, path, who, status):
    visitor = as_(around[who]) if around[who] else client
    answered, moved = outcome(visitor, path.format(id=handed.id), rose)
    assert answered == (303 if status == 200 else status)
    assert moved == (status == 303 and who != "AN")


@pytest.mark.parametrize(("path", "who", "status"), cells(TO_TAKE))
def test_of_a_request_that_nobody_has(client, as_, around, rose, path, who, status):
    asked = builders.request()
    visitor = as_(around[who]) if around[who] else client
    answered, moved = outcome(visitor, path.format(id=asked.id), rose)
    assert answered == status
    assert moved == (status == 303 and who != "AN")


@pytest.mark.parametrize("act", ["ecrire", "corriger", "renoncer"])
def test_without_its_token_nothing_passes_on_the_demandeur_s_page(client, app, act):
    asked = builders.request()
    url = f"/actions/suivi/{page_token(asked)}/{act}"
    before = everything()
    fields = {"texte": "Bonjour", "email": "z@example.org"}
    assert client.post(url, data=fields, csrf=False).status_code == 400
    assert everything() == before
    assert client.post(url, data=fields).status_code == 303
