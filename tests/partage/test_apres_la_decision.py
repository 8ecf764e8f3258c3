"""Once a share-out is decided: what moves is corrected by whoever keeps the money, until it closes, and the year with it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.actions.models import Etat as EtatAction
from portal.actions.models import reading
from portal.db import db
from portal.devis.commands import Typed
from portal.factures import reglements
from portal.factures.models import Exercice
from portal.partage import commands, justificatifs
from portal.partage.justificatifs import Recu
from portal.partage.models import Depense, Etat, Nature
from tests.partage.conftest import WHOLE


def test_a_later_avoir_makes_a_correcting_entry(fete):
    facture = fete.invoiced()
    fete.decide()
    fete.credit(facture)
    compte = fete.compte()
    assert compte.benefice == 0
    assert fete.parts() == [0, 0, 0]
    assert sorted({line.rang for line in compte.partage.ecritures}) == [1, 2]
    assert {line.motif for line in compte.partage.ecritures if line.rang == 2} == {f"Avoir A-{clock.today().year}-0001"}


def test_a_forgotten_expense_is_corrected_by_whoever_keeps_the_money(fete):
    fete.invoiced()
    fete.decide()
    with pytest.raises(commands.AlreadyDecided):
        fete.spend(80_00)
    fete.spend(80_00, by=fete.rita)
    assert sum(fete.parts()) == 1300_00
    assert fete.compte().ecart == {}


def with_amount(noted: Depense, montant: int) -> Typed:
    """The form of that expense, its amount alone typed anew."""
    return Typed(reading(noted.sheet), noted.sheet | {"montant": montant})


def test_what_was_noted_wrong_is_put_right_after_the_decision_by_whoever_keeps_the_money(fete):
    noted = fete.spend(800_00, fete.scene)  # 80 was meant
    fete.invoiced()
    fete.decide()
    said = with_amount(noted, 80_00)
    for change in (lambda: commands.remove(noted, by=fete.zoe), lambda: commands.edit(noted, by=fete.zoe, said=said)):
        with pytest.raises(commands.AlreadyDecided):
            change()
    commands.edit(noted, by=fete.rita, said=said)
    assert (sum(fete.parts()), fete.compte().ecart) == (WHOLE - 80_00, {})
    commands.close(fete.action, by=fete.rita)
    commands.remove(noted, by=fete.rita)
    assert (sum(fete.parts()), fete.compte().ecart) == (WHOLE, {})
    motifs = [line.motif for line in fete.compte().partage.ecritures if line.pole_id is None]
    assert motifs == ["Partage décidé", f"Dépense n°\u00a0{noted.id} modifiée", f"Dépense n°\u00a0{noted.id} retirée"]


def test_other_words_of_an_expense_move_no_part(fete):
    noted = fete.spend(80_00)
    fete.invoiced()
    fete.decide()
    commands.edit(noted, by=fete.rita, said=Typed(reading(noted.sheet), noted.sheet | {"libelle": "Marché du matin"}))
    assert {line.rang for line in fete.compte().partage.ecritures} == {1}


RECEIPT = Recu(justificatifs.PDF, b"%PDF-")


def test_a_receipt_alone_is_taken_at_any_time(fete):
    noted = fete.spend(80_00)
    fete.invoiced()
    fete.decide()
    commands.close(fete.action, by=fete.rita)
    commands.edit(noted, by=fete.zoe, said=Typed(reading(noted.sheet), noted.sheet), recu=RECEIPT)
    assert noted.justificatif
    assert {line.rang for line in fete.compte().partage.ecritures} == {1}


def test_no_expense_moves_in_a_closed_year(fete, d_avant):
    """Nor is one noted in it: what comes to light later is dated of the year that is open."""
    noted, before = d_avant
    said = Typed(reading(noted.sheet), noted.sheet | {"le": clock.today()})
    tries = (
        lambda: fete.spend(1, le=before),
        lambda: commands.edit(noted, by=fete.rita, said=with_amount(noted, 1)),
        lambda: commands.edit(noted, by=fete.rita, said=said),
        lambda: commands.remove(noted, by=fete.rita),
    )
    for change in tries:
        with pytest.raises(commands.YearClosed, match=str(before.year)):
            change()
    commands.edit(noted, by=fete.zoe, said=Typed(reading(noted.sheet), noted.sheet), recu=RECEIPT)
    here = fete.spend(1)
    with pytest.raises(commands.YearClosed):
        commands.edit(here, by=fete.zoe, said=Typed(reading(here.sheet), here.sheet | {"le": before}))


DEPENSE = "action_id, nature, libelle, montant, le, par_id, cree_le"


@pytest.mark.both
@pytest.mark.parametrize(
    "write",
    [
        "UPDATE depense SET montant = 1",
        "UPDATE depense SET le = '2999-01-01'",
        "DELETE FROM depense",
        f"INSERT INTO depense ({DEPENSE}) SELECT {DEPENSE} FROM depense",
    ],
)
def test_nor_does_one_whoever_writes_but_its_words(d_avant, write):
    db.session.execute(text("UPDATE depense SET libelle = 'effacé'"))
    db.session.commit()
    with pytest.raises(DBAPIError, match="cette année est close"):
        db.session.execute(text(write))


@pytest.fixture
def d_avant(fete):
    """An expense of the year before, which is closed since."""
    before = date(clock.today().year - 1, 12, 31)
    noted = fete.spend(80_00, le=before)
    db.session.add(Exercice(annee=before.year, clos_le=clock.now(), par_id=fete.rita.id, contenu={}, empreinte="0" * 64))
    db.session.flush()
    return noted, before


def test_closed_it_settles_the_action(fete):
    fete.invoiced()
    with pytest.raises(commands.NotDecided):
        commands.close(fete.action, by=fete.rita)
    fete.decide()
    commands.close(fete.action, by=fete.rita)
    assert (fete.compte().etat, fete.action.etat) == (Etat.CLOS, EtatAction.SOLDEE)


def test_it_does_not_close_on_a_payment_that_bounced(fete):
    facture = fete.invoiced()
    fete.decide()
    reglements.reverse(facture.reglements[0], by=fete.rita, motif="Chèque impayé.")
    with pytest.raises(commands.NotPaid):
        commands.close(fete.action, by=fete.rita)


def test_cancelled_after_it_was_closed_it_is_invoiced_anew(fete):
    facture = fete.invoiced()
    fete.decide()
    commands.close(fete.action, by=fete.rita)
    fete.credit(facture)
    assert fete.parts() == [0, 0, 0]
    anew = fete.issued()
    assert fete.parts() == [0, 0, 0]  # nothing is given of money that has not come
    with pytest.raises(commands.NotPaid):
        commands.mend(fete.action, by=fete.rita, motif="Tout de suite.")
    fete.pay(anew)
    assert sum(fete.parts()) == WHOLE


def test_what_lowers_it_is_corrected_at_once_whatever_is_still_to_come(fete):
    facture = fete.invoiced()
    fete.decide()
    reglements.reverse(facture.reglements[0], by=fete.rita, motif="Chèque sans provision.")
    fete.spend(80_00, by=fete.rita)
    assert sum(fete.parts()) == WHOLE - 80_00


def test_it_closes_once_what_moved_is_corrected(fete):
    fete.invoiced()
    fete.decide()
    with pytest.raises(commands.NothingMoved):
        commands.mend(fete.action, by=fete.rita, motif="Rien.")
    gas = {"action": fete.action, "par": fete.rita, "nature": Nature.AUTRE, "libelle": "Gaz", "montant": 1, "le": clock.today()}
    db.session.add(Depense(**gas))
    with pytest.raises(commands.NotCorrected):
        commands.close(fete.action, by=fete.rita)
    commands.mend(fete.action, by=fete.rita, motif="Oubli.")
    commands.close(fete.action, by=fete.rita)
