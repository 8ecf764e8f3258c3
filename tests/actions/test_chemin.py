"""Where an action stands, and whose move it is, whatever its state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions.chemin import awaited, chiffrage, way
from portal.actions.models import STOPPED, Etat
from portal.actions.suivi import page_token
from portal.db import db
from portal.devis import accords
from portal.devis import commands as quotes
from portal.filters import jour_long
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
    assert awaited(action, action.bienveillant_id) == "Tu ouvres les missions et prépares le jour J."
    assert awaited(action, builders.bienveillant("Bruno Ozoux").id) == "Zoé Hoarau ouvre les missions et prépare le jour J."


def test_a_confirmed_action_whose_date_has_passed_asks_for_the_closing(action):
    assert "ouvre les missions" in awaited(action)
    with clock.freeze(action.fin):
        assert "ferme le site" in awaited(action)


def test_every_tab_of_an_action_shows_the_way(action, as_):
    client = as_(action.bienveillant)
    for path in (f"/actions/{action.id}", f"/actions/{action.id}/programme", f"/missions/action/{action.id}"):
        here = BeautifulSoup(client.get(path).text, "html5lib").select("ol.chemin [aria-current=step]")
        assert [item.get_text(strip=True) for item in here] == ["Préparation"], path


# --- the devis ------------------------------------------------------------------------------------------------


@pytest.fixture
def priced(app):
    return builders.validated(builders.bienveillant())


def test_a_validated_action_says_whether_its_devis_is_being_prepared(priced):
    assert awaited(priced) == "Zoé Hoarau confirme les besoins avec les pôles et prépare le devis."
    builders.devis(priced)
    assert awaited(priced, priced.bienveillant_id).startswith("Tu termines le devis, et l’envoies dès que")


def demandeur_reads(client, action) -> str:
    page = client.get(f"/actions/suivi/{page_token(action)}").text
    return BeautifulSoup(page, "html5lib").select_one("section strong").get_text().replace("\u00a0", " ")


def test_its_head_and_the_demandeur_s_page_say_what_came_of_the_devis(priced, client):
    devis, zoe = builders.sent(priced), priced.bienveillant
    until = jour_long(devis.valable_jusqu_au)
    assert awaited(priced) == f"Association DAL974 répond au devis, valable jusqu’au {until} inclus."
    assert demandeur_reads(client, priced) == "Le devis vous a été envoyé : c’est à vous d’y répondre."
    accords.refuse(devis, mot="Trop cher", by=None)
    assert awaited(priced).startswith("Association DAL974 a refusé le devis\u00a0: Zoé Hoarau en prépare une autre version")
    assert demandeur_reads(client, priced).startswith("Vous avez refusé le devis.")
    quotes.draft(priced, by=zoe)
    assert awaited(priced, zoe.id) == "Tu prépares une autre version du devis."
    assert demandeur_reads(client, priced) == "L’équipe prépare une autre version du devis."


def test_past_its_last_day_another_one_is_awaited(priced, client):
    devis = builders.sent(priced)
    priced.debut, priced.fin = priced.debut + timedelta(days=90), priced.fin + timedelta(days=90)
    db.session.commit()
    assert devis.valable_jusqu_au
    with clock.freeze(clock.start_of(devis.valable_jusqu_au + timedelta(days=1))):
        assert awaited(priced, priced.bienveillant_id) == "Le devis n’est plus valable\u00a0: tu en envoies une autre version."
        assert demandeur_reads(client, priced).startswith("Le devis n’est plus valable.")


def test_only_an_action_whose_devis_is_in_question_asks_about_it(action, priced, count_queries):
    for one, many in ((action, 1), (priced, 2)):  # the action itself, and its devis
        with count_queries() as statements:
            chiffrage(one)
        assert len(statements) == many
