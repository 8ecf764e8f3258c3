"""How many people are on site: counted from several phones, against what the place holds."""

from __future__ import annotations

import pytest

from portal import clock
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.db import db
from portal.jour_j.commands import Statut
from portal.jour_j.jauge import Jauge
from portal.jour_j.models import Genre
from tests import builders
from tests.jour_j.conftest import at, tap


def counted(saturday, *numbers: str, by=None):
    return saturday.send(*(tap(Genre.JAUGE, "", number) for number in numbers), by=by)


def test_two_who_count_at_once_add_up_whatever_the_order(saturday):
    counted(saturday, "+10", "-1", by=saturday.zoe)
    late = tap(Genre.JAUGE, "", "+5", when=at(8))
    assert saturday.send(late, late)[1].statut is Statut.DEJA_RECUE
    assert saturday.day().jauge.public == 14


def test_it_never_shows_fewer_than_nobody_and_still_adds_up(saturday):
    counted(saturday, "-1", "-1")
    assert saturday.day().jauge.public == 0
    counted(saturday, "+1", "+1", "+1")
    assert saturday.day().jauge.public == 1


@pytest.mark.parametrize(
    ("public", "ton"), [(79, "bon"), (88, "bon"), (89, "attente"), (98, "attente"), (99, "attention"), (150, "attention")]
)
def test_ninety_percent_is_amber_and_full_is_red_team_included(public, ton):
    assert Jauge([(at(9), public)], team=1, capacity=100).ton == ton


def test_without_a_capacity_nothing_is_said_to_be_full():
    jauge = Jauge([(at(9), 10_000)], team=1, capacity=None)
    assert (jauge.ton, jauge.percent) == ("bon", None)


def test_the_peak_and_the_curve_are_kept():
    jauge = Jauge([(at(9), 10), (at(10), 30), (at(11), -35), (at(12), 35)], team=0, capacity=None)
    assert jauge.curve == [(at(9), 10), (at(10), 40), (at(11), 5), (at(12), 40)]
    assert jauge.peak == (at(10), 40)


@pytest.mark.both
def test_the_capacity_is_that_of_the_spaces_it_was_promised(saturday):
    member = builders.personne("Gina")
    pole = builders.pole("Communs", members=[member])
    seen = []
    for nom, capacite in (("La case", 120), ("Le jardin", 100), ("La cour", None)):
        need = builders.besoin(saturday.action, pole, builders.espace(nom, capacite=capacite))
        seen.append(saturday.day().jauge.capacity)
        besoins.answer(need, confirmer, by=member)
    assert [*seen, saturday.day().jauge.capacity] == [None, 120, 220, None]
    with clock.freeze(at(23)):
        assert saturday.day().jauge.capacity is None  # nothing is kept at that hour


def test_the_curve_is_no_line_of_the_journal(saturday):
    counted(saturday, *["+1"] * 20)
    saturday.send(tap(Genre.INCIDENT, mot="Verre cassé."))
    assert [line.entree.genre for line in saturday.day().journal] == [Genre.INCIDENT]


def test_the_page_counts_and_warns(saturday, as_):
    saturday.open("Tout va bien.")
    db.session.commit()
    awa = as_(saturday.awa)
    page = awa.get(saturday.url).text
    assert page.count('data-geste="repete"') == 6
    answer = awa.post(f"{saturday.url}/entrees", data={"uuid": tap("x").uuid, "genre": "jauge", "valeur": "+10"})
    assert (answer.status_code, answer.location) == (303, f"{saturday.url}#jauge")
    assert 'data-nombre="10"' in awa.get(saturday.url).text
    reads = as_(saturday.lea).get(saturday.url).text
    assert 'data-nombre="10"' in reads
    assert "repete" not in reads
