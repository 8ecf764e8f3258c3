"""What a bienveillant's home says of the requests that wait for them, and where it leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import interpole, relais
from portal.actions.processus import clore, ouvrir
from portal.db import db
from portal.devis import envoi
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


def test_a_devis_is_theirs_until_the_poles_are_asked_and_again_once_they_all_spoke(as_, zoe):
    gina = builders.personne("Gina Mussard")
    action, jardin = builders.validated(zoe), builders.pole("Jardin", members=[gina])
    devis = builders.devis(action, pole_id=jardin.id)
    assert awaited(as_(zoe)) == {"action à chiffrer": f"/devis/action/{action.id}"}
    envoi.ask_poles(devis, by=zoe)
    assert awaited(as_(zoe)) == {}
    envoi.object_to(devis, jardin, by=gina, mot="Trop de plants.")
    assert awaited(as_(zoe)) == {"action à chiffrer": f"/devis/action/{action.id}"}


def test_a_relay_is_awaited_even_once_the_day_is_over(as_, zoe):
    bruno, action = builders.bienveillant("Bruno Ozoux"), builders.action(zoe)
    for step in (ouvrir, clore):
        fire(step, action, by=zoe)
    relais.offer(action, to=bruno, by=zoe)
    db.session.commit()
    assert list(awaited(as_(bruno))) == ["action que l’on te confie"]
