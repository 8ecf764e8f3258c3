"""Around a day that one runs, it is in the bar of the phone, without a query more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from tests import builders
from tests.jour_j.conftest import at


def bar(client) -> list[str]:
    """What a phone shows of the menu."""
    page = BeautifulSoup(client.get("/missions/").text, "html5lib")
    return [a.get_text(strip=True) for a in page.select("nav.places a:not(.au-large)")]


@pytest.mark.both
@pytest.mark.parametrize(("days", "near"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_from_the_day_before_to_the_day_after(saturday, as_, days, near):
    for who in (saturday.zoe, saturday.awa):
        with clock.freeze(at(9) + timedelta(days=days)):
            assert ("Jour J" in bar(as_(who))[:3]) is (near or who is saturday.awa)  # a référent alone has three places


def test_only_whoever_runs_it(saturday, as_):
    other = builders.bienveillant("Paul Maillot")
    db.session.commit()
    assert "Jour J" not in bar(as_(other))
    builders.hold(builders.mission(saturday.action), other)  # to help there is not to run it
    db.session.commit()
    assert "Jour J" not in bar(as_(other))
    builders.hold(builders.referent_mission(saturday.action), other)
    db.session.commit()
    assert bar(as_(other))[1] == "Jour J"


def test_it_costs_no_query(saturday, as_, count_queries):
    zoe = as_(saturday.zoe)
    with count_queries() as statements:
        bar(zoe)
    asked = [sql for sql in statements if "bienveillant_id = session.personne_id" in sql]
    assert len(asked) == 1
    assert "FROM session" in asked[0]
