"""The screen of a meeting: what the action needs, where each need stands, what is in its way; turned by keys or buttons."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from portal.besoins import commands
from portal.besoins.models import confirmer, refuser
from portal.db import db
from portal.poles.commands import save_equipment
from tests import builders


@pytest.fixture
def house(app):
    """An action that the interpôle looks at, among its pôles, with a groupe that lends things."""
    zoe, gina = builders.bienveillant(), builders.personne("Gina Mussard")
    voices = builders.interpole("Culture", "Jardin")
    groupe = builders.pole("Mobilier", builders.Genre.GROUPE, [gina])
    action = builders.in_validation(zoe, voices["Culture"], titre="Kabar", personnes=80)
    return SimpleNamespace(zoe=zoe, gina=gina, groupe=groupe, action=action, voices=voices)


def meeting(as_, house) -> BeautifulSoup:
    db.session.commit()
    return BeautifulSoup(as_(house.voices["Jardin"].member).get("/actions/reunion").text, "html5lib")


def words(part) -> str:
    return " ".join(part.get_text(" ").split()).replace("\u00a0", " ")


def needs(page: BeautifulSoup) -> dict[str, list[str]]:
    """What is said of each need, by kind."""
    return {words(h): [words(li) for li in h.find_next("ul").select("li")] for h in page.select("#besoins h3")}


def answer(house, besoin, transition, **said) -> None:
    commands.answer(besoin, transition, by=house.gina, **said)


def test_each_need_is_there_by_kind_with_where_it_stands(as_, house):
    case = builders.espace("La case", capacite=100)
    space, sound, helpers, draft = (
        builders.besoin(house.action, house.groupe, case),
        builders.besoin(house.action, house.groupe, titre="Sono", quantite=3),
        builders.besoin(house.action, house.groupe, titre="Bras"),
        builders.besoin(house.action, house.groupe, titre="Cuisine", asked=False),
    )
    answer(house, space, confirmer)
    answer(house, sound, confirmer, quantite=1, motif="Une seule est réparée.")
    answer(house, helpers, refuser, motif="Personne ce jour-là.")
    shown = needs(meeting(as_, house))
    assert list(shown) == ["Espace", "Humain"]
    assert re.match(r"La case Confirmé .*Mobilier", shown["Espace"][0])
    assert re.match(r"Sono Confirmé 1 personne au lieu de 3 .* Une seule est réparée\.", shown["Humain"][0])
    assert re.match(r"Bras Refusé 2 personnes .* Personne ce jour-là\.", shown["Humain"][1])
    assert shown["Humain"][2].startswith(f"{draft.titre} Brouillon")


def test_what_is_in_the_way_of_a_space_is_named(as_, house):
    case = builders.espace("La case", capacite=50)
    firm = builders.besoin(builders.action(house.zoe, titre="Bal"), house.groupe, case)
    answer(house, firm, confirmer)
    builders.besoin(house.action, house.groupe, case, asked=False)
    [shown] = needs(meeting(as_, house))["Espace"]
    assert "Déjà pris par Bal" in shown
    assert "80 personnes pour 50" in shown


def test_before_any_need_the_wishes_stand_for_them(as_, house):
    house.action.souhaits = [builders.prestation("Un repas créole").id]
    assert "Souhaits du demandeur Un repas créole" in words(meeting(as_, house))
    builders.besoin(house.action, house.groupe, asked=False)
    assert "Souhaits du demandeur" not in words(meeting(as_, house))


def test_those_whose_opinion_is_awaited_are_named(as_, house):
    builders.opinion(house.action, house.voices["Jardin"], builders.favorable())
    shown = words(meeting(as_, house).select_one("#avis"))
    assert "On attend encore le pôle Culture." in shown
    builders.opinion(house.action, house.voices["Culture"], builders.favorable())
    assert "On attend encore" not in words(meeting(as_, house).select_one("#avis"))


def test_the_decision_is_written_right_there(as_, house):
    form = meeting(as_, house).select_one("aside form")
    assert form
    assert form["action"] == f"/actions/{house.action.id}/decision?reunion=1"
    assert {"favorable", "ou", "le", "presents", "compte_rendu", "mot"} <= {f["name"] for f in form.select("[name]")}


@pytest.mark.both
@pytest.mark.parametrize("n", [1, 3])
def test_it_costs_the_same_for_one_need_or_many(as_, house, count_queries, n):
    case, chairs = builders.espace(), save_equipment(None, nom="Chaises", stock=80, pole=house.groupe, by=None)
    for i in range(n):
        builders.besoin(house.action, house.groupe, titre=f"Bras {i}")
        builders.besoin(house.action, house.groupe, case, asked=False)
        builders.besoin(house.action, house.groupe, chairs, asked=False)
    db.session.commit()
    client = as_(house.voices["Jardin"].member)
    with count_queries() as statements:
        client.get("/actions/reunion")
    assert len(statements) == 10, statements


@pytest.mark.browser
def test_the_arrows_turn_the_pages_but_not_while_one_types(visit, house):
    for n, titre in ((20, "Deuxième"), (30, "Troisième")):
        debut, fin = builders.in_days(n), builders.in_days(n, 18)
        builders.in_validation(house.zoe, house.voices["Culture"], titre=titre, debut=debut, fin=fin)
    db.session.commit()
    page = visit(house.voices["Jardin"].member)
    page.goto("/actions/reunion")
    for key, titre in (("ArrowRight", "Deuxième"), ("ArrowRight", "Troisième"), ("ArrowLeft", "Deuxième")):
        page.keyboard.press(key)
        page.get_by_role("heading", level=1, name=titre).wait_for()
    page.get_by_label("Ce qui s’est dit").fill("Oui")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("!")
    assert page.get_by_label("Ce qui s’est dit").input_value() == "Ou!i"
    assert page.get_by_role("heading", level=1).inner_text() == "Deuxième"
