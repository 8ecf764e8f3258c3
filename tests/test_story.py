"""The whole story, played once in a real browser on a phone of 360 px: apply, accept, priority, open, follow, close."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal import clock
from portal.actions.models import Etat as EtatAction
from portal.candidatures.models import Candidature, Etat
from portal.db import db
from portal.missions.models import UNDO, Affectation
from tests import builders

pytestmark = pytest.mark.browser
PASSWORD = "trois mots au hasard"


@pytest.fixture
def morning(app):
    """Seven in the morning of the day: everything to come is today."""
    with clock.freeze(builders.in_days(0, 7)):
        yield


@pytest.fixture
def action(morning):
    zoe = builders.personne("Zoé Hoarau", [builders.BIENVEILLANT], email="zoe@example.org", password=PASSWORD)
    action = builders.action(zoe, titre="C’est mon patrimoine", debut=builders.in_days(0, 9), fin=builders.in_days(0, 18))
    for titre, start, end in (("Accueil", 9, 10), ("Ronkozé", 10, 12)):
        slot = {"debut": builders.in_days(0, start), "fin": builders.in_days(0, end)}
        builders.actions.add_step(action, by=zoe, titre=titre, **slot, lieu="", piste="", ancre=False)
    builders.mission(action, titre="Accueillir le public", debut=builders.in_days(0, 9), fin=builders.in_days(0, 12))
    builders.referent_mission(action)
    db.session.commit()
    return action


def tap(page: Page, name: str, within: str = "main, .barre") -> None:
    page.locator(within).get_by_role("button", name=name).or_(page.locator(within).get_by_role("link", name=name)).first.click()


def test_the_whole_story(visit, action):
    lea, zoe = visit(), visit()

    lea.goto("/")
    tap(lea, "Accueillir le public")
    tap(lea, "Je candidate")
    lea.get_by_label("Ton nom").fill("Léa Grondin")
    lea.get_by_label("Ton adresse e-mail").fill("lea@example.org")
    lea.get_by_label(re.compile("Ton téléphone")).fill("0692 12 34 56")
    lea.get_by_label(re.compile("J’ai lu")).check()
    tap(lea, "Envoyer ma candidature")
    expect(lea.get_by_text("Elle est bien arrivée")).to_be_visible()

    zoe.goto("/candidatures/")
    zoe.get_by_label("Adresse e-mail").fill("zoe@example.org")
    zoe.get_by_label("Mot de passe").fill(PASSWORD)
    tap(zoe, "Se connecter")
    expect(zoe.get_by_text("1 attend ta réponse.")).to_be_visible()
    tap(zoe, "Accepter")
    expect(zoe.get_by_text("Rien n’attend ta réponse.")).to_be_visible()
    expect(zoe.get_by_text("Annuler la réponse")).to_be_visible()
    with clock.freeze(clock.now() + UNDO):
        lea.reload()
        expect(lea.get_by_text("on compte sur toi")).to_be_visible()

    zoe.goto("/missions/")
    tap(zoe, "Référent de la journée")
    tap(zoe, "Je prends le poste")
    expect(zoe.get_by_text("Le poste de référent est à toi")).to_be_visible()

    the_day(zoe)

    db.session.expire_all()
    assert action.etat is EtatAction.TERMINEE
    assert db.session.scalars(select(Candidature)).one().etat is Etat.ACCEPTEE
    assert len(db.session.scalars(select(Affectation).where(Affectation.libere_le.is_(None))).all()) == 2


def the_day(zoe: Page) -> None:
    zoe.goto("/")
    tap(zoe, "C’est mon patrimoine")
    expect(zoe.get_by_role("heading", level=1)).to_have_text("C’est mon patrimoine")
    zoe.locator("summary", has_text="Ouvrir sans attendre").click()
    zoe.get_by_label(re.compile("Pourquoi ouvrir")).fill("Le contrôle des issues finit dans cinq minutes.")
    tap(zoe, "Ouvrir quand même")
    expect(zoe.locator("#maintenant").get_by_text("Site ouvert")).to_be_visible()

    zoe.get_by_role("button", name="Arrivée, Léa Grondin").click()
    expect(zoe.get_by_role("button", name="Arrivée, Léa Grondin")).to_have_attribute("aria-pressed", "true")

    for running in ("Accueil", "Ronkozé"):
        tap(zoe, f"Commencer : {running}", ".barre")
        expect(zoe.locator("#maintenant .quoi")).to_contain_text(running)
        zoe.wait_for_timeout(600)  # sooner, it would be the same tap twice

    zoe.get_by_label(re.compile("Un mot pour la suite")).fill("Poubelles à sortir demain.")
    tap(zoe, "Fermer quand même")
    expect(zoe.locator("#maintenant").get_by_text("Site fermé")).to_be_visible()
