"""Hours that wait for somebody, on their home page and in the tabs of the action."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.actions.models import NIGHT
from portal.contributions import commands, queries
from portal.contributions.models import transmettre, valider
from portal.db import db
from tests import builders
from tests.contributions.conftest import at


def waits(past, who) -> list[tuple[str, int]]:
    return [(action.titre, lines) for action, lines in queries.awaiting(who)]


@pytest.mark.both
def test_hours_wait_for_the_referent_then_for_the_bienveillant(closed):
    titre = closed.action.titre
    assert (waits(closed, closed.awa), waits(closed, closed.zoe)) == ([(titre, 4)], [(titre, 4)])
    closed.settle(transmettre, by=closed.awa)
    assert (waits(closed, closed.awa), waits(closed, closed.zoe)) == ([], [(titre, 4)])
    closed.settle(valider)
    assert waits(closed, closed.zoe) == []
    assert waits(closed, closed.lea) == []


@pytest.mark.both
def test_the_hours_of_the_bienveillant_wait_for_an_administrator(past):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    past.pay(past.zoe, titre="Cuisine", nature="volontaire")
    past.close()
    past.settle(valider)
    assert (waits(past, past.zoe), waits(past, ada)) == ([], [(past.action.titre, 1)])
    past.settle(valider, by=ada)
    assert waits(past, ada) == []


def test_the_home_page_leads_to_the_hours(closed, as_):
    page = as_(closed.zoe).get("/").text
    assert "relevés d’heures à valider" in page
    assert closed.url in page


@pytest.mark.parametrize("actions", [1, 3])
def test_the_home_page_takes_the_same_queries_whatever_the_hours(closed, as_, count_queries, actions):
    for number in range(actions - 1):
        with clock.freeze(at(-100)):
            other = builders.action(closed.zoe, titre=f"Autre {number}", debut=at(-50), fin=at(-48))
            builders.hold(builders.mission(other), closed.lea)
        commands.propose(other)
    db.session.commit()
    zoe = as_(closed.zoe)
    with count_queries() as statements:
        assert zoe.get("/").status_code == 200
    assert len(queries.awaiting(closed.zoe)) == actions
    assert len(statements) == 10


def test_the_tab_is_there_as_soon_as_hours_are_proposed(past, as_):
    url = f"/missions/action/{past.action.id}"
    assert past.url not in as_(past.zoe).get(url).text
    with clock.freeze(at(18) + NIGHT + timedelta(minutes=1)):
        commands.propose(past.action)
        db.session.commit()
        assert past.url in as_(past.zoe).get(url).text
