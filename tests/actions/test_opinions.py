"""The opinion of a pôle against time and against its other members: written over, too late, of before the sheet changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import avis, commands, decalage, interpole
from portal.actions.deliberation import Avis, Sens
from portal.actions.models import Etat, reading
from portal.db import db
from portal.poles import commands as poles
from portal.poles.models import Genre
from tests import builders
from tests.builders import against, favorable

FAVORABLE = {"technique": "favorable", "ethique": "favorable", "organisationnelle": "favorable"}


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport", "Communs")


@pytest.fixture
def action(zoe, house):
    return builders.in_validation(zoe, house["Culture"])


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(node) -> str:
    return " ".join(node.get_text(" ").replace("\u00a0", " ").split())


def fields_of(form) -> dict[str, str]:
    """What a form sends as it was shown."""
    chosen = {e["name"]: e["value"] for e in form.select("[type=radio][checked], [type=hidden]")}
    return chosen | {e["name"]: e.get_text().strip("\n") for e in form.select("textarea")}


def tab(client, action):
    return page(client.get(f"/actions/{action.id}/validation")).main


# --- two members of one pôle -------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_gesture_of_a_page_of_before_erases_nothing_and_shows_both(as_, action, house):
    jardin, other = house["Jardin"], builders.personne("Autre membre")
    builders.join(other, jardin.pole)
    late = as_(other)
    form = tab(late, action).select_one("#avis form.une-action")
    builders.opinion(action, jardin, against("ethique", "Trop de publicité."))
    db.session.commit()
    answer = late.post(form["action"], data=fields_of(form))
    assert (answer.status_code, db.session.scalars(select(Avis)).one().sens) == (409, Sens.DEFAVORABLE)
    shown = page(answer).select_one("#avis .carte")
    assert "pendant que tu écrivais" in words(shown)
    assert [words(theirs) for theirs in shown.select(".encart .citation")] == ["Défavorable", "Trop de publicité."]
    again = fields_of(shown.select_one("form.bulletin"))
    assert again.items() >= FAVORABLE.items()
    assert late.post(form["action"], data=again).status_code == 303
    db.session.expire_all()
    assert db.session.scalars(select(Avis)).one().sens is Sens.FAVORABLE


def test_a_change_over_a_change_is_shown_as_much(as_, action, house):
    jardin = house["Jardin"]
    builders.opinion(action, jardin, against("ethique", "Trop de publicité."))
    member = as_(jardin.member)
    form = tab(member, action).select_one("form.bulletin")
    builders.opinion(action, jardin, against("technique", "Pas de sono."))
    typed = fields_of(form) | {"ethique": "reserve", "mot_ethique": "À voir."}
    answer = member.post(form["action"], data=typed)
    assert answer.status_code == 409
    back = page(answer).select_one("form.bulletin")
    assert fields_of(back).items() >= {"ethique": "reserve", "mot_ethique": "À voir.", "technique": "defavorable"}.items()
    assert member.post(form["action"], data=fields_of(back)).status_code == 303


def test_two_who_say_the_same_do_not_collide(as_, action, house):
    member = as_(house["Jardin"].member)
    form = tab(member, action).select_one("#avis form.une-action")
    assert [member.post(form["action"], data=fields_of(form)).status_code for _ in range(2)] == [303, 303]


# --- a pôle that is asked no more ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "more"), [("prendre_en_charge", {}), ("passer", {"motif": "Pas pour nous."})])
def test_the_page_of_one_pole_does_not_answer_for_another(as_, zoe, house, slug, more):
    both = house["Culture"].member
    builders.join(both, house["Jardin"].pole)
    action = builders.proposed(zoe, house["Culture"].pole)
    member = as_(both)
    form = tab(member, action).select_one(f"form[action$={slug}]")
    interpole.propose(action, house["Jardin"].pole, by=zoe)
    db.session.commit()
    assert member.post(form["action"], data=fields_of(form) | more).status_code == 409
    db.session.expire_all()
    assert (action.etat, action.pole_porteur.nom) == (Etat.PROPOSEE, "Jardin")
    assert member.post(form["action"], data=fields_of(tab(member, action).select_one(f"form[action$={slug}]")) | more).location


# --- what is not known before one has spoken -----------------------------------------------------------------------


def test_closing_before_ones_own_pole_has_spoken_says_nothing_of_the_others(as_, action, house):
    builders.opinion(action, house["Sport"], against("ethique"))
    for name in ("Culture", "Communs"):
        builders.opinion(action, house[name], favorable())
    jardin = as_(house["Jardin"].member)
    answer = jardin.post(f"/actions/{action.id}/valider")
    assert answer.status_code == 409
    assert "L’avis de ton pôle d’abord" in words(page(answer).main)
    assert "avis défavorable" not in words(page(answer).main)
    builders.opinion(action, house["Jardin"], favorable())
    assert "Pôle Sport : avis défavorable" in words(page(jardin.post(f"/actions/{action.id}/valider")).main)


# --- the last day is over --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_after_the_last_day_a_silent_pole_is_no_more_awaited_nor_heard_online(as_, action, house):
    jardin = house["Jardin"]
    builders.opinion(action, house["Sport"], against("ethique", "Trop de publicité."))
    with clock.freeze(action.avis_avant + timedelta(minutes=1)):
        assert avis.awaiting_opinion_of(jardin.member) == []
        member = as_(jardin.member)
        answer = member.post(f"/actions/{action.id}/avis/{jardin.pole.id}", data=FAVORABLE | {"mot_ethique": "Tard."})
        assert (answer.status_code, len(db.session.scalars(select(Avis)).all())) == (409, 1)
        assert "Les avis se donnaient en ligne jusqu’au" in words(page(answer).main)
        assert "Tard." in answer.text
        shown = tab(member, action)
        assert not shown.select("#avis form")
        assert "Trop de publicité." in words(shown)
        assert "Attendu" not in words(shown)
        assert "une réunion décide" in words(shown.select_one("#decider"))


def test_a_pole_that_spoke_in_time_may_still_change_its_mind(action, house):
    for name in ("Culture", "Jardin", "Sport"):
        builders.opinion(action, house[name], against("ethique") if name == "Sport" else favorable())
    with clock.freeze(action.avis_avant + timedelta(days=2)):
        builders.opinion(action, house["Sport"], favorable())
        interpole.close(action, by=house["Sport"].member)
    assert action.etat is Etat.VALIDEE


# --- the sheet moved under it ------------------------------------------------------------------------------------------


def test_an_opinion_of_before_another_date_says_so_until_its_pole_stands_by_it(as_, action, house, zoe):
    builders.opinion(action, house["Sport"], favorable())
    week = timedelta(days=7)
    with clock.freeze(clock.now() + timedelta(minutes=5)):
        decalage.shift(action, by=zoe, debut=action.debut + week, fin=action.fin + week, motif="La cour est prise.")
    assert "la fiche a été modifiée depuis" in words(tab(as_(zoe), action))
    with clock.freeze(clock.now() + timedelta(minutes=10)):
        builders.opinion(action, house["Sport"], favorable())
        assert "modifiée depuis" not in words(tab(as_(zoe), action))


@pytest.mark.parametrize(("said", "older"), [({"telephone": "+262692000099"}, False), ({"nom": "Une banque"}, True)])
def test_who_asks_counts_for_an_opinion_and_not_how_to_reach_them(as_, action, house, zoe, said, older):
    builders.opinion(action, house["Sport"], favorable())
    with clock.freeze(clock.now() + timedelta(minutes=5)):
        commands.edit(action, by=zoe, read=reading(action.sheet), demandeur=said)
    assert ("modifiée depuis" in words(tab(as_(zoe), action))) is older


# --- who has no voice any more -----------------------------------------------------------------------------------------


def test_a_pole_that_became_a_groupe_blocks_nothing(action, house):
    for name in ("Culture", "Jardin", "Communs"):
        builders.opinion(action, house[name], favorable())
    builders.opinion(action, house["Sport"], against("ethique"))
    poles.save_pole(house["Sport"].pole, nom="Sport", genre=Genre.GROUPE, description="", by=None)
    assert [voix.pole.nom for voix in avis.tally(action).voix] == ["Communs", "Culture", "Jardin"]
    interpole.close(action, by=house["Jardin"].member)
    assert [voix.pole.nom for voix in avis.tally(action).voix] == ["Communs", "Culture", "Jardin", "Sport"]  # what was said


def test_a_groupe_is_told_so_before_its_words_are_looked_at(as_, action):
    cook = builders.personne("Ginette")
    kitchen = builders.pole("Cuisine", Genre.GROUPE, [cook])
    answer = as_(cook).post(f"/actions/{action.id}/avis/{kitchen.id}", data={"technique": "x"})
    assert (answer.status_code, "seuls les pôles qui ont au moins un membre" in answer.text) == (409, True)


# --- the date of a decision --------------------------------------------------------------------------------------------


def test_a_decision_of_years_ago_is_a_slip_of_the_finger(as_, action, house):
    said = {"favorable": "favorable", "ou": "reunion", "le": "2001-03-03", "presents": "Tous", "compte_rendu": "Oui."}
    answer = as_(house["Sport"].member).post(f"/actions/{action.id}/decision", data=said)
    assert answer.status_code == 422
    assert "vérifie l’année" in words(page(answer).select_one("#le-erreur"))
