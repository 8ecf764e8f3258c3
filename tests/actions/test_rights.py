"""Who reads and who writes an action: the rows of security.md, each cell asked over HTTP."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal.actions import commands
from portal.actions.models import Action, Demandeur, Etape
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders

# 403 for VO where the door itself is closed to them: it opens for no number, so that none is told from an absent one.
WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
READS = {
    # path                             AN   VO   RF   BA   BO   PM   TR   AD
    "/actions/":                      (303, 403, 403, 200, 200, 200, 200, 200),
    "/actions/nouvelle":              (303, 403, 403, 200, 200, 403, 403, 403),
    "/actions/{id}":                  (303, 404, 200, 200, 200, 200, 200, 200),
    "/actions/{id}/programme":        (303, 404, 200, 200, 200, 200, 200, 200),
    "/actions/{id}/retroplanning":    (303, 404, 200, 200, 200, 200, 200, 200),
    "/actions/{id}/decaler":          (303, 403, 403, 200, 403, 403, 403, 200),
    "/actions/{id}/validation":       (303, 404, 200, 200, 200, 200, 200, 200),
    "/actions/reunion":               (303, 403, 403, 200, 200, 200, 200, 200),
    "/actions/{id}/journal":          (303, 403, 403, 200, 403, 403, 403, 200),
    "/actions/{id}/modifier":         (303, 403, 403, 200, 403, 403, 403, 200),
    "/actions/{id}/programme/{etape}": (303, 403, 403, 200, 403, 403, 403, 200),
    "/actions/999":                   (303, 404, 404, 404, 404, 404, 404, 404),
}  # fmt: skip
WRITES = {
    # path                             AN   VO   RF   BA   BO   PM   TR   AD
    "/actions/nouvelle":              (303, 403, 403, 422, 422, 403, 403, 403),
    "/actions/{id}/modifier":         (303, 403, 403, 422, 403, 403, 403, 422),
    "/actions/{id}/programme":        (303, 403, 403, 422, 403, 403, 403, 422),
    "/actions/{id}/programme/{etape}": (303, 403, 403, 422, 403, 403, 403, 422),
    "/actions/{id}/programme/{etape}/retirer": (303, 403, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/programme/{etape}/monter": (303, 403, 403, 409, 403, 403, 403, 409),
    "/actions/{id}/retroplanning":    (303, 403, 403, 422, 403, 403, 403, 422),
    "/actions/{id}/retroplanning/modele": (303, 403, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/decaler":          (303, 403, 403, 422, 403, 403, 403, 422),
    "/actions/{id}/annuler":          (303, 404, 403, 303, 403, 403, 403, 303),
    # moved by what they tell of, never by a plain post
    "/actions/{id}/facturer":         (303, 404, 403, 403, 403, 403, 403, 403),
    "/actions/{id}/confirmer":        (303, 404, 403, 403, 403, 403, 403, 403),
    # the day page opens and closes the site
    "/actions/{id}/ouvrir":           (303, 404, 409, 409, 403, 403, 403, 403),
    "/actions/{id}/inventer":         (303, 404, 404, 404, 404, 404, 404, 404),
}  # fmt: skip
OF_A_SOLLICITATION = {
    "/actions/{id}/enregistrer":      (303, 404, 403, 303, 403, 403, 403, 403),
    "/actions/{id}/refuser":          (303, 404, 403, 303, 403, 403, 403, 303),
    "/actions/{id}/decliner":         (303, 404, 403, 303, 403, 403, 403, 303),
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
def etape(action):
    return commands.add_step(action, by=action.bienveillant, titre="Repas", debut=action.debut, fin=action.fin)


def everything() -> tuple[object, ...]:
    """What a refused request must leave as it was."""
    db.session.expire_all()
    columns = [Action.__table__, Demandeur.__table__, Etape.__table__]
    rows = [tuple(db.session.execute(select(table).order_by(table.c.id)).all()) for table in columns]
    return (*rows, db.session.scalar(select(func.count(EntreeJournal.id))))


@pytest.mark.parametrize("path", READS)
def test_reading(client, as_, action, around, etape, path):
    url = path.format(id=action.id, etape=etape.id)
    visitors = {who: as_(around[who]) if around[who] else client for who in WHO}
    assert {who: visitors[who].get(url).status_code for who in WHO} == dict(zip(WHO, READS[path], strict=True))


@pytest.mark.parametrize(("path", "who", "status"), cells(WRITES))
def test_writing(client, as_, action, around, etape, path, who, status):
    visitor = as_(around[who]) if around[who] else client
    before = everything()
    answer = visitor.post(path.format(id=action.id, etape=etape.id), data={"motif": "pluie"})
    assert answer.status_code == status
    assert (everything() == before) == (status != 303 or who == "AN")


@pytest.mark.parametrize(("path", "who", "status"), cells(OF_A_SOLLICITATION))
def test_deciding_on_a_sollicitation(client, as_, around, path, who, status):
    action = builders.action(around["BA"], confirmed=False, titre="Autre demande")
    builders.hold(builders.referent_mission(action, published=False), around["RF"])
    visitor = as_(around[who]) if around[who] else client
    before = everything()
    assert visitor.post(path.format(id=action.id), data={"motif": "vu au téléphone"}).status_code == status
    assert (everything() == before) == (status != 303 or who == "AN")


def test_without_its_token_no_post_passes(as_, action):
    zoe = as_(action.bienveillant)
    before = everything()
    for path in ("nouvelle", f"{action.id}/modifier", f"{action.id}/programme", f"{action.id}/annuler"):
        assert zoe.post(f"/actions/{path}", csrf=False, data={"motif": "pluie"}).status_code == 400
    assert everything() == before


def test_a_step_of_another_action_is_as_absent(as_, action, etape):
    other = builders.action(action.bienveillant, titre="Autre")
    zoe = as_(action.bienveillant)
    assert zoe.get(f"/actions/{other.id}/programme/{etape.id}").status_code == 404
    assert zoe.post(f"/actions/{other.id}/programme/{etape.id}/retirer").status_code == 404
    assert db.session.get(Etape, etape.id)


@pytest.mark.parametrize("id", ["0", "-1", "１", "1_000", "9" * 30, "1%00", "abc"])
def test_a_number_that_is_none_is_absent(as_, action, id):
    zoe = as_(action.bienveillant)
    assert zoe.get(f"/actions/{id}").status_code == 404
    assert zoe.post(f"/actions/{id}/annuler", data={"motif": "pluie"}).status_code == 404


TABS = ["Fiche", "Échanges", "Validation", "Besoins", "Programme", "Rétroplanning", "Missions"]


@pytest.mark.parametrize(
    ("who", "tabs"),
    [
        ("RF", [*TABS, "Équipe", "Jour J"]),
        (
            "BA",
            [
                "Fiche",
                "Échanges",
                "Validation",
                "Besoins",
                "Programme",
                "Rétroplanning",
                "Missions",
                "Équipe",
                "Jour J",
                "Journal",
            ],
        ),
        ("BO", [*TABS, "Jour J"]),
        ("TR", TABS),
        (
            "AD",
            [
                "Fiche",
                "Échanges",
                "Validation",
                "Besoins",
                "Programme",
                "Rétroplanning",
                "Missions",
                "Équipe",
                "Jour J",
                "Journal",
            ],
        ),
    ],
)
def test_the_tabs_are_those_that_open(as_, action, around, who, tabs):
    visitor = as_(around[who])
    links = BeautifulSoup(visitor.get(f"/actions/{action.id}").text, "html5lib").select('nav[aria-label="L’action"] a')
    assert [a.get_text(strip=True) for a in links] == tabs
    assert {visitor.get(a["href"]).status_code for a in links} == {200}
