"""The lists of a day: frozen from the house's when it is confirmed, with those of the spaces that the action has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.actions import commands as actions
from portal.actions.models import Action, Etat
from portal.actions.processus import confirmer, enregistrer, revenir_au_devis
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer as say_yes
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j import listes, preparation
from portal.jour_j.listes import Place
from portal.jour_j.modeles import DEPART, FERMETURE, OUVERTURE, Ligne
from portal.jour_j.models import Genre, Modele, Phase, Point
from portal.journal import EntreeJournal
from tests import builders
from tests.jour_j.conftest import at, jour_of, tap

GAS = [Ligne("Gaz coupé au compteur", critique=True), Ligne("Frigo vidé")]


def write(espace, lines, phase=Phase.FERMETURE, *, read=0, by=None):
    place = Place(espace.id if espace else None, phase)
    return preparation.save(place, lines, read=read, by=by or builders.personne())


def points(action) -> list[tuple[str, str]]:
    rows = select(Point).where(Point.jour_id == action.id).order_by(Point.ordre)
    return [(p.espace.nom if p.espace else "", p.texte) for p in db.session.scalars(rows)]


def of_spaces(action) -> list[tuple[str, str]]:
    return [(nom, texte) for nom, texte in points(action) if nom]


@pytest.fixture
def house(saturday):
    """A case that holds a kitchen; the kitchen and the garden have a closing list, and nothing is booked yet."""
    site = builders.espace("Le site")
    case = builders.espace("La case", site)
    kitchen, garden = builders.espace("La cuisine", case), builders.espace("Le jardin", site)
    write(kitchen, GAS)
    write(garden, [Ligne("Arrosage fermé")])
    cook = builders.personne("Inès Cuisine")
    pole = builders.pole("Cuisine", members=[cook])
    return {"site": site, "case": case, "kitchen": kitchen, "garden": garden, "cook": cook, "pole": pole}


def book(action, house, what: str):
    need = builders.besoin(action, house["pole"], house[what])
    besoins.answer(need, say_yes, by=house["cook"])
    return need


# --- what a house begins with --------------------------------------------------------------------------------


@pytest.mark.both
def test_a_house_begins_with_the_first_version_of_the_site_s_lists_and_keeps_it_written(saturday):
    """However many actions are confirmed, it is written once."""
    builders.action(saturday.zoe, debut=at(9 + 24), fin=at(18 + 24))
    rows = db.session.scalars(select(Modele).order_by(Modele.id)).all()
    assert [(m.espace_id, m.phase, m.version, m.par_id) for m in rows] == [
        (None, Phase.OUVERTURE, 1, None),
        (None, Phase.FERMETURE, 1, None),
    ]
    assert [listes.lines_of(m) for m in rows] == [list(OUVERTURE), list(FERMETURE)]


def test_before_any_action_the_lists_are_read_as_they_will_be_and_nothing_is_written(app):
    latest = listes.latest()
    assert {place: listes.lines_of(m) for place, m in latest.items()} == {
        Place(None, phase): list(DEPART[phase]) for phase in Phase
    }
    assert db.session.scalars(select(Modele)).all() == []


# --- a new version -------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_new_version_is_for_the_next_actions_and_the_ones_before_stay(saturday):
    before, ada = points(saturday.action), builders.personne("Ada")
    made = write(None, [Ligne("Portail ouvert", critique=True)], Phase.OUVERTURE, read=1, by=ada)
    assert (made.version, made.par_id) == (2, ada.id)
    assert points(saturday.action) == before
    later = builders.action(saturday.zoe, debut=at(9 + 24), fin=at(18 + 24))
    assert points(later)[:2] == [("", "Portail ouvert"), ("", FERMETURE[0].texte)]
    old = listes.history(Place(None, Phase.OUVERTURE))[1]
    assert listes.lines_of(old) == list(OUVERTURE)
    [line] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "modele.enregistrer"))
    assert (line.personne_id, line.faits) == (ada.id, {"liste": "Ouverture, tout le site", "version": 2})


@pytest.mark.both
def test_who_read_an_older_version_is_told_and_writes_nothing(saturday):
    write(None, GAS, read=1)
    with pytest.raises(preparation.ListChanged):
        write(None, [Ligne("Autre chose")], read=1)
    assert [m.version for m in listes.history(Place(None, Phase.FERMETURE))] == [2, 1]


def test_the_same_lines_are_no_new_version(saturday):
    assert write(None, list(FERMETURE), read=1) is None
    assert [m.version for m in listes.history(Place(None, Phase.FERMETURE))] == [1]


def test_a_list_may_be_emptied(house, saturday):
    write(house["kitchen"], [], read=1)
    book(saturday.action, house, "kitchen")
    assert of_spaces(saturday.action) == []


def test_how_many_days_to_come_keep_what_they_have(saturday):
    site = Place(None, Phase.OUVERTURE)
    assert listes.frozen(site) == 1
    builders.action(saturday.zoe, debut=at(9 - 72), fin=at(18 - 72))  # over, though nobody closed it
    builders.action(saturday.zoe, debut=at(9 + 24), fin=at(18 + 24))
    assert listes.frozen(site) == 2
    assert listes.frozen(Place(builders.espace().id, Phase.OUVERTURE)) == 0


# --- at the same time ----------------------------------------------------------------------------------------


def together(app, act, many: int = 2) -> list:
    """What each of these hands, which begin at once in a session of its own, gets."""
    at_once = Barrier(many)

    def hand(number: int):
        at_once.wait()
        with app.app_context():
            got = act(number)
            db.session.commit()
            return got

    with ThreadPoolExecutor(many) as hands:
        return list(hands.map(hand, range(many)))


@pytest.mark.both
def test_the_first_two_actions_of_a_house_confirmed_at_once_begin_its_lists_once(app):
    zoe_id = builders.bienveillant().id
    db.session.commit()
    ids = together(app, lambda _: builders.action(db.session.get_one(Personne, zoe_id)).id)
    rows = db.session.scalars(select(Modele)).all()
    assert sorted((m.phase, m.version, len(m.lignes)) for m in rows) == [(Phase.FERMETURE, 1, 10), (Phase.OUVERTURE, 1, 9)]
    assert [len(points(db.session.get_one(Action, id))) for id in ids] == [19, 19]


@pytest.mark.both
def test_of_two_who_save_the_same_list_at_once_one_is_told(app):
    ada_id = builders.personne("Ada").id
    preparation.begin()
    db.session.commit()

    def save(number: int) -> str:
        try:
            write(None, [Ligne(f"Ligne {number}")], read=1, by=db.session.get_one(Personne, ada_id))
        except preparation.ListChanged:
            return "told"
        return "saved"

    assert sorted(together(app, save)) == ["saved", "told"]
    assert [m.version for m in listes.history(Place(None, Phase.FERMETURE))] == [2, 1]


# --- the spaces ----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_space_that_becomes_firm_before_the_opening_brings_its_list_and_moves_the_screens(house, saturday):
    before = saturday.jour.version
    book(saturday.action, house, "kitchen")
    assert of_spaces(saturday.action) == [("La cuisine", "Gaz coupé au compteur"), ("La cuisine", "Frigo vidé")]
    assert saturday.jour.version == before + 1
    assert points(saturday.action)[:-2] == [("", line.texte) for line in (*OUVERTURE, *FERMETURE)]


@pytest.mark.parametrize(
    ("booked", "noms"), [("case", {"La cuisine"}), ("site", {"La cuisine", "Le jardin"}), ("garden", {"Le jardin"})]
)
def test_a_space_comes_with_those_inside_it_never_with_those_around(house, saturday, booked, noms):
    write(house["site"], [Ligne("Portail fermé")])
    book(saturday.action, house, booked)
    assert {nom for nom, _ in of_spaces(saturday.action)} == noms | ({"Le site"} if booked == "site" else set())


@pytest.mark.both
def test_what_an_action_had_booked_before_it_is_confirmed_comes_with_its_day(house, saturday):
    action = builders.action(saturday.zoe, confirmed=False, debut=at(9 + 24), fin=at(18 + 24))
    book(action, house, "garden")
    assert points(action) == []
    actions.decide(action, enregistrer, by=saturday.zoe, motif="vu en réunion")
    assert of_spaces(action) == [("Le jardin", "Arrosage fermé")]


def test_a_space_given_back_takes_its_list_away_unless_somebody_has_touched_it(house, saturday):
    kitchen, garden = book(saturday.action, house, "kitchen"), book(saturday.action, house, "garden")
    gas = next(p for p in saturday.day().points(Phase.FERMETURE) if p.texte == "Gaz coupé au compteur")
    saturday.send(tap(Genre.COCHE, gas.id, "fait"))
    for need in (kitchen, garden):
        besoins.take_back(need, by=saturday.zoe)
    assert [texte for _, texte in of_spaces(saturday.action)] == ["Gaz coupé au compteur", "Frigo vidé"]


def test_once_the_site_is_open_its_lists_stay_as_they_are(house, saturday):
    saturday.open("vite")
    book(saturday.action, house, "kitchen")
    assert of_spaces(saturday.action) == []


def test_confirmed_again_it_keeps_its_lists_and_gains_those_of_what_it_booked_meanwhile(house, saturday):
    action = builders.action(saturday.zoe, debut=at(9 + 24), fin=at(18 + 24))
    book(action, house, "kitchen")
    actions.decide(action, revenir_au_devis, by=saturday.zoe, motif="nouveau devis")
    write(house["kitchen"], [Ligne("Une tout autre liste")], read=1)
    book(action, house, "garden")
    actions.decide(action, confirmer, by=saturday.zoe)
    assert action.etat is Etat.CONFIRMEE
    assert [texte for _, texte in of_spaces(action)] == ["Gaz coupé au compteur", "Frigo vidé", "Arrosage fermé"]


def test_a_space_lost_while_confirming_again_changes_nothing_of_the_others(house, saturday):
    """The garden went to somebody else meanwhile: the kitchen's lines are the same rows, of the version of then."""
    action = builders.action(saturday.zoe, debut=at(9 + 24), fin=at(18 + 24))
    book(action, house, "garden")
    book(action, house, "kitchen")
    rows = {p.id for p in jour_of(action).points if p.espace_id == house["kitchen"].id}
    actions.decide(action, revenir_au_devis, by=saturday.zoe, motif="nouveau devis")
    other = builders.action(saturday.zoe, debut=at(9 + 24), fin=at(18 + 24))
    book(other, house, "garden")
    write(house["kitchen"], [Ligne("Une tout autre liste")], read=1)
    actions.decide(action, confirmer, by=saturday.zoe)
    assert {p.id for p in jour_of(action).points if p.espace_id} == rows


