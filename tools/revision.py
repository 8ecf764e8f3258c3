"""`make migration NOM=…`: the next revision of the database, from what the models say that the revisions do not yet."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import flask_migrate
import sqlalchemy as sa
from alembic import command
from alembic.operations import ops
from flask import current_app

from portal import create_app
from portal.config import ROOT

MIGRATIONS = ROOT / "migrations"
BEFORE: dict[type, Any] = {str: "", bool: sa.text("false"), int: "0"}  # what the rows that are there get


def make(name: str, directory: Path = MIGRATIONS) -> Path:
    """Write the revision, numbered after the last one; nothing of a developer's own portal is read or touched."""
    number = f"{len(list((directory / 'versions').glob('[0-9]*.py'))) + 1:04}"
    with TemporaryDirectory() as instance:
        app = create_app({"PORTAL_ENV": "development", "PORTAL_INSTANCE_DIR": instance})
        with app.app_context():
            flask_migrate.upgrade(str(directory))
            config = current_app.extensions["migrate"].migrate.get_config(str(directory))
            command.revision(config, name, autogenerate=True, rev_id=number, process_revision_directives=_fill)
    path = next((directory / "versions").glob(f"{number}_*.py"))
    _tidy(path)
    return path


def _fill(_context: Any, _revision: Any, directives: Any) -> None:
    """A column that is never null gets a default for the rows that are there, then loses it: the models say the rest."""
    upgrade = directives[0].upgrade_ops
    upgrade.ops = [step for change in upgrade.ops for step in (change, *_without_defaults(change))]


def _without_defaults(change: Any) -> Iterator[ops.ModifyTableOps]:
    if not isinstance(change, ops.ModifyTableOps):
        return
    filled = []
    for added in (op for op in change.ops if isinstance(op, ops.AddColumnOp) and _is_fillable(op.column)):
        name, kind = added.column.name, added.column.type
        added.column = sa.Column(name, kind, nullable=False, server_default=BEFORE[kind.python_type])
        filled.append(ops.AlterColumnOp(change.table_name, name, modify_server_default=None))
    if filled:
        yield ops.ModifyTableOps(change.table_name, filled)


def _is_fillable(column: sa.Column[Any]) -> bool:
    """Of a state, a date or another row, only whoever writes the revision can say the value."""
    return not (column.nullable or column.server_default or column.foreign_keys) and column.type.python_type in BEFORE


def _tidy(path: Path) -> None:
    """In the style of the others."""
    text = re.sub(r"\n *# ###.*", "", path.read_text())
    text = text.replace("batch_op", "batch").replace(", schema=None", "").replace("sa.text('(false)')", "sa.false()")
    path.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", "--no-force-exclude", str(path)], check=True)


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("Il manque un nom\u00a0: make migration NOM=date_limite")
    print(make(" ".join(sys.argv[1:])).relative_to(ROOT))
