"""What people earn: the hours of each place, a ledger that only grows, attestations."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SENTENCE = "le registre ne se corrige que par une nouvelle ligne"


def upgrade() -> None:
    op.create_table(
        "attestation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=True),
        sa.Column("annee", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("initiales", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("contenu", sa.JSON(), nullable=False),
        sa.Column("emise_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_attestation__minutes")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_attestation__action_id__action")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_attestation__personne_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
        sa.UniqueConstraint("code", name=op.f("uq_attestation__code")),
    )
    with op.batch_alter_table("attestation") as batch:
        batch.create_index(batch.f("ix_attestation__personne_id"), ["personne_id"], unique=False)
        batch.create_index(
            "uq_attestation__action",
            ["personne_id", "action_id", "rang"],
            unique=True,
            postgresql_where=sa.text("action_id IS NOT NULL"),
            sqlite_where=sa.text("action_id IS NOT NULL"),
        )
        batch.create_index(
            "uq_attestation__annee",
            ["personne_id", "annee", "rang"],
            unique=True,
            postgresql_where=sa.text("action_id IS NULL"),
            sqlite_where=sa.text("action_id IS NULL"),
        )

    op.create_table(
        "contribution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("annee", sa.Integer(), nullable=False),
        sa.Column(
            "nature",
            sa.Enum(
                "referent",
                "charge_de_mission",
                "volontaire",
                name="nature",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "unite",
            sa.Enum("heures", "points", "centimes", name="unite", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("quantite", sa.Integer(), nullable=False),
        sa.Column("corrige_id", sa.Integer(), nullable=True),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(corrige_id IS NULL AND quantite > 0) OR (corrige_id IS NOT NULL AND motif <> '')",
            name=op.f("ck_contribution__correction"),
        ),
        sa.CheckConstraint("(nature = 'charge_de_mission') = (unite <> 'heures')", name=op.f("ck_contribution__jamais_paye")),
        sa.CheckConstraint("quantite <> 0", name=op.f("ck_contribution__quantite")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_contribution__action_id__action")),
        sa.ForeignKeyConstraint(
            ["corrige_id", "personne_id", "mission_id", "unite"],
            ["contribution.id", "contribution.personne_id", "contribution.mission_id", "contribution.unite"],
            name="fk_contribution__corrige",
        ),
        sa.ForeignKeyConstraint(["mission_id"], ["mission.id"], name=op.f("fk_contribution__mission_id__mission")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_contribution__par_id__personne")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_contribution__personne_id__personne")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_contribution__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("id", "personne_id", "mission_id", "unite", name="uq_contribution__objet"),
    )
    with op.batch_alter_table("contribution") as batch:
        batch.create_index(batch.f("ix_contribution__action_id"), ["action_id"], unique=False)
        batch.create_index("ix_contribution__annee", ["annee"], unique=False)
        batch.create_index("ix_contribution__personne", ["personne_id", "annee"], unique=False)
        batch.create_index(
            "uq_contribution__premiere",
            ["personne_id", "mission_id", "unite"],
            unique=True,
            postgresql_where=sa.text("corrige_id IS NULL"),
            sqlite_where=sa.text("corrige_id IS NULL"),
        )

    op.create_table(
        "releve",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("affectation_id", sa.Integer(), nullable=False),
        sa.Column("propose", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "constat",
            sa.Enum(
                "present",
                "non_pointe",
                "excuse",
                "absent",
                name="constat",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "etat",
            sa.Enum("propose", "valide_referent", "valide", name="etat", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("constat NOT IN ('excuse', 'absent') OR minutes = 0", name=op.f("ck_releve__absence")),
        sa.CheckConstraint("minutes BETWEEN 0 AND 6000", name=op.f("ck_releve__minutes")),
        sa.ForeignKeyConstraint(["affectation_id"], ["affectation.id"], name=op.f("fk_releve__affectation_id__affectation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releve")),
        sa.UniqueConstraint("affectation_id", name=op.f("uq_releve__affectation_id")),
    )
    with op.batch_alter_table("releve") as batch:
        batch.create_index(batch.f("ix_releve__etat"), ["etat"], unique=False)

    _make_the_ledger_grow_only()


def _make_the_ledger_grow_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER contribution_{deed} BEFORE {deed.upper()} ON contribution "
                f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION contribution_immuable() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER contribution_immuable BEFORE UPDATE OR DELETE ON contribution "
        "FOR EACH ROW EXECUTE FUNCTION contribution_immuable()"
    )
    op.execute(
        "CREATE TRIGGER contribution_jamais_videe BEFORE TRUNCATE ON contribution "
        "FOR EACH STATEMENT EXECUTE FUNCTION contribution_immuable()"
    )


def downgrade() -> None:
    with op.batch_alter_table("releve") as batch:
        batch.drop_index(batch.f("ix_releve__etat"))

    op.drop_table("releve")
    with op.batch_alter_table("contribution") as batch:
        batch.drop_index(
            "uq_contribution__premiere",
            postgresql_where=sa.text("corrige_id IS NULL"),
            sqlite_where=sa.text("corrige_id IS NULL"),
        )
        batch.drop_index("ix_contribution__personne")
        batch.drop_index("ix_contribution__annee")
        batch.drop_index(batch.f("ix_contribution__action_id"))

    op.drop_table("contribution")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION contribution_immuable()")
    with op.batch_alter_table("attestation") as batch:
        batch.drop_index(
            "uq_attestation__annee", postgresql_where=sa.text("action_id IS NULL"), sqlite_where=sa.text("action_id IS NULL")
        )
        batch.drop_index(
            "uq_attestation__action",
            postgresql_where=sa.text("action_id IS NOT NULL"),
            sqlite_where=sa.text("action_id IS NOT NULL"),
        )
        batch.drop_index(batch.f("ix_attestation__personne_id"))

    op.drop_table("attestation")
