"""From the mail on a phone to the day that is theirs: opened, read, accepted, and both sides see it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from portal import reglage
from portal.db import db
from portal.devis import commands, queries
from portal.devis.models import Etat, Unite
from portal.notifications import messages
from tests import builders
from tests.test_every_page import AXE, CONTRAST, RULES, told

pytestmark = pytest.mark.browser


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def devis(zoe):
    action = builders.validated(zoe)
    reglage.change(reglage.CONDITIONS, "1. Toute heure commencée est due.", by=zoe)
    reglage.change(reglage.TELEPHONE, "0262 12 34 56", by=zoe)
    draft = builders.devis(action)
    line = {"quantite": 120_00, "unite": Unite.PERSONNE, "prix": 14_50, "taux": 210}
    commands.add(draft, by=zoe, libelle="Carry poulet, riz, grains, rougail et salade de palmiste", remise=1000, **line)
    commands.add(draft, by=zoe, libelle="x" * 120, comprise=True, pole_id=builders.pole("Cuisine").id, **line)
    made = builders.sent(action)
    db.session.commit()
    db.session.refresh(made)
    db.session.expunge(made)  # what the test reads of it takes no lock while the portal works
    db.session.rollback()
    return made


def mailed(outbox) -> str:
    """The path of the link, as the mail to the demandeur has it."""
    [message] = [m for m in outbox() if m.genre == "devis_envoye"]
    found = re.search(r"https?://\S+/devis/lien/\S+", messages.render(message.genre, message.faits).texte)
    assert found
    db.session.rollback()
    return urlsplit(found[0]).path


def fits(page: Page) -> None:
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    small = page.evaluate(
        "[...document.querySelectorAll('main :is(button, a.bouton, summary, input:not([type=hidden], .choix *))')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 80))"
    )
    assert not small


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_the_link_of_the_mail_is_opened_read_and_accepted_on_a_phone(visit, devis, zoe, outbox, script):
    page = visit(java_script_enabled=script)
    page.goto(mailed(outbox))
    expect(page.get_by_role("heading", name=f"Devis {devis.numero}")).to_be_visible()
    expect(page.get_by_text("2 646,00").first).to_be_visible()
    conditions, name = page.get_by_text("Toute heure commencée est due"), page.get_by_label("Votre nom")
    assert conditions.bounding_box()["y"] < name.bounding_box()["y"]
    if script:
        fits(page)
    name.fill("Armelle Gigan")
    page.get_by_label("J’ai lu le devis").check()
    page.get_by_role("button", name="J’accepte ce devis").click()
    expect(page.get_by_text("Vous avez accepté ce devis")).to_be_visible()
    page.get_by_role("link", name="votre page").click()
    expect(page.get_by_text("C’est confirmé : la date est à vous.")).to_be_visible()
    expect(page.get_by_role("link", name="Relire le devis")).to_be_visible()
    assert queries.fresh(devis.id).etat is Etat.ACCEPTE
    db.session.commit()

    team = visit(zoe, java_script_enabled=script)
    team.goto(f"/devis/{devis.id}")
    expect(team.get_by_text("Armelle Gigan")).to_be_visible()
    team.goto(f"/actions/{devis.action_id}")
    expect(team.get_by_text("Confirmée", exact=True).first).to_be_visible()


def test_a_change_that_is_asked_for_on_a_phone_is_answered_on_their_page(visit, devis, zoe, outbox):
    page = visit()
    page.goto(mailed(outbox))
    page.get_by_text("Demander un changement").tap()
    page.get_by_label("Ce que vous aimeriez changer").fill("Sans le repas.")
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.get_by_text("L’équipe vous répond sur votre page.")).to_be_visible()
    expect(page.get_by_text("Vous avez demandé un changement")).to_be_visible()
    team = visit(zoe)
    team.goto(f"/actions/{devis.action_id}/echanges")
    expect(team.get_by_text("Sans le repas.")).to_be_visible()
    team.get_by_label("Ta réponse").fill("D’accord, on vous en prépare un autre.")
    team.get_by_role("button", name="Envoyer", exact=True).tap()
    expect(team.get_by_role("listitem").filter(has_text="D’accord, on vous en prépare un autre.")).to_be_visible()
    page.get_by_role("link", name="votre page").tap()
    expect(page.get_by_text("D’accord, on vous en prépare un autre.")).to_be_visible()


def test_an_acceptance_by_telephone_is_noted_and_taken_back_on_a_phone(visit, devis, zoe):
    page = visit(zoe)
    page.goto(f"/devis/{devis.id}")
    fits(page)
    page.get_by_role("link", name="Noter un accord").tap()
    expect(page.get_by_role("heading", name="Noter un accord")).to_be_visible()
    fits(page)
    page.get_by_label("Par téléphone").check()
    page.get_by_label("Qui a dit oui").fill("Armelle Gigan")
    page.get_by_label("Ce qui le prouve").fill("Elle a rappelé à midi.")
    page.get_by_role("button", name="Noter l’accord").tap()
    expect(page.get_by_text("Accord noté")).to_be_visible()
    expect(page.get_by_text("Elle a rappelé à midi.")).to_be_visible()
    page.get_by_role("link", name="Annuler l’accord").tap()
    page.get_by_label("Pourquoi").fill("C’était pour une autre date.")
    page.get_by_role("button", name="Annuler l’accord").tap()
    expect(page.get_by_text("Accord annulé", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Noter un accord")).to_be_visible()


def test_the_pages_of_the_devis_are_read_by_everybody(visit, devis, zoe, outbox):
    page, faults = visit(zoe, bypass_csp=True, reduced_motion="reduce"), []
    page.add_init_script(AXE)
    team = [f"/devis/{devis.id}{end}" for end in ("", "/accord", "/refus")]
    for url in (mailed(outbox), *team):
        page.goto(url)
        fits(page)
        page.set_viewport_size({"width": 360, "height": page.evaluate("document.documentElement.scrollHeight")})
        for scheme, rules in (("light", RULES), ("dark", CONTRAST)):
            page.emulate_media(color_scheme=scheme)
            result = page.evaluate("rules => axe.run(document, rules)", rules)
            faults += [f"{url} ({scheme}): {told(violation)}" for violation in result["violations"]]
    assert not faults, "\n".join(faults)
