"""The team's sheet, to print for the day: who, where, from when, a box to tick and room to sign."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions.models import Action
from tests import builders


@pytest.fixture
def action(app) -> Action:
    return builders.action(builders.personne("Zoé Hoarau", [builders.BIENVEILLANT], telephone="+262692000001"))


def sheet(as_: Any, action: Action) -> BeautifulSoup:
    return BeautifulSoup(as_(action.bienveillant).get(f"/missions/equipe/{action.id}").text, "html5lib")


def lines(html: BeautifulSoup) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in html.select("tbody tr")]


def test_one_line_a_person_with_all_their_posts(as_, action):
    awa = builders.personne("Awa Payet")
    builders.hold(builders.mission(action, titre="Accueil", fin=builders.in_days(10, 12)), awa)
    builders.hold(builders.mission(action, titre="Vaisselle", debut=builders.in_days(10, 14)), awa)
    found = [line for line in lines(sheet(as_, action)) if line]
    assert len(found) == 1
    assert found[0].startswith("Awa Payet Accueil")
    assert "Vaisselle" in found[0]
    assert found[0].endswith("9 h à 12 h 14 h à 18 h")


def test_the_referent_comes_first_and_on_top_with_the_emergency_numbers(as_, action):
    builders.hold(builders.mission(action), builders.personne("Awa Payet"))
    builders.hold(builders.referent_mission(action), builders.personne("Rémi Fontaine", telephone="+262692123456"))
    with clock.freeze(builders.in_days(10)):
        html = sheet(as_, action)
    top = html.find("h2", string="À appeler")
    assert top
    words = " ".join(top.parent.get_text(" ").split())
    assert "Rémi Fontaine , 0692" in words.replace("\u00a0", " ")
    assert "Zoé Hoarau , 0692" in words.replace("\u00a0", " ")
    assert {a["href"] for a in top.parent.select("a")} >= {"tel:15", "tel:18", "tel:112"}
    assert lines(html)[0].startswith("Rémi Fontaine")


def test_a_number_is_there_when_the_house_s_rule_allows_it_and_the_column_only_then(as_, action):
    builders.hold(builders.mission(action), builders.personne("Awa Payet", telephone="+262692123456"))
    for day, shown in ((7, False), (8, True)):
        with clock.freeze(builders.in_days(day)):
            html = sheet(as_, action)
        assert ("0692" in html.get_text()) == shown
        assert ("Téléphone" in [th.get_text() for th in html.select("thead th")]) == shown


def test_each_line_has_a_box_and_room_to_sign_and_six_wait_for_who_shows_up(as_, action):
    builders.hold(builders.mission(action), builders.personne("Awa Payet"))
    html = sheet(as_, action)
    columns = len(html.select("thead th"))
    rows = html.select("tbody tr")
    assert len(rows) == 1 + 6
    assert all(len(row.select("td, th")) == columns for row in rows)
    assert all(row.select_one("td.case svg") for row in rows)


def test_a_post_without_anybody_is_said(as_, action):
    builders.hold(builders.mission(action), builders.personne("Awa Payet"))
    assert "Référent : à trouver" in " ".join(sheet(as_, action).get_text().split())
