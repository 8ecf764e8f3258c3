"""What the demandeur hears of an invoice: that it left, once for each paper, in the transaction that issues it."""

from __future__ import annotations

import pytest

from portal.actions import effacement
from portal.actions.models import Etat as ActionEtat
from portal.db import db
from portal.factures import commands, emission, lien
from portal.factures.models import Facture, Nature
from portal.notifications import messages
from tests.cells import fingerprint
from tests.factures.conftest import affaire, people, to_come
from tests.factures.test_lien import pay
from tests.factures.test_routes import fields

__all__ = ["affaire", "people", "to_come"]  # fixtures
pytestmark = pytest.mark.both


@pytest.fixture
def told(outbox):
    """(genre, address) of the messages about invoices, in order."""
    return lambda: [(m.genre, m.adresse) for m in outbox() if m.genre.startswith("facture")]


def letter(facture: Facture) -> messages.Letter:
    return messages.render("facture_emise", {"facture": facture.id})


def test_each_paper_is_told_once_with_its_link(to_come, told):
    papers = [to_come.issued(Nature.ACOMPTE), to_come.end().issued()]
    avoir = commands.credit(papers[1], by=to_come.rita)
    avoir.mot = "Le repas n’a pas été servi."
    emission.emit(avoir, by=to_come.rita, read=emission.reading(avoir))
    with pytest.raises(commands.NotDraft):
        emission.emit(avoir, by=to_come.rita, read=emission.reading(avoir))
    assert told() == [("facture_emise", "dal@example.org")] * 3
    for paper in (*papers, avoir):
        assert f"/factures/lien/{lien.page_token(paper)}" in letter(paper).texte
    assert "324,00\u00a0€" in letter(papers[0]).texte
    assert "Le repas n’a pas été servi." in letter(avoir).texte
    assert papers[1].numero in letter(avoir).texte


def test_what_could_not_be_issued_is_not_told(affaire, told):
    draft = affaire.draft()
    with pytest.raises(emission.Reread):
        emission.emit(draft, by=affaire.rita, read="autre chose")
    assert told() == []


def test_a_demandeur_who_is_erased_is_not_written_to(affaire, outbox):
    pay(affaire.issued(), affaire.rita)
    affaire.action.etat = ActionEtat.SOLDEE
    db.session.flush()
    effacement.erase(affaire.action, by=affaire.zoe)
    [message] = [m for m in outbox() if m.genre == "facture_emise"]
    assert (message.adresse, message.faits, message.ecarte_le is not None) == ("", {}, True)


def test_without_an_address_nothing_is_written_and_the_page_says_so(affaire, told, as_):
    affaire.action.demandeur.email = ""
    page, url = as_(affaire.rita), f"/factures/{affaire.draft().id}"
    assert "n’a pas d’adresse e-mail" in page.get(url).text
    assert page.post(f"{url}/emettre", data=fields(page, url)).status_code == 303
    assert told() == []


def test_what_would_leave_is_read_first_and_nothing_has_left(affaire, as_):
    draft = affaire.draft()
    page, url = as_(affaire.rita), f"/factures/{draft.id}"
    page.post(f"{url}/enregistrer", data=fields(page, url, mot="Merci <b>à tous</b>"))
    typed = fields(page, url, apercu="Émettre la facture")
    before = fingerprint()
    answer = page.post(f"{url}/emettre", data=typed)
    assert answer.status_code == 200
    for shown in ("dal@example.org", "Facture F-", "1\u202f080,00", "Merci &lt;b&gt;à tous"):
        assert shown in answer.text
    assert fingerprint() == before
