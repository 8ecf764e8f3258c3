"""What the public has seen of a mission, and what « Annuler » gives back to a candidature."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A cancelled mission may never have been published: the journal knows.
PUBLISHED = """
    UPDATE mission SET publiee_le = cree_le WHERE etat IN ('ouverte', 'fermee') OR etat = 'annulee' AND EXISTS (
        SELECT 1 FROM journal WHERE journal.sujet = 'mission:' || mission.id AND journal.evenement = 'mission.publier'
    )
"""


def upgrade() -> None:
    with op.batch_alter_table("mission") as batch:
        batch.add_column(sa.Column("publiee_le", sa.DateTime(timezone=True)))
    op.execute(PUBLISHED)
    with op.batch_alter_table("candidature") as batch:
        batch.add_column(sa.Column("attendait", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("candidature") as batch:
        batch.alter_column("attendait", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("candidature") as batch:
        batch.drop_column("attendait")
    with op.batch_alter_table("mission") as batch:
        batch.drop_column("publiee_le")
