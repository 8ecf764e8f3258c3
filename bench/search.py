"""How long it takes to find missions by their words among 50,000, on either database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from time import perf_counter
from typing import cast

from sqlalchemy import Table, bindparam, update

from bench.data import House, build
from bench.house import MISSIONS, ROWS, Site
from bench.results import Result, number
from portal.db import db, study
from portal.missions import lexique, queries
from portal.missions.models import Mission
from tests.services import PostgresCluster
from tests.support import PostgresDatabase

TIMES = 10
TRIES = 7  # of which the fastest counts: what else runs on the machine is not the search
SAID = 30  # words of a mission
WORDS = [f"mot{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(600)]
ASKED = {  # what is typed; in French a few words are everywhere, and most are rare
    "d’un mot courant": "motaa",
    "de quatre mots courants": "motaa motab motac motad",
    "d’un mot rare": "motwz",
    "d’un mot courant et d’un rare": "motaa motwz",
    "d’un mot qui n’y est pas": "maloya",
    "du titre de toutes les actions": "fêtes moulin",
    "d’un début de mot": "mot",
}


def search(site: Site) -> Iterator[Result]:
    """The two queries of a page of the listing, count and rows, in one process."""
    yield from _measured("SQLite", build(site.new_folder(), TIMES * MISSIONS, ROWS))
    cluster = PostgresCluster()
    try:
        with closing(PostgresDatabase(str(cluster.folder), "portail_bench")) as database:
            yield from _measured("PostgreSQL", build(site.new_folder(), TIMES * MISSIONS, ROWS, url=database.url))
    finally:
        cluster.stop()


def _measured(engine: str, house: House) -> Iterator[Result]:
    with house.app.test_request_context():
        _say(TIMES * MISSIONS)
        taken = {name: min(_seconds(asked) for _ in range(TRIES)) for name, asked in ASKED.items()}
        db.engine.dispose()
    slowest = max(taken, key=lambda name: taken[name])
    detail = ", ".join(f"{name} {number(1000 * seconds)}" for name, seconds in taken.items())
    yield Result(f"recherche de 50 000 missions, {engine}", 1000 * taken[slowest], unit="ms", most=50, detail=detail)


def _say(missions: int) -> None:
    """Each mission says thirty words, the n-th of which comes n times less often than the first (Zipf)."""
    table = cast("Table", Mission.__table__)
    lines = [{"of": id, "said": " ".join(_words_of(id))} for id in range(1, missions + 1)]
    with db.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == bindparam("of")).values(recherche=bindparam("said")), lines)
        lexique.rebuild(connection)
    study()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _words_of(id: int) -> dict[str, None]:
    chance = random.Random(id)  # the same words at each run
    return dict.fromkeys(chance.choices(WORDS, [1 / (n + 1) for n in range(len(WORDS))], k=SAID))


def _seconds(asked: str) -> float:
    start = perf_counter()
    queries.public_list(queries.Filters(q=asked), 1)
    taken = perf_counter() - start
    db.session.rollback()
    return taken
