"""The avoirs: each corrects one invoice, and is as immutable."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SENTENCE = "une facture émise ne change plus"
BEFORE = (
    "id", "action_id", "devis_id", "nature", "mot", "delai", "categorie", "livraison", "commande", "service", "chorus",
    "ht", "ttc", "deduit", "serie", "annee", "rang", "emise_le", "emise_par_id", "echeance", "contenu", "empreinte", "pdf",
)  # fmt: skip
ISSUED = "EXISTS (SELECT 1 FROM facture WHERE id = OLD.facture_id AND etat <> 'brouillon')"
REPLACED = (
    "EXISTS (SELECT 1 FROM facture WHERE etat <> 'brouillon' "
    "AND (id = NEW.id OR (serie = NEW.serie AND annee = NEW.annee AND rang = NEW.rang)))"
)
LINE_REPLACED = (
    "EXISTS (SELECT 1 FROM ligne_facture AS l JOIN facture AS f ON f.id = l.facture_id "
    "WHERE l.id = NEW.id AND f.etat <> 'brouillon')"
)
DEEDS = {"facture": ("update", "delete"), "ligne_facture": ("insert", "update", "delete")}


def upgrade() -> None:
    _let_go()
    with op.batch_alter_table("facture") as batch:
        batch.add_column(sa.Column("origine_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(batch.f("fk_facture__origine_id__facture"), "facture", ["origine_id"], ["id"])
        batch.create_check_constraint(batch.f("ck_facture__origine"), "(nature = 'avoir') = (origine_id IS NOT NULL)")
        batch.create_index(batch.f("ix_facture__origine_id"), ["origine_id"], unique=False)
    _freeze((*BEFORE, "origine_id"))
    _keep_replace_out()


def downgrade() -> None:
    if _is_sqlite():
        op.execute("DROP TRIGGER facture_remplace")
        op.execute("DROP TRIGGER ligne_facture_remplace")
    _let_go()
    with op.batch_alter_table("facture") as batch:
        batch.drop_index(batch.f("ix_facture__origine_id"))
        batch.drop_constraint(batch.f("ck_facture__origine"), type_="check")
        batch.drop_constraint(batch.f("fk_facture__origine_id__facture"), type_="foreignkey")
        batch.drop_column("origine_id")
    _freeze(BEFORE)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _let_go() -> None:
    """SQLite makes the table anew, which its triggers would not outlive; PostgreSQL's do, with another function."""
    for table, deeds in DEEDS.items() if _is_sqlite() else ():
        for deed in deeds:
            op.execute(f"DROP TRIGGER {table}_{deed}")


def _freeze(columns: tuple[str, ...]) -> None:
    """An issued invoice, and its lines, change no more: whoever writes to the database by hand included."""
    if _is_sqlite():
        _freeze_on_sqlite(columns)
    else:
        _freeze_on_postgresql(columns)


def _freeze_on_sqlite(columns: tuple[str, ...]) -> None:
    same, left = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in columns), "OLD.etat <> 'brouillon'"
    old, new = ISSUED, ISSUED.replace("OLD", "NEW")
    _refuse("facture", "update", f"{left} AND (NEW.etat = 'brouillon' OR NOT ({same}))")
    _refuse("facture", "delete", left)
    _refuse("ligne_facture", "insert", new)
    _refuse("ligne_facture", "update", f"{old} OR {new}")
    _refuse("ligne_facture", "delete", old)


def _keep_replace_out() -> None:
    """REPLACE takes a row away without asking its trigger, unless the connection wants it: it is asked as it comes in."""
    if _is_sqlite():
        _refuse("facture", "insert", REPLACED, name="facture_remplace")
        _refuse("ligne_facture", "insert", LINE_REPLACED, name="ligne_facture_remplace")


def _refuse(table: str, deed: str, when: str, *, name: str = "") -> None:
    trigger = f"{name or f'{table}_{deed}'} BEFORE {deed.upper()} ON {table}"
    op.execute(f"CREATE TRIGGER {trigger} WHEN {when} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")


def _freeze_on_postgresql(columns: tuple[str, ...]) -> None:
    same = " AND ".join(f"NEW.{name}::text IS NOT DISTINCT FROM OLD.{name}::text" for name in columns)
    refuse = f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'"
    op.execute(
        "CREATE OR REPLACE FUNCTION facture_emise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'TRUNCATE' THEN {refuse}; END IF; "
        f"IF OLD.etat <> 'brouillon' THEN IF TG_OP = 'DELETE' THEN {refuse}; "
        f"ELSIF NEW.etat = 'brouillon' OR NOT ({same}) THEN {refuse}; END IF; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
