"""From what the pôles confirmed to the lines of a first devis: which price, how many, and what is left to be priced."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.besoins import commands as besoins
from portal.besoins.models import Besoin, confirmer
from portal.db import db
from portal.devis import envoi, queries
from portal.devis.models import Unite
from portal.poles.models import Genre, Ressource
from tests import builders


class House:
    def __init__(self) -> None:
        self.zoe, self.gina = builders.bienveillant(), builders.personne("Gina Mussard")
        self.cuisine = builders.pole("Cuisine", Genre.GROUPE, [self.gina])
        self.action = builders.validated(self.zoe)

    def promised(self, thing=None, many: int | None = None, **fields) -> Besoin:
        besoin = builders.besoin(self.action, self.cuisine, thing, **fields)
        besoins.answer(besoin, confirmer, by=self.gina, quantite=many, motif="Pas plus." if many else "")
        return besoin

    def meals(self, many: int) -> Besoin:
        return self.promised(ressource=Ressource.CONSOMMABLE, titre="Repas du midi", quantite=many)

    def lines(self) -> list[tuple[str, int, Unite, int]]:
        made = builders.devis(self.action)
        return [(line.libelle, line.quantite, line.unite, line.prix) for line in made.lignes if line.besoin_id]


@pytest.fixture
def house(app):
    return House()


def listed(house, libelle, prix, unite, ressource, **fields):
    return builders.tarif(libelle, prix, by=house.zoe, unite=unite, ressource=ressource, **fields)


def test_the_nearest_price_is_taken_and_a_confirmed_quantity_is_the_one_that_counts(house):
    case = builders.espace("La case")
    listed(house, "Un espace", 90_00, Unite.JOUR, Ressource.ESPACE)  # any of them: no price of that one
    listed(house, "La case, la demi-journée", 150_00, Unite.DEMI_JOURNEE, Ressource.ESPACE, espace_id=case.id)
    listed(house, "Repas", 12_00, Unite.PERSONNE, Ressource.CONSOMMABLE)
    listed(house, "Repas créole", 14_50, Unite.PERSONNE, Ressource.CONSOMMABLE, pole_id=house.cuisine.id)
    listed(house, "Renfort", 20_00, Unite.HEURE, Ressource.HUMAIN)
    house.promised(case)
    house.meals(50)
    house.promised(many=1)
    assert sorted(house.lines()) == [
        ("Deux personnes à la sono", 9_00, Unite.HEURE, 20_00),  # one person for nine hours
        ("La case, la demi-journée", 2_00, Unite.DEMI_JOURNEE, 150_00),
        ("Repas créole", 50_00, Unite.PERSONNE, 14_50),
    ]


@pytest.mark.both
@pytest.mark.parametrize(("many", "found"), [
    (1_111, ("Couvert", 9_999_00, Unite.HEURE, 10)),
    (1_112, ("Repas du midi", 1_112_00, Unite.UNITE, 0)),
    (10_001, ("Repas du midi", 1_00, Unite.FORFAIT, 0)),
])  # fmt: skip
def test_more_than_a_line_holds_is_left_to_be_priced(as_, house, many, found):
    listed(house, "Couvert", 10, Unite.HEURE, Ressource.CONSOMMABLE)
    house.meals(many)
    db.session.commit()
    assert as_(house.zoe).post(f"/devis/action/{house.action.id}/preparer").status_code == 303
    assert house.lines() == [found]
    [devis] = queries.of_action(house.action)
    assert len(envoi.unpriced(devis)) == (found[-1] == 0)
    assert devis.lignes[0].detail == ("10\u202f001 en tout" if many > 10_000 else "")


@pytest.mark.both
@pytest.mark.parametrize(
    ("hours", "priced"), [(4, ("La case, la demi-journée", 100, 150_00)), (9, ("La case, la journée", 100, 260_00))]
)
def test_a_space_that_has_several_prices_takes_the_one_that_comes_to_less(app, hours, priced):
    zoe, rose = builders.bienveillant(), builders.personne("Rose Fontaine")
    case, pole = builders.espace(), builders.pole("Communs", members=[rose])
    for libelle, unite, prix in (
        ("La case, la demi-journée", Unite.DEMI_JOURNEE, 150_00),
        ("La case, la journée", Unite.JOUR, 260_00),
    ):
        builders.tarif(libelle, prix, by=zoe, unite=unite, ressource=Ressource.ESPACE, espace_id=case.id)
    action = builders.validated(zoe)
    need = builders.besoin(action, pole, case, fin=action.debut + timedelta(hours=hours))
    besoins.answer(need, confirmer, by=rose)
    [line] = [line for line in builders.devis(action).lignes if line.besoin_id]
    assert (line.libelle, line.quantite, line.prix) == priced
