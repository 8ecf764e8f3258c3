"""An avoir: it takes back all or a part of an invoice, never more than what remains of it, at its rates, to the cent."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, reglage
from portal.actions.models import reading
from portal.db import db
from portal.devis.commands import Typed
from portal.factures import commands, emission, reglements
from portal.factures.models import Etat, Facture, Moyen, Nature, Serie, rembourser
from portal.reglage import Profil
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


def test_one_is_prepared_at_a_time(people):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    there = commands.credit(deposit, by=affaire.rita)
    assert commands.credit(deposit, by=affaire.rita) is there
    whole = affaire.end().issued()
    with pytest.raises(commands.AnotherCredit):
        commands.credit(whole, by=affaire.rita)


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
