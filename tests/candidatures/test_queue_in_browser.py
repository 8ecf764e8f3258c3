"""The queue on a phone and from the keyboard: only the row and the counters move."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.candidatures.models import Etat
from portal.db import db
from tests import builders

pytestmark = pytest.mark.browser


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def waiting(zoe):
    mission = builders.mission(builders.action(zoe), places=2)
    made = [builders.candidature(mission, nom=nom) for nom in ("Ali Un", "Bé Deux", "Cé Trois")]
    db.session.commit()
    return made


def states(waiting) -> list[Etat]:
    db.session.expire_all()
    found = [c.etat for c in waiting]
    db.session.rollback()
    return found


def test_from_the_keyboard(visit, zoe, waiting):
    page = visit(zoe)
    page.goto("/candidatures/")
    page.wait_for_function("window.htmx")  # it comes once the page is there: until then an answer draws the whole page anew
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_text("2 attendent ta réponse.")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("l")
    expect(page.get_by_text("1 attend ta réponse.")).to_be_visible()
    assert states(waiting) == [Etat.ACCEPTEE, Etat.LISTE_ATTENTE, Etat.DEPOSEE]
    expect(page.locator("li.candidature", has_text="Bé Deux")).to_be_focused()
    page.keyboard.press("z")
    expect(page.get_by_text("2 attendent ta réponse.")).to_be_visible()
    assert states(waiting) == [Etat.ACCEPTEE, Etat.DEPOSEE, Etat.DEPOSEE]


def test_in_bulk_the_bar_comes_with_the_first_tick_and_says_what_was_done(visit, zoe, waiting):
    page = visit(zoe)
    page.goto("/candidatures/")
    bulk = page.locator("#lot")
    expect(bulk).to_be_hidden()
    for nom in ("Ali Un", "Bé Deux", "Cé Trois"):
        page.get_by_label(nom).check()
    bulk.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("2 acceptées, 1 non\u00a0: complet")).to_be_visible()
    assert states(waiting) == [Etat.ACCEPTEE, Etat.ACCEPTEE, Etat.DEPOSEE]


def test_without_javascript_everything_still_works(visit, zoe, waiting):
    page = visit(zoe, java_script_enabled=False)
    page.goto("/candidatures/")
    page.locator("li.candidature", has_text="Ali Un").get_by_role("button", name="Accepter").click()
    page.wait_for_url("**/candidatures/")
    assert states(waiting)[0] is Etat.ACCEPTEE
    page.locator("li.candidature", has_text="Bé Deux").locator("summary").click()
    page.get_by_role("button", name="Refuser Bé").click()  # nothing leaves without a reason
    assert states(waiting)[1] is Etat.DEPOSEE
    page.locator("li.candidature", has_text="Bé Deux").get_by_label("Motif").select_option(
        label="Le créneau ne correspond pas."
    )
    page.get_by_role("button", name="Refuser Bé").click()
    page.wait_for_url("**/candidatures/")
    assert states(waiting)[1] is Etat.REFUSEE


def test_a_clash_is_said_on_the_row_and_may_be_overridden(visit, zoe):
    awa = builders.personne()
    action = builders.action(zoe)
    builders.hold(builders.mission(action, titre="Cuisine"), awa)
    candidature = builders.candidature(builders.mission(action), awa)
    page = visit(zoe)
    page.goto("/candidatures/")
    page.get_by_role("button", name="Accepter", exact=True).first.click()
    expect(page.locator("li.candidature").get_by_role("alert")).to_contain_text("déjà prise")
    page.get_by_role("button", name="Accepter quand même").click()
    expect(page.get_by_text("Annuler la réponse")).to_be_visible()
    assert states([candidature]) == [Etat.ACCEPTEE]
