"""Years of actions cost the pages of every day nothing: what they ask is found by an index, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import db
from portal.poles.commands import save_equipment
from portal.poles.models import Genre
from tests import builders

pytestmark = pytest.mark.both

# what each action brings with it; PostgreSQL prefers to read a small table whole, unless it is told not to
GROWING = "action|avis|accord|besoin|devis|echange|etape|journal|ligne_devis|occupation|pret|tache"
WHOLE = re.compile(rf"SCAN ({GROWING})\b|Seq Scan on ({GROWING})\b")
PAGES = (
    "/",
    "/actions/",
    "/actions/?qui=toutes",
    "/actions/?qui=a_prendre",
    "/actions/tableau",
    "/actions/agenda",
    "/actions/agenda?vue=liste",
    "/actions/reunion",
    "/besoins/",
    "/besoins/espaces",
    "/besoins/action/{action}",
    "/actions/{action}/retroplanning",
    "/actions/{action}/validation",
    "/jour-j/",
    "/poles/",
    "/devis/",
    "/devis/?etat=a_relancer&qui=toutes",
    "/devis/?etat=a_revoir",
    "/devis/?etat=acceptes&qui=toutes",
    "/devis/montants",
)


@pytest.fixture
def zoe(app) -> Personne:
    """She sets actions up and belongs to the groupe that they need: every page of hers has something to say."""
    zoe = builders.bienveillant()
    lender = builders.pole("Mobilier", Genre.GROUPE, members=[zoe])
    builders.in_validation(zoe, builders.interpole("Culture", "Sport")["Culture"])
    builders.accepted(builders.validated(zoe))
    builders.sent(builders.validated(zoe))
    action, case = builders.action(zoe), builders.espace()
    for thing in (case, case, save_equipment(None, nom="Chaises", stock=80, pole=lender, by=None)):
        builders.besoin(action, lender, thing)
    return zoe


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The statements of the block, with what they were sent with."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def plan(statement: str, parameters: Any, engine: str) -> str:
    """How the database finds the rows, in its own words."""
    explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in db.session.connection().exec_driver_sql(explain + statement, parameters))


def test_no_page_of_every_day_reads_through_the_past(zoe, as_, engine):
    client, action = as_(zoe), db.session.scalar(select(func.max(Action.id)))
    found: dict[tuple[str, str], str] = {}
    for page in PAGES:
        with asked() as statements:
            assert client.get(page.format(action=action)).status_code == 200
        if engine == "postgresql":
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
        assert statements
        found |= {(page, sql): read for sql, sent in statements if WHOLE.search(read := plan(sql, sent, engine))}
    assert not found
