"""The years that are closed: sealed once, never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SENTENCE = "un exercice clos ne change plus"
REPLACED = "EXISTS (SELECT 1 FROM exercice WHERE id = NEW.id OR annee = NEW.annee)"


def upgrade() -> None:
    op.create_table(
        "exercice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("annee", sa.Integer(), nullable=False),
        sa.Column("clos_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("contenu", sa.JSON(), nullable=False),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.CheckConstraint("empreinte <> ''", name=op.f("ck_exercice__empreinte")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_exercice__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercice")),
        sa.UniqueConstraint("annee", name=op.f("uq_exercice__annee")),
    )
    _freeze_what_was_closed()


def _freeze_what_was_closed() -> None:
    """A year that is closed never changes, nor opens again: whoever writes to the database by hand included."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("update", "delete"):
            _refuse(f"exercice_{deed} BEFORE {deed.upper()} ON exercice", "1")
        # REPLACE takes a row away without asking its trigger, unless the connection wants it: it is asked as it comes in.
        _refuse("exercice_remplace BEFORE INSERT ON exercice", REPLACED)
    else:
        op.execute(
            "CREATE FUNCTION exercice_clos() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER exercice_clos BEFORE UPDATE OR DELETE ON exercice FOR EACH ROW EXECUTE FUNCTION exercice_clos()"
        )
        op.execute("CREATE TRIGGER exercice_jamais_vide BEFORE TRUNCATE ON exercice EXECUTE FUNCTION exercice_clos()")


def _refuse(trigger: str, when: str) -> None:
    op.execute(f"CREATE TRIGGER {trigger} WHEN {when} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")


def downgrade() -> None:
    op.drop_table("exercice")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION exercice_clos()")
