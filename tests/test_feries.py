"""The days when nobody works: against dates that are known, and Easter as another library reckons it."""

from __future__ import annotations

from datetime import date

import pytest
from dateutil.easter import easter as theirs

from portal import clock
from portal.feries import easter, ferie, feries
from portal.territoire import TERRITOIRES

KNOWN = {  # Easter Monday, Ascension, Whit Monday
    2019: ((4, 22), (5, 30), (6, 10)),
    2024: ((4, 1), (5, 9), (5, 20)),
    2026: ((4, 6), (5, 14), (5, 25)),
    2027: ((3, 29), (5, 6), (5, 17)),
    2035: ((3, 26), (5, 3), (5, 14)),
    2038: ((4, 26), (6, 3), (6, 14)),  # as late as can be
}


@pytest.fixture(autouse=True)
def back_home():
    yield
    clock.stand_in(TERRITOIRES["RE"])


def test_easter_is_that_of_everybody_else():
    assert [easter(year) for year in range(1900, 2200)] == [theirs(year) for year in range(1900, 2200)]


@pytest.mark.parametrize("year", KNOWN)
def test_what_moves_with_easter(year):
    names = ("Lundi de Pâques", "Ascension", "Lundi de Pentecôte")
    assert [ferie(date(year, *day)) for day in KNOWN[year]] == list(names)


def test_a_year_has_twelve_and_december_has_two_here():
    here = feries(2026, clock.HERE)
    assert len(here) == 12
    assert {day: name for day, name in here.items() if day.month == 12} == {
        date(2026, 12, 20): "Abolition de l’esclavage",
        date(2026, 12, 25): "Noël",
    }


def test_what_is_one_elsewhere_or_near_is_none():
    for day in (date(2026, 4, 3), date(2026, 4, 5), date(2026, 12, 26), date(2026, 12, 21)):  # Good Friday is Alsace's
        assert ferie(day) == ""


def test_one_day_may_be_two():
    assert ferie(date(2008, 5, 1)) == "Fête du Travail et Ascension"


@pytest.mark.parametrize(
    ("code", "added"),
    [
        ("RE", {(12, 20)}),
        ("GP", {(5, 27)}),
        ("MQ", {(5, 22)}),
        ("GF", {(6, 10)}),
        ("YT", {(4, 27)}),
        ("FX", set()),
        ("AM", {(4, 3), (12, 26)}),  # Good Friday and the day after Christmas
    ],
)
def test_each_territory_adds_its_own_to_the_eleven_of_all_france(code, added):
    france = set(feries(2026, TERRITOIRES["FX"]))
    assert len(france) == 11
    assert {(day.month, day.day) for day in set(feries(2026, TERRITOIRES[code])) - france} == added
    clock.stand_in(TERRITOIRES[code])
    assert all(ferie(date(2026, *day)) for day in added)
    assert bool(ferie(date(2026, 12, 20))) == (code == "RE")


def test_they_have_their_names():
    assert ferie(date(2026, 12, 20)) == "Abolition de l’esclavage"
    clock.stand_in(TERRITOIRES["AM"])
    assert (ferie(date(2026, 4, 3)), ferie(date(2026, 12, 26))) == ("Vendredi saint", "Saint-Étienne")
