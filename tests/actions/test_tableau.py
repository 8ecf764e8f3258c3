"""The board: every action under way, by state, narrowed by pôle and by who sets it up."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.actions import commands
from portal.actions.models import Action
from portal.actions.processus import annuler
from portal.actions.queries import SHOWN
from portal.db import db
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def shown(answer) -> dict[str, list[str]]:
    """By state, the titles on the board."""
    sections = BeautifulSoup(answer.text, "html5lib").select(".etats section")
    return {s.select_one(".badge").get_text(strip=True): [a.get_text(strip=True) for a in s.select("h3")] for s in sections}


def test_each_action_is_in_the_column_of_its_state_even_once_it_is_stopped(as_, zoe):
    builders.action(zoe, titre="Kabar")
    builders.action(zoe, titre="Séminaire", confirmed=False)
    commands.decide(builders.action(zoe, titre="Tombée"), annuler, by=zoe, motif="Cyclone")
    board = shown(as_(zoe).get("/actions/tableau"))
    assert list(board.items()) == [
        ("Sollicitée", ["Séminaire"]),
        ("Confirmée", ["Kabar"]),
        ("Annulée", ["Tombée"]),
    ]


def test_it_narrows_to_a_pole_and_to_mine(as_, zoe):
    garden, other = builders.pole("Jardin"), builders.bienveillant("Rose Hoarau")
    builders.action(zoe, titre="Semis", pole_porteur=garden)
    builders.action(other, titre="Kabar")
    client = as_(zoe)
    assert shown(client.get(f"/actions/tableau?pole={garden.id}"))["Confirmée"] == ["Semis"]
    assert shown(client.get("/actions/tableau?qui=miennes"))["Confirmée"] == ["Semis"]
    assert shown(client.get("/actions/tableau?pole=x"))["Confirmée"] == ["Semis", "Kabar"]
    assert shown(client.get(f"/actions/tableau?qui={other.id}"))["Confirmée"] == ["Kabar"]
    assert str(other.id) in [o["value"] for o in page(client.get("/actions/tableau")).select("#qui option")]


@pytest.mark.both
@pytest.mark.parametrize("stopped", [False, True])
def test_a_long_column_shows_its_first_and_leads_to_the_others_narrowed_as_much(as_, zoe, stopped):
    garden, rose = builders.pole("Jardin"), builders.bienveillant("Rose Hoarau")
    for n in range(SHOWN + 1):
        builders.action(
            rose, titre=f"Action {n}", pole_porteur=garden, debut=builders.in_days(n + 1), fin=builders.in_days(n + 2)
        )
    for elsewhere in (builders.action(rose, titre="Ailleurs"), builders.action(zoe, titre="À moi", pole_porteur=garden)):
        assert elsewhere.id
    if stopped:
        for action in db.session.scalars(select(Action)):
            commands.decide(action, annuler, by=zoe, motif="Cyclone")
    client = as_(zoe)
    answer = client.get(f"/actions/tableau?pole={garden.id}&qui={rose.id}")
    [column] = shown(answer).values()
    assert column == [f"Action {n}" for n in (range(SHOWN, 0, -1) if stopped else range(SHOWN))]
    others = page(answer).find("a", string=f"Voir les {SHOWN + 1}")
    listed = [h.get_text(strip=True) for h in page(client.get(others["href"])).select(".cartes h2")]
    assert sorted(listed) == [f"Action {n}" for n in range(SHOWN + 1)]


@pytest.mark.parametrize("n", [1, 3])
def test_the_board_costs_the_same_for_one_or_many(as_, zoe, count_queries, n):
    for _ in range(n):
        builders.action(zoe, pole_porteur=builders.pole(f"Pôle {_}"))
    client = as_(zoe)
    with count_queries() as statements:
        client.get("/actions/tableau")
    assert len(statements) == 5, statements


def test_nothing_under_way_says_what_to_do(as_, zoe):
    assert "Aucune action en cours" in as_(zoe).get("/actions/tableau").text
