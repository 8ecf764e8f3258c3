"""What the house offers to the public: an admin writes it, and only an admin."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.db import db
from portal.poles.commands import save_prestation, save_space
from portal.poles.models import Prestation, Ressource
from tests import builders

OFFERS = "/reglages/prestations/"


@pytest.fixture
def office(app, as_):
    return as_(builders.personne("Ada Dijoux", [builders.ADMIN]))


def main(answer) -> BeautifulSoup:
    found = BeautifulSoup(answer.text, "html5lib").main
    assert found
    return found


def typed(**fields: str) -> dict[str, str]:
    return {"titre": "La case", "ressource": "espace", "pole": "", "espace": "", "ordre": "1", "visible": "y"} | fields


@pytest.mark.both
def test_what_is_offered_is_written_then_changed_and_hidden(office, client):
    jardin = builders.pole("Jardin")
    case = save_space(None, nom="La case", parent=None, capacite=80, avant_min=0, apres_min=0, by=None)
    fields = typed(pole=str(jardin.id), espace=str(case.id), description="80 personnes")
    answer = office.post(f"{OFFERS}nouvelle", data=fields)
    assert (answer.status_code, answer.location) == (303, OFFERS)
    made = db.session.scalars(select(Prestation)).one()
    assert (made.titre, made.ressource, made.pole_id, made.espace_id) == ("La case", Ressource.ESPACE, jardin.id, case.id)
    assert "80 personnes" in client.get("/actions/solliciter").text
    form = main(office.get(f"{OFFERS}{made.id}")).form
    assert form.select_one("#pole option[selected]").get_text() == "Pôle Jardin"
    hidden = {name: value for name, value in fields.items() if name != "visible"}
    assert office.post(f"{OFFERS}{made.id}", data=hidden | {"titre": "La grande case"}).status_code == 303
    assert "La grande case" not in client.get("/actions/solliciter").text
    assert "Cachée" in main(office.get(OFFERS)).get_text()


@pytest.mark.parametrize(
    "wrong",
    [{"titre": " "}, {"titre": "Le repas"}, {"ressource": "or"}, {"pole": "999"}, {"espace": "999"}, {"ordre": "-1"}],
)
def test_a_mistake_is_said_beside_its_field_and_changes_nothing(office, wrong):
    save_prestation(None, titre="Le Repas", ressource=Ressource.CONSOMMABLE, by=None)
    answer = office.post(f"{OFFERS}nouvelle", data=typed(description="Un mot") | wrong)
    assert answer.status_code == 422
    assert main(answer).select_one(f"#{next(iter(wrong))}-erreur")
    assert main(answer).select_one("#description")["value"] == "Un mot"
    assert len(db.session.scalars(select(Prestation)).all()) == 1


def test_a_space_goes_with_a_space_only(office):
    case = save_space(None, nom="La case", parent=None, capacite=80, avant_min=0, apres_min=0, by=None)
    answer = office.post(f"{OFFERS}nouvelle", data=typed(espace=str(case.id), ressource="humain"))
    assert answer.status_code == 422
    assert main(answer).select_one("#espace-erreur")


def test_an_empty_list_says_what_will_be_there(office):
    assert "Rien n’est proposé" in main(office.get(OFFERS)).get_text()


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_costs_the_same_whatever_is_offered(office, count_queries, many):
    for n in range(many):
        builders.prestation(f"Chose {n}", builders.pole(f"Pôle {n}"))
    with count_queries() as statements:
        office.get(OFFERS)
    assert len(statements) == 2


def test_nobody_else_enters(as_):
    made = builders.prestation()
    zoe = as_(builders.bienveillant())
    for path in ("", "nouvelle", str(made.id)):
        assert zoe.get(f"{OFFERS}{path}").status_code == 403
    assert zoe.post(f"{OFFERS}{made.id}", data=typed()).status_code == 403
