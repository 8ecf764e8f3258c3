"""Revisions: up, down and up again on full tables lose nothing of what stays; one that breaks leaves the schema as it was."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text

from portal import clock, demo
from portal.comptes import commands as comptes
from portal.comptes.models import Personne
from portal.config import ROOT
from portal.db import Base, apart, db, upsert
from portal.outbox import Battement
from portal.security import RateLimit

pytestmark = pytest.mark.both

MIGRATIONS = ROOT / "migrations"
BROKEN = '''"""Broken half-way."""
from alembic import op
import sqlalchemy as sa

revision = "cassee"
down_revision = {head!r}


def upgrade():
    op.create_table("a_moitie", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE personne SET nom = 'perdu'")
    with op.batch_alter_table("pole") as batch:
        batch.drop_column("description")
    op.execute("SELECT * FROM une_table_qui_n_existe_pas")
'''


@contextmanager
def looked_at(database):
    """A connection of nobody's, closed at the end: the portal holds none meanwhile."""
    db.session.remove()
    db.engine.dispose()
    engine = create_engine(database.url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def schema(database) -> dict[str, Any]:
    """Every table with its columns, keys, indexes and checks, in no order."""
    with looked_at(database) as connection:
        looking = inspect(connection)
        return {
            table: {
                "columns": {c["name"]: (str(c["type"]), c["nullable"], str(c["default"])) for c in looking.get_columns(table)},
                "primary": looking.get_pk_constraint(table),
                "foreign": sorted(map(str, looking.get_foreign_keys(table))),
                "indexes": sorted(map(str, looking.get_indexes(table))),
                "unique": sorted(map(str, looking.get_unique_constraints(table))),
                "checks": sorted(map(str, looking.get_check_constraints(table))),
            }
            for table in looking.get_table_names()
            if table != "alembic_version"
        }


def digests(database, columns: dict[str, set[str]]) -> dict[str, tuple[int, str]]:
    """By table: how many rows, and a digest of these columns of all of them."""
    found = {}
    with looked_at(database) as connection:
        known = MetaData()
        known.reflect(connection)
        for name, wanted in columns.items():
            table: Table = known.tables[name]
            kept = [column for column in table.columns if column.name in wanted]
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(*kept)))
            found[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def columns_of(database) -> dict[str, set[str]]:
    return {table: set(found["columns"]) for table, found in schema(database).items()}


def revisions() -> list[str]:
    """From the newest to the first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def migrate(action: Any, *arguments: str, directory: Path = MIGRATIONS) -> None:
    db.session.remove()
    db.engine.dispose()
    action(str(directory), *arguments)


def version(database) -> str:
    with looked_at(database) as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


@pytest.fixture
def full(app):
    """At least one row in every table: the demo, and what only a running portal writes."""
    demo.load()
    ada = db.session.scalars(select(Personne).where(Personne.email == "admin@example.org")).one()
    comptes.open_session(ada)
    comptes.ask_link(ada.email, suite="/")
    db.session.commit()
    with apart() as connection:
        connection.execute(upsert(RateLimit).values(cle="x", nombre=1, fin=clock.now()))
        connection.execute(upsert(Battement).values(nom="facteur", quand=clock.now()))


def test_the_demo_and_a_day_of_work_fill_every_table(app, full):
    for table in Base.metadata.sorted_tables:
        assert db.session.scalar(select(func.count()).select_from(table)), f"{table} is empty: fill it in full()"


def test_down_and_up_again_step_by_step_loses_nothing_of_what_stays(app, full, database):
    """Each revision undone then done again: tables and columns that outlive it keep every row."""
    original = schema(database)
    for down in range(1, len(revisions()) + 1):
        before, there = columns_of(database), digests(database, columns_of(database))
        migrate(flask_migrate.downgrade, f"-{down}")
        after = columns_of(database)
        stays = {name: columns & after[name] for name, columns in before.items() if name in after}
        there = digests(database, stays)
        migrate(flask_migrate.upgrade)
        assert digests(database, stays) == there
        assert schema(database) == original


def test_the_whole_way_down_leaves_nothing(app, full, database):
    migrate(flask_migrate.downgrade, "base")
    assert schema(database) == {}
    migrate(flask_migrate.upgrade)
    assert db.session.scalar(select(func.count(Personne.id))) == 0


def test_models_and_revisions_say_the_same(app, database):
    """What alembic compares, then what it does not: the constraints, which the models alone would make the same."""
    migrate(flask_migrate.check)
    migrated = schema(database)
    migrate(flask_migrate.downgrade, "base")
    Base.metadata.create_all(db.engine)
    assert schema(database) == migrated


def test_a_revision_that_breaks_half_way_leaves_all_as_it_was(app, database, tmp_path):
    comptes.add_person(nom="Awa Payet", email="awa@example.org", by=None)
    db.session.commit()
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copy)
    [head] = revisions()[:1]
    (copy / "versions" / "cassee.py").write_text(BROKEN.format(head=head))
    before, rows = schema(database), digests(database, columns_of(database))
    with pytest.raises(Exception, match="une_table_qui_n_existe_pas"):
        migrate(flask_migrate.upgrade, directory=copy)
    assert schema(database) == before
    assert digests(database, columns_of(database)) == rows
    assert version(database) == head
