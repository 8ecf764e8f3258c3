"""All the rows of a portal, from one database to another of the same revision, and the proof that they are the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Cast,
    Column,
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    String,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)

from portal.config import ROOT
from portal.db import METADATA

BATCH = 200  # rows in memory at once: one may hold a photo


class Unusable(Exception):
    """Why a copy was not made, nor put back: a sentence for whoever runs the portal."""


class Different(Unusable):
    """A row that is not in the copy what it is in the original."""

    def __init__(self, table: str, row: Any):
        super().__init__(f"La copie n’est pas fidèle\u00a0: table {table}, ligne {row}. Rien n’est gardé.")


def is_new(connection: Connection) -> bool:
    """Whether nobody ever used that database: it has no table, or nobody in them."""
    there = set(inspect(connection).get_table_names())
    return all(
        connection.execute(select(METADATA.tables[name]).limit(1)).first() is None for name in {"personne", "journal"} & there
    )


def revision(connection: Connection) -> str:
    """The revision of that database; "" when it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


@cache
def revisions() -> list[str]:
    """Those that the code knows, its own first."""
    from alembic.script import ScriptDirectory

    return [one.revision for one in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]


def refuse_a_later_one(connection: Connection) -> None:
    """Raises Unusable on a database that a later portal has brought further."""
    if (there := revision(connection)) and there not in revisions():
        raise Unusable(
            f"La base vient d’un portail plus récent (version {there})\u00a0: mettre le code à jour (git pull, make install),\n"
            "ou remettre une sauvegarde d’avant."
        )


def is_damaged(error: BaseException) -> bool:
    """Whether it says that an SQLite file is broken, or is none."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}  # without what details it


def fill(source: Connection, target: Connection) -> dict[str, int]:
    """Make of the target's rows those of the source, within the target's transaction; how many rows each table has.

    Nobody writes either of them meanwhile. Raises Unusable when they are not of one revision, whose columns the code would
    not all know, and Different: each row is read again from both.
    """
    if (here := revision(source)) != (there := revision(target)):
        raise Unusable(
            f"La base est à la version {here or '?'}, le code à la version {there}\u00a0: "
            "mettre le code à jour, ou démarrer le portail une fois."
        )
    tables = METADATA.sorted_tables
    with _unguarded(target, tables):
        for table in reversed(tables):
            target.execute(delete(table))
        for table in tables:
            wanted = insert(table).values({column.name: _written(column, target) for column in table.columns})
            for rows in _rows(source, table).partitions(BATCH):
                target.execute(wanted, [dict(row._mapping) for row in rows])
    _count_on(target, tables)
    return {table.name: _compared(source, target, table) for table in tables}


def _compared(source: Connection, target: Connection, table: Table) -> int:
    number = 0
    for original, copied in zip_longest(_rows(source, table), _rows(target, table)):
        if original is None or copied is None or tuple(original) != tuple(copied):
            key = [column.name for column in table.primary_key]
            raise Different(table.name, {name: (original or copied)._mapping[name] for name in key})
        number += 1
    return number


def _rows(connection: Connection, table: Table) -> Any:
    """Its rows in the order of their keys, read little by little."""
    keys = (_in_order(column, connection) for column in table.primary_key)
    query = select(*(_read(column).label(column.name) for column in table.columns)).order_by(*keys)
    return connection.execute(query, execution_options={"yield_per": BATCH})


def _in_order(column: Column[Any], connection: Connection) -> ColumnElement[Any]:
    """Texts by their bytes, as SQLite has them, and not in the order of PostgreSQL's language."""
    spelled = isinstance(column.type, String) and connection.dialect.name == "postgresql"
    return column.collate("C") if spelled else column


def _read(column: Column[Any]) -> ColumnElement[Any]:
    """JSON as it is written, since what says null and what says nothing are one once read."""
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _written(column: Column[Any], target: Connection) -> BindParameter[Any] | Cast[Any]:
    if not isinstance(column.type, JSON):
        return bindparam(column.name, type_=column.type)
    said = bindparam(column.name, type_=Text())
    return cast(said, column.type) if target.dialect.name == "postgresql" else said


# --- what keeps a portal's rows from being written in any order ------------------------------------------------


@contextmanager
def _unguarded(target: Connection, tables: list[Table]) -> Iterator[None]:
    """Without its triggers, which only let history be added to, and with its keys looked at once all is there."""
    guards = _sqlite_guards(target) if target.dialect.name == "sqlite" else _postgresql_guards(tables)
    off, on = guards
    for statement in off:
        target.exec_driver_sql(statement)
    yield
    for statement in on:
        target.exec_driver_sql(statement)


def _sqlite_guards(target: Connection) -> tuple[list[str], list[str]]:
    triggers = target.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    return ["PRAGMA defer_foreign_keys=ON", *(f'DROP TRIGGER "{name}"' for name, _ in triggers)], [sql for _, sql in triggers]


def _postgresql_guards(tables: list[Table]) -> tuple[list[str], list[str]]:
    triggers = [f'ALTER TABLE "{table.name}" {{}} TRIGGER USER' for table in tables]
    keys = [f'ALTER TABLE "{table.name}" ALTER CONSTRAINT "{key.name}" {{}}' for table in tables for key in _to_itself(table)]
    off = [*(one.format("DISABLE") for one in triggers), *(one.format("DEFERRABLE INITIALLY DEFERRED") for one in keys)]
    on = [*(one.format("NOT DEFERRABLE") for one in keys), *(one.format("ENABLE") for one in triggers)]
    return off, ["SET CONSTRAINTS ALL IMMEDIATE", *on]


def _to_itself(table: Table) -> list[ForeignKeyConstraint]:
    """The keys of a row to another of the same table, which may come after it."""
    return [key for key in table.foreign_key_constraints if key.referred_table is table]


def _count_on(target: Connection, tables: list[Table]) -> None:
    """PostgreSQL gives the next row the number after the last one."""
    for table in tables if target.dialect.name == "postgresql" else ():
        for column in table.primary_key:
            sequence = target.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": f'"{table.name}"', "c": column.name})
            if sequence:
                last = func.max(column)
                target.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))
