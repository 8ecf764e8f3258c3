"""The day on a phone of 360 × 740, with a thumb."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal import clock
from portal.jour_j.models import Genre
from tests.jour_j.conftest import at, tap

pytestmark = pytest.mark.browser

IN_SIGHT = """(selectors) => selectors.filter((s) => {
  const box = document.querySelector(s)?.getBoundingClientRect();
  return !box || box.top < 0 || box.bottom > innerHeight || box.left < 0 || box.right > innerWidth;
})"""
SMALL = """() => [...document.querySelectorAll('.jour :is(button, summary), .jour a.bouton')]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 56).map((e) => e.outerHTML)"""


@pytest.fixture
def phone(saturday, visit):
    """Awa's phone, at six past nine, the site open and the welcome begun."""
    saturday.open("Tout est vérifié.")
    with clock.freeze(at(9.1)):
        saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
        url, page = saturday.url, visit(saturday.awa)  # signing in commits: from here on, the portal alone writes
        page.goto(url)
        yield page


def press(page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.tap()


def test_one_glance_one_thumb(phone):
    """Site, current item, next one and the main button, without scrolling; nothing wider than the screen."""
    assert phone.evaluate(IN_SIGHT, ["#maintenant .badge", "#maintenant .quand", "#maintenant .bas", "#geste button"]) == []
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    assert phone.evaluate(SMALL) == []


def test_the_thumb_moves_the_day_on_and_takes_it_back(phone, saturday):
    press(phone, "Étape suivante")
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Visite")
    assert phone.locator("#programme [data-etat=en_cours] h3").all_inner_texts() == ["Visite"]
    phone.get_by_role("button", name="Annuler", exact=True).tap()
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Accueil")
    assert saturday.day().track.current.titre == "Accueil, petit-déjeuner"


def test_what_one_is_typing_stays_while_one_ticks_and_words_do_not_pile_up(phone):
    phone.fill("#mot-incident", "Verre cassé près du")
    for name in ("Robinets fermés", "Tables, chaises et matériel rangés", "Déchets triés et sortis, sols balayés"):
        press(phone, name)
        expect(phone.locator(".toast")).to_contain_text(name)
    expect(phone.locator("#liste .point[aria-pressed=true]")).to_have_count(3)
    expect(phone.locator(".toast")).to_have_count(1)
    assert phone.input_value("#mot-incident") == "Verre cassé près du"


def test_an_incident_leaves_an_empty_form(phone, saturday):
    phone.fill("#mot-incident", "Verre cassé, balayé.")
    press(phone, "Noter l’incident")
    expect(phone.locator("#journal")).to_contain_text("Verre cassé, balayé.")
    assert phone.input_value("#mot-incident") == ""
    assert [i.mot for i in saturday.day().state.incidents] == ["Verre cassé, balayé."]
