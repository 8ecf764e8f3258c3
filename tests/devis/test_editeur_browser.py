"""The page of a devis in a real browser: it counts as one types, and keeps the hand and the words where they are."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.db import db
from portal.devis import commands, queries
from portal.devis.models import Unite
from tests import builders

pytestmark = pytest.mark.browser


@pytest.fixture
def devis(app):
    zoe = builders.bienveillant()
    builders.identity(zoe)
    made = builders.devis(builders.validated(zoe))
    commands.add(made, by=zoe, libelle="Repas", quantite=1000, unite=Unite.PERSONNE, prix=15_00)
    db.session.commit()
    return made


def test_it_counts_as_one_types_and_a_line_moves_under_the_finger(visit, devis):
    hour, meal = (line.id for line in devis.lignes)
    page = visit(devis.action.bienveillant)  # who lets go of the test's own transaction
    page.goto("/devis/1")
    page.wait_for_function("() => window.htmx")
    field = page.locator(f"#l{meal}-quantite")
    field.fill("")
    field.press_sequentially("12,5")
    expect(page.locator(f"#montant-{meal}")).to_have_text("187,50\u00a0€")
    expect(page.locator("#total-en-bas")).to_have_text("1\u202f267,50\u00a0€")
    expect(page.locator("#maison")).to_contain_text("1\u202f267,50\u00a0€")
    expect(field).to_be_focused()
    expect(field).to_have_value("12,5")
    page.locator(f"#monter-{meal}").click()  # what was typed goes along
    expect(page.locator(f"#descendre-{meal}")).to_be_focused()
    expect(page.locator(f"#l{meal}-quantite")).to_have_value("12,5")
    assert [(each.id, each.quantite) for each in queries.fresh(1).lignes] == [(meal, 1250), (hour, 900)]


def test_without_javascript_one_saves_and_sees(visit, devis):
    meal = devis.lignes[1].id
    page = visit(devis.action.bienveillant, java_script_enabled=False)
    page.goto("/devis/1")
    page.locator(f"#l{meal}-prix").fill("20")
    page.locator(f"#l{meal}-prix").press("Enter")
    expect(page.locator(f"#montant-{meal}")).to_have_text("200,00\u00a0€")
    expect(page.locator("#total-en-bas")).to_have_text("1\u202f280,00\u00a0€")


def test_what_was_typed_and_not_saved_comes_back_with_the_back_button(visit, devis):
    meal = devis.lignes[1].id
    page = visit(devis.action.bienveillant)
    page.goto("/devis/1")
    page.locator(f"#l{meal}-quantite").fill("8")
    page.goto("/")
    page.go_back()
    expect(page.locator(f"#l{meal}-quantite")).to_have_value("8")
