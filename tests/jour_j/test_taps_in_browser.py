"""What one taps on a phone of 360 × 740: said at once, once, in full, and never by mistake for good."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.db import db
from portal.jour_j.models import Entree, Genre
from tests.jour_j.conftest import at, from_then, open_the_day, tap

pytestmark = pytest.mark.browser
KEPT = "Gardé ici jusqu’au retour du réseau."


@pytest.fixture
def phone(saturday, visit):
    """Awa's, at six past nine, the site open, the welcome begun, Awa there."""
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.awa).id, "arrive"))
    with from_then(at(9.1)):
        url, page = saturday.url, visit(saturday.awa)  # signing in commits: from here on, the portal alone writes
        open_the_day(page, url)
        expect(page.locator("#reseau")).to_have_text("En direct")
        yield page


def said(genre: Genre) -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Entree).where(Entree.genre == genre).order_by(Entree.quand))
    found = [(e.cible, e.valeur) for e in rows]
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    return found


# --- the big button ------------------------------------------------------------------------------------------


def test_without_network_the_big_button_goes_on_and_each_gesture_leaves_once(phone, saturday):
    _, welcome, visit, meal, _ = (str(step.id) for step in saturday.steps)
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    big = phone.locator("#geste .bouton:visible")
    phone.context.set_offline(True)
    for words, then in (
        ("Commencer : Visite", "Commencer : Repas, carry poulet"),
        ("Commencer : Repas, carry poulet", "Terminer : Repas, carry poulet"),
        ("Terminer : Repas, carry poulet", "Fermer le site"),
    ):
        expect(big).to_have_text(words)
        big.tap()
        expect(big).to_have_text(then)
        phone.wait_for_timeout(700)  # a second tap sooner is the same one
    phone.reload()
    expect(big).to_have_text("Fermer le site")
    phone.context.set_offline(False)
    expect(phone.locator("#reseau")).to_have_text("En direct", timeout=40_000)
    assert said(Genre.ETAPE) == [(welcome, "debut"), (visit, "debut"), (meal, "debut"), (meal, "fin")]


def test_on_a_slow_network_it_never_says_the_old_thing_again(phone):
    """Neither while the tap travels, nor between its answer and the page that follows."""
    asked = []

    def slow(route):
        asked.append(route.request.url)
        time.sleep(1)  # as long as the network of a field
        route.continue_()

    phone.context.route("**/entrees", slow)
    phone.context.route("**/etat?*", slow)
    phone.locator("#geste .bouton:visible").tap()
    expect(phone.locator(".toast")).to_be_visible()
    phone.evaluate(
        """() => {
          const button = () => [...document.querySelectorAll("#geste .bouton")].find((b) => b.checkVisibility());
          window.said = [];
          setInterval(() => window.said.push(button()?.textContent.trim()), 10);
        }"""
    )
    expect(phone.locator("#maintenant .quoi")).to_contain_text("Visite", timeout=20_000)
    assert asked
    phone.context.unroute_all(behavior="wait")
    assert set(phone.evaluate("window.said")) == {"Commencer\u00a0: Repas, carry poulet"}


def test_the_same_thing_tapped_in_the_list_is_not_kept_twice(phone):
    phone.context.set_offline(True)
    phone.locator("#geste .bouton:visible").tap()
    expect(phone.locator("#programme .en-attente")).to_contain_text("Visite")
    row = phone.locator("#programme li", has_text="Visite")
    row.locator("summary").tap()
    row.get_by_role("button", name="Commencer : Visite", exact=True).tap()
    expect(phone.locator("#toasts")).to_contain_text("C’est déjà noté.")
    expect(phone.locator("#reseau")).to_contain_text("1 geste en attente d’envoi")


def test_taken_back_without_network_it_says_the_first_thing_again(phone):
    phone.context.set_offline(True)
    big = phone.locator("#geste .bouton:visible")
    big.tap()
    expect(big).to_have_text("Commencer : Repas, carry poulet")
    phone.locator(".toast").get_by_role("button", name="Annuler").tap()
    expect(big).to_have_text("Commencer : Visite")
    expect(big).to_be_enabled()


def test_a_keyboard_stays_on_the_big_button(phone):
    for words in ("Visite", "Repas"):
        phone.locator("#geste .bouton:visible").focus()
        phone.keyboard.press("Enter")
        expect(phone.locator("#maintenant .quoi")).to_contain_text(words)
        phone.wait_for_timeout(700)
    phone.keyboard.press("Enter")  # where the focus is
    expect(phone.locator("#geste .bouton:visible")).to_contain_text("Fermer le site")
    expect(phone.locator("#maintenant .quoi")).to_have_count(0)
    expect(phone.locator("#geste .bouton:visible")).to_be_focused()


# --- the words of a tap --------------------------------------------------------------------------------------


