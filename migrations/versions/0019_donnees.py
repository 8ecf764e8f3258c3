"""What somebody did is found by their name: the page of their data, and who was not heard of for years, ask for it."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_journal__personne_id", "journal", ["personne_id"])


def downgrade() -> None:
    op.drop_index("ix_journal__personne_id", "journal")
