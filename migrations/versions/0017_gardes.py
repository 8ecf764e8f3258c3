"""What the money of a house refuses by itself: a date in a closed year, a change to what a platform said. And big lines fit."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CLOSED, NOTED, ISSUED = (
    "cette année est close", "ce que la plateforme a dit ne change plus", "une facture émise ne change plus",
)  # fmt: skip
DEAREST, HIGHEST = 10_000_000, 1_000_000_000
KEPT = ("id", "facture_id", "statut", "quand", "par_id")  # the words of a refusal may name somebody who is erased since
BORN = "EXISTS (SELECT 1 FROM exercice WHERE annee >= {year})"
DEPOT_REPLACED = "EXISTS (SELECT 1 FROM depot WHERE id = NEW.id)"
OF_ISSUED = "EXISTS (SELECT 1 FROM facture WHERE id = {row}.facture_id AND etat <> 'brouillon')"
LINE_REPLACED = (
    "EXISTS (SELECT 1 FROM ligne_facture AS l JOIN facture AS f ON f.id = l.facture_id "
    "WHERE l.id = NEW.id AND f.etat <> 'brouillon')"
)
LINES = {
    "ligne_facture_insert": ("INSERT", OF_ISSUED.format(row="NEW")),
    "ligne_facture_update": ("UPDATE", f"{OF_ISSUED.format(row='OLD')} OR {OF_ISSUED.format(row='NEW')}"),
    "ligne_facture_delete": ("DELETE", OF_ISSUED.format(row="OLD")),
    "ligne_facture_remplace": ("INSERT", LINE_REPLACED),
}


def upgrade() -> None:
    _bound_prices(HIGHEST)
    if _is_sqlite():
        of_the_day = "CAST(strftime('%Y', NEW.le) AS INTEGER)"
        _refuse("reglement_clos BEFORE INSERT ON reglement", BORN.format(year=of_the_day), CLOSED)
        leaves = "OLD.etat = 'brouillon' AND NEW.etat <> 'brouillon'"
        _refuse("facture_close BEFORE UPDATE ON facture", f"{leaves} AND {BORN.format(year='NEW.annee')}", CLOSED)
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
        _refuse("depot_update BEFORE UPDATE ON depot", f"NOT ({same})", NOTED)
        _refuse("depot_delete BEFORE DELETE ON depot", "1", NOTED)
        _refuse("depot_remplace BEFORE INSERT ON depot", DEPOT_REPLACED, NOTED)
    else:
        _guard_on_postgresql()


def _guard_on_postgresql() -> None:
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
    _function("reglement_clos", f"IF {BORN.format(year='EXTRACT(YEAR FROM NEW.le)')} THEN {{refuse}}; END IF; RETURN NEW;", CLOSED)
    _function("facture_close", f"IF {BORN.format(year='NEW.annee')} THEN {{refuse}}; END IF; RETURN NEW;", CLOSED)
    _function("depot_note", f"IF TG_OP = 'UPDATE' THEN IF {same} THEN RETURN NEW; END IF; END IF; {{refuse}};", NOTED)
    row = "FOR EACH ROW"
    op.execute(f"CREATE TRIGGER reglement_clos BEFORE INSERT ON reglement {row} EXECUTE FUNCTION reglement_clos()")
    leaves = "WHEN (OLD.etat = 'brouillon' AND NEW.etat <> 'brouillon')"
    op.execute(f"CREATE TRIGGER facture_close BEFORE UPDATE ON facture {row} {leaves} EXECUTE FUNCTION facture_close()")
    op.execute(f"CREATE TRIGGER depot_note BEFORE UPDATE OR DELETE ON depot {row} EXECUTE FUNCTION depot_note()")
    op.execute("CREATE TRIGGER depot_jamais_vide BEFORE TRUNCATE ON depot EXECUTE FUNCTION depot_note()")


def _function(name: str, body: str, sentence: str) -> None:
    refuse = f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body.format(refuse=refuse)} END $$")


def _bound_prices(most: int) -> None:
    """A deposit, or an avoir, is one line for each rate: it may cost what the whole does."""
    if _is_sqlite():
        for name in LINES:
            op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("ligne_facture") as batch:
        batch.drop_constraint(batch.f("ck_ligne_facture__prix"), type_="check")
        batch.create_check_constraint(batch.f("ck_ligne_facture__prix"), f"prix BETWEEN 0 AND {most}")
    if _is_sqlite():  # which made the table anew, without its triggers
        for name, (deed, when) in LINES.items():
            _refuse(f"{name} BEFORE {deed} ON ligne_facture", when, ISSUED)


def _refuse(trigger: str, when: str, sentence: str) -> None:
    op.execute(f"CREATE TRIGGER {trigger} WHEN {when} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    if _is_sqlite():
        for name in ("reglement_clos", "facture_close", "depot_update", "depot_delete", "depot_remplace"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        for table, name in (("reglement", "reglement_clos"), ("facture", "facture_close"), ("depot", "depot_note")):
            op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute("DROP TRIGGER depot_jamais_vide ON depot")
        for name in ("reglement_clos", "facture_close", "depot_note"):
            op.execute(f"DROP FUNCTION {name}()")
    _bound_prices(DEAREST)
