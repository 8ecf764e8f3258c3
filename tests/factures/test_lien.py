"""The demandeur's link: what left is read by whoever has it, changed by nobody, with what was paid and what remains."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock, reglage
from portal.actions import depot, effacement, suivi
from portal.actions.models import Etat as ActionEtat
from portal.db import db
from portal.devis import lien as devis
from portal.factures import commands, emission, lien, reglements
from portal.factures.models import Facture, Moyen, Nature, rembourser
from tests.cells import fingerprint
from tests.devis.test_lien import READERS, words

WHOLE = 1080_00


@pytest.fixture
def facture(affaire) -> Facture:
    reglage.change(reglage.FACTURE_PAIEMENT, "IBAN FR76 <à vérifier>", by=affaire.rita)
    reglage.change(reglage.TELEPHONE, "0262 12 34 56", by=affaire.rita)
    made = affaire.issued()
    db.session.commit()
    return made


def url(facture: Facture, end: str = "") -> str:
    return f"/factures/lien/{lien.page_token(facture)}{end}"


def pay(facture: Facture, by, montant: int = WHOLE) -> None:
    reglements.receive(facture, by=by, montant=montant, moyen=Moyen.VIREMENT, le=clock.today())
    db.session.commit()


def credited(facture: Facture, by, part: int = 100) -> Facture:
    """An avoir of that part of it, in hundredths."""
    avoir = commands.credit(facture, by=by)
    avoir.mot = "Geste commercial."
    for line in avoir.lignes:
        line.quantite = part
    commands.count(avoir)
    emission.emit(avoir, by=by, read=emission.reading(avoir))
    db.session.commit()
    return avoir


@pytest.mark.both
def test_it_is_read_without_an_account_as_its_paper_says_it(client, facture):
    said = words(client.get(url(facture)))
    for text in (
        facture.label, "1 080,00 €", "Heure de site", "Il reste 1 080,00 € à payer", "IBAN FR76 <à vérifier>", "0262 12 34 56",
        "Association DAL974", f"Écrivez {facture.numero}",
    ):  # fmt: skip
        assert text in said, text
    paper = client.get(url(facture, "/facture.pdf"))
    assert (paper.data, paper.mimetype) == (facture.pdf, "application/pdf")


def test_it_says_what_was_paid_and_what_remains(affaire, client, facture):
    pay(facture, affaire.rita, 500_00)
    said = words(client.get(url(facture)))
    assert "Il reste 580,00 € à payer" in said
    assert "500,00 € , virement" in said
    pay(facture, affaire.rita, 580_00)
    said = words(client.get(url(facture)))
    assert "Payée, merci" in said
    assert "Comment payer" not in said


def test_a_payment_that_was_taken_back_is_cancelled(affaire, client, facture):
    pay(facture, affaire.rita, 500_00)
    reglements.reverse(facture.reglements[0], by=affaire.rita, motif="Tapé deux fois.")
    db.session.commit()
    said = words(client.get(url(facture)))
    assert "500,00 € , virement" in said
    assert "−500,00 € , annulé" in said
    assert "Tapé deux fois." not in said


def test_once_its_day_is_over_it_says_so(client, facture):
    with clock.freeze(clock.start_of(facture.echeance) + timedelta(days=1)):
        assert "Elle était à payer au plus tard" in words(client.get(url(facture)))


def test_an_avoir_and_its_invoice_lead_to_each_other(affaire, client, facture):
    avoir = credited(facture, affaire.rita)
    theirs, ours = (client.get(url(one)) for one in (avoir, facture))
    assert "Rien ne reste à payer sur la facture" in words(theirs)
    assert url(facture) in theirs.text
    assert "Un avoir a annulé cette facture" in words(ours)
    assert url(avoir) in ours.text
    assert client.get(url(avoir, "/facture.pdf")).data == avoir.pdf


def test_a_refund_whose_cheque_bounced_leaves_something_to_pay(affaire, client, facture):
    pay(facture, affaire.rita)
    credited(facture, affaire.rita)
    back = {"montant": 1080_00, "moyen": Moyen.VIREMENT, "le": clock.today()}
    reglements.receive(facture, rembourser, by=affaire.rita, **back)
    reglements.reverse(facture.reglements[0], by=affaire.rita, motif="Chèque impayé.")
    db.session.commit()
    said = words(client.get(url(facture)))
    assert "Il reste 1 080,00 € à payer" in said
    assert "rien à payer" not in said


def test_what_an_avoir_made_too_much_is_theirs(affaire, client, facture):
    pay(facture, affaire.rita)
    avoir = credited(facture, affaire.rita, 50)
    for one in (avoir, facture):
        assert "Nous vous devons 540,00 €" in words(client.get(url(one)))
    back = {"montant": 540_00, "moyen": Moyen.VIREMENT, "le": clock.today()}
    reglements.receive(facture, rembourser, by=affaire.rita, **back)
    db.session.commit()
    assert "540,00 € , virement, rendu le" in words(client.get(url(facture)))
    assert "Payée, merci" in words(client.get(url(facture)))


def test_a_deposit_has_its_own(to_come, client):
    deposit = to_come.issued(Nature.ACOMPTE)
    db.session.commit()
    assert f"Facture d’acompte {deposit.numero}" in words(client.get(url(deposit)))


def test_its_page_names_nobody_of_the_team(affaire, client, facture):
    pay(facture, affaire.rita, 1)
    page = client.get(url(facture)).text
    for one in (affaire.zoe, affaire.rita):
        assert one.nom not in page
        assert one.email not in page


def test_neither_page_nor_paper_is_kept(client, facture):
    for end in ("", "/facture.pdf"):
        assert client.get(url(facture, end)).headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in client.get(url(facture)).text


@pytest.mark.both
@pytest.mark.parametrize(("method", "headers"), READERS)
def test_whoever_only_reads_changes_nothing(client, facture, method, headers):
    before = fingerprint()
    for end in ("", "/facture.pdf"):
        assert client.open(url(facture, end), method=method, headers=headers).status_code == 200
    assert fingerprint() == before


@pytest.mark.parametrize("rows", [1, 3])
def test_it_costs_the_same_whatever_was_paid(affaire, client, as_, facture, rows, count_queries):
    for _ in range(rows):
        pay(facture, affaire.rita, 1)
    rita, pages = as_(affaire.rita), (url(facture), f"/factures/{facture.id}")
    for reader, address, asked in zip((client, rita), pages, (4, 4), strict=True):
        with count_queries() as queries_:
            reader.get(address)
        assert len(queries_) == asked, address


# --- what does not open ------------------------------------------------------------------------------------------


def test_a_draft_has_no_link(affaire, client):
    draft = affaire.draft()
    db.session.commit()
    for end in ("", "/facture.pdf"):
        assert client.get(url(draft, end)).status_code == 404


@pytest.mark.parametrize("jeton", ["x", "1-1.x", "0-0.x", "é", "9" * 300])
def test_a_link_of_our_own_making_alone_opens(client, facture, jeton):
    for end in ("", "/facture.pdf"):
        assert client.get(f"/factures/lien/{jeton}{end}").status_code == 404


def test_the_link_of_a_devis_opens_no_invoice(client, facture):
    assert client.get(f"/factures/lien/{devis.page_token(facture.devis)}").status_code == 404


def test_it_opens_no_longer_than_the_demandeur_s_own_page(affaire, client, facture):
    old = url(facture)
    depot.send_link(facture.action, by=affaire.zoe)
    db.session.commit()
    assert client.get(old).status_code == 410
    assert client.get(url(facture)).status_code == 200
    with clock.freeze(facture.action.fin + timedelta(days=400)):
        assert client.get(url(facture)).status_code == 410
    pay(facture, affaire.rita)
    facture.action.etat = ActionEtat.SOLDEE
    db.session.flush()
    effacement.erase(facture.action, by=affaire.zoe)
    db.session.commit()
    for end in ("", "/facture.pdf"):
        assert client.get(url(facture, end)).status_code == 410


# --- the demandeur's own page ------------------------------------------------------------------------------------


def test_their_own_page_lists_what_left_with_its_state(affaire, client, facture):
    page = f"/actions/suivi/{suivi.page_token(facture.action)}"
    answer = client.get(page)
    assert url(facture) in answer.text
    assert "il reste 1 080,00 €, à payer au plus tard" in words(answer)
    pay(facture, affaire.rita)
    assert "payée, merci" in words(client.get(page))
    avoir = credited(facture, affaire.rita)
    assert url(avoir) in client.get(page).text
    assert "nous devons vous rendre 1 080,00 €" in words(client.get(page))


def test_their_page_speaks_of_no_draft_and_costs_the_same_for_one_or_many(affaire, client, count_queries):
    page = f"/actions/suivi/{suivi.page_token(affaire.action)}"
    affaire.draft()
    db.session.commit()
    assert "/factures/lien/" not in client.get(page).text
    facture = affaire.issued()
    credited(facture, affaire.rita, 10)
    with count_queries() as two:
        client.get(page)
    credited(facture, affaire.rita, 10)
    with count_queries() as three:
        client.get(page)
    assert len(two) == len(three) <= 10
