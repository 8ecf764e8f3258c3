"""Two people, one browser: a page that bears the name of the first takes in nothing that is said to the second."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.db import db
from tests import builders
from tests.comptes.test_sessions import PASSWORD


@pytest.fixture
def admins(app):
    made = [
        builders.personne(nom, [builders.ADMIN], email=f"{who}@example.org", password=PASSWORD)
        for nom, who in (("Zoé Grondin", "zoe"), ("Max Técher", "max"))
    ]
    db.session.commit()
    return made


def test_a_part_of_a_page_says_whose_it_is_and_a_public_one_nobody_s(admins, as_, client):
    zoe, _ = admins
    assert as_(zoe).get("/reglages/personnes/", headers={"HX-Request": "true"}).headers["X-Compte"] == str(zoe.id)
    assert "X-Compte" not in client.get("/missions/", headers={"HX-Request": "true"}).headers


@pytest.mark.browser
def test_what_is_read_for_whoever_signed_in_since_is_not_shown_under_the_first_one_s_name(visit, admins):
    page = visit(admins[0])
    page.goto("/reglages/personnes/")
    page.wait_for_function("() => window.htmx")
    page.context.clear_cookies()
    tab = page.context.new_page()
    tab.goto("/comptes/connexion")
    tab.fill("[name=email]", "max@example.org")
    tab.fill("[name=mot_de_passe]", PASSWORD)
    tab.get_by_role("button", name="Se connecter", exact=True).click()
    tab.wait_for_url(lambda url: "connexion" not in url)
    with page.expect_response("**/reglages/personnes/?**"):
        page.get_by_role("searchbox").fill("zzz")
    expect(page.locator("#toasts")).to_contain_text("Quelqu’un d’autre est connecté ici")
    expect(page.locator("#liste")).to_contain_text("Max Técher")
