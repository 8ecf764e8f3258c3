"""From what an action brought in to what each gets, cancelled or not: provisional, then decided; each cent is accounted for."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from portal import clock, reglage
from portal.actions import commands as actions
from portal.actions import effacement
from portal.actions.models import Etat as EtatAction
from portal.actions.processus import annuler
from portal.contributions.models import Contribution, Unite
from portal.db import db
from portal.factures import commands as invoices
from portal.factures import reglements
from portal.factures.models import Moyen, rembourser
from portal.factures.models import Nature as Sorte
from portal.missions.models import Nature as Poste
from portal.partage import commands, queries
from portal.partage.models import Ecriture, Etat, Nature
from portal.workflow import MotifMissing
from tests import builders
from tests.partage.conftest import WHOLE

# Cuisine 200 of 1,380, the stage 100 of 1,380, half of each: 7.25 % and 3.62 %, the largest remainder first.
CUISINE, SCENE = 725, 362


def test_its_keys_are_those_of_the_devis_the_rest_is_the_commun_s(fete):
    compte = fete.compte()
    assert compte.cles == {fete.cuisine.id: CUISINE, fete.scene.id: SCENE}
    assert [(one.pole.nom if one.pole else "", one.cle, one.prevu) for one in compte.lignes] == [
        ("Cuisine", CUISINE, 80_00), ("Scène", SCENE, 0), ("", 10_000 - CUISINE - SCENE, 0),
    ]  # fmt: skip


def test_the_profit_is_what_was_invoiced_less_what_it_cost(fete):
    fete.issued()
    fete.spend(80_00, fete.cuisine)
    compte = fete.compte()
    assert (compte.facture, compte.couts, compte.benefice, compte.etat) == (WHOLE, 80_00, 1300_00, Etat.PROVISOIRE)
    assert sum(compte.parts.values()) == 1300_00
    assert compte.parts[fete.cuisine.id] == 94_25


def test_a_deposit_counts_once(a_venir):
    a_venir.issued(Sorte.ACOMPTE)
    a_venir.end().issued()
    assert a_venir.compte().facture == WHOLE


# --- the decision --------------------------------------------------------------------------------------------


def test_it_is_decided_once_all_is_paid(fete):
    with pytest.raises(commands.NotInvoiced):
        fete.decide()
    facture = fete.issued()
    with pytest.raises(commands.NotPaid):
        fete.decide()
    fete.pay(facture)
    fete.spend(80_00, fete.cuisine)
    fete.decide()
    assert fete.parts() == [94_25, 47_06, 1158_69]
    assert sum(fete.parts()) == 1300_00
    with pytest.raises(commands.AlreadyDecided):
        fete.decide()


def test_what_moved_since_it_was_read_is_shown_again_before_it_is_decided(fete):
    fete.invoiced()
    read = commands.reading(fete.compte())
    fete.spend(80_00)
    with pytest.raises(commands.Reread):
        commands.decide(fete.action, by=fete.rita, read=read)


def test_other_keys_want_a_reason_and_never_pass_the_whole(fete):
    with pytest.raises(MotifMissing):
        fete.set_keys(cles={fete.cuisine.id: 5000}, motif=" ")
    with pytest.raises(commands.Beyond, match="100,01"):
        fete.set_keys(cles={fete.cuisine.id: 5000, fete.scene.id: 5001}, motif="Essai.")
    fete.set_keys(cles={fete.cuisine.id: 5000}, motif="Elle a tout porté.")
    fete.invoiced()
    fete.decide()
    assert fete.parts() == [690_00, 0, 690_00]


def test_keys_that_somebody_changed_meanwhile_are_never_overwritten_unseen(fete):
    read = commands.keys_reading(fete.compte())
    fete.set_keys(cles={fete.cuisine.id: 5000}, motif="Elle a tout porté.")
    with pytest.raises(commands.KeysMoved):
        fete.set_keys(cles={fete.scene.id: 5000}, motif="Non, elle.", read=read)
    assert fete.compte().cles == {fete.cuisine.id: 5000}


def test_the_keys_of_the_lines_come_back(fete):
    fete.set_keys(cles={fete.cuisine.id: 5000}, motif="Essai.")
    commands.follow_the_lines(fete.action, by=fete.zoe)
    assert fete.compte().cles == fete.compte().cles_des_lignes


def test_the_keys_follow_what_was_really_invoiced(fete):
    garden = builders.pole("Jardin")
    facture = fete.baskets(garden)
    compte = fete.compte()
    assert compte.cles == {garden.id: 2294, fete.scene.id: 229}  # 1,000 and 100 of 2,180, half of each
    assert [compte.parts[pole and pole.id] for pole in (garden, fete.scene, None)] == [500_09, 49_92, 1629_99]
    fete.decide()
    given = fete.compte().donnes
    fete.credit(facture)
    fete.invoiced()  # what is invoiced anew is the devis as it was
    assert fete.compte().cles == compte.cles
    assert given[garden.id] == 500_09
    assert fete.compte().donnes[garden.id] == 316_57


def test_what_somebody_chose_stands_whatever_is_invoiced(fete):
    fete.set_keys(cles={fete.cuisine.id: 5000}, motif="Elle a tout porté.")
    fete.baskets(builders.pole("Jardin"))
    assert fete.compte().cles == {fete.cuisine.id: 5000}


def test_a_decision_freezes_its_keys_whatever_the_house_says_later(fete):
    fete.invoiced()
    fete.decide()
    before = fete.parts()
    reglage.change(reglage.PART_COMMUN, 90, by=fete.rita)
    assert fete.compte().ecart == {}
    assert fete.parts() == before


def test_a_decision_freezes_what_a_point_costs_too(fete):
    earned = {"mission": fete.mission, "nature": Poste.CHARGE_DE_MISSION, "unite": Unite.POINTS, "annee": 2026}
    db.session.add(Contribution(personne=fete.chef, par=fete.rita, action=fete.action, quantite=100, **earned))
    reglage.change(reglage.VALEUR_POINT, 200, by=fete.rita)
    assert fete.compte().couts == 200_00
    facture = fete.invoiced()
    fete.decide()
    commands.close(fete.action, by=fete.rita)
    reglage.change(reglage.VALEUR_POINT, 500, by=fete.rita)
    assert (fete.compte().couts, fete.compte().ecart) == (200_00, {})
    fete.credit(facture)
    assert fete.parts() == [0, 0, -200_00]


@pytest.mark.both
def test_and_the_database_keeps_it(fete):
    fete.invoiced()
    fete.decide()
    db.session.commit()
    with pytest.raises(DBAPIError, match="le prix du point d’un partage décidé ne change plus"):
        db.session.execute(text("UPDATE partage SET valeur_point = 5"))
    db.session.rollback()
    with pytest.raises(DBAPIError):
        db.session.execute(text("UPDATE partage SET etat = 'provisoire', decide_le = NULL, decide_par_id = NULL"))


def test_a_loss_is_shared_with_nobody_and_the_commun_bears_it_once_somebody_says_why(fete):
    fete.invoiced()
    fete.spend(WHOLE + 50_00)
    assert fete.compte().benefice == -50_00
    assert fete.compte().parts == {None: -50_00}
    with pytest.raises(commands.LossToExplain):
        fete.decide()
    fete.decide("On l’a fait pour le quartier.")
    assert fete.parts() == [0, 0, -50_00]


# --- the lists -------------------------------------------------------------------------------------------------


def lists() -> dict[str, list[int]]:
    """What each tab names, the empty ones left out."""
    return {vue: ids for vue in queries.VUES if (ids := [one.id for one in queries.listed(vue, 1).items])}


@pytest.mark.both
def test_it_waits_for_its_money_then_is_to_decide_then_to_close(fete):
    ours = [fete.action.id]
    assert lists() == {"a_venir": ours}
    facture = fete.issued()
    assert lists() == {"a_venir": ours}
    fete.pay(facture)
    assert lists() == {"a_decider": ours}
    fete.decide()
    assert lists() == {"a_clore": ours}
    commands.close(fete.action, by=fete.rita)
    assert lists() == {"clos": ours}


@pytest.mark.both
def test_money_to_give_back_or_an_invoice_made_anew_puts_it_off(fete):
    fete.credit(fete.invoiced())
    assert lists() == {"a_venir": [fete.action.id]}
    give_back(fete)
    assert lists() == {"a_decider": [fete.action.id]}
    draft = fete.draft()
    assert lists() == {"a_venir": [fete.action.id]}
    with pytest.raises(commands.NotIssued):
        fete.decide("Panne.")
    invoices.drop(draft, by=fete.rita)
    fete.decide("Panne.")
    fete.draft()
    with pytest.raises(commands.NotIssued):
        commands.close(fete.action, by=fete.rita)


@pytest.mark.both
def test_what_is_cancelled_is_to_decide_once_its_deposit_is_paid(a_venir):
    deposit = a_venir.issued(Sorte.ACOMPTE)
    actions.decide(a_venir.action, annuler, by=a_venir.zoe, motif="Cyclone.")
    assert lists() == {"a_venir": [a_venir.action.id]}
    a_venir.pay(deposit)
    assert lists() == {"a_decider": [a_venir.action.id]}


@pytest.mark.both
def test_the_draft_of_what_is_cancelled_can_never_leave_and_puts_nothing_off(a_venir):
    a_venir.draft(Sorte.ACOMPTE)
    a_venir.spend(80_00)
    actions.decide(a_venir.action, annuler, by=a_venir.zoe, motif="Cyclone.")
    assert lists() == {"a_decider": [a_venir.action.id]}
    a_venir.decide("Le traiteur garde ses frais.")
    commands.close(a_venir.action, by=a_venir.rita)


def give_back(fete) -> None:
    """What avoirs took back of what was paid."""
    [paid] = [one for one in fete.compte().factures if one.reste < 0]
    reglements.receive(paid, rembourser, by=fete.rita, montant=-paid.reste, moyen=Moyen.VIREMENT, le=clock.today())


# --- what was cancelled ----------------------------------------------------------------------------------------


@pytest.fixture
def annulee(a_venir):
    """Its deposit paid, then cancelled the day before."""
    fete = a_venir
    fete.pay(fete.issued(Sorte.ACOMPTE))
    actions.decide(fete.action, annuler, by=fete.zoe, motif="Cyclone.")
    db.session.commit()
    return fete


@pytest.mark.both
def test_a_deposit_that_the_house_keeps_is_shared(annulee):
    assert [one.id for one in queries.listed("a_decider", 1).items] == [annulee.action.id]
    annulee.spend(14_00)
    annulee.decide()
    assert sum(annulee.parts()) == 400_00
    commands.close(annulee.action, by=annulee.rita)
    assert annulee.compte().etat is Etat.CLOS
    assert annulee.action.etat is EtatAction.ANNULEE


def to_decide() -> list[int]:
    return [one.id for one in queries.listed("a_decider", 1).items]


def test_given_back_there_is_nothing_to_decide_unless_it_cost_something(annulee):
    [deposit] = annulee.compte().factures
    annulee.credit(deposit)
    give_back(annulee)
    assert to_decide() == []
    with pytest.raises(commands.NothingToShare):
        annulee.decide()
    annulee.spend(14_00, by=annulee.zoe)  # what the caterer keeps
    assert to_decide() == [annulee.action.id]
    annulee.decide("Le traiteur garde ses frais.")
    assert annulee.parts() == [0, 0, -14_00]


@pytest.mark.both
def test_what_a_cancelled_action_had_cost_is_a_loss_of_the_commun(a_venir):
    fete = a_venir
    fete.spend(80_00, fete.cuisine)
    actions.decide(fete.action, annuler, by=fete.zoe, motif="Cyclone.")
    db.session.commit()
    assert to_decide() == [fete.action.id]
    with pytest.raises(commands.LossToExplain):
        fete.decide()
    fete.decide("Le cyclone.")
    commands.close(fete.action, by=fete.rita)
    assert (fete.parts(), fete.compte().etat, fete.action.etat) == ([0, 0, -80_00], Etat.CLOS, EtatAction.ANNULEE)
    assert queries.of_year(clock.today().year).parts == [(None, -80_00)]
    assert to_decide() == []


@pytest.mark.both
@pytest.mark.parametrize(("unite", "cents"), [(Unite.CENTIMES, 150_00), (Unite.POINTS, 0)])
def test_so_is_what_its_charges_de_mission_earned_where_it_counts_in_euros(a_venir, unite, cents):
    fete = a_venir
    earned = {"mission": fete.mission, "nature": Poste.CHARGE_DE_MISSION, "unite": unite, "quantite": 150_00, "annee": 2026}
    db.session.add(Contribution(personne=fete.chef, par=fete.rita, action=fete.action, **earned))
    actions.decide(fete.action, annuler, by=fete.zoe, motif="Cyclone.")
    db.session.commit()
    assert (fete.compte().benefice, fete.compte().is_ready, bool(to_decide())) == (-cents, cents > 0, cents > 0)


def test_before_it_is_confirmed_nothing_is_spent(fete):
    early = builders.validated(fete.zoe)
    said = {"libelle": "Marché", "nature": Nature.CONSOMMABLES, "le": clock.today(), "montant": 1, "pole_id": None}
    with pytest.raises(commands.NotOver):
        commands.note(early, by=fete.zoe, **said)
    assert not queries.compte(early).may_cost


def test_what_was_invoiced_then_cancelled_is_a_loss_that_somebody_decides(fete):
    facture = fete.issued()
    fete.spend(80_00)
    fete.credit(facture)
    with pytest.raises(commands.LossToExplain):
        fete.decide()
    fete.decide("Annulé par le cyclone.")
    commands.close(fete.action, by=fete.rita)
    assert (fete.parts(), fete.action.etat) == ([0, 0, -80_00], EtatAction.SOLDEE)


@pytest.mark.both
def test_the_commun_has_one_line_a_decision(fete):
    fete.invoiced()
    fete.decide()
    db.session.add(Ecriture(partage_id=fete.compte().partage.id, rang=1, pole_id=None, montant=1, motif="Encore"))
    with pytest.raises(DBAPIError):
        db.session.flush()


@pytest.mark.both
@pytest.mark.parametrize("statement", [update(Ecriture).values(montant=1), delete(Ecriture)])
def test_what_was_given_never_changes_whoever_writes(fete, statement):
    fete.invoiced()
    fete.decide()
    with pytest.raises(DBAPIError, match="une écriture passée ne change plus"):
        db.session.execute(statement)


def test_the_year_of_each(fete):
    fete.invoiced()
    fete.decide()
    year = queries.of_year(clock.today().year)
    assert [(pole.nom if pole else "", cents) for pole, cents in year.parts] == [
        ("", WHOLE - 100_05 - 49_96), ("Cuisine", 100_05), ("Scène", 49_96),
    ]  # fmt: skip
    assert queries.of_year(2001).parts == []


def test_what_is_given_at_midnight_is_of_the_year_that_begins(fete):
    fete.invoiced()
    annee = clock.today().year + 1
    with clock.freeze(clock.start_of(date(annee, 1, 1))):
        fete.decide()
    assert [sum(cents for _, cents in queries.of_year(one).parts) for one in (annee - 1, annee)] == [0, WHOLE]


# --- what the database keeps, and what it forgets --------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("write", ["UPDATE cle SET part = 1", "DELETE FROM cle"])
def test_the_keys_of_what_is_decided_never_change_whoever_writes(fete, write):
    fete.invoiced()
    fete.decide()
    db.session.commit()
    with pytest.raises(DBAPIError, match="ne changent plus"):
        db.session.execute(text(write))


@pytest.mark.both
def test_an_erased_demandeur_is_named_by_no_expense_nor_reason_nor_line(fete):
    fete.action.demandeur.contact = "Armelle Gigan"
    fete.spend(10_00, libelle="Repas d’Armelle Gigan")
    fete.set_keys(cles={fete.cuisine.id: 5000}, motif="Vu avec Armelle Gigan.")
    fete.invoiced()
    fete.decide(motif="Armelle Gigan l’a dit.")
    commands.close(fete.action, by=fete.rita)
    effacement.erase(fete.action, by=fete.zoe)
    db.session.commit()
    compte = fete.compte()
    words = (
        [one.libelle for one in compte.depenses] + [compte.partage.motif] + [line.motif for line in compte.partage.ecritures]
    )
    assert len(words) == 4
    assert [said for said in words if "Armelle" in said] == []
