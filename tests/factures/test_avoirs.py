"""An avoir: it takes back all or a part of an invoice, never more than what remains of it, at its rates, to the cent."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock, reglage
from portal.actions import processus
from portal.actions.models import Etat as ActionEtat
from portal.actions.models import reading
from portal.db import db
from portal.devis import accords
from portal.devis.commands import Typed
from portal.devis.models import LigneDevis
from portal.factures import commands, emission, reglements
from portal.factures.models import Etat, Facture, Moyen, Nature, Serie, rembourser
from portal.factures.reactions import InvoicedOnIt
from portal.reglage import Profil
from portal.workflow import fire
from tests import builders
from tests.actions.test_routes import shown
from tests.factures.conftest import agreed

WHOLE = 1080_00


@pytest.fixture
def taxed(people) -> Facture:
    """Nine hours at 8.5 %, and a meal at 2.1 %."""
    builders.taxed(people[1])
    affaire = agreed(*people).end()
    facture = affaire.draft()
    meal = {"libelle": "Repas", "quantite": 100, "unite": facture.lignes[0].unite, "prix": 333_33, "taux": 210, "pole_id": None}
    commands.add(facture, by=affaire.rita, motif="Le traiteur a fait défaut.", **meal)
    emission.emit(facture, by=affaire.rita, read=emission.reading(facture))
    return facture


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


def credit(facture: Facture, by, *prices: int, mot: str = "Panne de courant.") -> Facture:
    """Issued, of these cents a line without TVA; of all that remains when none is said."""
    avoir = commands.credit(facture, by=by)
    said = {
        line.id: Typed(reading(line.numbers), line.numbers | {"prix": price})
        for line, price in zip(avoir.lignes, prices or [line.prix for line in avoir.lignes], strict=True)
    }
    commands.edit(avoir, by=by, read=reading(avoir.head), head={"mot": mot}, lines=said)
    emission.emit(avoir, by=by, read=emission.reading(avoir))
    return avoir


def receive(facture: Facture, by, montant: int = WHOLE, *what) -> None:
    reglements.receive(facture, *what, by=by, montant=montant, moyen=Moyen.VIREMENT, le=clock.today())


# --- what it takes back --------------------------------------------------------------------------------------


@pytest.mark.both
def test_whole_it_leaves_nothing_to_pay_and_says_what_it_corrects(affaire, facture):
    avoir = credit(facture, affaire.rita)
    year = clock.today().year
    assert (avoir.numero, avoir.ttc, avoir.etat) == (f"A-{year}-0001", WHOLE, Etat.EMISE)
    assert avoir.contenu["origine"] == {"numero": f"F-{year}-0001", "le": clock.today().isoformat()}
    assert (facture.reste, facture.is_cancelled, facture.etat) == (0, True, Etat.PAYEE)
    with pytest.raises(commands.NotToCredit):
        commands.credit(facture, by=affaire.rita)


def test_a_part_leaves_the_rest_to_pay(affaire, facture):
    credit(facture, affaire.rita, 80_00)
    assert (facture.reste, facture.etat, facture.is_cancelled) == (1000_00, Etat.EMISE, False)
    receive(facture, affaire.rita, 1000_00)
    assert (facture.reste, facture.etat) == (0, Etat.PAYEE)
    assert commands.credit(facture, by=affaire.rita).ttc == 1000_00  # of what remains, paid or not


@pytest.mark.parametrize("before", [0, 80_00])
def test_a_cent_more_than_what_remains_is_refused_and_burns_no_number(affaire, facture, before):
    if before:
        credit(facture, affaire.rita, before)
    with pytest.raises(emission.Beyond):
        credit(facture, affaire.rita, WHOLE - before + 1)
    db.session.rollback()
    assert db.session.scalar(select(Serie.dernier).where(Serie.prefixe == "A")) in (None, 1 if before else 0)


def test_it_says_why(affaire, facture):
    with pytest.raises(emission.NoReason):
        credit(facture, affaire.rita, mot=" ")


def test_its_parts_make_the_invoice_rate_by_rate_to_the_cent(taxed, people):
    rita = people[1]
    first = credit(taxed, rita, 333_33, 111_11)
    second = credit(taxed, rita, 333_33, 111_11)
    last = credit(taxed, rita)
    assert (taxed.reste, taxed.is_cancelled) == (0, True)
    for name in ("ht", "tva", "ttc"):
        assert sum(one.contenu[name] for one in (first, second, last)) == taxed.contenu[name]
    assert [part["taux"] for part in last.contenu["parts"]] == [850, 210]


def test_a_rate_has_its_own_bound(taxed, people):
    with pytest.raises(emission.Beyond, match=r"2,1.*333,33"):
        credit(taxed, people[1], 0, 333_34)


def test_it_is_taxed_as_its_invoice_was_whatever_the_house_has_become(taxed, people):
    reglage.change(reglage.PROFIL, Profil.FRANCHISE, by=people[1])
    avoir = credit(taxed, people[1])
    assert (avoir.ttc, avoir.contenu["avec_tva"], avoir.contenu["mention"]) == (taxed.ttc, True, "")


# --- what follows --------------------------------------------------------------------------------------------


def test_what_was_paid_is_given_back_and_no_cent_more(affaire, facture):
    receive(facture, affaire.rita)
    credit(facture, affaire.rita, 80_00)
    assert (facture.reste, facture.etat) == (-80_00, Etat.PAYEE)
    with pytest.raises(reglements.NotToGiveBack):
        receive(facture, affaire.rita, 80_01, rembourser)
    with pytest.raises(reglements.TooMuch):
        receive(facture, affaire.rita, 1)
    receive(facture, affaire.rita, 80_00, rembourser)
    assert (facture.reste, facture.regle, facture.etat) == (0, 1000_00, Etat.PAYEE)
    assert reglements.checked() == reglements.Chain(2, "")


def test_a_payment_that_bounces_after_an_avoir_leaves_only_what_is_still_due(affaire, facture):
    receive(facture, affaire.rita)
    credit(facture, affaire.rita)
    reglements.reverse(facture.reglements[0], by=affaire.rita, motif="Chèque impayé.")
    assert (facture.reste, facture.etat) == (0, Etat.PAYEE)


def test_the_action_may_then_be_invoiced_anew(affaire, facture):
    with pytest.raises(commands.AlreadyInvoiced):
        affaire.draft()
    credit(facture, affaire.rita)
    assert affaire.issued().numero.endswith("0002")


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


def test_one_is_prepared_at_a_time(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    there = commands.credit(deposit, by=affaire.rita)
    assert commands.credit(deposit, by=affaire.rita) is there
    whole = affaire.end().issued()
    with pytest.raises(commands.AnotherCredit):
        commands.credit(whole, by=affaire.rita)


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


def test_the_page_of_an_action_asks_as_much_whatever_avoirs_it_has(people, as_, count_queries):
    affaire = agreed(*people)
    deposit, rita, asked = affaire.issued(Nature.ACOMPTE), as_(affaire.rita), []
    for many in (1, 3):
        for _ in range(many):
            credit(deposit, affaire.rita, 1_00)
        db.session.commit()
        with count_queries() as statements:
            rita.get(f"/factures/action/{affaire.action.id}")
        asked.append(len(statements))
    assert asked[0] == asked[1]


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


def test_a_refund_noted_by_mistake_is_reversed_and_the_invoice_stays_settled(affaire, facture):
    receive(facture, affaire.rita)
    credit(facture, affaire.rita)
    receive(facture, affaire.rita, WHOLE, rembourser)
    payment, refund = facture.reglements
    reglements.reverse(payment, by=affaire.rita, motif="Erreur.")
    assert (facture.reste, facture.etat) == (WHOLE, Etat.EMISE)
    reglements.reverse(refund, by=affaire.rita, motif="Erreur.")
    assert (facture.reste, facture.etat) == (0, Etat.PAYEE)


def test_it_is_made_out_to_whom_the_invoice_was_whatever_became_of_them(affaire, facture):
    affaire.action.demandeur.nom, affaire.action.demandeur.adresse = "(effacé)", ""
    assert credit(facture, affaire.rita).contenu["client"] == facture.contenu["client"]


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
    with pytest.raises(commands.NoAgreement):
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


def test_nothing_is_paid_of_an_avoir_nor_taken_back(affaire, facture):
    avoir = credit(facture, affaire.rita)
    with pytest.raises(reglements.NotToPay):
        receive(avoir, affaire.rita, 1)
    with pytest.raises(commands.NotToCredit):
        commands.credit(avoir, by=affaire.rita)
    with clock.freeze(clock.start_of(avoir.echeance.replace(year=avoir.echeance.year + 1))):
        assert not avoir.is_late


# --- the pages -----------------------------------------------------------------------------------------------


def test_the_treasurer_prepares_it_from_the_invoice_and_issues_it(as_, affaire, facture):
    page = as_(affaire.rita)
    receive(facture, affaire.rita)
    assert "Préparer un avoir" in page.get(f"/factures/{facture.id}").text
    answer = page.post(f"/factures/{facture.id}/avoir")
    assert answer.status_code == 303
    avoir = db.session.scalars(select(Facture).where(Facture.nature == Nature.AVOIR)).one()
    form = editor(page, avoir)
    refused = page.post(f"/factures/{avoir.id}/emettre", data=form)
    assert refused.status_code == 422
    assert "Dis pourquoi cet avoir" in refused.text
    form |= {"mot": "Panne <b>", f"l{avoir.lignes[0].id}-prix": "100"}
    assert page.post(f"/factures/{avoir.id}/enregistrer", data=form).status_code == 303
    assert page.post(f"/factures/{avoir.id}/emettre", data=editor(page, avoir)).status_code == 303
    paper = page.get(f"/factures/{avoir.id}").text
    assert "Panne &lt;b&gt;" in paper
    assert "Avoir émis" in paper
    assert "100,00" in page.get("/factures/?vue=a_rendre").text
    assert avoir.numero not in page.get("/factures/?vue=a_encaisser").text
    back = {"montant": "100", "le": clock.today().isoformat(), "moyen": "virement", "reference": "Rendu"}
    assert page.post(f"/factures/{facture.id}/remboursements", data=back).status_code == 303
    assert page.post(f"/factures/{facture.id}/remboursements", data=back).status_code == 422
    assert page.get(f"/factures/{avoir.id}.pdf").data.startswith(b"%PDF")


def editor(page, facture: Facture) -> dict[str, str]:
    """What the page of a draft sends."""
    found = BeautifulSoup(page.get(f"/factures/{facture.id}").text, "html5lib").select_one("form#facture")
    said = {field["name"]: field.get("value", "") for field in found.select("input[name]") if field["name"] != "csrf_token"}
    return said | {field["name"]: field.text for field in found.select("textarea")}


def test_its_draft_says_what_of_it_is_given_back(as_, affaire, facture):
    """What it takes back beyond what was still to pay; nothing before anything was paid. Its bar asks nobody to pay it."""
    draft = commands.credit(facture, by=affaire.rita)
    db.session.commit()

    def page():
        return BeautifulSoup(as_(affaire.rita).get(f"/factures/{draft.id}").text, "html5lib")

    assert "à rendre" not in page().select_one("#totaux").text
    assert page().select_one(".total-barre .sourdine").text == "Avoir"
    reglements.receive(facture, by=affaire.rita, montant=400_00, moyen=Moyen.VIREMENT, le=clock.today())
    db.session.commit()
    assert page().select_one("#totaux .dont").get_text(" ").split() == ["Dont", "à", "rendre", "au", "demandeur", "400,00", "€"]
    line = draft.lignes[0]
    line.prix = 700_00
    commands.count(draft)
    db.session.commit()
    assert page().select_one("#totaux .dont").get_text(" ").split() == ["Dont", "à", "rendre", "au", "demandeur", "20,00", "€"]


def test_an_avoir_is_of_nobody_in_particular(as_, affaire, facture):
    """It takes from the profit, that the keys then share."""
    db.session.commit()
    rita = as_(affaire.rita)
    avoir = rita.post(f"/factures/{facture.id}/avoir").location
    page = BeautifulSoup(rita.get(avoir).text, "html5lib")
    assert "Le commun" not in page.select_one("#lignes + ol").text
    assert "pole_id" not in shown(rita, f"{avoir}/ligne")
    said = shown(rita, f"{avoir}/ligne") | {"libelle": "Sono", "prix": "10", "motif": "En panne."}
    assert rita.post(f"{avoir}/ligne", data=said).status_code == 303
