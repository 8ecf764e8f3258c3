"""Which price of the list a confirmed need takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.devis.models import Unite
from portal.poles.models import Ressource
from tests import builders


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
