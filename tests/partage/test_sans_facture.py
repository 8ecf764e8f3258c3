"""An action that nobody invoices is settled by whoever keeps the money, who says why; nothing of it is shared."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import Etat
from portal.actions.processus import clore, ouvrir, solder_sans_facture
from portal.db import db
from portal.factures import commands as invoices
from portal.factures.models import Nature as Sorte
from portal.factures.reactions import Invoiced, NotPaid
from portal.journal import EntreeJournal
from portal.partage import queries
from portal.partage.models import Etat as EtatPartage
from portal.workflow import fire
from tests import builders
from tests.cells import fingerprint
from tests.partage.conftest import WHOLE


@pytest.fixture
def offerte(fete):
    """A day that is over, which no devis foresaw."""
    action = builders.action(fete.zoe)
    for step in (ouvrir, clore):
        fire(step, action, by=fete.zoe)
    db.session.commit()
    return action


def settle(action, by, motif: str = "Offerte à l’association.") -> None:
    actions.decide(action, solder_sans_facture, by=by, motif=motif)


def refused(fete, why: str) -> None:
    db.session.commit()
    with pytest.raises(Invoiced, match=why):
        settle(fete.action, fete.rita)
    db.session.rollback()


def to_come() -> list[int]:
    return [action.id for action in queries.listed("a_venir", 1).items]


@pytest.mark.both
def test_it_leaves_what_is_to_come_and_says_why(fete, offerte):
    assert sorted(to_come()) == sorted([fete.action.id, offerte.id])
    settle(offerte, fete.rita)
    assert (offerte.etat, to_come()) == (Etat.SOLDEE, [fete.action.id])
    said = select(EntreeJournal.motif).where(EntreeJournal.evenement == solder_sans_facture.key)
    assert db.session.scalars(said).all() == ["Offerte à l’association."]


def test_what_was_invoiced_is_settled_by_its_share_out(a_venir):
    deposit, fete = a_venir.issued(Sorte.ACOMPTE), a_venir.end()
    draft = fete.draft()
    refused(fete, "un avoir de tout cet acompte")
    avoir = invoices.credit(deposit, by=fete.rita)
    refused(fete, "émets l’avoir qui se prépare")
    invoices.drop(avoir, by=fete.rita)
    fete.credit(deposit)
    refused(fete, "abandonne-le")
    invoices.drop(draft, by=fete.rita)
    settle(fete.action, fete.rita)
    assert fete.action.etat is Etat.SOLDEE


def test_what_was_paid_is_given_back_first(a_venir):
    deposit, fete = a_venir.issued(Sorte.ACOMPTE), a_venir.end()
    fete.pay(deposit)
    fete.credit(deposit)
    db.session.commit()
    with pytest.raises(NotPaid, match="à rendre"):
        settle(fete.action, fete.rita)


def test_what_it_cost_is_the_commun_s_at_once(fete, offerte):
    fete.spend(80_00, fete.cuisine)
    settle(fete.action, fete.rita)
    assert (fete.compte().etat, fete.parts()) == (EtatPartage.CLOS, [0, 0, -80_00])
    assert [(pole, cents) for pole, cents in queries.of_year(clock.today().year).parts] == [(None, -80_00)]
    settle(offerte, fete.rita)
    assert queries.compte(offerte).etat is EtatPartage.CLOS


def test_invoiced_after_all_it_is_given_once_it_is_paid(fete):
    fete.spend(80_00, fete.cuisine)
    settle(fete.action, fete.rita)
    facture = fete.issued()
    assert fete.parts() == [0, 0, -80_00]
    fete.pay(facture)
    assert sum(fete.parts()) == WHOLE - 80_00


def test_the_treasurer_is_asked_why_on_its_sheet_and_nobody_else_may(as_, fete, offerte):
    page, url = as_(fete.rita), f"/actions/{offerte.id}"
    form = BeautifulSoup(page.get(url).text, "html5lib").select_one(f'form[action="{url}/solder_sans_facture"]')
    assert form.select_one("input[name=motif][required]")
    assert "reste au commun" in form.get_text()
    db.session.rollback()
    before = fingerprint()
    assert page.post(f"{url}/solder_sans_facture", data={"motif": " "}).status_code == 422
    assert as_(fete.zoe).post(f"{url}/solder_sans_facture", data={"motif": "Offerte."}).status_code == 403
    assert fingerprint() == before
    assert as_(fete.rita).post(f"{url}/solder_sans_facture", data={"motif": "Offerte."}).status_code == 303


def test_its_share_out_leads_there_whoever_may_settle_it(as_, fete, offerte):
    sheet = f"/actions/{offerte.id}#solder_sans_facture"
    for who, led in ((fete.rita, True), (fete.zoe, False)):
        page = BeautifulSoup(as_(who).get(f"/partage/action/{offerte.id}").text, "html5lib")
        assert bool(page.select(f'main a[href="{sheet}"]')) is led
    assert BeautifulSoup(as_(fete.rita).get(sheet).text, "html5lib").select_one("#solder_sans_facture")


def test_its_share_out_leads_to_the_invoice_that_is_prepared(as_, fete):
    fete.draft()
    db.session.commit()
    page = BeautifulSoup(as_(fete.rita).get(f"/partage/action/{fete.action.id}").text, "html5lib").select_one("main")
    assert not page.select('a[href$="#solder_sans_facture"]')
    [lead] = page.select(f'.ou a[href="/factures/action/{fete.action.id}"]')
    assert lead.text == "Une facture est en préparation"


def leads_to_its_sheet(as_, fete) -> bool:
    db.session.commit()
    page = BeautifulSoup(as_(fete.rita).get(f"/partage/action/{fete.action.id}").text, "html5lib").select_one("main")
    return bool(page.select('a[href$="#solder_sans_facture"]'))


def test_its_share_out_leads_nowhere_while_a_deposit_stands_or_is_to_be_given_back(as_, a_venir):
    deposit, fete = a_venir.issued(Sorte.ACOMPTE), a_venir.end()
    fete.pay(deposit)
    assert not leads_to_its_sheet(as_, fete)
    fete.credit(deposit)
    assert not leads_to_its_sheet(as_, fete)


def test_a_deposit_that_nobody_asked_for_in_time_keeps_nothing_from_being_decided(as_, a_venir):
    a_venir.draft(Sorte.ACOMPTE)
    fete = a_venir.end()
    assert leads_to_its_sheet(as_, fete)
    settle(fete.action, fete.rita)
    db.session.rollback()
    fete.invoiced()
    db.session.commit()
    assert [action.id for action in queries.listed("a_decider", 1).items] == [fete.action.id]
    page = as_(fete.rita).get(f"/partage/action/{fete.action.id}").text
    assert ("en préparation" in page, 'id="decider"' in page) == (False, True)


def test_what_is_prepared_anew_is_not_said_to_wait_once_its_share_out_is_closed(as_, fete):
    settle(fete.action, fete.rita)
    fete.draft()
    db.session.commit()
    page = as_(fete.rita).get(f"/partage/action/{fete.action.id}").text
    assert (fete.compte().is_prepared, "en préparation" in page) == (True, False)


def test_an_invoice_that_appeared_meanwhile_is_said_with_the_reason_that_was_typed(as_, fete):
    fete.draft()
    db.session.commit()
    answer = as_(fete.rita).post(f"/actions/{fete.action.id}/solder_sans_facture", data={"motif": "Offerte."})
    found = BeautifulSoup(answer.text, "html5lib")
    assert answer.status_code == 409
    assert "abandonne-le" in found.select_one("#motif-solder_sans_facture-erreur").get_text()
    assert found.select_one("#motif-solder_sans_facture")["value"] == "Offerte."
