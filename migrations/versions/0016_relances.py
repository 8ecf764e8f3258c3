"""The reminders of what is late, and what the platform says of an e-invoice."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("quand", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=True),
        sa.Column("mot", sa.Text(), nullable=False),
        sa.CheckConstraint("rang BETWEEN 1 AND 3", name=op.f("ck_relance__rang")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_relance__facture_id__facture")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_relance__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relance")),
        sa.UniqueConstraint("facture_id", "rang", name=op.f("uq_relance__facture_id_rang")),
    )
    op.create_table(
        "depot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column(
            "statut",
            sa.Enum(
                "a_deposer", "deposee", "recue", "refusee", "encaissee",
                name="statut", native_enum=False, create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("quand", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("statut <> 'refusee' OR motif <> ''", name=op.f("ck_depot__motif")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_depot__facture_id__facture")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_depot__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depot")),
    )  # fmt: skip
    with op.batch_alter_table("depot") as batch:
        batch.create_index(batch.f("ix_depot__facture_id"), ["facture_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("depot") as batch:
        batch.drop_index(batch.f("ix_depot__facture_id"))

    op.drop_table("depot")
    op.drop_table("relance")
