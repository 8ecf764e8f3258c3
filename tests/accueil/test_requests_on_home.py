"""What a bienveillant's home says of the requests that wait for them, and where it leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import interpole, relais
from portal.actions.processus import clore, ouvrir
from portal.db import db
from portal.devis import commands as quotes
from portal.devis import envoi
from portal.devis.models import Unite
from portal.workflow import fire
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def awaited(client) -> dict[str, str]:
    """By what awaits, where it leads."""
    rows = BeautifulSoup(client.get("/").text, "html5lib").select(".rangees a")
    return {" ".join(row.strong.get_text(" ").split()): str(row["href"]) for row in rows}


def test_a_demandeur_whom_they_left_without_an_answer(as_, zoe):
    with clock.freeze(clock.now() - timedelta(days=9)):
        late, other = builders.request(), builders.request(titre="À un autre")
        relais.take(late, by=zoe)
        relais.take(other, by=builders.bienveillant("Bruno Ozoux"))
    relais.take(builders.request(titre="D’hier"), by=zoe)
    client = as_(zoe)
    assert list(awaited(client)) == ["demandeur sans réponse"]
    assert awaited(client)["demandeur sans réponse"] == f"/actions/{late.id}/echanges"


def test_an_action_that_its_pole_passed_back_to_nobody(as_, zoe):
    house = builders.interpole("Culture", "Jardin")
    for to in (None, house["Jardin"].pole):
        action = builders.proposed(zoe, house["Culture"].pole, titre=f"À {to}")
        interpole.pass_on(action, by=house["Culture"].member, motif="Pas nous.", to=to)
    assert list(awaited(as_(zoe))) == ["action à proposer à un pôle"]


def test_a_devis_is_theirs_until_the_poles_are_asked_and_again_once_one_objects(as_, zoe):
    gina, action = builders.personne("Gina Mussard"), builders.validated(zoe)
    jardin, cuisine = builders.pole("Jardin", members=[gina]), builders.pole("Cuisine")
    devis, theirs = builders.devis(action, pole_id=jardin.id), {"action à chiffrer": f"/devis/action/{action.id}"}
    quotes.add(devis, by=zoe, libelle="Repas", quantite=100, unite=Unite.PERSONNE, prix=12_00, taux=850, pole_id=cuisine.id)
    assert awaited(as_(zoe)) == theirs
    envoi.ask_poles(devis, by=zoe)
    assert awaited(as_(zoe)) == {}
    envoi.object_to(devis, jardin, by=gina, mot="Trop de plants.")
    assert awaited(as_(zoe)) == theirs


def test_a_devis_is_not_theirs_while_their_discount_is_to_be_approved(as_, zoe):
    devis = builders.devis(builders.validated(zoe))
    quotes.discount(devis, by=zoe, remise=50_00)
    assert awaited(as_(zoe)) == {}
    envoi.approve(devis, by=builders.bienveillant("Bruno Ozoux"))
    assert list(awaited(as_(zoe))) == ["action à chiffrer"]


def test_the_next_version_of_a_devis_is_theirs_as_the_first_one_was(as_, zoe):
    action = builders.validated(zoe)
    builders.sent(action)
    assert awaited(as_(zoe)) == {}
    quotes.draft(action, by=zoe)
    assert list(awaited(as_(zoe))) == ["action à chiffrer"]


def test_a_relay_is_awaited_even_once_the_day_is_over(as_, zoe):
    bruno, action = builders.bienveillant("Bruno Ozoux"), builders.action(zoe)
    for step in (ouvrir, clore):
        fire(step, action, by=zoe)
    relais.offer(action, to=bruno, by=zoe)
    db.session.commit()
    assert list(awaited(as_(bruno))) == ["action que l’on te confie"]
