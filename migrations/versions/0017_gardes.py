"""What the money of a house refuses by itself, whoever writes: a date in a closed year, a change to what was decided or noted."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CLOSED, NOTED, ISSUED, UNDUE, DECIDED, GIVEN = (
    "cette année est close", "ce que la plateforme a dit ne change plus", "une facture émise ne change plus",
    "ce règlement ne répond à rien", "les clés d’un partage décidé ne changent plus", "une écriture passée ne change plus",
)  # fmt: skip
DEAREST, HIGHEST = 10_000_000, 1_000_000_000
# The words of these rows may name somebody who is erased since: they alone change.
OF_DEPOT = ("id", "facture_id", "statut", "quand", "par_id")
OF_ECRITURE = ("id", "partage_id", "rang", "pole_id", "montant", "quand", "par_id")

IN_CLOSED = "EXISTS (SELECT 1 FROM exercice WHERE annee >= {year})"
OF_ISSUED = "EXISTS (SELECT 1 FROM facture WHERE id = {row}.facture_id AND etat <> 'brouillon')"
OF_DECIDED = "EXISTS (SELECT 1 FROM partage WHERE id = {row}.partage_id AND etat <> 'provisoire')"
# Of a draft or of an avoir; or a reversal that is not its payment the other way round.
ASKS_NOTHING = (
    "EXISTS (SELECT 1 FROM facture WHERE id = NEW.facture_id AND (etat = 'brouillon' OR nature = 'avoir')) "
    "OR EXISTS (SELECT 1 FROM reglement WHERE id = NEW.annule_id AND (facture_id <> NEW.facture_id OR montant <> -NEW.montant))"
)
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
LEAVES = "NEW.etat <> 'brouillon' AND " + IN_CLOSED.format(year="NEW.annee")
ON_SQLITE = {  # by name: when, on what, the sentence
    "reglement_clos": ("INSERT ON reglement", IN_CLOSED.format(year="CAST(strftime('%Y', NEW.le) AS INTEGER)"), CLOSED),
    "reglement_juste": ("INSERT ON reglement", ASKS_NOTHING, UNDUE),
    "facture_close": ("UPDATE ON facture", f"OLD.etat = 'brouillon' AND {LEAVES}", CLOSED),
    "facture_close_nee": ("INSERT ON facture", LEAVES, CLOSED),
    "depot_update": ("UPDATE ON depot", f"NOT ({' AND '.join(f'NEW.{n} IS OLD.{n}' for n in OF_DEPOT)})", NOTED),
    "depot_delete": ("DELETE ON depot", "1", NOTED),
    "depot_remplace": ("INSERT ON depot", "EXISTS (SELECT 1 FROM depot WHERE id = NEW.id)", NOTED),
    "cle_insert": ("INSERT ON cle", OF_DECIDED.format(row="NEW"), DECIDED),
    "cle_update": ("UPDATE ON cle", f"{OF_DECIDED.format(row='OLD')} OR {OF_DECIDED.format(row='NEW')}", DECIDED),
    "cle_delete": ("DELETE ON cle", OF_DECIDED.format(row="OLD"), DECIDED),
}
ECRITURE = f"NOT ({' AND '.join(f'NEW.{n} IS OLD.{n}' for n in OF_ECRITURE)})"


def upgrade() -> None:
    _bound_prices(HIGHEST)
    if _is_sqlite():
        for name, (deed, when, sentence) in ON_SQLITE.items():
            _refuse(f"{name} BEFORE {deed}", when, sentence)
        op.execute("DROP TRIGGER ecriture_update")
        _refuse("ecriture_update BEFORE UPDATE ON ecriture", ECRITURE, GIVEN)
    else:
        _guard_on_postgresql()


def _guard_on_postgresql() -> None:
    year = "EXTRACT(YEAR FROM NEW.le)"
    _function("reglement_clos", f"IF {IN_CLOSED.format(year=year)} THEN {{refuse}}; END IF; RETURN NEW;", CLOSED)
    _function("reglement_juste", f"IF {ASKS_NOTHING} THEN {{refuse}}; END IF; RETURN NEW;", UNDUE)
    _function("facture_close", f"IF {LEAVES} THEN {{refuse}}; END IF; RETURN NEW;", CLOSED)
    _function("depot_note", _unless_same(OF_DEPOT), NOTED)
    _function("ecriture_passee", _unless_same(OF_ECRITURE), GIVEN)
    new, old = OF_DECIDED.format(row="NEW"), OF_DECIDED.format(row="OLD")
    _function(
        "cle_decidee",
        f"IF TG_OP <> 'DELETE' AND {new} THEN {{refuse}}; END IF; IF TG_OP <> 'INSERT' AND {old} THEN {{refuse}}; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
        DECIDED,
    )
    row = "FOR EACH ROW"
    op.execute(f"CREATE TRIGGER reglement_clos BEFORE INSERT ON reglement {row} EXECUTE FUNCTION reglement_clos()")
    op.execute(f"CREATE TRIGGER reglement_juste BEFORE INSERT ON reglement {row} EXECUTE FUNCTION reglement_juste()")
    leaves = "WHEN (OLD.etat = 'brouillon')"
    op.execute(f"CREATE TRIGGER facture_close BEFORE UPDATE ON facture {row} {leaves} EXECUTE FUNCTION facture_close()")
    op.execute(f"CREATE TRIGGER facture_close_nee BEFORE INSERT ON facture {row} EXECUTE FUNCTION facture_close()")
    op.execute(f"CREATE TRIGGER depot_note BEFORE UPDATE OR DELETE ON depot {row} EXECUTE FUNCTION depot_note()")
    op.execute("CREATE TRIGGER depot_jamais_vide BEFORE TRUNCATE ON depot EXECUTE FUNCTION depot_note()")
    op.execute(f"CREATE TRIGGER cle_decidee BEFORE INSERT OR UPDATE OR DELETE ON cle {row} EXECUTE FUNCTION cle_decidee()")
    op.execute("CREATE TRIGGER ligne_facture_jamais_videe BEFORE TRUNCATE ON ligne_facture EXECUTE FUNCTION facture_emise()")


def _unless_same(columns: tuple[str, ...]) -> str:
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in columns)
    return f"IF TG_OP = 'UPDATE' THEN IF {same} THEN RETURN NEW; END IF; END IF; {{refuse}};"


def _function(name: str, body: str, sentence: str) -> None:
    refuse = f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'"
    whole = f"BEGIN {body.format(refuse=refuse)} END"
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {whole} $$")


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
        for name in (*ON_SQLITE, "ecriture_update"):
            op.execute(f"DROP TRIGGER {name}")
        _refuse("ecriture_update BEFORE UPDATE ON ecriture", "1", GIVEN)
    else:
        _let_go_on_postgresql()
    _bound_prices(DEAREST)


def _let_go_on_postgresql() -> None:
    op.execute("DROP TRIGGER ligne_facture_jamais_videe ON ligne_facture")
    op.execute("DROP TRIGGER facture_close_nee ON facture")
    op.execute("DROP TRIGGER depot_jamais_vide ON depot")
    for table, name in (
        ("reglement", "reglement_clos"), ("reglement", "reglement_juste"), ("facture", "facture_close"), ("depot", "depot_note"),
        ("cle", "cle_decidee"),
    ):  # fmt: skip
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    _function("ecriture_passee", "{refuse};", GIVEN)
