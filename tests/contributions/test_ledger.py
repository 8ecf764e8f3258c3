"""What each has given, by year and by pôle, and what leaves the portal as a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal import clock
from portal.comptes.models import NomRole
from portal.contributions import commands
from portal.contributions.models import valider
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.contributions.conftest import at, words


def test_an_empty_ledger_says_how_it_fills(closed, as_):
    assert "Rien encore" in as_(closed.lea).get("/contributions/").text


def test_my_ledger_by_year_and_by_pole(closed, as_):
    closed.settle(valider)
    db.session.commit()
    said = words(as_(closed.lea).get("/contributions/").text)
    assert "2026 : 4 h" in said
    assert "Pôle Culture 4 h" in said


@pytest.mark.parametrize("actions", [1, 3])
def test_my_ledger_takes_the_same_queries_for_one_line_and_for_many(closed, as_, count_queries, actions):
    for number in range(actions - 1):
        _another(closed, f"Autre {number}")
    closed.settle(valider)
    db.session.commit()
    lea = as_(closed.lea)
    with count_queries() as statements:
        assert lea.get("/contributions/").status_code == 200
    assert len(statements) == 5


def _another(past, titre: str) -> None:
    """Léa helped on another action, whose hours are validated."""
    with clock.freeze(at(-100)):
        action = builders.action(past.zoe, titre=titre, debut=at(-50), fin=at(-48))
        builders.hold(builders.mission(action), past.lea)
    commands.propose(action)
    replace(past, action=action).settle(valider)


def test_the_export_opens_in_a_french_spreadsheet_and_computes_nothing(closed, as_):
    closed.lea.nom = "=HYPERLINK(1)"
    closed.action.titre = "Été ; « fête »"
    closed.settle(valider)
    closed.correct(closed.lea, 2.5)
    db.session.commit()
    answer = as_(closed.zoe).post(f"{closed.url}/export.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8-sig")
    assert ';\'=HYPERLINK(1);"Été ; « fête »";' in text
    assert ";4,00;heures;" in text
    assert ";-1,50;heures;" in text
    assert ";110;points;" in text


def test_who_exports_what(closed, as_):
    closed.settle(valider)
    db.session.commit()
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    mine = as_(closed.lea).get("/contributions/export.csv").data.decode("utf-8-sig").splitlines()
    assert len(mine) == 2
    assert len(as_(ada).post("/contributions/annee/2026/export.csv").data.splitlines()) == 4
    assert as_(closed.zoe).post("/contributions/annee/2026/export.csv").status_code == 403
    assert as_(closed.awa).post(f"{closed.url}/export.csv").status_code == 403


def test_the_treasurer_exports_the_money_of_the_house_and_no_hours(closed, as_):
    closed.settle(valider)
    db.session.commit()
    office = as_(builders.personne("Ugo Robert", [NomRole.TRESORIER]))
    assert "Points et euros de la maison, 2026" in office.get("/contributions/").text
    _, line = office.post("/contributions/annee/2026/export.csv").data.decode("utf-8-sig").splitlines()
    assert "Noé Técher" in line
    assert ";110;points;" in line


def test_taking_away_the_data_of_others_is_written_down_and_one_s_own_is_not(closed, as_):
    closed.settle(valider)
    db.session.commit()
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    as_(closed.lea).get("/contributions/export.csv")
    as_(closed.zoe).post(f"{closed.url}/export.csv")
    as_(ada).post("/contributions/annee/2026/export.csv")
    done = db.session.query(EntreeJournal).filter_by(evenement="contribution.exporter").order_by(EntreeJournal.id).all()
    assert [(e.sujet, e.personne_id, e.faits) for e in done] == [
        (f"action:{closed.action.id}", closed.zoe.id, {"lignes": 3, "personnes": 3}),
        (f"personne:{ada.id}", ada.id, {"lignes": 3, "personnes": 3}),
    ]
    assert "téléchargées en tableur" in as_(closed.zoe).get(f"/actions/{closed.action.id}/journal").text
