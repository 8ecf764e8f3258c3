"""Runs the revisions, each upgrade in one transaction."""

import re

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine

from portal.config import Settings
from portal.db import Base, Instant
from portal.missions.lexique import INDEX

DROPPED = re.compile(r'\s*DROP TABLE "?(\w+)"?\s*')
REMADE = re.compile(r'\s*ALTER TABLE "?_alembic_tmp_\w+"? RENAME TO "?(\w+)"?\s*')
LOCK = 0x504F525441494C  # whoever brings a PostgreSQL database up to date holds it: "PORTAIL"
PATIENCE = 60  # seconds that one waits for the other, on SQLite


def render_item(kind: str, value: object, _autogen: object) -> str | bool:
    """Revisions stay readable without the portal: an Instant is a timestamp with its zone."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Instant) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        include_name=lambda name, kind, _parents: not (kind == "table" and str(name).startswith(INDEX)),  # no model of it
        transactional_ddl=True,  # SQLite's DDL is too, with the BEGIN below: half a revision is none
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":  # two that start at once take turns; SQLite's BEGIN does the same
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
            if broken:
                raise RuntimeError(f"the migration would leave orphans: {broken[:5]}")
            read_the_triggers(connection)


def read_the_triggers(connection: Connection) -> None:
    """SQLite reads one when it fires: a column that it names, and that is gone, would refuse every write from then on.

    Raises OperationalError, which names it. A column that « UPDATE OF » alone names goes unsaid.
    """
    for table in connection.scalars(text("SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'")).all():
        names = connection.scalars(text("SELECT name FROM pragma_table_info(:of)"), {"of": table}).all()
        same = ", ".join(f'"{name}" = "{name}"' for name in names)
        for verb, what in (("INSERT INTO", "DEFAULT VALUES"), ("UPDATE", f"SET {same}"), ("DELETE FROM", "")):
            connection.exec_driver_sql(f'EXPLAIN {verb} "{table}" {what}')


def keep_the_triggers(engine: Engine) -> None:
    """SQLite changes a column by making its table anew, and drops what guarded the old one: it is put back on the new one."""
    kept: dict[str, list[str]] = {}

    @event.listens_for(engine, "before_cursor_execute")
    def _read(_connection, cursor, statement, *_rest):  # type: ignore[no-untyped-def]
        if dropped := DROPPED.fullmatch(statement):
            found = cursor.connection.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (dropped[1],)
            )
            kept[dropped[1]] = [sql for (sql,) in found]

    @event.listens_for(engine, "after_cursor_execute")
    def _put_back(_connection, cursor, statement, *_rest):  # type: ignore[no-untyped-def]
        if renamed := REMADE.fullmatch(statement):
            for sql in kept.pop(renamed[1], ()):
                cursor.connection.execute(sql)


def migrate() -> None:
    """With its own engine: on SQLite foreign keys are off, else a rebuilt parent table would empty its children."""
    settings: Settings = current_app.config["PORTAL"]
    engine = create_engine(settings.database_url, connect_args={"timeout": PATIENCE} if settings.is_sqlite else {})
    if settings.is_sqlite:

        @event.listens_for(engine, "connect")
        def _connect(connection, _record):  # type: ignore[no-untyped-def]
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA legacy_alter_table=ON")  # a table may be rebuilt under the triggers that name it

        @event.listens_for(engine, "begin")
        def _begin(connection):  # type: ignore[no-untyped-def]
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        keep_the_triggers(engine)

    try:
        with engine.connect() as connection:
            run(connection)
    finally:
        engine.dispose()


migrate()
