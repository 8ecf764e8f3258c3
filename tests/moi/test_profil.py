"""What a person tells of themself, the missions that suit them, how they are written to."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import commands as actions
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter, refuser
from portal.comptes.models import Personne, Profil, Reception
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import Nature, annuler
from portal.moi import commands
from tests import builders as make

ALL = {"disponibilites": ["samedi-matin"], "competences": ["cuisine"], "envies": ["nature:volontaire"], "sollicitable": "y"}


@pytest.fixture
def ada(app) -> Personne:
    return make.bienveillant("Ada Robert")


@pytest.fixture
def awa(app) -> Personne:
    return make.personne("Awa Payet")


def tell(personne: Personne, **said: Any) -> None:
    nothing: dict[str, Any] = {"disponibilites": [], "competences": [], "envies": [], "sollicitable": True}
    commands.tell_profile(personne, by=personne, **(nothing | said))


def main(page) -> Any:
    return BeautifulSoup(page.text, "html.parser").main


def ticked(page) -> list[str]:
    return [box["value"] for box in main(page).select("input[type=checkbox][checked]")]


def cards(page) -> dict[str, list[str]]:
    """The title of each card, in order, and the reasons it gives."""
    found = main(page).select(".mission")
    return {
        card.select_one(".quoi").get_text(strip=True): [b.get_text() for b in card.select(".rang .badge")] for card in found
    }


# --- the profile -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_i_tell_when_i_am_free_what_i_know_and_what_i_like(awa, as_):
    culture = make.pole("Culture")
    browser = as_(awa)
    wanted = ALL | {"envies": ["nature:volontaire", f"pole:{culture.id}"]}
    answer = browser.post("/moi/profil", data=wanted)
    assert (answer.status_code, answer.location) == (303, "/moi/missions")
    told = db.session.get(Profil, awa.id)
    assert told
    assert told.disponibilites == ["samedi-matin"]
    assert (told.competences, told.envies) == (["cuisine"], ["nature:volontaire", f"pole:{culture.id}"])
    assert sorted(ticked(browser.get("/moi/profil"))) == sorted(
        ["samedi-matin", "cuisine", "nature:volontaire", f"pole:{culture.id}", "y"]
    )


@pytest.mark.both
def test_i_change_my_mind_and_clear_everything(awa, as_):
    browser = as_(awa)
    browser.post("/moi/profil", data=ALL)
    browser.post("/moi/profil", data={})
    told = db.session.get(Profil, awa.id)
    db.session.refresh(told)
    db.session.refresh(awa)
    assert (told.disponibilites, told.competences, told.envies, awa.sollicitable) == ([], [], [], False)
    assert ticked(browser.get("/moi/profil")) == []


def test_values_that_nobody_offers_are_left_out(awa, as_):
    as_(awa).post(
        "/moi/profil", data={"disponibilites": ["samedi-matin", "x", "lundi"], "competences": "tout", "envies": "pole:99"}
    )
    told = db.session.get(Profil, awa.id)
    assert (told.disponibilites, told.competences, told.envies) == (["samedi-matin"], [], [])


def test_each_box_of_the_week_has_its_name(awa, as_):
    week = main(as_(awa).get("/moi/profil")).find("table")
    names = [label.get_text(strip=True) for label in week.find_all("label")]
    assert len(names) == 21
    assert (names[0], names[-1]) == ("lundi matin", "dimanche soir")


def test_the_profile_belongs_to_who_is_signed_in(awa, ada, as_, client):
    as_(awa).post("/moi/profil", data=ALL | {"personne_id": str(ada.id), "id": str(ada.id)})
    assert db.session.get(Profil, ada.id) is None
    assert client.get("/moi/profil").status_code == 303


# --- what suits me ---------------------------------------------------------------------------------------------


def test_without_a_profile_the_page_offers_to_fill_it(ada, awa, as_):
    make.mission(make.action(ada), titre="Accueil")
    page = as_(awa).get("/moi/missions")
    assert "Dis-nous quand tu es libre" in main(page).get_text()
    assert cards(page) == {"Accueil": []}
    assert "/moi/profil" in [a["href"] for a in main(page).find_all("a")]


@pytest.mark.both
def test_what_suits_me_best_comes_first_and_says_why(ada, awa, as_):
    pole = make.pole("Culture")
    action, other = make.action(ada, pole_porteur=pole), make.action(ada)
    day = {"debut": make.in_days(4, 9), "fin": make.in_days(4, 12)}
    make.mission(other, titre="Rien de commun", **day)
    make.mission(other, titre="Cuisine", competences=["cuisine", "service"], **day)
    make.mission(action, titre="Pôle", debut=make.in_days(6, 9), fin=make.in_days(6, 12))
    tell(awa, competences=["cuisine"], envies=[f"pole:{pole.id}"])
    assert cards(as_(awa).get("/moi/missions")) == {"Pôle": ["pôle culture"], "Cuisine": ["cuisine"], "Rien de commun": []}


def test_the_soonest_comes_first_when_they_suit_alike(ada, awa, as_):
    action = make.action(ada)
    for titre, days in (("Plus tard", 9), ("Bientôt", 3)):
        make.mission(action, titre=titre, debut=make.in_days(days, 9), fin=make.in_days(days, 12))
    tell(awa, envies=["nature:volontaire"])
    assert list(cards(as_(awa).get("/moi/missions"))) == ["Bientôt", "Plus tard"]


def test_only_what_i_can_take_is_offered(ada, awa, as_):
    action = make.action(ada)
    evening = {"debut": make.in_days(10, 19), "fin": make.in_days(10, 21)}
    make.hold(make.mission(action, titre="La mienne"), awa)
    make.mission(action, titre="En même temps", debut=make.in_days(10, 17), fin=make.in_days(10, 19))
    make.mission(action, titre="Juste après", debut=make.in_days(10, 18), fin=make.in_days(10, 19))
    make.candidature(make.mission(action, titre="Demandée", **evening), awa)
    make.hold(make.mission(action, titre="Pleine", places=1, **evening), make.personne("Guy"))
    missions.decide(make.mission(action, titre="Annulée", **evening), annuler, by=ada, motif="pluie")
    make.mission(action, titre="Brouillon", published=False, **evening)
    tell(awa, envies=["nature:volontaire"])
    assert list(cards(as_(awa).get("/moi/missions"))) == ["Juste après"]


def test_an_answer_that_nobody_told_changes_nothing_there(ada, awa, as_):
    action = make.action(ada)
    asked = make.candidature(make.mission(action, titre="Demandée"), awa)
    make.mission(action, titre="En même temps")
    browser = as_(awa)
    for decision in (accepter, refuser):
        candidatures.decide(asked, decision, by=ada, motif="complet")
        assert list(cards(browser.get("/moi/missions"))) == ["En même temps"]
        candidatures.undo(asked, by=ada)


def test_once_everything_is_answered_it_says_so(ada, awa, as_):
    make.hold(make.mission(make.action(ada)), awa)
    tell(awa, envies=["nature:volontaire"])
    assert "Rien de nouveau pour toi" in main(as_(awa).get("/moi/missions")).get_text()


def test_the_listing_leads_there_and_asks_a_stranger_to_sign_in(client, awa, as_):
    assert 'href="/moi/missions"' in client.get("/missions/").text
    answer = as_(awa).get("/missions/?pour_moi=1")
    assert (answer.status_code, answer.location) == (303, "/moi/missions")
    assert client.get("/moi/missions").location == "/comptes/connexion?next=/moi/missions"


@pytest.mark.both
def test_the_page_costs_the_same_whatever_is_open(ada, awa, as_, count_queries):
    tell(awa, envies=["nature:volontaire"], disponibilites=["samedi-matin"])
    browser, costs = as_(awa), []
    for number in (1, 2):
        for days in range(number, number + number):
            action = make.action(ada, pole_porteur=make.pole(f"Pôle {number} {days}"))
            make.mission(action, debut=make.in_days(days, 9), fin=make.in_days(days, 12))
        with count_queries() as statements:
            shown = browser.get("/moi/missions")
        costs.append((len(main(shown).select(".mission")), len(statements)))
    assert costs == [(1, 3), (3, 3)]


def test_hostile_words_stay_text(ada, awa, as_):
    hostile = "\"'><svg/onload=alert(1)>"
    action = make.action(ada, titre=hostile, lieu=hostile, pole_porteur=make.pole(hostile))
    make.mission(action, titre=hostile, nature=Nature.VOLONTAIRE)
    tell(awa, envies=[f"pole:{action.pole_porteur_id}"])
    for url in ("/moi/missions", "/moi/profil"):
        assert "<svg/onload" not in as_(awa).get(url).text


# --- how I am written to ---------------------------------------------------------------------------------------


def test_each_way_of_being_written_to_is_explained(awa, as_):
    page = main(as_(awa).get("/moi/messages/choix"))
    offered = {radio["value"]: radio.find_parent("label").small.get_text() for radio in page.select("[name=reception]")}
    assert list(offered) == [choice.value for choice in Reception]
    assert len(set(offered.values())) == len(Reception)
    assert page.select_one("[name=reception][checked]")["value"] == "aussitot"


@pytest.mark.both
def test_i_choose_how_i_am_written_to(awa, as_):
    answer = as_(awa).post("/moi/messages/choix", data={"reception": "resume"})
    assert (answer.status_code, answer.location) == (303, "/moi/")
    db.session.refresh(awa)
    assert (awa.reception, awa.sollicitable) == (Reception.RESUME, False)
    assert "Un résumé par jour" in as_(awa).get("/moi/").text


@pytest.mark.parametrize("sent", [{}, {"reception": "jamais"}, {"reception": ""}])
def test_a_way_that_does_not_exist_is_refused(awa, as_, sent):
    answer = as_(awa).post("/moi/messages/choix", data=sent)
    assert answer.status_code == 422
    db.session.refresh(awa)
    assert (awa.reception, awa.sollicitable) == (Reception.AUSSITOT, True)


# --- the page of my missions -----------------------------------------------------------------------------------


def test_my_page_leads_to_all_that_is_mine(awa, as_):
    links = {a["href"] for a in main(as_(awa).get("/moi/")).find_all("a")}
    assert {"/moi/missions", "/moi/profil", "/moi/calendrier", "/moi/messages/choix", "/moi/coordonnees"} <= links


@pytest.mark.both
def test_on_the_day_my_page_says_what_is_left_of_the_programme(ada, awa, as_, count_queries):
    action = make.action(ada)
    for titre, hour in (("Accueil café", 9), ("Visite", 10), ("Repas", 12)):
        actions.add_step(action, by=ada, titre=titre, debut=make.in_days(10, hour), fin=make.in_days(10, hour + 1))
    actions.add_step(action, by=ada, titre="Le lendemain", debut=make.in_days(11, 9), fin=make.in_days(11, 10))
    make.hold(make.mission(action), awa)
    assert "Au programme aujourd’hui" not in as_(awa).get("/moi/").text
    with clock.freeze(make.in_days(10, 10)):
        browser = as_(awa)
        with count_queries() as statements:
            page = browser.get("/moi/")
    items = [item.find("p", class_="fort").get_text() for item in main(page).select(".programme li")]
    assert items == ["Visite", "Repas"]
    assert len(statements) == 6
