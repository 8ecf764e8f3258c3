"""The rétroplanning that the house proposes to its actions, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trame",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("version > 0", name=op.f("ck_trame__version")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_trame__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trame")),
        sa.UniqueConstraint("version", name=op.f("uq_trame__version")),
    )
    op.create_table(
        "tache_trame",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trame_id", sa.Integer(), nullable=False),
        sa.Column("cle", sa.Text(), nullable=False),
        sa.Column("titre", sa.Text(), nullable=False),
        sa.Column("aide", sa.Text(), nullable=False),
        sa.Column("jours", sa.Integer(), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.CheckConstraint("jours BETWEEN -60 AND 730", name=op.f("ck_tache_trame__jours")),
        sa.CheckConstraint("cle <> '' AND titre <> ''", name=op.f("ck_tache_trame__dite")),
        sa.ForeignKeyConstraint(["trame_id"], ["trame.id"], name=op.f("fk_tache_trame__trame_id__trame")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tache_trame")),
        sa.UniqueConstraint("trame_id", "cle", name=op.f("uq_tache_trame__trame_id_cle")),
    )


def downgrade() -> None:
    op.drop_table("tache_trame")
    op.drop_table("trame")
