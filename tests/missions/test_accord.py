"""Which missions suit whom: pure, so that every hour of the week can be tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.comptes.models import Profil
from portal.missions.accord import JOURS, WEEK, accord, covers, key, moments
from portal.missions.models import Competence, Nature
from portal.missions.models import Mission as Row

SATURDAY = datetime(2026, 11, 28, tzinfo=UTC) - timedelta(hours=4)  # midnight at La Réunion


def at(hour: float) -> datetime:
    """That hour of the Saturday; 26 is two in the morning of the Sunday."""
    return SATURDAY + timedelta(hours=hour)


def profil(*disponibilites: str, competences: tuple[str, ...] = (), envies: tuple[str, ...] = ()) -> Profil:
    return Profil(disponibilites=list(disponibilites), competences=list(competences), envies=list(envies))


def mission(first: float = 9, last: float = 12, **fields: Any) -> Row:
    """A mission that no database holds."""
    pole = fields.pop("pole", None)
    typical = {"nature": Nature.VOLONTAIRE, "competences": []}
    return SimpleNamespace(debut=at(first), fin=at(last), action=SimpleNamespace(pole_porteur=pole), **(typical | fields))


# --- when ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "touched"),
    [
        (9, 12, "samedi-matin"),
        (6, 6.5, "samedi-matin"),
        (12, 18, "samedi-apres_midi"),
        (11, 13, "samedi-matin samedi-apres_midi"),
        (18, 24, "samedi-soir"),
        (20, 26, "samedi-soir"),  # until two in the morning, it is the same evening
        (3, 5, "vendredi-soir"),
        (9, 21.5, "samedi-matin samedi-apres_midi samedi-soir"),
        (20, 31, "samedi-soir dimanche-matin"),
    ],
)
def test_a_slot_touches_parts_of_days(first, last, touched):
    assert " ".join(key(*found) for found in moments(at(first), at(last))) == touched


def test_someone_is_free_when_they_are_for_the_whole_slot():
    assert covers(["samedi-matin", "samedi-apres_midi"], at(9), at(17))
    assert not covers(["samedi-matin"], at(9), at(17))
    assert not covers(["dimanche-matin"], at(9), at(12))


def test_who_said_nothing_is_not_known_to_be_free():
    assert not covers([], at(9), at(12))


@given(start=st.integers(0, 24 * 60), minutes=st.integers(1, 72 * 60))
def test_a_whole_week_covers_everything_and_never_less_than_what_is_touched(start: int, minutes: int):
    debut = SATURDAY + timedelta(minutes=start)
    fin = debut + timedelta(minutes=minutes)
    touched = [key(*found) for found in moments(debut, fin)]
    assert len(touched) == len(set(touched))
    assert covers([key(*both) for both in WEEK], debut, fin)
    for missing in touched:
        assert not covers([key(*both) for both in WEEK if key(*both) != missing], debut, fin)


def test_the_week_is_seven_days_of_three_moments():
    assert len(WEEK) == 21
    assert {jour for jour, _ in WEEK} == set(JOURS)


# --- why -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (9, 12, "samedi matin"),
        (9, 17, "samedi matin et après-midi"),
        (9, 21, "samedi toute la journée"),
        (20, 26, "samedi soir"),
        (20, 34, "ces jours-là"),
    ],
)
def test_the_reason_says_when_in_a_few_words(first, last, words):
    always = profil(*(key(*both) for both in WEEK))
    assert accord(always, mission(first, last)).reasons == (words,)


def test_the_reasons_say_what_one_likes_and_knows():
    culture = SimpleNamespace(id=3, label="Pôle culture")
    mine = profil("samedi-matin", competences=("cuisine", "jardin"), envies=("nature:volontaire", "pole:3", "pole:4"))
    found = accord(mine, mission(pole=culture, competences=[Competence.CUISINE, Competence.SERVICE]))
    assert found.reasons == ("samedi matin", "volontaire", "pôle culture", "cuisine")


def test_nothing_in_common_is_no_reason():
    assert accord(profil("dimanche-soir", competences=("jardin",), envies=("pole:9",)), mission()).reasons == ()


def test_being_free_comes_first_then_wishes_then_skills():
    mine = profil("samedi-matin", competences=("cuisine", "jardin"), envies=("nature:volontaire", "nature:referent"))
    paid = {"nature": Nature.CHARGE_DE_MISSION}
    ranked = [
        mission(9, 12, competences=["cuisine"]),
        mission(9, 12),
        mission(9, 12, **paid, competences=["cuisine", "jardin"]),
        mission(14, 16, competences=["cuisine", "jardin"]),
        mission(14, 16),
        mission(14, 16, **paid, competences=["cuisine"]),
        mission(14, 16, **paid),
    ]
    ranks = [accord(mine, one).rank for one in ranked]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
