"""`make migration`: what a model has and the database has not becomes the next revision, ready for the rows that are there."""

from __future__ import annotations

import shutil

from portal.config import ROOT
from tools import revision

LOST = '''"""Loses columns that the models have."""
import sqlalchemy as sa
from alembic import op

revision = {number!r}
down_revision = {head!r}


def upgrade():
    with op.batch_alter_table("candidature") as batch:
        batch.drop_column("attendait")
    with op.batch_alter_table("mission") as batch:
        batch.drop_column("publiee_le")
'''


def test_the_next_revision_adds_what_the_models_have_more(tmp_path):
    migrations = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", migrations)
    last = len(list((migrations / "versions").glob("[0-9]*.py")))
    number, head = f"{last + 1:04}", f"{last:04}"
    (migrations / "versions" / f"{number}_perte.py").write_text(LOST.format(number=number, head=head))
    made = revision.make("date limite", migrations)
    assert made.name == f"{last + 2:04}_date_limite.py"
    text = made.read_text()
    assert f'revision = "{last + 2:04}"\ndown_revision = "{number}"\n' in text
    added = 'batch.add_column(sa.Column("attendait", sa.Boolean(), server_default=sa.false(), nullable=False))'
    assert added in text
    assert 'batch.alter_column("attendait", server_default=None)' in text
    assert 'batch.add_column(sa.Column("publiee_le", sa.DateTime(timezone=True), nullable=True))' in text
    assert "###" not in text
    assert (
        revision.make("rien", migrations).read_text().count("pass") == 2
    )  # the first one applies, and nothing is missing any more
