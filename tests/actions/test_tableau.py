"""The board: every action under way, by state, narrowed by pôle and by who sets it up."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal.actions import commands
from portal.actions.models import annuler
from portal.actions.queries import SHOWN
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def shown(answer) -> dict[str, list[str]]:
    """By state, the titles on the board."""
    sections = BeautifulSoup(answer.text, "html5lib").select(".tableau section")
    return {s.select_one(".badge").get_text(strip=True): [a.get_text(strip=True) for a in s.select("h3")] for s in sections}


def test_each_action_under_way_is_in_the_column_of_its_state(as_, zoe):
    builders.action(zoe, titre="Kabar")
    builders.action(zoe, titre="Séminaire", confirmed=False)
    commands.decide(builders.action(zoe, titre="Tombée"), annuler, by=zoe, motif="Cyclone")
    board = shown(as_(zoe).get("/actions/tableau"))
    assert list(board.items()) == [("Sollicitée", ["Séminaire"]), ("Confirmée", ["Kabar"])]


def test_it_narrows_to_a_pole_and_to_mine(as_, zoe):
    garden, other = builders.pole("Jardin"), builders.bienveillant("Rose Hoarau")
    builders.action(zoe, titre="Semis", pole_porteur=garden)
    builders.action(other, titre="Kabar")
    client = as_(zoe)
    assert shown(client.get(f"/actions/tableau?pole={garden.id}"))["Confirmée"] == ["Semis"]
    assert shown(client.get("/actions/tableau?qui=miennes"))["Confirmée"] == ["Semis"]
    assert shown(client.get("/actions/tableau?pole=x"))["Confirmée"] == ["Semis", "Kabar"]


def test_a_long_column_shows_its_first_and_leads_to_the_others(as_, zoe):
    for n in range(SHOWN + 1):
        builders.action(zoe, titre=f"Action {n}")
    answer = as_(zoe).get("/actions/tableau")
    assert len(shown(answer)["Confirmée"]) == SHOWN
    assert f"Les {SHOWN + 1}" in answer.text


@pytest.mark.parametrize("n", [1, 3])
def test_the_board_costs_the_same_for_one_or_many(as_, zoe, count_queries, n):
    for _ in range(n):
        builders.action(zoe, pole_porteur=builders.pole(f"Pôle {_}"))
    client = as_(zoe)
    with count_queries() as statements:
        client.get("/actions/tableau")
    assert len(statements) == 4, statements


def test_nothing_under_way_says_what_to_do(as_, zoe):
    assert "Aucune action en cours" in as_(zoe).get("/actions/tableau").text