def test_the_toast_says_in_full_what_was_done_above_the_big_button(phone):
    phone.locator("#geste .bouton:visible").tap()
    words = phone.locator(".toast p")
    expect(words).to_have_text("Commencée : Visite.")
    assert words.evaluate("(p) => p.scrollWidth <= p.clientWidth")
    bottom, bar = phone.evaluate(
        """async () => {
          const toast = document.querySelector(".toast");
          await Promise.all(toast.getAnimations().slice(0, 1).map((a) => a.finished));
          return [toast.getBoundingClientRect().bottom, document.querySelector(".barre").getBoundingClientRect().top];
        }"""
    )
    assert bottom <= bar
    phone.context.set_offline(True)
    expect(phone.locator("#reseau")).to_contain_text("Hors ligne depuis")
    phone.fill("#mot-incident", "Verre cassé.")
    phone.get_by_role("button", name="Noter l’incident").tap()
    expect(words).to_have_text(f"Incident noté. {KEPT}")
    assert words.evaluate("(p) => p.scrollWidth <= p.clientWidth && p.scrollHeight <= p.clientHeight + 1")


def test_an_answer_that_left_before_the_cut_does_not_say_that_the_network_is_there(phone):
    region, cut = phone.locator("#reseau"), list[None]()

    def cut_meanwhile(route):
        answer = route.fetch()
        if not cut:
            cut.append(phone.context.set_offline(True))
            expect(region).to_contain_text("Hors ligne depuis")
        route.fulfill(response=answer)

    phone.evaluate(
        """() => {
          window.lines = [];
          const region = document.getElementById("reseau");
          new MutationObserver(() => lines.push(region.dataset.etat)).observe(region, { attributes: true });
        }"""
    )
    phone.context.route("**/etat?*", cut_meanwhile)
    phone.wait_for_event("requestfinished", lambda request: "/etat?" in request.url)
    expect(region).to_contain_text("Hors ligne depuis")
    assert "" not in phone.evaluate("window.lines")


# --- who is there --------------------------------------------------------------------------------------------


def test_an_arrival_is_taken_back_from_its_toast_never_by_its_name(phone):
    row = phone.locator(".presence", has_text="Léa Grondin").first
    before = phone.locator("#equipe .personnes strong").all_inner_texts()
    phone.get_by_role("button", name="Arrivée, Léa Grondin").tap()
    expect(phone.locator(".toast p")).to_have_text("Arrivée, Léa Grondin.")
    expect(row).to_contain_text("Sur place, 9 h 06")
    expect(row.locator(".point")).not_to_have_attribute("aria-pressed", "true")
    row.locator(".point").tap()
    phone.wait_for_timeout(700)
    assert [valeur for _, valeur in said(Genre.PRESENCE)] == ["arrive", "arrive"]
    assert phone.locator("#equipe .personnes strong").all_inner_texts() == before
    phone.locator(".toast").get_by_role("button", name="Annuler").tap()
    expect(phone.get_by_role("button", name="Arrivée, Léa Grondin")).to_be_visible()


def test_an_arrival_that_waits_is_erased_from_the_other_gestures(phone):
    phone.context.set_offline(True)
    name = phone.locator(".presence", has_text="Léa Grondin").first.locator("button.point")
    name.tap()
    expect(name).to_have_attribute("aria-pressed", "true")
    phone.wait_for_timeout(700)
    name.tap()
    expect(phone.locator("#toasts")).to_contain_text("C’est déjà noté.")
    expect(name).to_have_attribute("aria-pressed", "true")
    expect(phone.locator("#reseau")).to_contain_text("1 geste en attente")
    phone.locator(".presence", has_text="Léa Grondin").first.locator("summary").tap()
    phone.get_by_role("button", name="Par erreur : effacer l’arrivée, Léa Grondin").tap()
    expect(name).to_have_attribute("aria-pressed", "false")


def test_without_network_what_ended_by_mistake_is_taken_up_again(phone, saturday):
    _, _, visit, meal, _ = (str(step.id) for step in saturday.steps)
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    phone.context.set_offline(True)
    for step in (visit, meal, visit, visit):
        phone.locator(f"#etape-{step} form:has([value=debut]) button").first.dispatch_event("click")
        phone.wait_for_timeout(700)
    expect(phone.locator("#toasts")).to_contain_text("C’est déjà noté.")
    expect(phone.locator("#reseau")).to_contain_text("3 gestes en attente")


def test_a_departure_taken_back_without_network_leaves_whom_it_was_there(phone):
    row = phone.locator(".presence", has_text="Awa Payet").first
    phone.context.set_offline(True)
    row.locator("summary").tap()
    row.get_by_role("button", name="Départ, Awa Payet").tap()
    expect(row.locator("div.point")).not_to_have_class("point fait")
    phone.locator(".toast").get_by_role("button", name="Annuler").tap()
    expect(row.locator("div.point")).to_have_class("point fait")
    row.locator("summary").tap()
    expect(row.get_by_role("button", name="Départ, Awa Payet")).to_be_visible()


def test_a_roll_begun_again_by_mistake_comes_back(phone):
    phone.get_by_role("link", name="Faire l’appel").tap()
    count = phone.locator("#appel [role=status]")
    phone.locator("#appel .point", has_text="Awa Payet").tap()
    phone.get_by_role("button", name="Recommencer").tap()
    expect(count).to_have_text("0 sur 1 vus")
    phone.locator(".toast", has_text="Appel recommencé").get_by_role("button", name="Annuler").tap()
    expect(count).to_have_text("1 sur 1 vus")
