"""The price list: dated, never written over, kept by the treasurer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.db import db
from portal.devis import queries, tarifs
from portal.devis.models import Tarif, Unite
from portal.poles.models import Ressource
from tests import builders

TODAY = {"libelle": "Repas créole", "unite": "personne", "prix": "14,50", "taux": "210", "pole_id": "", "ressource": ""}


@pytest.fixture
def treasurer(app):
    return builders.personne("Tara Sinama", [builders.TRESORIER])


def typed(**more):
    return TODAY | {"du": clock.today().isoformat()} | more


def test_a_line_is_added_and_read_by_the_house(as_, treasurer):
    client = as_(treasurer)
    assert client.post("/devis/tarifs/nouveau", data=typed()).status_code == 303
    (tarif,) = queries.tarifs()
    assert (tarif.libelle, tarif.prix, tarif.taux, tarif.unite) == ("Repas créole", 14_50, 210, Unite.PERSONNE)
    page = as_(builders.bienveillant()).get("/devis/tarifs/")
    assert "Repas créole" in page.text
    assert f"/devis/tarifs/{tarif.id}" not in page.text  # read only


@pytest.mark.both
def test_a_new_price_keeps_the_one_of_before(treasurer):
    meal = builders.tarif("Repas", 14_50, by=treasurer, unite=Unite.PERSONNE, ressource=Ressource.CONSOMMABLE)
    later = clock.today() + timedelta(days=10)
    new = tarifs.change(meal, by=treasurer, du=later, **(meal.sheet | {"prix": 15_00}))
    assert [t.prix for t in queries.tarifs()] == [14_50]
    assert [t.prix for t in queries.tarifs(later)] == [15_00]
    assert new.avant == [meal]
    with pytest.raises(tarifs.Withdrawn):
        tarifs.change(meal, by=treasurer, du=later, **meal.sheet | {"prix": 16_00})


def test_mended_on_the_day_it_begins_it_is_the_same_line(treasurer):
    meal = builders.tarif("Repas", 14_50, by=treasurer, du=clock.today())
    assert tarifs.change(meal, by=treasurer, du=clock.today(), **(meal.sheet | {"prix": 14_00})) is meal
    assert db.session.query(Tarif).count() == 1


def test_withdrawn_it_prices_nothing_more(as_, treasurer):
    meal = builders.tarif("Repas", 14_50, by=treasurer)
    assert as_(treasurer).post(f"/devis/tarifs/{meal.id}/retirer").status_code == 303
    assert queries.tarifs() == []


def test_withdrawn_by_mistake_on_its_first_day_it_comes_back_as_it_is_now_written(as_, treasurer):
    client = as_(treasurer)
    client.post("/devis/tarifs/nouveau", data=typed())
    client.post(f"/devis/tarifs/{queries.tarifs()[0].id}/retirer")
    assert client.post("/devis/tarifs/nouveau", data=typed(prix="15")).status_code == 303
    assert [(t.libelle, t.prix, t.au) for t in queries.tarifs()] == [("Repas créole", 15_00, None)]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"prix": "NaN"}, "Ce montant n’est pas compris"),
        ({"prix": "1e400"}, "Ce montant n’est pas compris"),
        ({"prix": "1 234 567 890,00"}, "Ce montant n’est pas compris"),
        ({"prix": "200 000"}, "C’est trop"),
        ({"libelle": ""}, "Écris ce qui est vendu"),
        ({"du": ""}, "Dis à partir de quel jour"),
    ],
)
def test_what_makes_no_sense_is_said_in_french_and_stores_nothing(as_, treasurer, wrong, sentence):
    answer = as_(treasurer).post("/devis/tarifs/nouveau", data=typed(**wrong))
    assert answer.status_code == 422
    assert sentence in answer.text.replace("\u00a0", " ")
    assert queries.tarifs() == []


def test_a_space_prices_needs_of_spaces_only(as_, treasurer):
    case = builders.espace()
    answer = as_(treasurer).post("/devis/tarifs/nouveau", data=typed(espace_id=str(case.id), ressource="humain"))
    assert answer.status_code == 422
    assert "Un espace ne chiffre qu’un besoin d’espace." in answer.text


def test_the_hour_of_site_is_not_comprised_in_itself(as_, treasurer):
    answer = as_(treasurer).post("/devis/tarifs/nouveau", data=typed(site="y", comprise="y"))
    assert (answer.status_code, "n’est pas comprise en elle-même" in answer.text) == (422, True)


def test_two_lines_of_one_name_do_not_begin_the_same_day(as_, treasurer):
    client = as_(treasurer)
    client.post("/devis/tarifs/nouveau", data=typed())
    answer = client.post("/devis/tarifs/nouveau", data=typed())
    assert answer.status_code == 422
    assert "porte déjà ce nom" in answer.text
