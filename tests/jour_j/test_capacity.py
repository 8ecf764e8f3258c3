"""How many people the place of a day holds, when some of its spaces are inside others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.poles.commands import save_space
from portal.poles.models import Espace
from tests import builders
from tests.jour_j.conftest import at


@pytest.fixture
def promise(saturday) -> Callable[..., int | None]:
    """Promise a space to the day, and say how many people it then holds."""
    gina = builders.personne("Gina")
    pole = builders.pole("Communs", members=[gina])

    def said(espace: Espace, **slot) -> int | None:
        besoins.answer(builders.besoin(saturday.action, pole, espace, **slot), confirmer, by=gina)
        return saturday.day().jauge.capacity

    return said


@pytest.fixture
def house(saturday) -> dict[str, Espace]:
    """A house, a hall, a corner and a garden, that nobody has put inside one another yet: one need could keep them all."""
    held = {"La case": 120, "La salle": 50, "Le coin": 8, "Le jardin": 100}
    return {nom: builders.espace(nom, capacite=most) for nom, most in held.items()}


def put(inner: Espace, outer: Espace) -> None:
    """The settings learn where a space really is, long after it was promised."""
    save_space(inner, nom=inner.nom, parent=outer, capacite=inner.capacite, avant_min=0, apres_min=0, by=None)


@pytest.mark.both
def test_a_space_inside_another_that_is_promised_too_adds_nothing(saturday, house, promise):
    assert [promise(space) for space in house.values()] == [120, 170, 178, 278]
    put(house["La salle"], house["La case"])
    assert saturday.day().jauge.capacity == 228
    put(house["Le coin"], house["La salle"])
    assert saturday.day().jauge.capacity == 220


def test_it_adds_nothing_either_through_one_that_is_not_promised(saturday, house, promise):
    for nom in ("La case", "Le coin"):
        promise(house[nom])
    put(house["Le coin"], house["La salle"])
    assert saturday.day().jauge.capacity == 128
    put(house["La salle"], house["La case"])
    assert saturday.day().jauge.capacity == 120


def test_what_nobody_has_said_of_it_matters_no_more(saturday, house, promise):
    corridor = builders.espace("Le couloir")
    assert [promise(space) for space in (corridor, house["La case"])] == [None, None]
    put(corridor, house["La case"])
    assert saturday.day().jauge.capacity == 120


def test_it_counts_at_the_hours_when_the_one_around_it_is_not_promised(house, promise):
    """The hall in the afternoon, the whole house in the evening only."""
    put(house["La salle"], house["La case"])
    assert promise(house["La salle"], debut=at(9), fin=at(18)) == 50
    assert promise(house["La case"], debut=at(18), fin=at(21)) == 50


@pytest.mark.parametrize("more", [0, 12])
def test_it_is_one_query_whatever_the_house_holds(saturday, house, promise, count_queries, more):
    for n in range(more):
        promise(builders.espace(f"Coin {n}", capacite=2))
    with count_queries() as statements:
        assert saturday.day().jauge.capacity == (2 * more or None)
    assert len([sql for sql in statements if "espace.capacite" in sql]) == 1
    assert not [sql for sql in statements if sql.endswith("WHERE espace.id = ?")]
