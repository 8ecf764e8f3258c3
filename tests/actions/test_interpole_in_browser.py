"""From a request to a validated action, on phones: by the pôles one after the other, then by a meeting."""

from __future__ import annotations

import re

import pytest

from portal.actions.deliberation import Avis, Sens
from portal.actions.models import Etat
from portal.db import db
from tests import builders

pytestmark = pytest.mark.browser


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport")


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def test_an_action_finds_its_pole_and_the_poles_validate_it(visit, zoe, house):
    action = builders.action(zoe, confirmed=False, titre="Concert au jardin")
    db.session.commit()
    path = f"/actions/{action.id}/validation"
    people = {name: visit(house[name].member) for name in house}
    sets_up = visit(zoe)
    sets_up.goto(path)
    sets_up.get_by_label("À quel pôle").select_option("Jardin")
    press(sets_up, "Proposer à ce pôle")

    jardin = people["Jardin"]
    jardin.goto("/poles/")
    jardin.get_by_role("link", name="Concert au jardin").click()
    jardin.get_by_text("La passer").first.click()
    jardin.get_by_label("Pourquoi").fill("C’est d’abord un concert.")
    jardin.get_by_label("À qui la passer").select_option("Culture")
    press(jardin, "La passer")

    people["Culture"].goto(path)
    press(people["Culture"], "Le pôle Culture la porte")
    press(people["Culture"], "Favorable, sans réserve")
    people["Jardin"].goto(path)
    press(people["Jardin"], "Favorable, sans réserve")

    sport = people["Sport"]
    sport.goto("/poles/")
    sport.get_by_role("link", name=re.compile("pour le pôle Sport")).click()
    sport.get_by_text("Répondre point par point").click()
    for criterion, answer in (("Technique", "Réserve"), ("Éthique", "Favorable"), ("Organisationnelle", "Favorable")):
        sport.get_by_role("group", name=criterion).get_by_label(answer, exact=True).check()
    words = sport.get_by_label("Ce qui retient le pôle").locator("visible=true")
    assert words.count() == 1  # a comment is asked where there is a doubt
    words.fill("Une sono à louer.")
    press(sport, "Enregistrer l’avis du pôle")
    press(sport, "Clore : l’action est validée")
    db.session.expire_all()
    assert action.etat is Etat.VALIDEE
    said = {row.pole.nom: row.sens for row in db.session.query(Avis)}
    assert said == {"Culture": Sens.FAVORABLE, "Jardin": Sens.FAVORABLE, "Sport": Sens.RESERVE}


def test_a_meeting_decides_in_front_of_everybody(visit, zoe, house):
    actions = [builders.in_validation(zoe, house["Culture"], titre=titre) for titre in ("Concert", "Marché")]
    db.session.commit()
    screen = visit(house["Sport"].member, viewport={"width": 1280, "height": 800}, is_mobile=False)
    screen.goto("/actions/reunion")
    for titre, verdict in (("Concert", "Favorable"), ("Marché", "Défavorable")):
        assert screen.locator("h1").inner_text() == titre
        screen.get_by_label(re.compile(f"^{verdict}")).check()
        screen.get_by_label("Qui était là").fill("Culture, Sport")
        screen.get_by_label("Ce qui s’est dit").fill("Vu ensemble.")
        press(screen, "Enregistrer la décision")
    assert screen.get_by_text("Aucune action n’attend de décision").is_visible()
    db.session.expire_all()
    assert [action.etat for action in actions] == [Etat.VALIDEE, Etat.REFUSEE]
