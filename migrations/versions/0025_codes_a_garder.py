"""The recovery codes can be read again, from what is encrypted beside their application's secret, until they are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("second_facteur") as batch:
        batch.add_column(sa.Column("a_garder", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("second_facteur") as batch:
        batch.alter_column("a_garder", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("second_facteur") as batch:
        batch.drop_column("a_garder")
