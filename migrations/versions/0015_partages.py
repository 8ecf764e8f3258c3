"""What actions cost, and how their profit is shared: a ledger that never changes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SENTENCE = "une écriture passée ne change plus"
REPLACED = (
    "EXISTS (SELECT 1 FROM ecriture WHERE id = NEW.id "
    "OR (partage_id = NEW.partage_id AND rang = NEW.rang AND pole_id IS NEW.pole_id))"
)


def upgrade() -> None:
    op.create_table(
        "depense",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column(
            "nature",
            sa.Enum(
                "charges",
                "consommables",
                "materiel",
                "autre",
                name="nature",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("libelle", sa.Text(), nullable=False),
        sa.Column("montant", sa.Integer(), nullable=False),
        sa.Column("le", sa.Date(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("libelle <> ''", name=op.f("ck_depense__libelle")),
        sa.CheckConstraint("montant BETWEEN 1 AND 1000000000", name=op.f("ck_depense__montant")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_depense__action_id__action")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_depense__par_id__personne")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_depense__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depense")),
    )
    with op.batch_alter_table("depense") as batch:
        batch.create_index(batch.f("ix_depense__action_id"), ["action_id"], unique=False)

    op.create_table(
        "partage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column(
            "etat",
            sa.Enum("provisoire", "decide", "clos", name="etat", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("decide_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_par_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(etat = 'provisoire') = (decide_le IS NULL) AND (decide_le IS NULL) = (decide_par_id IS NULL)",
            name=op.f("ck_partage__decide"),
        ),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_partage__action_id__action")),
        sa.ForeignKeyConstraint(["decide_par_id"], ["personne.id"], name=op.f("fk_partage__decide_par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partage")),
        sa.UniqueConstraint("action_id", name=op.f("uq_partage__action_id")),
    )
    with op.batch_alter_table("partage") as batch:
        batch.create_index(batch.f("ix_partage__etat"), ["etat"], unique=False)

    op.create_table(
        "cle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partage_id", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.CheckConstraint("part BETWEEN 0 AND 10000", name=op.f("ck_cle__part")),
        sa.ForeignKeyConstraint(["partage_id"], ["partage.id"], name=op.f("fk_cle__partage_id__partage"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_cle__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cle")),
        sa.UniqueConstraint("partage_id", "pole_id", name=op.f("uq_cle__partage_id_pole_id")),
    )
    op.create_table(
        "ecriture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partage_id", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("montant", sa.Integer(), nullable=False),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("quand", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("montant <> 0", name=op.f("ck_ecriture__montant")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_ecriture__par_id__personne")),
        sa.ForeignKeyConstraint(["partage_id"], ["partage.id"], name=op.f("fk_ecriture__partage_id__partage")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_ecriture__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecriture")),
        sa.UniqueConstraint("partage_id", "rang", "pole_id", name=op.f("uq_ecriture__partage_id_rang_pole_id")),
    )
    with op.batch_alter_table("ecriture") as batch:
        batch.create_index(batch.f("ix_ecriture__partage_id"), ["partage_id"], unique=False)
        batch.create_index(batch.f("ix_ecriture__pole_id"), ["pole_id"], unique=False)
        batch.create_index(batch.f("ix_ecriture__quand"), ["quand"], unique=False)
        batch.create_index(
            "uq_ecriture__commun",
            ["partage_id", "rang"],
            unique=True,
            postgresql_where=sa.text("pole_id IS NULL"),
            sqlite_where=sa.text("pole_id IS NULL"),
        )

    op.create_table(
        "justificatif",
        sa.Column("depense_id", sa.Integer(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("contenu", sa.LargeBinary(), nullable=False),
        sa.Column("taille", sa.Integer(), nullable=False),
        sa.CheckConstraint("mime IN ('application/pdf', 'image/jpeg')", name=op.f("ck_justificatif__mime")),
        sa.ForeignKeyConstraint(
            ["depense_id"], ["depense.id"], name=op.f("fk_justificatif__depense_id__depense"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("depense_id", name=op.f("pk_justificatif")),
    )
    _freeze_what_was_given()


def _freeze_what_was_given() -> None:
    """A line of the ledger never changes, nor goes: whoever writes to the database by hand included."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("update", "delete"):
            _refuse(f"ecriture_{deed} BEFORE {deed.upper()} ON ecriture", "1")
        # REPLACE takes a row away without asking its trigger, unless the connection wants it: it is asked as it comes in.
        _refuse("ecriture_remplace BEFORE INSERT ON ecriture", REPLACED)
    else:
        op.execute(
            "CREATE FUNCTION ecriture_passee() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ecriture_passee BEFORE UPDATE OR DELETE ON ecriture FOR EACH ROW EXECUTE FUNCTION ecriture_passee()"
        )
        op.execute("CREATE TRIGGER ecriture_jamais_vide BEFORE TRUNCATE ON ecriture EXECUTE FUNCTION ecriture_passee()")


def _refuse(trigger: str, when: str) -> None:
    op.execute(f"CREATE TRIGGER {trigger} WHEN {when} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")


def downgrade() -> None:
    op.drop_table("justificatif")
    with op.batch_alter_table("ecriture") as batch:
        batch.drop_index(
            "uq_ecriture__commun", postgresql_where=sa.text("pole_id IS NULL"), sqlite_where=sa.text("pole_id IS NULL")
        )
        batch.drop_index(batch.f("ix_ecriture__quand"))
        batch.drop_index(batch.f("ix_ecriture__pole_id"))
        batch.drop_index(batch.f("ix_ecriture__partage_id"))

    op.drop_table("ecriture")
    op.drop_table("cle")
    with op.batch_alter_table("partage") as batch:
        batch.drop_index(batch.f("ix_partage__etat"))

    op.drop_table("partage")
    with op.batch_alter_table("depense") as batch:
        batch.drop_index(batch.f("ix_depense__action_id"))

    op.drop_table("depense")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ecriture_passee()")
