"""What a closing says of the programme and of the public, and what the page shows once the site is closed."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from portal import clock
from portal.comptes.models import NomRole
from portal.db import db
from portal.jour_j import cloture
from portal.jour_j.commands import Statut
from portal.jour_j.models import Genre, Phase
from portal.jour_j.refus import ReasonWanted
from tests import builders
from tests.jour_j.conftest import Saturday, at, tap


def plain(element: Tag | None) -> str:
    assert element is not None
    return " ".join(element.get_text(" ").replace("\u00a0", " ").split())


def page(as_, saturday: Saturday, who=None) -> BeautifulSoup:
    db.session.commit()
    return BeautifulSoup(as_(who or saturday.awa).get(saturday.url).text, "html5lib")


@pytest.fixture
def evening(saturday):
    """Everything is ticked, the breakfast is over, the visit runs, it is a quarter to ten."""
    saturday.tick_all(Phase.OUVERTURE)
    saturday.open()
    _, breakfast, visit, *_ = saturday.steps
    with clock.freeze(at(9.5)):
        saturday.send(tap(Genre.ETAPE, breakfast.id, "debut"))
    with clock.freeze(at(10)):
        saturday.send(tap(Genre.ETAPE, visit.id, "debut"))
    with clock.freeze(at(21.75)):
        saturday.tick_all(Phase.FERMETURE)
        yield saturday


def end_the_visit(saturday: Saturday) -> None:
    saturday.send(tap(Genre.ETAPE, saturday.steps[2].id, "fin"))


def count(saturday: Saturday, *people: str) -> None:
    saturday.send(*(tap(Genre.JAUGE, "", number) for number in people))


# --- what is not settled -------------------------------------------------------------------------------------


def test_an_item_that_still_runs_is_told_and_owes_a_word(evening, as_):
    assert "Étape encore en cours : Visite" in plain(page(as_, evening).select_one("#a-regler"))
    assert isinstance(evening.close().refusal, ReasonWanted)
    end_the_visit(evening)
    assert not cloture.left_by(evening.day(), evening.awa.id)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (["+10", "+1", "+1"], "12 personnes du public encore comptées"),
        (["+1"], "1 personne du public encore comptée"),
    ],
)
def test_the_public_still_counted_is_told_and_owes_a_word(evening, as_, people, said):
    end_the_visit(evening)
    count(evening, *people)
    assert said in plain(page(as_, evening).select_one("#a-regler"))
    assert isinstance(evening.close().refusal, ReasonWanted)


@pytest.mark.parametrize("people", [["+10", "-10"], ["-5"]], ids=["all gone", "counted below nought"])
def test_a_public_that_left_owes_nothing(evening, people):
    end_the_visit(evening)
    count(evening, *people)
    assert evening.close().statut is Statut.RECUE


def test_items_that_never_began_are_one_line_and_owe_nothing(evening, as_):
    """Neither what goes by itself (the films, beside the rest) nor what was cancelled is waited for."""
    end_the_visit(evening)
    shown = page(as_, evening)
    assert shown.select("#a-regler") == []
    assert "2 étapes n’ont pas commencé" in plain(shown.select_one("#fermeture"))  # the games and the meal
    evening.send(tap(Genre.ETAPE, evening.steps[3].id, "annule"))
    assert "1 étape n’a pas commencé" in plain(page(as_, evening).select_one("#fermeture"))
    assert evening.close().statut is Statut.RECUE


def test_what_is_for_tomorrow_is_not_missing_tonight(evening):
    before = cloture.left_by(evening.day(), evening.awa.id).a_venir
    meal = evening.steps[3]
    evening.action.fin, meal.debut, meal.fin = at(24 + 18), at(24 + 12), at(24 + 13)
    db.session.commit()
    assert cloture.left_by(evening.day(), evening.awa.id).a_venir == before - 1


# --- once it is closed ---------------------------------------------------------------------------------------


@pytest.fixture
def closed(evening):
    count(evening, "+10", "+5", "-10")
    evening.close("La visite finit dehors.")
    return evening


def test_the_programme_offers_nothing_more(evening, as_):
    assert page(as_, evening).select("#programme form")
    evening.close("La visite finit dehors.")
    assert page(as_, evening).select("#programme form") == []


def test_an_item_that_ran_at_the_closing_is_shown_as_it_was(closed, as_):
    visit = page(as_, closed).select_one(f"#etape-{closed.steps[2].id}")
    assert "En cours" not in plain(visit)
    assert "Pas terminée à la fermeture" in plain(visit)
    assert "jusqu’à 11 h" in plain(visit)


def test_reopened_the_same_evening_it_runs_again(closed, as_):
    closed.open()
    shown = page(as_, closed)
    assert "En cours" in plain(shown.select_one(f"#etape-{closed.steps[2].id}"))
    assert shown.select("#programme form")


def test_on_another_morning_the_programme_may_be_put_right_before_it_opens(closed, as_):
    closed.action.fin = at(24 + 18)
    with clock.freeze(at(24 + 8.5)):
        assert page(as_, closed).select("#programme form")


def test_the_peak_and_the_total_of_the_public_stay(closed, as_):
    for who in (closed.awa, closed.lea):
        said = plain(page(as_, closed, who).select_one("#frequentation"))
        assert said == "15 dans le public au plus, à 21 h 45 ; 15 entrées comptées"


def test_where_nobody_counted_nothing_is_said_of_it(evening, as_):
    evening.close("La visite finit dehors.")
    assert page(as_, evening).select("#frequentation, #jauge") == []


def test_the_report_is_at_hand(closed, as_):
    """In the bar of who runs the day, at the top for the house; the team has none."""
    ada = builders.personne("Ada Dijoux", [NomRole.ADMIN])
    report = f'a[href="{closed.url}/bilan"]'
    assert page(as_, closed).select_one(f"#geste {report}")
    assert page(as_, closed, ada).select_one(f"#maintenant {report}")
    assert page(as_, closed, closed.lea).select(report) == []
