"""Passkeys, what they were given to sign, and which one opened a session. Secrets of applications are encrypted by the portal
that starts (`second.encrypt_again`): its keys are no business of a revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cle_acces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("identifiant", sa.Text(), nullable=False),
        sa.Column("cle_publique", sa.LargeBinary(), nullable=False),
        sa.Column("compteur", sa.BigInteger(), nullable=False),
        sa.Column("porteur", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("ajoutee_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("servie_le", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("compteur >= 0", name=op.f("ck_cle_acces__compteur")),
        sa.CheckConstraint("nom <> ''", name=op.f("ck_cle_acces__nom")),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_cle_acces__personne_id__personne"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cle_acces")),
        sa.UniqueConstraint("identifiant", name=op.f("uq_cle_acces__identifiant")),
    )
    op.create_index("ix_cle_acces__personne_id", "cle_acces", ["personne_id"])
    op.create_table(
        "defi",
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("expire_le", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("empreinte", name=op.f("pk_defi")),
    )
    op.create_index("ix_defi__expire_le", "defi", ["expire_le"])
    with op.batch_alter_table("session") as batch:
        batch.add_column(sa.Column("cle_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_session__cle_id__cle_acces"), "cle_acces", ["cle_id"], ["id"], ondelete="SET NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("session") as batch:
        batch.drop_constraint(op.f("fk_session__cle_id__cle_acces"), type_="foreignkey")
        batch.drop_column("cle_id")
    op.drop_table("defi")
    op.drop_table("cle_acces")
