"""What a wall says in whole: the titles of a real day, and a long event's; with whatever font it has."""

from __future__ import annotations

import pytest

from portal.actions import commands as actions
from portal.db import db
from portal.jour_j.models import Genre
from tests.jour_j.conftest import at, from_then, tap

pytestmark = pytest.mark.browser
CUT = """() => [...document.querySelectorAll('.mur :is(h1, .quoi, .quoi > p, .scene .sourdine)')].filter((e) => {
  const half = parseFloat(getComputedStyle(e).fontSize) / 2; // a letter's tail may hang over, half a line may not
  const over = e.scrollHeight > e.clientHeight + half || e.scrollWidth > e.clientWidth + 2;
  return over || e.getBoundingClientRect().bottom > innerHeight;
}).map((e) => e.innerText)"""
EVENT = "C’est mon patrimoine : les enfants de Savanna racontent l’usine et son quartier"
FILM = "Projection du film sur l’usine de Savanna"


@pytest.fixture
def wall(saturday, visit):
    saturday.action.titre, saturday.action.en_direct = EVENT, True
    saturday.steps[2].titre, saturday.steps[2].lieu = "Orchestre « Nou lé la mèm »", "La scène"
    saturday.steps[1].titre, saturday.steps[1].lieu = "Visite de La Raffinerie", "Départ sous le grand manguier de la cour"
    actions.add_step(saturday.action, by=saturday.zoe, titre=FILM, debut=at(14), fin=at(15), lieu="La grande salle")
    saturday.open("Tout est vérifié.")
    saturday.send(*(tap(Genre.ETAPE, saturday.steps[n].id, "annule") for n in (0, 4)))
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    url = f"/actions/{saturday.action.id}/direct?ecran=1"
    with from_then(at(9.11)):
        page = visit(None)
        db.session.rollback()
        yield page, url


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
@pytest.mark.parametrize("font", ["", "DejaVu Sans"])
def test_titles_and_places_wrap_and_none_is_cut(wall, size, font):
    page, url = wall
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(url)
    if font:
        page.evaluate("(font) => { document.body.style.fontFamily = font; }", font)
    assert page.locator(".suite > li").count() == 3
    assert FILM in page.locator(".suite").inner_text()
    assert page.evaluate(CUT) == []


TIGHT = """(font) => {
  document.body.style.fontFamily = font;
  for (const details of document.querySelectorAll("#programme details")) details.open = true;
  const lines = (e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    return new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size;
  };
  const words = [...document.querySelectorAll(".raccourcis span, .decaler .minutes .bouton")];
  return words.filter((e) => {
    const box = (e.closest("a") ?? e).getBoundingClientRect(), range = document.createRange();
    range.selectNodeContents(e);
    const { left, right } = range.getBoundingClientRect();
    return lines(e) > 1 || left < box.left + 4 || right > box.right - 4;
  }).map((e) => e.innerText);
}"""


@pytest.mark.parametrize("font", ["", "DejaVu Sans"])
def test_no_word_touches_the_edge_of_its_tile_whatever_the_font(saturday, visit, font):
    saturday.open("Tout est vérifié.")
    url = saturday.url
    with from_then(at(9.11)):
        page = visit(saturday.awa)
        page.goto(url)
        assert page.locator(".decaler .minutes .bouton").count() >= 4
        assert page.evaluate(TIGHT, font) == []
