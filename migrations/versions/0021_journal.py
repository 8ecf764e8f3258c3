"""The journal refuses by itself to be changed; who looked at whose sheet or number is written down, once a day."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WRITTEN = "une ligne du journal ne change plus"
# The words of these rows may name somebody who is erased since: they alone change.
KEPT = ("id", "quand", "sujet", "action_id", "evenement", "avant", "apres", "personne_id")
ON_SQLITE = {
    "journal_update": ("UPDATE", f"NOT ({' AND '.join(f'NEW.{name} IS OLD.{name}' for name in KEPT)})"),
    "journal_delete": ("DELETE", "1"),
    # REPLACE takes a row away without asking its trigger, unless the connection wants it: it is asked as it comes in.
    "journal_remplace": ("INSERT", "EXISTS (SELECT 1 FROM journal WHERE id = NEW.id)"),
}
SAME = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
REFUSE = f"RAISE EXCEPTION '{WRITTEN}' USING ERRCODE = 'integrity_constraint_violation'"


def upgrade() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column(
            "page",
            sa.Enum("fiche", "compte", "equipe", "jour_j", name="vue", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.CheckConstraint("par_id <> personne_id", name=op.f("ck_consultation__autrui")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_consultation__par_id__personne"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_consultation__personne_id__personne"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint(
            "personne_id", "jour", "par_id", "page", name=op.f("uq_consultation__personne_id_jour_par_id_page")
        ),
    )
    op.create_index(op.f("ix_consultation__jour"), "consultation", ["jour"])
    if op.get_bind().dialect.name == "sqlite":
        for name, (deed, when) in ON_SQLITE.items():
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {deed} ON journal WHEN {when} BEGIN SELECT RAISE(ABORT, '{WRITTEN}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION journal_ecrit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' THEN IF {SAME} THEN RETURN NEW; END IF; END IF; {REFUSE}; END $$"
        )
        op.execute("CREATE TRIGGER journal_ecrit BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION journal_ecrit()")
        op.execute("CREATE TRIGGER journal_jamais_vide BEFORE TRUNCATE ON journal EXECUTE FUNCTION journal_ecrit()")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ON_SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name in ("journal_ecrit", "journal_jamais_vide"):
            op.execute(f"DROP TRIGGER {name} ON journal")
        op.execute("DROP FUNCTION journal_ecrit()")
    op.drop_index(op.f("ix_consultation__jour"), "consultation")
    op.drop_table("consultation")
