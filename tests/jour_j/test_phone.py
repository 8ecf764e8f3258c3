"""The day on a phone of 360 × 740, with a thumb."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.jour_j.models import Genre
from tests.jour_j.conftest import at, from_then, tap

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
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    with from_then(at(9.1)):
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
    press(phone, "Commencer : Visite")
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Visite")
    assert phone.locator("#programme [data-etat=en_cours] h3").all_inner_texts() == ["Visite"]
    phone.get_by_role("button", name="Annuler", exact=True).tap()
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Accueil")
    assert saturday.day().track.current.titre == "Accueil, petit-déjeuner"


def test_what_one_is_typing_stays_while_one_ticks_and_words_do_not_pile_up(phone):
    press(phone, "Commencer : Visite")
    expect(phone.locator(".toast")).to_have_count(1)
    phone.fill("#mot-incident", "Verre cassé près du")
    phone.locator("#fermeture summary").first.tap()
    for name in ("Robinets fermés", "Tables, chaises et matériel rangés", "Déchets triés et sortis, sols balayés"):
        press(phone, name)
        expect(phone.locator("#fermeture .point[aria-pressed=true]", has_text=name)).to_be_visible()
    expect(phone.locator(".toast")).to_have_count(0)
    assert phone.input_value("#mot-incident") == "Verre cassé près du"


def test_a_double_tap_starts_one_item(phone):
    """The button may already name the item after when the second tap of the same thumb comes."""
    phone.locator("#geste button:visible").evaluate(
        """(button) => {
          const under = () => [...document.querySelectorAll("#geste button")].find((b) => b.checkVisibility());
          button.click();
          setTimeout(() => under().click(), 300);
        }"""
    )
    expect(phone.locator("#geste button:visible")).to_contain_text("Repas")
    phone.wait_for_timeout(600)
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Visite")
    phone.locator("#geste button:visible").tap()
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Repas")


def test_a_word_covers_neither_the_menu_nor_the_big_button(phone):
    phone.locator("#geste button:visible").tap()
    expect(phone.locator(".toast")).to_have_count(1)
    bottom, right, bar = phone.locator(".toast").evaluate(
        """async (toast) => {
            await Promise.all(toast.getAnimations().slice(0, 1).map((a) => a.finished));
            const { bottom, right } = toast.getBoundingClientRect();
            return [bottom, right, document.querySelector(".barre").getBoundingClientRect().top];
        }"""
    )
    assert bottom <= bar
    assert right <= 360


def test_the_other_gestures_open_without_moving_their_handle(phone):
    handle = phone.locator(".presence", has_text="Léa Grondin").locator("summary")
    handle.scroll_into_view_if_needed()
    before = handle.bounding_box()
    phone.touchscreen.tap(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)  # `tap` may scroll first
    expect(phone.locator("#equipe .plus[open]")).to_have_count(1)
    assert handle.bounding_box() == pytest.approx(before, abs=1)
    phone.get_by_role("button", name="Absence, Léa Grondin").tap()
    expect(phone.locator("#equipe")).to_contain_text("Absence, 9 h 06")
    expect(phone.locator("#equipe .plus[open]")).to_have_count(0)


def test_the_shortcuts_are_all_in_sight_and_unfold_what_they_lead_to(phone):
    for link in phone.locator(".raccourcis a").all():
        box = link.bounding_box()
        assert 0 <= box["x"] <= 360 - box["width"]
        assert box["height"] >= 56
    phone.get_by_role("link", name="Fermeture").tap()
    expect(phone.get_by_role("button", name="Robinets fermés")).to_be_visible()


def test_opening_without_waiting_asks_at_once_and_shows_the_top(visit, saturday):
    url, page = saturday.url, visit(saturday.awa)
    page.goto(url)
    page.get_by_role("link", name="Encore 7 vérifications").tap()
    press(page, "Portes coupe-feu fermées, sans cale Importante")
    expect(page.get_by_role("link", name="Encore 6 vérifications")).to_be_visible()
    page.locator("#passage summary").tap()
    expect(page.locator("#mot-ouvrir")).to_be_focused()
    page.keyboard.type("Le reste dans cinq minutes.")
    press(page, "Ouvrir quand même")
    expect(page.locator("#maintenant")).to_contain_text("Site ouvert")
    expect(page.locator("#maintenant .rang")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Équipe")).to_be_in_viewport()


def test_an_incident_leaves_an_empty_form(phone, saturday):
    phone.fill("#mot-incident", "Verre cassé, balayé.")
    press(phone, "Noter l’incident")
    expect(phone.locator("#journal")).to_contain_text("Verre cassé, balayé.")
    assert phone.input_value("#mot-incident") == ""
    assert [i.mot for i in saturday.day().state.incidents] == ["Verre cassé, balayé."]