def test_a_list_written_for_a_space_already_booked_is_for_the_next_actions(house, saturday):
    book(saturday.action, house, "case")
    write(house["case"], [Ligne("Volets fermés")])
    book(saturday.action, house, "garden")
    assert {nom for nom, _ in of_spaces(saturday.action)} == {"La cuisine", "Le jardin"}


# --- the page ------------------------------------------------------------------------------------------------


def headings(client, path: str, part: str) -> list[str]:
    found = BeautifulSoup(client.get(path).text, "html5lib").select(f"{part} h3.surtitre")
    return [h.get_text() for h in found]


def test_the_lines_are_grouped_by_space_when_there_are_several(house, saturday, as_):
    awa = as_(saturday.awa)
    write(house["kitchen"], [Ligne("Hotte en marche")], Phase.OUVERTURE)
    assert headings(awa, saturday.url, "#ouverture") == []
    book(saturday.action, house, "kitchen")
    assert headings(awa, saturday.url, "#ouverture") == ["Tout le site", "La cuisine"]
    assert headings(awa, f"{saturday.url}/feuille", "section")[-2:] == ["Tout le site", "La cuisine"]


def test_the_house_without_a_list_of_its_own_still_opens(saturday):
    """Emptied everywhere, nothing is asked at the opening of the next action."""
    for phase in Phase:
        write(None, [], phase, read=1)
    action = builders.action(saturday.zoe, debut=at(9), fin=at(18))
    assert points(action) == []
    jour_of(action)
