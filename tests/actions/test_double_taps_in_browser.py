"""Thumbs that tap twice, phones that go back, phones without JavaScript: what was meant once is done once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.actions.models import Action, Echange, Etape
from portal.actions.tache import Tache
from portal.besoins.models import Besoin
from portal.db import db
from tests import builders
from tests.actions import walk
from tests.actions.house import House, furnished

pytestmark = pytest.mark.browser
ASKED = {"nom": "Mutuelle Tamarun", "email": "tamarun@example.org", "titre": "Séminaire", "jour": "2030-10-05"}
ASKED |= {"de": "08:30", "a": "17:00"}


@pytest.fixture
def house(app) -> House:
    return furnished()


def twice(page: Page, name: str, says: str) -> None:
    """The thumb that was not sure."""
    page.locator("main").get_by_role("button", name=name, exact=True).dblclick()
    expect(page.locator("#toasts")).to_contain_text(says)


def how_many(model: type) -> int:
    db.session.expire_all()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_request_sent_twice_then_again_after_going_back_is_one(page, house):
    page.goto("/actions/solliciter")
    walk.write(page, **ASKED)
    twice(page, "Envoyer ma demande", "votre demande est bien arrivée")
    page.go_back()
    expect(page.get_by_label("Ce que vous voulez organiser")).to_have_value("Séminaire")
    walk.write(page, titre="Séminaire de rentrée")
    walk.send(page, "Envoyer ma demande", "votre demande est bien arrivée")
    expect(page.get_by_role("heading", level=1)).to_have_text("Séminaire de rentrée")
    assert how_many(Action) == 1


def test_each_button_of_an_action_tapped_twice_does_one_thing(visit, house):
    action = builders.action(house.zoe, confirmed=False, titre="Séminaire")
    id = action.id
    page = visit(house.zoe)
    page.goto(f"/actions/{id}/echanges")
    walk.write(page, texte="Bonjour, la date nous va.")
    twice(page, "Envoyer", "Message envoyé.")
    page.goto(f"/actions/{id}/programme")
    walk.write(page, titre="Accueil")
    twice(page, "Ajouter au programme", "Étape ajoutée.")
    page.goto(f"/actions/{id}/retroplanning")
    walk.write(page, titre="Commander le pain", jours="J-3")
    twice(page, "Ajouter la tâche", "Tâche ajoutée.")
    page.goto(f"/besoins/nouveau/{id}?ressource=materiel")
    walk.write(page, materiel_id="Chaises (80)")
    twice(page, "Enregistrer et demander", "Besoin demandé")
    assert [how_many(model) for model in (Echange, Etape, Tache, Besoin)] == [1, 1, 1, 1]


def test_without_javascript_the_same_is_asked_answered_and_taken_up(visit, house):
    demandeur, zoe = (visit(who, java_script_enabled=False) for who in (None, house.zoe))
    walk.ask(demandeur, wishes=["La case"], **ASKED)
    walk.take_up(zoe, "Séminaire")
    walk.talk(zoe, demandeur)
    walk.tab(zoe, walk.NEEDS)
    walk.send(zoe, "Demander", "Besoin demandé", walk.card(zoe, "La case"))
    communs = visit(house.communs, java_script_enabled=False)
    walk.confirm(communs, "La case")
