"""The list of the days: what one is on each action, today at La Réunion."""

from __future__ import annotations

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler
from tests import builders
from tests.jour_j.conftest import at
from tests.jour_j.test_routes import REASON, said_in, soup


def listed(client) -> list[tuple[str, str]]:
    page = soup(client.get("/jour-j/").text)
    return [(said_in(card, "h2"), said_in(card, ".bas .sourdine")) for card in page.select("article")]


def test_today_says_what_one_is_on_each_action(saturday, as_):
    titre = saturday.action.titre
    assert listed(as_(saturday.zoe)) == [(titre, "Bienveillant")]
    assert listed(as_(saturday.awa)) == [(titre, "Référent")]
    assert listed(as_(saturday.lea)) == [(titre, "Volontaire")]
    assert listed(as_(builders.bienveillant("Max Autre"))) == [(titre, "En lecture")]
    assert listed(as_(builders.personne("Inconnu"))) == []


def test_the_bienveillant_who_takes_the_post_is_both(saturday, as_):
    builders.referent_mission(saturday.action, take_post=True, titre="Référent du soir", fin=at(22))
    assert listed(as_(saturday.zoe)) == [(saturday.action.titre, "Bienveillant, Référent")]


@pytest.mark.parametrize(
    ("hour", "seen"),
    [(-1, False), (0.1, True), (9, True), (23.9, True), (24.5, False)],
    ids=["eve", "dawn", "day", "late", "after"],
)
def test_today_is_the_day_at_la_reunion(saturday, as_, hour, seen):
    """At 0:06 there, UTC is still the day before."""
    with clock.freeze(at(hour)):
        assert bool(listed(as_(saturday.zoe))) == seen


def test_a_site_still_open_after_midnight_stays_in_the_list(saturday, as_):
    saturday.open(REASON)
    with clock.freeze(at(24.5)):
        assert [titre for titre, _ in listed(as_(saturday.awa))] == [saturday.action.titre]


def test_what_is_not_confirmed_or_is_off_is_not_today(saturday, as_):
    builders.action(saturday.zoe, confirmed=False, titre="Peut-être", debut=at(10), fin=at(12))
    actions.decide(saturday.action, annuler, by=saturday.zoe, motif="pluie")
    assert listed(as_(saturday.zoe)) == []


@pytest.mark.parametrize("more", [0, 2])
def test_the_list_costs_the_same_for_one_or_many(saturday, as_, count_queries, more):
    for n in range(more):
        builders.hold(builders.mission(builders.action(saturday.zoe, debut=at(10 + n), fin=at(18))), saturday.lea)
    lea = as_(saturday.lea)
    with count_queries() as statements:
        assert len(listed(lea)) == 1 + more
    assert len(statements) == 3
