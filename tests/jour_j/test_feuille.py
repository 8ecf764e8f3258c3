"""The sheet on paper: the hours that are expected, on few pages."""

from __future__ import annotations

from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from portal import clock
from portal.db import db
from portal.jour_j.models import Genre
from tests import builders
from tests.jour_j.conftest import at, tap


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def programme(as_, saturday) -> dict[str, str]:
    db.session.commit()
    page = BeautifulSoup(as_(saturday.awa).get(f"{saturday.url}/feuille").text, "html5lib")
    return {plain(li.h3.text): plain(li.get_text(" ")) for li in page.select(".programme > li")}


def test_it_has_the_hours_that_are_expected(saturday, as_):
    _, breakfast, visit, meal, _ = saturday.steps
    saturday.open("Tout est vu.")
    with clock.freeze(at(9.5)):
        saturday.send(tap(Genre.ETAPE, breakfast.id, "debut"), tap(Genre.DECALE, visit.id, "10"))
        said = programme(as_, saturday)
    assert said["Accueil, petit-déjeuner"].startswith("9 h 30 prévu 9 h")
    assert said["Visite"].startswith("10 h 30 prévu 10 h Visite jusqu’à 11 h 30 , prévu 11 h")
    assert said[meal.titre].startswith("12 h Repas")


def test_what_was_moved_before_the_opening_is_printed_moved(saturday, as_):
    saturday.send(tap(Genre.DECALE, saturday.steps[2].id, "15"))
    assert programme(as_, saturday)["Visite"].startswith("10 h 15 prévu 10 h")


def test_what_will_not_be_is_struck(saturday, as_):
    saturday.send(tap(Genre.ETAPE, saturday.steps[2].id, "annule"))
    assert programme(as_, saturday)["Visite"] == "10 h Visite Annulée"


@pytest.mark.parametrize(("many", "pages"), [(14, 2), (30, 3)])
def test_a_team_of_fourteen_is_on_two_pages(saturday, visit, many, pages):
    mission = builders.mission(saturday.action, titre="Service du repas et vaisselle", places=many)
    for n in range(many):
        builders.hold(mission, builders.personne(f"Marie-Thérèse Hoarau {n}", telephone=f"+2626922222{n:02d}"))
    db.session.commit()
    page = visit(saturday.awa)
    page.goto(f"{saturday.url}/feuille")
    assert page.locator(".qr-feuille svg").count() == 1
    assert len(PdfReader(BytesIO(page.pdf(format="A4", prefer_css_page_size=True))).pages) <= pages
