"""Invoices: drafts, numbers without a gap, papers that never change."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SENTENCE = "une facture émise ne change plus"
FROZEN = (
    "id", "action_id", "devis_id", "nature", "mot", "delai", "categorie", "livraison", "commande", "service", "chorus",
    "ht", "ttc", "deduit", "serie", "annee", "rang", "emise_le", "emise_par_id", "echeance", "contenu", "empreinte", "pdf",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "serie",
        sa.Column("prefixe", sa.Text(), nullable=False),
        sa.Column("annee", sa.Integer(), nullable=False),
        sa.Column("dernier", sa.Integer(), nullable=False),
        sa.Column("le", sa.Date(), nullable=False),
        sa.CheckConstraint("dernier >= 0", name=op.f("ck_serie__dernier")),
        sa.PrimaryKeyConstraint("prefixe", name=op.f("pk_serie")),
    )
    op.create_table(
        "facture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("devis_id", sa.Integer(), nullable=False),
        sa.Column(
            "nature",
            sa.Enum("facture", "acompte", "avoir", name="nature", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "etat",
            sa.Enum("brouillon", "emise", "payee", name="etat", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("mot", sa.Text(), nullable=False),
        sa.Column("delai", sa.Integer(), nullable=False),
        sa.Column(
            "categorie",
            sa.Enum("services", "biens", "mixte", name="categorie", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("livraison", sa.Text(), nullable=False),
        sa.Column("commande", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("chorus", sa.Boolean(), nullable=False),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("ht", sa.Integer(), nullable=False),
        sa.Column("ttc", sa.Integer(), nullable=False),
        sa.Column("deduit", sa.Integer(), nullable=False),
        sa.Column("serie", sa.Text(), nullable=True),
        sa.Column("annee", sa.Integer(), nullable=True),
        sa.Column("rang", sa.Integer(), nullable=True),
        sa.Column("emise_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emise_par_id", sa.Integer(), nullable=True),
        sa.Column("echeance", sa.Date(), nullable=True),
        sa.Column("contenu", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(etat = 'brouillon' AND rang IS NULL AND emise_le IS NULL) OR "
            "(etat <> 'brouillon' AND rang > 0 AND serie IS NOT NULL AND annee IS NOT NULL AND emise_le IS NOT NULL "
            "AND echeance IS NOT NULL AND contenu IS NOT NULL AND pdf IS NOT NULL AND empreinte <> '')",
            name=op.f("ck_facture__fige"),
        ),
        sa.CheckConstraint("deduit BETWEEN 0 AND ttc", name=op.f("ck_facture__deduit")),
        sa.CheckConstraint("delai BETWEEN 0 AND 120", name=op.f("ck_facture__delai")),
        sa.CheckConstraint("ht BETWEEN 0 AND 1000000000 AND ttc BETWEEN ht AND 1000000000", name=op.f("ck_facture__total")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_facture__action_id__action")),
        sa.ForeignKeyConstraint(["devis_id"], ["devis.id"], name=op.f("fk_facture__devis_id__devis")),
        sa.ForeignKeyConstraint(["emise_par_id"], ["personne.id"], name=op.f("fk_facture__emise_par_id__personne")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_facture__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facture")),
        sa.UniqueConstraint("serie", "annee", "rang", name=op.f("uq_facture__serie_annee_rang")),
    )
    with op.batch_alter_table("facture") as batch:
        batch.create_index(batch.f("ix_facture__action_id"), ["action_id"], unique=False)
        batch.create_index(batch.f("ix_facture__etat"), ["etat"], unique=False)
        batch.create_index(
            "uq_facture__brouillon",
            ["action_id", "nature"],
            unique=True,
            postgresql_where=sa.text("etat = 'brouillon'"),
            sqlite_where=sa.text("etat = 'brouillon'"),
        )

    op.create_table(
        "ligne_facture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("ligne_devis_id", sa.Integer(), nullable=True),
        sa.Column("libelle", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("quantite", sa.Integer(), nullable=False),
        sa.Column(
            "unite",
            sa.Enum(
                "heure",
                "demi_journee",
                "jour",
                "forfait",
                "personne",
                "unite",
                "kilo",
                "litre",
                "kilometre",
                name="unite",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("prix", sa.Integer(), nullable=False),
        sa.Column("taux", sa.Integer(), nullable=False),
        sa.Column("remise", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("comprise", sa.Boolean(), nullable=False),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.CheckConstraint("libelle <> ''", name=op.f("ck_ligne_facture__libelle")),
        sa.CheckConstraint("prix BETWEEN 0 AND 10000000", name=op.f("ck_ligne_facture__prix")),
        sa.CheckConstraint("quantite BETWEEN 0 AND 1000000", name=op.f("ck_ligne_facture__quantite")),
        sa.CheckConstraint("taux BETWEEN 0 AND 10000 AND remise BETWEEN 0 AND 10000", name=op.f("ck_ligne_facture__taux")),
        sa.ForeignKeyConstraint(
            ["facture_id"], ["facture.id"], name=op.f("fk_ligne_facture__facture_id__facture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ligne_devis_id"], ["ligne_devis.id"], name=op.f("fk_ligne_facture__ligne_devis_id__ligne_devis")
        ),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_ligne_facture__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ligne_facture")),
    )
    with op.batch_alter_table("ligne_facture") as batch:
        batch.create_index(batch.f("ix_ligne_facture__facture_id"), ["facture_id"], unique=False)

    _freeze_what_left()


ISSUED = "EXISTS (SELECT 1 FROM facture WHERE id = {}.facture_id AND etat <> 'brouillon')"


def _freeze_what_left() -> None:
    """An issued invoice, and its lines, change no more: whoever writes to the database by hand included."""
    if op.get_bind().dialect.name == "sqlite":
        _freeze_on_sqlite()
    else:
        _freeze_on_postgresql()


def _freeze_on_sqlite() -> None:
    same, old, new = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in FROZEN), ISSUED.format("OLD"), ISSUED.format("NEW")
    left = "OLD.etat <> 'brouillon'"
    whole = {"update": f"{left} AND (NEW.etat = 'brouillon' OR NOT ({same}))", "delete": left}
    lines = {"insert": new, "update": f"{old} OR {new}", "delete": old}
    for table, rules in (("facture", whole), ("ligne_facture", lines)):
        for deed, when in rules.items():
            op.execute(
                f"CREATE TRIGGER {table}_{deed} BEFORE {deed.upper()} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
            )


def _freeze_on_postgresql() -> None:
    same = " AND ".join(f"NEW.{name}::text IS NOT DISTINCT FROM OLD.{name}::text" for name in FROZEN)
    refuse = f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'"
    answer = "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
    op.execute(
        "CREATE FUNCTION facture_emise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'TRUNCATE' THEN {refuse}; END IF; "
        f"IF OLD.etat <> 'brouillon' THEN IF TG_OP = 'DELETE' THEN {refuse}; "
        f"ELSIF NEW.etat = 'brouillon' OR NOT ({same}) THEN {refuse}; END IF; END IF; {answer} $$"
    )
    op.execute(
        "CREATE FUNCTION ligne_facture_emise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'DELETE' AND {ISSUED.format('NEW')} THEN {refuse}; END IF; "
        f"IF TG_OP <> 'INSERT' AND {ISSUED.format('OLD')} THEN {refuse}; END IF; {answer} $$"
    )
    row = "FOR EACH ROW EXECUTE FUNCTION"
    op.execute(f"CREATE TRIGGER facture_emise BEFORE UPDATE OR DELETE ON facture {row} facture_emise()")
    op.execute("CREATE TRIGGER facture_jamais_videe BEFORE TRUNCATE ON facture EXECUTE FUNCTION facture_emise()")
    op.execute(
        f"CREATE TRIGGER ligne_facture_emise BEFORE INSERT OR UPDATE OR DELETE ON ligne_facture {row} ligne_facture_emise()"
    )


def downgrade() -> None:
    with op.batch_alter_table("ligne_facture") as batch:
        batch.drop_index(batch.f("ix_ligne_facture__facture_id"))

    op.drop_table("ligne_facture")
    with op.batch_alter_table("facture") as batch:
        batch.drop_index(
            "uq_facture__brouillon", postgresql_where=sa.text("etat = 'brouillon'"), sqlite_where=sa.text("etat = 'brouillon'")
        )
        batch.drop_index(batch.f("ix_facture__etat"))
        batch.drop_index(batch.f("ix_facture__action_id"))

    op.drop_table("facture")
    op.drop_table("serie")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION facture_emise()")
        op.execute("DROP FUNCTION ligne_facture_emise()")
