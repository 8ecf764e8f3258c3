"""A share-out that is decided keeps the price that a point had; what was paid in a closed year changes no more."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CLOSED, DECIDED = "cette année est close", "les clés d’un partage décidé ne changent plus"
PRICED = "le prix du point d’un partage décidé ne change plus"
# The words of an expense may name somebody who is erased since: they alone change.
OF_DEPENSE = ("id", "action_id", "nature", "montant", "le", "pole_id", "par_id", "cree_le")

OF_DECIDED = "EXISTS (SELECT 1 FROM partage WHERE id = {row}.partage_id AND etat <> 'provisoire')"
CLES = {  # as 0017 made them
    "cle_insert": ("INSERT", OF_DECIDED.format(row="NEW")),
    "cle_update": ("UPDATE", f"{OF_DECIDED.format(row='OLD')} OR {OF_DECIDED.format(row='NEW')}"),
    "cle_delete": ("DELETE", OF_DECIDED.format(row="OLD")),
}
IN_CLOSED = "EXISTS (SELECT 1 FROM exercice WHERE annee >= {year})"
OLD, NEW = (IN_CLOSED.format(year=f"CAST(strftime('%Y', {row}.le) AS INTEGER)") for row in ("OLD", "NEW"))
REPLACED = (
    "EXISTS (SELECT 1 FROM depense AS d JOIN exercice ON annee >= CAST(strftime('%Y', d.le) AS INTEGER) WHERE d.id = NEW.id)"
)
SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in OF_DEPENSE)
MOVES = "OLD.valeur_point IS NOT NULL AND NEW.valeur_point IS {another} OLD.valeur_point"
ON_SQLITE = {  # by name: when, on what, the sentence
    "depense_close_insert": ("INSERT ON depense", f"{NEW} OR {REPLACED}", CLOSED),
    "depense_close_update": ("UPDATE ON depense", f"({OLD} OR {NEW}) AND NOT ({SAME})", CLOSED),
    "depense_close_delete": ("DELETE ON depense", OLD, CLOSED),
    "partage_point": ("UPDATE ON partage", MOVES.format(another="NOT"), PRICED),
}


def upgrade() -> None:
    _let_keys_go()
    with op.batch_alter_table("partage") as batch:
        batch.add_column(sa.Column("valeur_point", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE partage SET valeur_point = COALESCE((SELECT valeur FROM reglage WHERE cle = 'partage_point'), 0) "
        "WHERE etat <> 'provisoire'"
    )
    with op.batch_alter_table("partage") as batch:
        batch.create_check_constraint(batch.f("ck_partage__valeur_point"), "(etat = 'provisoire') = (valeur_point IS NULL)")
    _hold_keys()
    if _is_sqlite():
        for name, (deed, when, sentence) in ON_SQLITE.items():
            _refuse(f"{name} BEFORE {deed}", when, sentence)
    else:
        _guard_on_postgresql()


def _guard_on_postgresql() -> None:
    old, new = (IN_CLOSED.format(year=f"EXTRACT(YEAR FROM {row}.le)") for row in ("OLD", "NEW"))
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in OF_DEPENSE)
    _function(
        "depense_close",
        f"IF TG_OP = 'UPDATE' THEN IF {same} THEN RETURN NEW; END IF; END IF; "
        f"IF TG_OP <> 'DELETE' THEN IF {new} THEN {{refuse}}; END IF; END IF; "
        f"IF TG_OP <> 'INSERT' THEN IF {old} THEN {{refuse}}; END IF; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
        CLOSED,
    )
    _function("partage_point", "{refuse};", PRICED)
    deeds, row = "BEFORE INSERT OR UPDATE OR DELETE", "FOR EACH ROW"
    op.execute(f"CREATE TRIGGER depense_close {deeds} ON depense {row} EXECUTE FUNCTION depense_close()")
    moves = f"WHEN ({MOVES.format(another='DISTINCT FROM')})"
    op.execute(f"CREATE TRIGGER partage_point BEFORE UPDATE ON partage {row} {moves} EXECUTE FUNCTION partage_point()")


def _function(name: str, body: str, sentence: str) -> None:
    refuse = f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'"
    whole = f"BEGIN {body.format(refuse=refuse)} END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {whole} $$")


def _let_keys_go() -> None:
    """SQLite makes the table anew, which the triggers of the keys read."""
    for name in CLES if _is_sqlite() else ():
        op.execute(f"DROP TRIGGER {name}")


def _hold_keys() -> None:
    for name, (deed, when) in CLES.items() if _is_sqlite() else ():
        _refuse(f"{name} BEFORE {deed} ON cle", when, DECIDED)


def _refuse(trigger: str, when: str, sentence: str) -> None:
    op.execute(f"CREATE TRIGGER {trigger} WHEN {when} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    if _is_sqlite():
        for name in ON_SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        for table, name in (("depense", "depense_close"), ("partage", "partage_point")):
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
    _let_keys_go()
    with op.batch_alter_table("partage") as batch:
        batch.drop_constraint(batch.f("ck_partage__valeur_point"), type_="check")
        batch.drop_column("valeur_point")
    _hold_keys()
