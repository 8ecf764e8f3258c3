"""Who looked at the number of a minor's guardian, among the candidatures, is written down as other looks are."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

VUES = "'fiche', 'compte', 'equipe', 'jour_j', 'candidatures'"


def upgrade() -> None:
    with op.batch_alter_table("consultation") as batch:
        batch.drop_constraint(batch.f("ck_consultation__vue"), type_="check")
        batch.create_check_constraint(batch.f("ck_consultation__vue"), f"page IN ({VUES})")


def downgrade() -> None:
    """The looks of the newer kind stay, and so does the constraint that lets them: who looked is never lost."""
