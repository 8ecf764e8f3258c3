"""An action that moves says before it does what its pôles have promised, and takes it along, or says what is in the way."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup, Tag

from portal import clock
from portal.actions.models import Action
from portal.besoins import commands
from portal.besoins.models import Besoin, Etat, confirmer, refuser
from portal.besoins.promesses import OTHER_DAY
from portal.db import db
from tests import builders

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def yes(house, besoin: Besoin) -> Besoin:
    commands.answer(besoin, confirmer, by=house.gina)
    return besoin


def typed(instant: datetime) -> str:
    """As the form takes it: at La Réunion."""
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def zoe(house, as_):
    return as_(house.zoe)


@pytest.fixture
def previewed(zoe):
    """The page that says what a move would change, or why it cannot be."""

    def ask(action: Action, delta: timedelta, longer: timedelta = timedelta(), status: int = 200) -> Tag:
        db.session.commit()
        slot = {"debut": typed(action.debut + delta), "jusqu_a": typed(action.fin + delta + longer)}
        page = zoe.post(f"/actions/{action.id}/decaler", data={**slot, "motif": "La cour est en travaux."})
        assert page.status_code == status
        db.session.expire_all()
        return BeautifulSoup(page.text, "html5lib").main

    return ask


def words(node: Tag) -> str:
    return " ".join(node.get_text(" ").split())


@pytest.mark.both
def test_what_is_promised_is_in_the_preview_and_follows(house, zoe, previewed):
    action = house.action()
    hall, hands = (yes(house, builders.besoin(action, house.groupe, thing)) for thing in (house.salle, None))
    builders.besoin(action, house.groupe, asked=False, titre="Des bras")
    before = hall.debut
    page = previewed(action, 7 * DAY)
    said = words(page)
    assert "Ce qui est promis l’est pour la nouvelle date ; les pôles sont prévenus." in said
    assert said.count("promis par le groupe Mobilier") == said.count("à redire par le groupe Mobilier") == 1
    assert (hall.debut, hands.etat) == (before, Etat.CONFIRME)
    form = page.select_one("form#suite")
    zoe.post(form["action"], data={field["name"]: field["value"] for field in form.select("input")})
    db.session.expire_all()
    assert (hall.debut, hall.etat) == (before + 7 * DAY, Etat.CONFIRME)
    assert (hands.debut, hands.etat) == (before + 7 * DAY, Etat.A_CONFIRMER)


def test_nothing_promised_no_pole_is_said_to_be_told(house, previewed):
    action = house.action()
    builders.besoin(action, house.groupe, asked=False)
    said = words(previewed(action, DAY))
    assert "Les besoins" in said
    assert "prévenus" not in said.partition("Les besoins")[2].partition("Le rétroplanning")[0]


def test_what_a_pole_refused_is_not_said_to_be_asked_again(house, previewed):
    action = house.action()
    refused, waiting = (builders.besoin(action, house.groupe, thing) for thing in (house.salle, None))
    commands.answer(refused, refuser, by=house.gina, motif=OTHER_DAY)
    said = words(previewed(action, DAY))
    assert "Les pôles sont prévenus." in said
    assert "à redire" not in said
    commands.take_back(waiting, by=house.zoe)
    assert "Les pôles sont prévenus." not in words(previewed(action, DAY))


def test_an_action_that_only_lasts_longer_says_which_spaces_it_fills_no_more(house, previewed):
    action = house.action()
    yes(house, builders.besoin(action, house.groupe, house.jardin))
    yes(house, builders.besoin(action, house.groupe, house.salle, fin=action.debut + HOUR))  # it never filled that one
    yes(house, builders.besoin(action, house.groupe))
    said = words(previewed(action, timedelta(), 4 * HOUR))
    assert said.count("finit maintenant avant l’action") == 1
    assert "Le jardin" in said
    assert "La salle" not in said
    assert "Les besoins" not in words(previewed(action, timedelta(), -HOUR))


@pytest.mark.parametrize(
    ("thing", "taken", "sentence"),
    [
        ("salle", "case", "La salle : c’est déjà pris par « Kabar »"),
        ("chairs", "chairs", "Chaises : il n’en reste plus à ce moment-là, sur 80."),
    ],
)
def test_what_is_promised_to_another_is_in_the_way_and_said(house, previewed, thing, taken, sentence):
    other = house.action("Kabar", debut=builders.in_days(12), fin=builders.in_days(12, 18))
    for action, what, many in ((other, taken, 80), (house.action(), thing, 40)):
        many = 1 if what != "chairs" else many
        yes(house, builders.besoin(action, house.groupe, getattr(house, what), quantite=many))
    assert sentence in words(previewed(action, 2 * DAY, status=409)).replace("\u00a0", " ")


def test_what_would_land_in_the_past_is_said(house, previewed):
    action = house.action()
    eve = {"debut": action.debut - 20 * HOUR, "fin": action.debut - 18 * HOUR}
    besoin = yes(house, builders.besoin(action, house.groupe, house.jardin, **eve))
    page = previewed(action, clock.now() + 2 * HOUR - action.debut, status=409)
    assert "« Le jardin » tomberait dans le passé" in words(page).replace("\u00a0", " ")
    assert besoin.debut == eve["debut"]
