"""Lists that a larger house reads as fast: missions to come by date, candidatures of every action by age."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_mission__liste", "mission")
    op.create_index("ix_mission__a_venir", "mission", ["debut", "id"])
    op.create_index("ix_candidature__toutes", "candidature", ["etat", "deposee_le", "id"])


def downgrade() -> None:
    op.drop_index("ix_candidature__toutes", "candidature")
    op.drop_index("ix_mission__a_venir", "mission")
    op.create_index("ix_mission__liste", "mission", ["etat", "fin", "debut"])
