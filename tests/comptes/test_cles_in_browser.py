"""Passkeys in a browser: added, used to enter and to prove, removed; where there are none, none is offered."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from portal import clock
from portal.comptes.models import FRESH, Session
from portal.db import db
from tests.comptes.test_application import looked_at
from tests.comptes.test_cles import NOTHING, PASSWORD, awa
from tests.test_every_page import AXE

__all__ = ["awa"]  # fixtures
pytestmark = pytest.mark.browser


def keyring(page) -> None:
    """A device beside this browser, that knows its owner and keeps passkeys."""
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable", {"enableUI": False})
    owns = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": {"protocol": "ctap2", "transport": "internal", **owns}})


def test_added_then_used_to_enter_and_to_prove_then_removed_in_a_browser(visit, awa):
    with clock.freeze(clock.now() - FRESH):
        page = visit(awa, bypass_csp=True, reduced_motion="reduce")
    page.add_init_script(AXE)
    keyring(page)
    page.goto("/moi/securite")
    page.get_by_label("Le nom de cette clé").fill("Le téléphone d’Awa")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    page.get_by_label("Ton mot de passe").fill(PASSWORD)  # the session's proof has grown old
    page.keyboard.press("Enter")
    page.get_by_text("touche encore").wait_for()
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    page.get_by_text("t’ouvre maintenant le portail").wait_for()
    looked_at(page)
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    page.get_by_text("garde déjà une clé d’accès pour toi").wait_for()
    page.get_by_role("button", name="Se déconnecter").first.click()
    page.get_by_role("link", name="Connexion").click()
    looked_at(page)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.get_by_role("link", name="Awa", exact=True).wait_for()
    db.session.execute(update(Session).values(prouvee_le=clock.now() - FRESH))
    db.session.commit()
    page.goto("/moi/securite")
    page.get_by_role("link", name="Le téléphone d’Awa").click()
    looked_at(page)
    page.get_by_role("button", name="Retirer cette clé").click()
    page.get_by_role("heading", name="Prouve que c’est toi").wait_for()
    looked_at(page)
    page.get_by_role("button", name="Prouver avec ma clé d’accès").click()
    page.get_by_text("n’ouvre plus rien ici").wait_for()
    page.get_by_role("button", name="Se déconnecter").first.click()
    page.get_by_role("link", name="Connexion").click()
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.get_by_text(NOTHING).wait_for()
    assert page.get_by_role("link", name="Awa", exact=True).count() == 0


def test_a_browser_without_them_offers_none(visit, awa):
    page = visit(awa)
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/moi/securite")
    page.get_by_text("ne sait pas ajouter de clé d’accès").wait_for()
    assert page.get_by_role("button", name="Ajouter une clé d’accès").count() == 0


def test_at_an_address_in_digits_the_address_is_why(browser, as_, awa):
    """The portal's own page and script, as they would come from a number."""
    client = as_(awa)

    def serve(route) -> None:
        answer = client.get(urlsplit(route.request.url).path)
        route.fulfill(status=answer.status_code, content_type=answer.content_type, body=answer.data)

    page = browser.new_page()
    page.route("**/*", serve)
    page.goto("http://127.0.0.1/moi/securite")
    page.get_by_text("À une adresse en chiffres, une clé d’accès ne peut pas s’ajouter").wait_for(timeout=5000)
    assert page.get_by_text("ne sait pas ajouter de clé d’accès").count() == 0
    page.close()


def test_a_device_that_gives_nothing_is_said_and_the_password_still_enters(visit, awa):
    db.session.commit()  # the portal wants to write
    page = visit()
    page.add_init_script("navigator.credentials.get = async () => { throw new DOMException('', 'NotAllowedError'); }")
    page.goto("/comptes/connexion")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.get_by_text("n’a pas été donnée").wait_for()
    page.get_by_label("Adresse e-mail").fill("awa@example.org")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Awa", exact=True).wait_for()
