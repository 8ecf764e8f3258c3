"""The second proof: the application that makes the codes, the recovery codes kept on paper; when a session was last proved."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_facteur",
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("dernier_pas", sa.Integer(), nullable=False),
        sa.Column("essais", sa.Integer(), nullable=False),
        sa.Column("essais_depuis", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("essais >= 0", name=op.f("ck_second_facteur__essais")),
        sa.CheckConstraint("secret <> ''", name=op.f("ck_second_facteur__secret")),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_second_facteur__personne_id__personne"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("personne_id", name=op.f("pk_second_facteur")),
    )
    op.create_table(
        "code_secours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("utilise_le", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_code_secours__personne_id__personne"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_secours")),
        sa.UniqueConstraint("personne_id", "empreinte", name=op.f("uq_code_secours__personne_id_empreinte")),
    )
    with op.batch_alter_table("personne") as batch:
        batch.add_column(sa.Column("double_le", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("session") as batch:
        batch.add_column(sa.Column("prouvee_le", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE session SET prouvee_le = ouverte_le")
    with op.batch_alter_table("session") as batch:
        batch.alter_column("prouvee_le", nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("session") as batch:
        batch.drop_column("prouvee_le")
    with op.batch_alter_table("personne") as batch:
        batch.drop_column("double_le")
    op.drop_table("code_secours")
    op.drop_table("second_facteur")
