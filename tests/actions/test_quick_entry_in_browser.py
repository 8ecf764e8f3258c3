"""Somebody calls: who, what and when are written on a phone while they speak, and the house knows it at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.actions.models import Action, TypeAction
from portal.db import db
from tests.actions import walk
from tests.actions.house import House, furnished

pytestmark = pytest.mark.browser
KEY = 40  # ms between two keys: a thumb that knows its keyboard
COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1;
}, true);"""
WORDS = {
    "demandeur_nom": "Mme Payet",
    "titre": "Anniversaire de mariage",
    "debut": "2030-10-29T09:00",
    "demandeur_telephone": "0692123456",
}


@pytest.fixture
def house(app) -> House:
    return furnished()


def say(page: Page, name: str, words: str) -> None:
    """A field is touched, unless it waits already, then typed letter by letter; a date is picked."""
    field = page.locator(f"[name={name}]")
    if not field.evaluate("field => field === document.activeElement"):
        field.tap()
    if name == "debut":
        field.fill(words)
    else:
        field.press_sequentially(words, delay=KEY)


def test_a_call_is_written_down_in_five_taps_and_four_fields(visit, house, record_property):
    page = visit(house.zoe)
    page.add_init_script(COUNT)
    page.goto("/actions/")
    walk.tap(page.locator(".barre"), "Nouvelle action")
    expect(page.get_by_label("Qui demande")).to_be_focused()
    for name, words in WORDS.items():
        say(page, name, words)
    required = page.locator(":required:visible").count()
    walk.send(page, "Enregistrer l’action", "Action enregistrée.")
    taps, keys = int(page.evaluate("sessionStorage.taps")), sum(map(len, WORDS.values()))
    record_property("saisie d’un appel", f"{taps} touches de boutons et de champs, {keys} lettres, {len(WORDS)} champs")
    assert (taps, len(WORDS), required) == (5, 4, 3)
    expect(page.get_by_role("link", name="0692 12 34 56")).to_be_visible()
    assert db.session.scalars(select(Action)).one().type is TypeAction.AUTRE  # nobody said that it is a formation


def test_what_was_settled_elsewhere_is_kept_firmly(visit, house):
    """Somebody at the counter has the yes of Monday's meeting: the option on the case becomes firm with the action."""
    page, communs = visit(house.zoe), visit(house.communs)
    page.goto("/actions/nouvelle")
    walk.write(page, demandeur_nom="École de Savanna", titre="Répétition", debut="2030-10-29T09:00", canal="permanence")
    walk.send(page, "Enregistrer l’action", "Action enregistrée.")
    walk.tab(page, walk.NEEDS)
    walk.need(page, "Espace", espace_id="– La case, 120 personnes")
    walk.confirm(communs, "La case")
    expect(communs.get_by_text("l’espace est gardé en option")).to_be_visible()  # a yes is not yet for good
    page.reload()
    expect(walk.card(page, "La case")).to_contain_text("Option, expire")
    walk.tab(page, walk.SHEET)
    walk.unfold(page, "Enregistrer comme confirmée")
    walk.write(page, motif="Réunion interpôle de lundi.")
    walk.send(page, "Enregistrer comme confirmée", "validée hors du portail", page.locator("details[open]"))
    walk.tab(page, walk.NEEDS)
    expect(walk.card(page, "La case")).to_contain_text("Réservé fermement")
