"""A year that is closed: once it is over, in order, when all that it holds is proved whole; then nothing is dated in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.db import db
from portal.factures import commands, exercices, numeros, queries, reglements
from portal.factures.models import Exercice, Facture, Moyen, Nature, Reglement, rembourser
from tests import builders
from tests.factures.conftest import agreed
from tests.factures.test_avoirs import credit

WHOLE = 1080_00


def once_over(annee: int, days: int = 0):
    """The clock, on the first day after it, or so many days later."""
    return clock.freeze(clock.start_of(date(annee + 1, 1, 1)) + timedelta(days=days))


def receive(facture: Facture, by, montant: int = WHOLE, *what, **said) -> Reglement:
    return reglements.receive(facture, *what, by=by, montant=montant, **{"moyen": Moyen.VIREMENT, "le": clock.today()} | said)


def closed(annee: int, by) -> Exercice:
    """On the first day on which it can be, today if that is past."""
    with clock.freeze(max(clock.now(), clock.start_of(date(annee + 1, 1, 1)))):
        return exercices.close(annee, by=by)


def closings() -> int:
    return db.session.scalar(select(func.count()).select_from(Exercice))


# --- what it says --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_says_what_the_year_came_to_and_seals_it(people, annee):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    receive(deposit, affaire.rita, 324_00)
    whole = affaire.end().issued()
    receive(whole, affaire.rita, 756_00)
    credit(whole, affaire.rita, 80_00)
    receive(whole, affaire.rita, 80_00, rembourser)
    exercice = closed(annee, affaire.rita)
    untaxed = {"taux": 0, "tva": 0}
    assert exercice.contenu == {
        "factures": {
            "nombre": 2, "premier": f"F-{annee}-0001", "dernier": f"F-{annee}-0002",
            "ht": 1404_00, "ttc": 1404_00, "a_payer": WHOLE,
            "parts": [untaxed | {"base": 1404_00}], "deduits": [untaxed | {"base": 324_00}],
        },
        "avoirs": {
            "nombre": 1, "premier": f"A-{annee}-0001", "dernier": f"A-{annee}-0001",
            "ht": 80_00, "ttc": 80_00, "a_payer": 80_00, "parts": [untaxed | {"base": 80_00}], "deduits": [],
        },
        "reglements": {
            "nombre": 3, "premier": f"R-{annee}-0001", "dernier": f"R-{annee}-0003", "recu": WHOLE, "rendu": 80_00,
        },
    }  # fmt: skip
    assert len(exercice.empreinte) == 64
    assert exercices.doubt(exercice) is None


def test_tva_is_said_rate_by_rate(people, annee):
    builders.taxed(people[1])
    affaire = agreed(*people)
    affaire.issued(Nature.ACOMPTE)
    affaire.end().issued()
    said = closed(annee, affaire.rita).contenu["factures"]
    assert said["parts"] == [{"taux": 850, "base": 1404_00, "tva": 119_34}]
    assert said["deduits"] == [{"taux": 850, "base": 324_00, "tva": 27_54}]
    assert said["a_payer"] == WHOLE + 91_80


def test_a_rate_that_only_a_deposit_had_is_taken_off_all_the_same():
    """The lines of the whole are no longer those that the deposit followed."""
    parts, deduits = [{"taux": 850, "base": 100_00, "tva": 8_50}], [{"taux": 210, "base": 30_00, "tva": 63}]
    une = exercices.Annee(2026, None, {"factures": {"parts": parts, "deduits": deduits}}, None, None)
    assert une.net("factures") == {"ht": 70_00, "parts": [*parts, {"taux": 210, "base": -30_00, "tva": -63}]}


def test_a_reversal_leaves_nothing_of_what_it_takes_back(affaire, facture, annee):
    reglements.reverse(receive(facture, affaire.rita), by=affaire.rita, motif="Chèque impayé.")
    assert closed(annee, affaire.rita).contenu["reglements"] | {"premier": "", "dernier": ""} == {
        "nombre": 2, "premier": "", "dernier": "", "recu": 0, "rendu": 0,
    }  # fmt: skip


def test_money_belongs_to_the_year_of_the_day_on_which_it_came(affaire, facture, annee):
    with once_over(annee, days=5):
        late = receive(facture, affaire.rita, 500_00, le=date(annee, 12, 31))
        assert late.numero == f"R-{annee + 1}-0001"
        assert exercices.close(annee, by=affaire.rita).contenu["reglements"]["recu"] == 500_00


# --- what keeps it open --------------------------------------------------------------------------------------


def test_not_before_it_is_over_here(affaire, facture, annee):
    eve = clock.start_of(date(annee + 1, 1, 1)) - timedelta(seconds=1)
    with clock.freeze(eve), pytest.raises(exercices.NotOver):
        exercices.close(annee, by=affaire.rita)
    assert closed(annee, affaire.rita).annee == annee


def test_once(affaire, facture, annee):
    closed(annee, affaire.rita)
    with pytest.raises(exercices.AlreadyClosed):
        closed(annee, affaire.rita)


def test_in_order(affaire, facture, annee):
    receive(facture, affaire.rita, 1, le=date(annee - 2, 6, 1))
    with pytest.raises(exercices.EarlierOpen, match=str(annee - 2)):
        closed(annee, affaire.rita)
    closed(annee - 2, affaire.rita)
    closed(annee, affaire.rita)  # nothing happened in the year between them
    with once_over(annee), pytest.raises(exercices.AlreadyClosed):
        closed(annee - 1, affaire.rita)


def test_a_year_of_nothing_is_not_closed(affaire, annee):
    with pytest.raises(exercices.NothingThere):
        closed(annee, affaire.rita)


def test_a_draft_keeps_nothing_open(people, annee):
    agreed(*people).issued(Nature.ACOMPTE)
    agreed(*people).end().draft()
    assert closed(annee, people[1]).contenu["factures"]["nombre"] == 1


@pytest.mark.both
def test_a_year_without_a_payment_is_closed(affaire, facture, annee):
    assert closed(annee, affaire.rita).contenu["reglements"] == {
        "nombre": 0, "premier": "", "dernier": "", "recu": 0, "rendu": 0,
    }  # fmt: skip
    assert reglements.checked() == reglements.Chain(0, "")


FORGED = {
    "a payment changed": ("UPDATE reglement SET reference = 'x'", exercices.ChainBroken, "R-{}-0001"),
    "a payment gone": ("DELETE FROM reglement", exercices.ChainBroken, "R-{}-0001"),
    "a paper changed": ("UPDATE facture SET pdf = 'x' WHERE rang = 1", exercices.Forged, "F-{}-0001"),
    "a paper gone": ("DELETE FROM facture WHERE rang = 1", exercices.Forged, "F-{}-0001"),
    "the last paper gone": ("DELETE FROM facture WHERE rang = 3", exercices.Forged, "F-{}-0003"),
    "what one says, broken": ("UPDATE facture SET contenu = '{' WHERE rang = 1", exercices.Unreadable, "ne se lit plus"),
    "what one says, gone": ("UPDATE facture SET contenu = '{}' WHERE rang = 1", exercices.Unreadable, "ne se lit plus"),
}


def forge(statement: str) -> None:
    """As whoever gets round the database would."""
    for table in ("reglement", "facture", "ligne_facture"):
        for deed in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER {table}_{deed}"))
    db.session.execute(text(statement))
    db.session.expire_all()


@pytest.fixture
def three(people):
    """Invoices, of which the second one is paid."""
    made = [agreed(*people).end().issued() for _ in range(3)]
    receive(made[1], people[1])
    db.session.flush()


@pytest.mark.sqlite
@pytest.mark.parametrize("what", FORGED)
def test_what_is_not_whole_is_refused_with_its_number(people, three, annee, what):
    statement, refusal, numero = FORGED[what]
    forge(statement)
    with pytest.raises(refusal, match=numero.format(annee)):
        closed(annee, people[1])
    assert closings() == 0


# --- what is closed stays ------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [0, 1, 3])
def test_no_payment_is_dated_in_it_nor_before(affaire, facture, annee, back):
    closed(annee, affaire.rita)
    with once_over(annee, days=5):
        with pytest.raises(reglements.Closed, match=f"L’année {annee - back} est close"):
            receive(facture, affaire.rita, 1, le=date(annee - back, 12, 31))
        assert queries.chain() == []
        assert receive(facture, affaire.rita, 1, le=date(annee + 1, 1, 1)).rang == 1


def test_no_refund_either(affaire, facture, annee):
    receive(facture, affaire.rita)
    credit(facture, affaire.rita, 80_00)
    closed(annee, affaire.rita)
    with once_over(annee, days=5), pytest.raises(reglements.Closed):
        receive(facture, affaire.rita, 80_00, rembourser, le=date(annee, 12, 31))


def test_a_mistake_of_it_is_reversed_in_the_year_that_runs(affaire, facture, annee):
    noted = receive(facture, affaire.rita)
    exercice = closed(annee, affaire.rita)
    with once_over(annee, days=5):
        assert reglements.reverse(noted, by=affaire.rita, motif="Chèque impayé.").le.year == annee + 1
        assert exercices.doubt(exercice) is None
        assert exercices.one(annee + 1).contenu["reglements"]["recu"] == -WHOLE


def test_a_clock_that_goes_back_takes_no_number_of_it(affaire, facture, annee):
    closed(annee, affaire.rita)
    with pytest.raises(numeros.Backwards):
        numeros.take("F")
    with once_over(annee):
        assert str(numeros.take("F")) == f"F-{annee + 1}-0001"


@pytest.mark.sqlite
@pytest.mark.parametrize("what", FORGED)
def test_what_changes_behind_it_is_seen(people, three, annee, what):
    exercice = closed(annee, people[1])
    with once_over(annee, days=5):
        agreed(*people).end().issued()  # the series goes on in the next year
        forge(FORGED[what][0].replace("WHERE", f"WHERE annee = {annee} AND"))
        assert exercices.doubt(exercice)


EMPTIED = {"sqlite": "DELETE FROM exercice", "postgresql": "TRUNCATE exercice"}


@pytest.mark.both
@pytest.mark.parametrize("write", ["UPDATE exercice SET empreinte = 'x'", "DELETE FROM exercice", EMPTIED])
def test_the_database_itself_refuses(affaire, facture, annee, engine, write):
    closed(annee, affaire.rita)
    db.session.commit()
    with pytest.raises(DBAPIError, match="un exercice clos ne change plus"):
        db.session.execute(text(write if isinstance(write, str) else write[engine]))
    db.session.rollback()
    assert closings() == 1


TWIN = {"id": "99", "annee": "annee + 1", "empreinte": "'x'"}


@pytest.mark.both
@pytest.mark.parametrize("table", ["facture", "reglement"])
def test_nothing_is_dated_in_it_any_more_even_by_hand(affaire, facture, annee, table):
    receive(facture, affaire.rita, 1)
    credit(facture, affaire.rita, 1)
    commands.credit(facture, by=affaire.rita)
    closed(annee, affaire.rita)
    db.session.commit()
    names = [column.name for column in Reglement.__table__.columns]
    twin = ", ".join(TWIN.get(name, name) for name in names)
    writes = {
        "facture": f"UPDATE facture SET etat = 'emise', annee = {annee} WHERE etat = 'brouillon'",
        "reglement": f"INSERT INTO reglement ({', '.join(names)}) SELECT {twin} FROM reglement",
    }
    with pytest.raises(DBAPIError, match="cette année est close"):
        db.session.execute(text(writes[table]))


@pytest.mark.both
def test_nor_is_an_invoice_born_issued_in_it(affaire, facture, annee):
    closed(annee, affaire.rita)
    db.session.commit()
    names = [column.name for column in Facture.__table__.columns]
    twin = ", ".join({"id": "99", "rang": "9"}.get(name, name) for name in names)
    with pytest.raises(DBAPIError, match="cette année est close"):
        db.session.execute(text(f"INSERT INTO facture ({', '.join(names)}) SELECT {twin} FROM facture"))


@pytest.mark.sqlite
@pytest.mark.parametrize("forged", [{}, {"id": "99"}, {"annee": "1999"}])
def test_on_sqlite_a_replacement_from_elsewhere_is_refused_too(affaire, facture, annee, site, forged):
    closed(annee, affaire.rita)
    db.session.commit()
    columns = [column.name for column in Exercice.__table__.columns]
    said, names = ", ".join(forged.get(name, name) for name in columns), ", ".join(columns)
    with closing(sqlite3.connect(site.database.path)) as elsewhere, pytest.raises(sqlite3.Error, match="ne change plus"):
        elsewhere.execute(f"REPLACE INTO exercice ({names}) SELECT {said} FROM exercice")
