"""The day: lists by space and their versions, what more may be tapped, photos, incidents in full, what was used."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GENRES = "'site', 'coche', 'presence', 'etape', 'duree', 'decale', 'echange', 'jauge', 'charge', 'confie', 'message', 'incident', 'suite', 'annule'"


def upgrade() -> None:
    op.create_table(
        "modele",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("espace_id", sa.Integer(), nullable=True),
        sa.Column(
            "phase",
            sa.Enum("ouverture", "fermeture", name="phase", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("version > 0", name=op.f("ck_modele__version")),
        sa.ForeignKeyConstraint(["espace_id"], ["espace.id"], name=op.f("fk_modele__espace_id__espace")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_modele__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modele")),
        sa.UniqueConstraint("espace_id", "phase", "version", name=op.f("uq_modele__espace_id_phase_version")),
    )
    of_the_site = {"postgresql_where": sa.text("espace_id IS NULL"), "sqlite_where": sa.text("espace_id IS NULL")}
    op.create_index("uq_modele__site", "modele", ["phase", "version"], unique=True, **of_the_site)
    op.create_table(
        "ligne_modele",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("modele_id", sa.Integer(), nullable=False),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.Column("critique", sa.Boolean(), nullable=False),
        sa.Column("ordre", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["modele_id"], ["modele.id"], name=op.f("fk_ligne_modele__modele_id__modele")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ligne_modele")),
    )
    with op.batch_alter_table("ligne_modele") as batch:
        batch.create_index(batch.f("ix_ligne_modele__modele_id"), ["modele_id"], unique=False)

    op.create_table(
        "consommation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jour_id", sa.Integer(), nullable=False),
        sa.Column("besoin_id", sa.Integer(), nullable=True),
        sa.Column("libelle", sa.Text(), nullable=False),
        sa.Column("quantite", sa.Integer(), nullable=False),
        sa.Column("le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantite >= 0", name=op.f("ck_consommation__quantite")),
        sa.ForeignKeyConstraint(
            ["besoin_id"], ["besoin.id"], name=op.f("fk_consommation__besoin_id__besoin"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["jour_id"], ["jour.action_id"], name=op.f("fk_consommation__jour_id__jour")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_consommation__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consommation")),
        sa.UniqueConstraint("jour_id", "besoin_id", name=op.f("uq_consommation__jour_id_besoin_id")),
    )
    with op.batch_alter_table("consommation") as batch:
        batch.create_index(batch.f("ix_consommation__jour_id"), ["jour_id"], unique=False)

    op.create_table(
        "photo",
        sa.Column("entree_uuid", sa.String(length=36), nullable=False),
        sa.Column("contenu", sa.LargeBinary(), nullable=False),
        sa.Column("largeur", sa.Integer(), nullable=False),
        sa.Column("hauteur", sa.Integer(), nullable=False),
        sa.Column("recu_le", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entree_uuid"], ["entree.uuid"], name=op.f("fk_photo__entree_uuid__entree")),
        sa.PrimaryKeyConstraint("entree_uuid", name=op.f("pk_photo")),
    )
    with op.batch_alter_table("action") as batch:
        batch.add_column(sa.Column("en_direct", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("action") as batch:
        batch.alter_column("en_direct", server_default=None)

    with op.batch_alter_table("entree") as batch:
        batch.add_column(sa.Column("lieu", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("mesures", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("entree") as batch:
        batch.alter_column("lieu", server_default=None)
        batch.alter_column("mesures", server_default=None)
        batch.create_check_constraint(batch.f("ck_entree__tailles_incident"), "length(lieu) <= 200 AND length(mesures) <= 2000")
        batch.drop_constraint(batch.f("ck_entree__genre"), type_="check")
        batch.create_check_constraint(batch.f("ck_entree__genre"), f"genre IN ({GENRES})")

    with op.batch_alter_table("point") as batch:
        batch.add_column(sa.Column("espace_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(batch.f("fk_point__espace_id__espace"), "espace", ["espace_id"], ["id"])


def downgrade() -> None:
    """The taps of the newer kinds stay, and so does the constraint that lets them: what was tapped is never lost."""
    with op.batch_alter_table("point") as batch:
        batch.drop_constraint(batch.f("fk_point__espace_id__espace"), type_="foreignkey")
        batch.drop_column("espace_id")

    with op.batch_alter_table("entree") as batch:
        batch.drop_constraint(batch.f("ck_entree__tailles_incident"), type_="check")
        batch.drop_column("mesures")
        batch.drop_column("lieu")

    with op.batch_alter_table("action") as batch:
        batch.drop_column("en_direct")

    op.drop_table("photo")
    with op.batch_alter_table("consommation") as batch:
        batch.drop_index(batch.f("ix_consommation__jour_id"))

    op.drop_table("consommation")
    with op.batch_alter_table("ligne_modele") as batch:
        batch.drop_index(batch.f("ix_ligne_modele__modele_id"))

    op.drop_table("ligne_modele")
    op.drop_table("modele")
