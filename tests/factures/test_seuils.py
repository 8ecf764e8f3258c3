"""A house that charges no TVA is told in time that it may have to."""

from __future__ import annotations

import pytest

from portal import clock, reglage
from portal.db import db
from portal.factures import seuils
from portal.factures.models import Nature
from portal.reglage import Profil
from tests import builders
from tests.factures.conftest import agreed
from tests.factures.test_avoirs import credit


@pytest.mark.parametrize(
    ("plafond", "said"),
    [(1350, (80, False)), (1351, None), (1081, (99, False)), (1080, (100, True)), (1000, (108, True)), (0, None)],
)
@pytest.mark.parametrize(
    ("profil", "setting"), [(Profil.EXONEREE, reglage.SEUIL_EXONERATION), (Profil.FRANCHISE, reglage.SEUIL_FRANCHISE)]
)
def test_it_is_told_from_eighty_percent_then_once_it_is_passed(affaire, profil, setting, plafond, said):
    reglage.change(reglage.PROFIL, profil, by=affaire.rita)
    reglage.change(setting, plafond, by=affaire.rita)
    affaire.issued()
    found = seuils.near()
    assert (found and (found.pour_cent, found.is_passed)) == said


def test_whoever_charges_tva_has_no_ceiling(affaire):
    affaire.issued()
    reglage.change(reglage.SEUIL_EXONERATION, 1, by=affaire.rita)
    builders.taxed(affaire.rita)
    assert seuils.near() is None


@pytest.mark.both
def test_a_deposit_counts_once_an_avoir_takes_off_and_each_year_begins_again(people):
    affaire = agreed(*people)
    affaire.issued(Nature.ACOMPTE)
    whole = affaire.end().issued()
    year = clock.today().year
    assert seuils.invoiced(year) == 1080_00
    credit(whole, affaire.rita)
    assert seuils.invoiced(year) == 324_00
    assert seuils.invoiced(year + 1) == 0


def test_the_treasurer_reads_it_above_the_invoices_and_a_bienveillant_does_not(affaire, as_):
    reglage.change(reglage.SEUIL_EXONERATION, 1000, by=affaire.rita)
    affaire.issued()
    db.session.commit()
    assert "Le plafond de l’année est passé" in as_(affaire.rita).get("/factures/").text
    assert "plafond" not in as_(affaire.zoe).get("/factures/").text
