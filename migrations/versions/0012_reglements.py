"""The payments: noted once, chained, never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SENTENCE = "un règlement noté ne change plus"
REPLACED = (
    "EXISTS (SELECT 1 FROM reglement WHERE id = NEW.id OR (annee = NEW.annee AND rang = NEW.rang) "
    "OR annule_id = NEW.annule_id OR empreinte = NEW.empreinte)"
)


def upgrade() -> None:
    op.create_table(
        "reglement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("annee", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("le", sa.Date(), nullable=False),
        sa.Column("montant", sa.Integer(), nullable=False),
        sa.Column(
            "moyen",
            sa.Enum(
                "virement", "cheque", "carte", "especes", name="moyen", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("annule_id", sa.Integer(), nullable=True),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("quand", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("precedente", sa.Text(), nullable=False),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "montant <> 0 AND montant BETWEEN -1000000000 AND 1000000000 AND (annule_id IS NULL OR motif <> '')",
            name=op.f("ck_reglement__montant"),
        ),
        sa.ForeignKeyConstraint(["annule_id"], ["reglement.id"], name=op.f("fk_reglement__annule_id__reglement")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_reglement__facture_id__facture")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_reglement__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reglement")),
        sa.UniqueConstraint("annee", "rang", name=op.f("uq_reglement__annee_rang")),
        sa.UniqueConstraint("annule_id", name=op.f("uq_reglement__annule_id")),
        sa.UniqueConstraint("empreinte", name=op.f("uq_reglement__empreinte")),
    )
    with op.batch_alter_table("reglement") as batch:
        batch.create_index(batch.f("ix_reglement__facture_id"), ["facture_id"], unique=False)

    _freeze_what_was_noted()


def _freeze_what_was_noted() -> None:
    """A payment that was noted never changes, nor goes: whoever writes to the database by hand included."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("update", "delete"):
            _refuse(f"reglement_{deed} BEFORE {deed.upper()} ON reglement", "1")
        # REPLACE takes a row away without asking its trigger, unless the connection wants it: it is asked as it comes in.
        _refuse("reglement_remplace BEFORE INSERT ON reglement", REPLACED)
    else:
        op.execute(
            "CREATE FUNCTION reglement_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER reglement_note BEFORE UPDATE OR DELETE ON reglement FOR EACH ROW EXECUTE FUNCTION reglement_note()"
        )
        op.execute("CREATE TRIGGER reglement_jamais_vide BEFORE TRUNCATE ON reglement EXECUTE FUNCTION reglement_note()")


def _refuse(trigger: str, when: str) -> None:
    op.execute(f"CREATE TRIGGER {trigger} WHEN {when} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")


def downgrade() -> None:
    """The series keeps its number: once back, the portal says which payments are missing."""
    with op.batch_alter_table("reglement") as batch:
        batch.drop_index(batch.f("ix_reglement__facture_id"))

    op.drop_table("reglement")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION reglement_note()")
