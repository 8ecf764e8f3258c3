"""The money that comes: noted once, to the cent, never changed; a mistake is taken back by a line that says why."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.db import db
from portal.factures import queries, reglements
from portal.factures.models import Etat, Facture, LigneFacture, Moyen, Nature, Reglement
from portal.workflow import MotifMissing
from tests.factures.conftest import agreed
from tests.test_races import badge, crowd

__all__ = ["crowd"]  # a fixture
WHOLE = 1080_00


def receive(facture: Facture, by, montant: int = WHOLE, **said) -> Reglement:
    return reglements.receive(facture, by=by, montant=montant, **{"moyen": Moyen.VIREMENT, "le": clock.today()} | said)


# --- what came -----------------------------------------------------------------------------------------------


def test_it_is_paid_once_the_last_cent_has_come(affaire, facture):
    receive(facture, affaire.rita, 500_00)
    assert (facture.reste, facture.etat) == (580_00, Etat.EMISE)
    receive(facture, affaire.rita, 579_99, moyen=Moyen.ESPECES)
    assert (facture.reste, facture.etat) == (1, Etat.EMISE)
    last = receive(facture, affaire.rita, 1, moyen=Moyen.CHEQUE)
    assert (facture.reste, facture.etat, last.numero) == (0, Etat.PAYEE, f"R-{clock.today().year}-0003")


@pytest.mark.parametrize("before", [0, WHOLE])
def test_a_cent_too_much_is_refused_and_burns_no_number(affaire, facture, before):
    if before:
        receive(facture, affaire.rita, before)
    with pytest.raises(reglements.TooMuch):
        receive(facture, affaire.rita, WHOLE - before + 1)
    assert [one.rang for one in queries.chain()] == ([1] if before else [])


def test_nothing_is_paid_of_a_draft_nor_tomorrow(affaire):
    draft = affaire.draft()
    with pytest.raises(reglements.NotIssued):
        receive(draft, affaire.rita, 1)
    with pytest.raises(reglements.NotYet):
        receive(affaire.issued(), affaire.rita, 1, le=clock.today() + timedelta(days=1))


def test_the_same_form_sent_twice_is_one_payment(affaire, facture):
    first, again = (receive(facture, affaire.rita, 500_00, cle="un-envoi") for _ in range(2))
    assert first is again
    assert facture.regle == 500_00
    reglements.reverse(first, by=affaire.rita, motif="Erreur.")
    with pytest.raises(reglements.Reversed):  # the form that stayed open in another tab
        receive(facture, affaire.rita, 500_00, cle="un-envoi")


# --- a mistake -----------------------------------------------------------------------------------------------


def test_a_mistake_is_taken_back_by_a_line_that_says_why(affaire, facture):
    noted = receive(facture, affaire.rita)
    back = reglements.reverse(noted, by=affaire.rita, motif="Le chèque est revenu impayé.")
    assert (back.montant, back.annule_id, facture.reste, facture.etat) == (-WHOLE, noted.id, WHOLE, Etat.EMISE)
    receive(facture, affaire.rita)
    assert facture.etat is Etat.PAYEE


def test_it_is_taken_back_once_and_its_reversal_never(affaire, facture):
    noted = receive(facture, affaire.rita)
    with pytest.raises(MotifMissing):
        reglements.reverse(noted, by=affaire.rita, motif=" ")
    back = reglements.reverse(noted, by=affaire.rita, motif="Erreur.")
    for one in (noted, back):
        with pytest.raises(reglements.Reversed):
            reglements.reverse(one, by=affaire.rita, motif="Encore.")


def test_taken_back_today_or_when_its_year_was_a_slip_from_the_day_it_bore(affaire, facture):
    """A wrong year keeps nothing of it, until it is closed."""
    today, slip = clock.today(), clock.today() - timedelta(days=365)
    assert reglements.reverse(receive(facture, affaire.rita, 1), by=affaire.rita, motif="Chèque revenu.").le == today
    assert reglements.reverse(receive(facture, affaire.rita, 1, le=slip), by=affaire.rita, motif="Année.").le == slip


# --- the chain -----------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("statement", [update(Reglement).values(montant=1), delete(Reglement)])
def test_what_was_noted_never_changes_whoever_writes(affaire, facture, statement):
    receive(facture, affaire.rita, 500_00)
    with pytest.raises(DBAPIError, match="un règlement noté ne change plus"):
        db.session.execute(statement)


@pytest.mark.both
def test_the_chain_is_whole_as_the_database_gives_it_back(affaire, facture):
    noted = receive(facture, affaire.rita, 500_00, reference="Chèque n° 7 « été »")
    reglements.reverse(noted, by=affaire.rita, motif="Erreur.")
    receive(facture, affaire.rita)
    db.session.commit()
    assert reglements.checked() == reglements.Chain(3, "")
    assert [one.montant for one in queries.chain()] == [500_00, -500_00, WHOLE]


def test_a_year_begins_again_at_one_and_the_chain_goes_on(affaire, facture):
    receive(facture, affaire.rita, 1)
    with clock.freeze(clock.now() + timedelta(days=366)):
        assert receive(facture, affaire.rita, 1).rang == 1
        assert reglements.checked() == reglements.Chain(2, "")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("forged", "found"),
    [
        ("UPDATE reglement SET reference = 'x' WHERE rang = 2", 2),
        ("DELETE FROM reglement WHERE rang = 2", 2),
        ("DELETE FROM reglement WHERE rang = 3", 3),
        ("DELETE FROM reglement", 1),
    ],
)
def test_who_gets_round_the_database_is_seen(affaire, facture, forged, found):
    for montant in (1, 2, 3):
        receive(facture, affaire.rita, montant)
    for deed in ("update", "delete"):
        db.session.execute(text(f"DROP TRIGGER reglement_{deed}"))
    db.session.execute(text(forged))
    assert reglements.checked().broken == f"R-{clock.today().year}-000{found}"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("model", "forged"),
    [
        (Reglement, {"montant": "1"}),
        (Reglement, {"id": "99", "empreinte": "'x'"}),
        (Facture, {"etat": "'brouillon'", "rang": "NULL", "emise_le": "NULL"}),
        (LigneFacture, {"facture_id": "(SELECT id FROM facture WHERE etat = 'brouillon')"}),
    ],
)
def test_on_sqlite_a_replacement_from_elsewhere_is_refused_too(to_come, site, model, forged):
    """Whatever the connection asks for: by default, REPLACE fires no trigger of deletion."""
    receive(to_come.issued(Nature.ACOMPTE), to_come.rita, 1)
    to_come.end().draft()
    db.session.commit()
    table = model.__table__
    said = ", ".join(forged.get(column.name, column.name) for column in table.columns)
    names = ", ".join(column.name for column in table.columns)
    with closing(sqlite3.connect(site.database.path)) as elsewhere, pytest.raises(sqlite3.Error, match="ne change plus"):
        elsewhere.execute(f"REPLACE INTO {table.name} ({names}) SELECT {said} FROM {table.name}")


OTHERWISE = {"facture_id": "(SELECT id FROM facture WHERE etat = 'brouillon')", "annule_id": "id"}


@pytest.mark.both
@pytest.mark.parametrize("column", OTHERWISE)
def test_the_database_takes_no_payment_of_a_draft_nor_a_reversal_of_another_amount(to_come, column):
    receive(to_come.issued(Nature.ACOMPTE), to_come.rita, 1)
    to_come.end().draft()
    db.session.commit()
    forged = {"id": "99", "rang": "99", "empreinte": "'x'", "motif": "'Erreur.'", column: OTHERWISE[column]}
    names = [each.name for each in Reglement.__table__.columns]
    said = ", ".join(forged.get(name, name) for name in names)
    with pytest.raises(DBAPIError, match="ne répond à rien"):
        db.session.execute(text(f"INSERT INTO reglement ({', '.join(names)}) SELECT {said} FROM reglement"))


def test_a_date_whose_year_is_a_slip_is_said(affaire, facture):
    emitted = clock.local(facture.emise_le).date()
    with pytest.raises(reglements.TooOld):
        receive(facture, affaire.rita, 1, le=emitted - timedelta(days=5 * 366 + 1))
    assert receive(facture, affaire.rita, 1, le=emitted - timedelta(days=5 * 366)).rang == 1


@pytest.mark.both
@pytest.mark.proof
def test_many_at_once_are_never_more_than_what_is_due(crowd, as_, affaire, facture, size):
    headers = badge(as_(affaire.rita))
    form = {"montant": "108", "le": clock.today().isoformat(), "moyen": "virement", "reference": ""}
    db.session.commit()
    many = size(12, 60)
    pressed = crowd.press([(f"/factures/{facture.id}/reglements", form, headers)] * many)
    assert sorted(answer.status for answer in pressed) == [303] * 10 + [422] * (many - 10)
    db.session.expire_all()
    rows = db.session.scalars(select(Reglement.rang).order_by(Reglement.id)).all()
    assert list(rows) == list(range(1, 11))
    assert reglements.checked() == reglements.Chain(10, "")
    db.session.rollback()


# --- the pages -----------------------------------------------------------------------------------------------


def test_the_treasurer_notes_it_on_the_page_of_the_invoice(as_, affaire, facture):
    page, url = as_(affaire.rita), f"/factures/{facture.id}"
    assert 'value="1080,00"' in page.get(url).text
    form = {"montant": "500", "le": clock.today().isoformat(), "moyen": "cheque", "reference": "Chèque 12"}
    assert page.post(f"{url}/reglements", data=form).status_code == 303
    shown = page.get(url).text.replace("\u202f", "").replace("\u00a0", " ")
    assert "il reste" in shown
    assert "580,00 €" in shown
    assert "1 règlement vérifié" in page.get("/factures/reglements").text


@pytest.mark.parametrize(
    "wrong", [{"montant": "0"}, {"montant": "1080,01"}, {"montant": "-5"}, {"le": "2099-01-01"}, {"moyen": "or"}]
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(as_, affaire, facture, wrong):
    form = {"montant": "500", "le": clock.today().isoformat(), "moyen": "cheque", "reference": "Chèque <12>"} | wrong
    answer = as_(affaire.rita).post(f"/factures/{facture.id}/reglements", data=form)
    assert answer.status_code == 422
    assert "Chèque &lt;12&gt;" in answer.text
    assert queries.chain() == []


def test_from_the_day_after_its_last_one_it_is_late_until_the_last_cent(as_, affaire, facture):
    last, page = clock.start_of(facture.echeance), as_(affaire.rita)
    db.session.commit()

    def late(days: int) -> bool:
        with clock.freeze(last + timedelta(days=days)):
            return facture.numero in page.get("/factures/?vue=en_retard").text

    assert (late(0), late(1)) == (False, True)
    receive(facture, affaire.rita)
    db.session.commit()
    assert not late(1)


def test_a_bienveillant_sees_what_came_and_notes_nothing(as_, affaire, facture):
    receive(facture, affaire.rita, 500_00)
    db.session.commit()
    page = as_(affaire.zoe).get(f"/factures/{facture.id}").text
    assert "Noter un règlement" not in page
    assert "Annuler ce règlement" not in page
    assert "R-" in page


def test_a_reversal_tapped_twice_is_told_on_the_page_with_its_words(as_, affaire, facture):
    noted, page = receive(facture, affaire.rita), as_(affaire.rita)
    url = f"/factures/{facture.id}/reglements/{noted.id}/contrepasser"
    assert page.post(url, data={"motif": " "}).status_code == 422
    assert page.post(url, data={"motif": "Chèque impayé"}).status_code == 303
    again = page.post(url, data={"motif": "Chèque <revenu>"})
    assert again.status_code == 409
    assert "déjà annulé" in again.text
    assert "Chèque &lt;revenu&gt;" in again.text
    journal = BeautifulSoup(as_(affaire.zoe).get(f"/actions/{facture.action_id}/journal").text, "html5lib")
    assert f"Règlement {noted.numero} : annulé" in " ".join(journal.get_text(" ").split())


def test_money_that_came_before_its_invoice_is_noted_and_said(as_, affaire, facture):
    """A deposit may have; a wrong day moves the TVA to another month."""
    db.session.commit()
    rita, url = as_(affaire.rita), f"/factures/{facture.id}"
    for days, said in ((0, False), (1, True)):
        form = {"montant": "10", "le": (clock.today() - timedelta(days=days)).isoformat(), "moyen": "virement"}
        assert rita.post(f"{url}/reglements", data=form).status_code == 303
        assert ("d’avant la facture" in rita.get(url).text) is said


def test_what_came_too_much_is_told_where_to_go(as_, affaire, facture):
    db.session.commit()
    form = {"montant": "1100", "le": clock.today().isoformat(), "moyen": "virement"}
    answer = as_(affaire.rita).post(f"/factures/{facture.id}/reglements", data=form)
    assert answer.status_code == 422
    assert "Note ce qui est dû, et rends le reste" in answer.text


@pytest.mark.parametrize("many", [1, 4])
def test_their_page_costs_the_same_for_one_invoice_or_for_four(people, as_, count_queries, many):
    for _ in range(many):
        facture = agreed(*people).end().issued()
        reglements.receive(facture, by=people[1], montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    db.session.commit()
    rita = as_(people[1])
    with count_queries() as statements:
        assert rita.get("/factures/reglements").status_code == 200
    assert len(statements) == 5
