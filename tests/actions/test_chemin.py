"""Where an action stands, and whose move it is, whatever its state."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions.chemin import awaited, way
from portal.actions.models import STOPPED, Etat
from portal.db import db
from tests import builders


@pytest.fixture
def action(app):
    return builders.action(builders.bienveillant())


@pytest.mark.parametrize("etat", Etat)
def test_each_state_has_its_place_on_the_way_or_has_left_it(action, etat):
    db.session.expunge(action)
    action.__dict__["etat"] = etat
    steps = way(action)
    assert (len(steps), sum(s.is_here for s in steps)) == ((0, 0) if etat in STOPPED else (8, 1))
    assert [s.is_done for s in steps] == sorted((s.is_done for s in steps), reverse=True)
    assert bool(awaited(action)) is (etat not in STOPPED and etat is not Etat.SOLDEE)


def test_a_request_says_who_is_to_take_it_then_to_answer_then_to_propose_it(action):
    action = builders.action(action.bienveillant, confirmed=False)
    taker, action.bienveillant = action.bienveillant, None
    db.session.flush()
    assert awaited(action) == "Une personne bienveillante la prend et répond."
    action.bienveillant = taker
    db.session.flush()
    assert awaited(action) == f"Zoé Hoarau répond à {action.demandeur.nom}."
    action.repondue_le = clock.now()
    assert awaited(action) == "Zoé Hoarau la propose à un pôle."


def test_the_pole_that_is_asked_is_named_in_a_sentence(action):
    culture = builders.pole("culture", members=[builders.personne()])
    assert awaited(builders.proposed(action.bienveillant, culture)) == "Le pôle culture dit s’il la porte."


def test_the_one_who_sets_it_up_is_told_so(action):
    assert awaited(action, action.bienveillant_id) == "Tu publies les missions et prépares le jour J."
    assert awaited(action, builders.bienveillant("Bruno Ozoux").id) == "Zoé Hoarau publie les missions et prépare le jour J."


def test_a_confirmed_action_whose_date_has_passed_asks_for_the_closing(action):
    assert "publie les missions" in awaited(action)
    with clock.freeze(action.fin):
        assert "ferme le site" in awaited(action)


def test_every_tab_of_an_action_shows_the_way(action, as_):
    client = as_(action.bienveillant)
    for path in (f"/actions/{action.id}", f"/actions/{action.id}/programme", f"/missions/action/{action.id}"):
        here = BeautifulSoup(client.get(path).text, "html5lib").select("ol.chemin [aria-current=step]")
        assert [item.get_text(strip=True) for item in here] == ["Préparation"], path
