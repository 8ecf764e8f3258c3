"""A deposit: the invoice deducts what remains of it, an avoir takes it back in its turn, no draft that waited slips past it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.actions import processus
from portal.actions.models import Etat as ActionEtat
from portal.actions.models import reading
from portal.db import db
from portal.devis import accords
from portal.devis.commands import Typed
from portal.devis.models import LigneDevis
from portal.factures import commands, emission, papier
from portal.factures.models import Etat, Nature
from portal.factures.reactions import InvoicedOnIt
from portal.workflow import fire
from tests import builders
from tests.factures.conftest import agreed
from tests.factures.test_avoirs import WHOLE, credit


@pytest.fixture
def taxed_with_a_deposit(people):
    """Of a house that is taxed: the site at 8.5 %, a meal at 2.1 %, 30 % of both as a deposit; and the draft of the whole."""
    builders.taxed(people[1])
    affaire = agreed(*people)
    affaire.issued(Nature.ACOMPTE)
    draft = affaire.end().draft()
    meal = {"libelle": "Repas", "quantite": 100, "unite": draft.lignes[0].unite, "prix": 1000_00, "taux": 210, "pole_id": None}
    commands.add(draft, by=affaire.rita, motif="Le traiteur a fait défaut.", **meal)
    return affaire, draft


def test_it_is_due_when_its_action_begins_at_the_latest(to_come):
    draft = to_come.draft(Nature.ACOMPTE)
    leaves, begins = clock.today(), clock.local(to_come.action.debut).date()
    assert papier.last_day(draft, leaves) == begins < leaves + timedelta(days=draft.delai)
    draft.delai = 2
    assert papier.last_day(draft, leaves) == leaves + timedelta(days=2)
    after = begins + timedelta(days=4)
    assert papier.last_day(draft, after) == after


# --- deducted, taken back ------------------------------------------------------------------------------------


def test_what_remains_of_a_deposit_is_deducted(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    credit(deposit, affaire.rita, 100_00)
    whole = affaire.end().issued()
    assert (whole.deduit, whole.a_payer) == (224_00, 856_00)
    avoir = credit(whole, affaire.rita)  # of what it asked for: the deposit has its own
    assert (avoir.ttc, whole.is_cancelled, deposit.is_cancelled) == (856_00, True, False)


def test_a_deposit_taken_back_whole_is_asked_anew_or_not_deducted(people):
    affaire = agreed(*people)
    credit(affaire.issued(Nature.ACOMPTE), affaire.rita)
    assert affaire.issued(Nature.ACOMPTE).numero.endswith("0002")
    assert affaire.end().draft().deduit == 324_00


def test_a_deposit_that_an_invoice_deducts_waits_until_that_one_is_cancelled(people):
    affaire = agreed(*people)
    deposit, whole = affaire.issued(Nature.ACOMPTE), affaire.end().issued()
    with pytest.raises(commands.Deducted):
        commands.credit(deposit, by=affaire.rita)
    credit(whole, affaire.rita)
    assert credit(deposit, affaire.rita).ttc == 324_00


def test_an_invoice_whose_deposit_asked_for_all_of_it_goes_with_it(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    draft = affaire.end().draft()
    draft.lignes[0].prix, draft.lignes[0].quantite, draft.lignes[0].motif = 324_00, 100, "Forfait."
    commands.count(draft)
    emission.emit(draft, by=affaire.rita, read=emission.reading(draft))
    assert (draft.a_payer, draft.etat) == (0, Etat.PAYEE)
    with pytest.raises(commands.AlreadyInvoiced):
        affaire.draft()
    credit(deposit, affaire.rita)
    assert affaire.issued().a_payer == WHOLE


def test_the_avoir_on_what_deposits_paid_is_made_on_the_deposit(people):
    affaire = agreed(*people)
    affaire.issued(Nature.ACOMPTE)
    draft = affaire.end().draft()
    draft.lignes[0].prix, draft.lignes[0].quantite, draft.lignes[0].motif = 324_00, 100, "Forfait."
    commands.count(draft)
    emission.emit(draft, by=affaire.rita, read=emission.reading(draft))
    with pytest.raises(commands.PaidByDeposits):
        commands.credit(draft, by=affaire.rita)


def test_a_deposit_never_takes_off_more_of_a_rate_than_there_is(taxed_with_a_deposit):
    affaire, draft = taxed_with_a_deposit
    draft.lignes[0].quantite, draft.lignes[0].motif = 100, "Une heure seulement."
    commands.count(draft)
    with pytest.raises(emission.DepositsExceed, match="8,5"):
        emission.emit(draft, by=affaire.rita, read=emission.reading(draft))


def test_a_deposit_asks_for_no_more_than_its_devis(people):
    affaire = agreed(*people)
    draft = affaire.draft(Nature.ACOMPTE)
    draft.lignes[0].prix = 3240_00
    commands.count(draft)
    with pytest.raises(emission.DepositTooBig):
        emission.emit(draft, by=affaire.rita, read=emission.reading(draft))


def test_an_agreement_is_not_undone_under_a_deposit(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    db.session.commit()
    with pytest.raises(InvoicedOnIt):
        accords.undo(affaire.devis, by=affaire.zoe, motif="Erreur.")
    db.session.rollback()
    credit(deposit, affaire.rita)
    accords.undo(affaire.devis, by=affaire.zoe, motif="Erreur.")
    assert affaire.action.etat is ActionEtat.DEVIS_ENVOYE


def test_nor_under_the_invoice_even_when_all_is_settled(people):
    affaire = agreed(*people).end()
    affaire.issued()
    with pytest.raises(InvoicedOnIt):
        accords.undo(affaire.devis, by=affaire.zoe, motif="Erreur.")


def test_an_avoir_that_waited_while_its_deposit_was_deducted_does_not_leave(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    avoir = commands.credit(deposit, by=affaire.rita)
    commands.edit(avoir, by=affaire.rita, read=reading(avoir.head), head={"mot": "Trop tôt."}, lines={})
    whole = affaire.end().issued()
    assert whole.a_payer == WHOLE - deposit.a_payer
    with pytest.raises(emission.StillDeducted, match=whole.numero):
        emission.emit(avoir, by=affaire.rita, read=emission.reading(avoir))
    commands.drop(avoir, by=affaire.rita)
    credit(whole, affaire.rita)
    credit(deposit, affaire.rita)
    assert (deposit.is_cancelled, whole.is_cancelled) == (True, True)


@pytest.mark.parametrize("hours", [1, 2, 2.5])
def test_an_avoir_of_the_very_difference_leaves_a_whole_that_asks_for_nothing_below(people, hours):
    """9 hours at 100.07 € agreed, 30 % asked before, and less than that done."""
    builders.taxed(people[1])
    affaire = agreed(*people)
    db.session.execute(update(LigneDevis).values(prix=100_07))
    db.session.expire_all()
    affaire.devis.contenu = (affaire.devis.contenu or {}) | {
        "acompte": 293_15,
        "parts": [{"taux": 850, "base": 900_63, "tva": 76_55}],
    }
    deposit = affaire.issued(Nature.ACOMPTE)
    draft = affaire.end().draft()
    line = draft.lignes[0]
    done = {line.id: Typed(reading(line.numbers), line.numbers | {"quantite": int(hours * 100), "motif": "Pluie."})}
    commands.edit(draft, by=affaire.rita, read=reading(draft.head), head=draft.head, lines=done)
    credit(deposit, affaire.rita, commands.remaining(deposit)[0].base - draft.ht)
    commands.count(commands.drafted(draft))
    emission.emit(draft, by=affaire.rita, read=emission.reading(draft))
    assert (draft.contenu["a_payer"], draft.a_payer) == (0, 0)


def test_the_whole_goes_where_its_deposit_went(people):
    affaire = agreed(*people)
    affaire.action.demandeur.siret = "13002526500013"
    draft = affaire.draft(Nature.ACOMPTE)
    draft.chorus, draft.service, draft.commande, draft.livraison = True, "ACHATS", "EJ-42", "Salle verte"
    emission.emit(draft, by=affaire.rita, read=emission.reading(draft))
    whole = affaire.end().draft()
    assert (whole.chorus, whole.service, whole.commande, whole.livraison) == (True, "ACHATS", "EJ-42", "Salle verte")


def test_a_deposit_and_an_avoir_of_a_big_devis_are_one_line_each(people):
    affaire = agreed(*people)
    db.session.execute(update(LigneDevis).values(prix=90_000_00, quantite=2000))
    devis = affaire.devis
    devis.ttc = devis.ht = 1_800_000_00
    devis.contenu = (devis.contenu or {}) | {"acompte": 540_000_00, "parts": [{"taux": 0, "base": 1_800_000_00, "tva": 0}]}
    deposit = affaire.issued(Nature.ACOMPTE)
    assert [line.prix for line in deposit.lignes] == [540_000_00]
    assert credit(deposit, affaire.rita).ttc == 540_000_00


# --- a draft that waited -------------------------------------------------------------------------------------


def test_a_deposit_that_waited_never_leaves_after_the_invoice(people):
    affaire = agreed(*people)
    waiting = affaire.draft(Nature.ACOMPTE)
    affaire.end().issued()
    with pytest.raises(commands.AlreadyInvoiced):
        emission.emit(waiting, by=affaire.rita, read=emission.reading(waiting))


def test_nor_does_anything_leave_for_an_action_that_was_cancelled_or_reopened(people):
    affaire = agreed(*people)
    deposit = affaire.draft(Nature.ACOMPTE)
    fire(processus.annuler, affaire.action, by=affaire.zoe, motif="Cyclone.")
    with pytest.raises(commands.ActionStopped):
        emission.emit(deposit, by=affaire.rita, read=emission.reading(deposit))
    other = agreed(*people).end()
    draft = other.draft()
    fire(processus.rouvrir, other.action, by=other.zoe)
    with pytest.raises(commands.TooEarly):
        emission.emit(draft, by=other.rita, read=emission.reading(draft))


def test_a_draft_is_read_again_once_an_avoir_has_moved_what_it_deducts(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    whole = affaire.end().draft()
    read = emission.reading(whole)
    credit(deposit, affaire.rita, 100_00)
    assert whole.a_payer == 1080_00 - 224_00
    with pytest.raises(emission.Reread):
        emission.emit(whole, by=affaire.rita, read=read)
