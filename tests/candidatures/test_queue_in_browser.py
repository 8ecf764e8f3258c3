"""The queue on a phone and from the keyboard: only the row and the counters move."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from portal.candidatures.models import Etat
from portal.comptes.models import Session
from portal.db import db
from tests import builders
from tests.comptes.test_sessions import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def zoe(app):
    return builders.personne("Zoé Grondin", [builders.BIENVEILLANT], email="zoe@example.org", password=PASSWORD)


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
    page.wait_for_function("() => window.htmx")  # until then an answer draws the whole page anew
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


def written_then_signed_out(page):
    """The row of Ali, a word typed in it, and the session closed elsewhere; the sentence that says so leads to the door."""
    page.goto("/candidatures/")
    page.wait_for_function("() => window.htmx")
    row = page.locator("li.candidature", has_text="Ali Un")
    row.locator("summary", has_text="Refuser").click()
    row.get_by_label("Motif").select_option(index=1)
    row.get_by_label("Un mot pour la personne").fill("Reviens samedi prochain.")
    db.session.execute(delete(Session))
    db.session.commit()
    row.get_by_role("button", name="Refuser Ali").click()
    expect(page.locator("#toasts")).to_contain_text("La connexion s’est fermée")
    return row


def sign_in_elsewhere(page, email: str) -> None:
    with page.context.expect_page() as opened:
        page.locator("#toasts").get_by_role("button", name="Se connecter").click()
    tab = opened.value
    tab.fill("[name=email]", email)
    tab.fill("[name=mot_de_passe]", PASSWORD)
    tab.get_by_role("button", name="Se connecter", exact=True).click()
    tab.wait_for_url(lambda url: "connexion" not in url)
    tab.close()


def come_back(page) -> None:
    with page.expect_response("**/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # here, each tab believes it is in sight


@pytest.mark.parametrize("tried", [False, True], ids=["back in sight", "tried again"])
def test_signed_out_elsewhere_a_word_stays_and_leaves_once_signed_in_again_in_another_tab(visit, zoe, waiting, tried):
    """The page takes the new session's token when it comes back in sight; or once the old one was refused."""
    page = visit(zoe)
    row = written_then_signed_out(page)
    sign_in_elsewhere(page, "zoe@example.org")
    if tried:
        with page.expect_response("**/"):
            row.get_by_role("button", name="Refuser Ali").click()
    else:
        come_back(page)
    row.get_by_role("button", name="Refuser Ali").click()
    expect(page.get_by_text("2 attendent ta réponse.")).to_be_visible()
    assert states(waiting)[0] is Etat.REFUSEE


def test_what_one_typed_never_leaves_in_the_name_of_who_signs_in_after_them(visit, zoe, waiting):
    builders.personne("Max Técher", [builders.BIENVEILLANT], email="max@example.org", password=PASSWORD)
    db.session.commit()
    page = visit(zoe)
    row = written_then_signed_out(page)
    sign_in_elsewhere(page, "max@example.org")
    come_back(page)
    expect(page.locator("#toasts")).to_contain_text("Quelqu’un d’autre est connecté ici")
    row.get_by_role("button", name="Refuser Ali").click()
    expect(page.locator("#toasts")).to_contain_text("n’est plus à jour")
    expect(row.get_by_label("Un mot pour la personne")).to_have_value("Reviens samedi prochain.")
    assert states(waiting)[0] is Etat.DEPOSEE


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
