"""The devis: price list, versions, lines, acceptances; who the demandeur is on paper."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "devis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "etat",
            sa.Enum(
                "brouillon",
                "envoye",
                "accepte",
                "refuse",
                "expire",
                "remplace",
                name="etat",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("mot", sa.Text(), nullable=False),
        sa.Column("acompte", sa.Integer(), nullable=False),
        sa.Column("valable_jours", sa.Integer(), nullable=False),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("remise_par_id", sa.Integer(), nullable=True),
        sa.Column("approuve_par_id", sa.Integer(), nullable=True),
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("envoye_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("envoye_par_id", sa.Integer(), nullable=True),
        sa.Column("valable_jusqu_au", sa.Date(), nullable=True),
        sa.Column("rappele_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("demande_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ht", sa.Integer(), nullable=False),
        sa.Column("ttc", sa.Integer(), nullable=False),
        sa.Column("contenu", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(etat = 'brouillon') = (envoye_le IS NULL)", name=op.f("ck_devis__envoye")),
        sa.CheckConstraint(
            "etat = 'brouillon' OR (contenu IS NOT NULL AND pdf IS NOT NULL AND empreinte <> '' AND valable_jusqu_au IS NOT NULL)",
            name=op.f("ck_devis__fige"),
        ),
        sa.CheckConstraint("acompte BETWEEN 0 AND 100", name=op.f("ck_devis__acompte")),
        sa.CheckConstraint("approuve_par_id IS NULL OR approuve_par_id <> remise_par_id", name=op.f("ck_devis__approuve")),
        sa.CheckConstraint("ht BETWEEN 0 AND 1000000000 AND ttc BETWEEN ht AND 1000000000", name=op.f("ck_devis__total")),
        sa.CheckConstraint("valable_jours BETWEEN 1 AND 365", name=op.f("ck_devis__validite")),
        sa.CheckConstraint("version > 0", name=op.f("ck_devis__version")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_devis__action_id__action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["approuve_par_id"], ["personne.id"], name=op.f("fk_devis__approuve_par_id__personne")),
        sa.ForeignKeyConstraint(["envoye_par_id"], ["personne.id"], name=op.f("fk_devis__envoye_par_id__personne")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_devis__par_id__personne")),
        sa.ForeignKeyConstraint(["remise_par_id"], ["personne.id"], name=op.f("fk_devis__remise_par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devis")),
        sa.UniqueConstraint("action_id", "version", name=op.f("uq_devis__action_id_version")),
    )
    with op.batch_alter_table("devis") as batch:
        batch.create_index(batch.f("ix_devis__etat"), ["etat"], unique=False)
        batch.create_index(
            "uq_devis__accepte",
            ["action_id"],
            unique=True,
            postgresql_where=sa.text("etat = 'accepte'"),
            sqlite_where=sa.text("etat = 'accepte'"),
        )
        batch.create_index(
            "uq_devis__brouillon",
            ["action_id"],
            unique=True,
            postgresql_where=sa.text("etat = 'brouillon'"),
            sqlite_where=sa.text("etat = 'brouillon'"),
        )
        batch.create_index(
            "uq_devis__envoye",
            ["action_id"],
            unique=True,
            postgresql_where=sa.text("etat = 'envoye'"),
            sqlite_where=sa.text("etat = 'envoye'"),
        )

    op.create_table(
        "tarif",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("libelle", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
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
        sa.Column("cout", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column(
            "ressource",
            sa.Enum(
                "espace",
                "materiel",
                "humain",
                "consommable",
                name="ressource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("espace_id", sa.Integer(), nullable=True),
        sa.Column("materiel_id", sa.Integer(), nullable=True),
        sa.Column("site", sa.Boolean(), nullable=False),
        sa.Column("comprise", sa.Boolean(), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("au", sa.Date(), nullable=True),
        sa.CheckConstraint("libelle <> ''", name=op.f("ck_tarif__libelle")),
        sa.CheckConstraint("au IS NULL OR au >= du", name=op.f("ck_tarif__ordre")),
        sa.CheckConstraint("prix BETWEEN 0 AND 10000000 AND cout BETWEEN 0 AND 10000000", name=op.f("ck_tarif__prix")),
        sa.CheckConstraint("taux BETWEEN 0 AND 10000", name=op.f("ck_tarif__taux")),
        sa.ForeignKeyConstraint(["espace_id"], ["espace.id"], name=op.f("fk_tarif__espace_id__espace")),
        sa.ForeignKeyConstraint(["materiel_id"], ["materiel.id"], name=op.f("fk_tarif__materiel_id__materiel")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_tarif__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tarif")),
        sa.UniqueConstraint("libelle", "du", name=op.f("uq_tarif__libelle_du")),
    )
    op.create_table(
        "accord",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("devis_id", sa.Integer(), nullable=False),
        sa.Column(
            "voie",
            sa.Enum(
                "en_ligne", "telephone", "papier", "mail", name="voie", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adresse", sa.Text(), nullable=False),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("preuve", sa.Text(), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=True),
        sa.Column("annule_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("annule_par_id", sa.Integer(), nullable=True),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.CheckConstraint("(voie = 'en_ligne') = (par_id IS NULL)", name=op.f("ck_accord__par")),
        sa.CheckConstraint("annule_le IS NULL OR motif <> ''", name=op.f("ck_accord__motif")),
        sa.CheckConstraint("nom <> ''", name=op.f("ck_accord__nom")),
        sa.CheckConstraint("voie = 'en_ligne' OR preuve <> ''", name=op.f("ck_accord__preuve")),
        sa.ForeignKeyConstraint(["annule_par_id"], ["personne.id"], name=op.f("fk_accord__annule_par_id__personne")),
        sa.ForeignKeyConstraint(["devis_id"], ["devis.id"], name=op.f("fk_accord__devis_id__devis"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_accord__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accord")),
    )
    with op.batch_alter_table("accord") as batch:
        batch.create_index(
            "uq_accord__vivant",
            ["devis_id"],
            unique=True,
            postgresql_where=sa.text("annule_le IS NULL"),
            sqlite_where=sa.text("annule_le IS NULL"),
        )

    op.create_table(
        "ligne_devis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("devis_id", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("tarif_id", sa.Integer(), nullable=True),
        sa.Column("besoin_id", sa.Integer(), nullable=True),
        sa.Column(
            "ressource",
            sa.Enum(
                "espace",
                "materiel",
                "humain",
                "consommable",
                name="ressource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
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
        sa.Column("cout", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("site", sa.Boolean(), nullable=False),
        sa.Column("comprise", sa.Boolean(), nullable=False),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("confirmee_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmee_par_id", sa.Integer(), nullable=True),
        sa.Column("reserve", sa.Text(), nullable=False),
        sa.CheckConstraint("confirmee_le IS NULL OR reserve = ''", name=op.f("ck_ligne_devis__confirmee")),
        sa.CheckConstraint("libelle <> ''", name=op.f("ck_ligne_devis__libelle")),
        sa.CheckConstraint("prix BETWEEN 0 AND 10000000 AND cout BETWEEN 0 AND 10000000", name=op.f("ck_ligne_devis__prix")),
        sa.CheckConstraint("quantite BETWEEN 1 AND 1000000", name=op.f("ck_ligne_devis__quantite")),
        sa.CheckConstraint("remise BETWEEN 0 AND 10000", name=op.f("ck_ligne_devis__remise")),
        sa.CheckConstraint("taux BETWEEN 0 AND 10000", name=op.f("ck_ligne_devis__taux")),
        sa.ForeignKeyConstraint(
            ["besoin_id"], ["besoin.id"], name=op.f("fk_ligne_devis__besoin_id__besoin"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["confirmee_par_id"], ["personne.id"], name=op.f("fk_ligne_devis__confirmee_par_id__personne")),
        sa.ForeignKeyConstraint(["devis_id"], ["devis.id"], name=op.f("fk_ligne_devis__devis_id__devis"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_ligne_devis__pole_id__pole")),
        sa.ForeignKeyConstraint(["tarif_id"], ["tarif.id"], name=op.f("fk_ligne_devis__tarif_id__tarif")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ligne_devis")),
    )
    with op.batch_alter_table("ligne_devis") as batch:
        batch.create_index(batch.f("ix_ligne_devis__devis_id"), ["devis_id"], unique=False)

    with op.batch_alter_table("demandeur") as batch:
        batch.add_column(sa.Column("adresse", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("siret", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("particulier", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("demandeur") as batch:
        batch.alter_column("adresse", server_default=None)
        batch.alter_column("siret", server_default=None)
        batch.alter_column("particulier", server_default=None)

    with op.batch_alter_table("mission") as batch:
        batch.add_column(sa.Column("besoin_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("a_revoir", sa.Text(), server_default="", nullable=False))
        batch.create_index(
            "uq_mission__besoin_id",
            ["besoin_id"],
            unique=True,
            postgresql_where=sa.text("etat <> 'annulee'"),
            sqlite_where=sa.text("etat <> 'annulee'"),
        )
        batch.create_foreign_key(batch.f("fk_mission__besoin_id__besoin"), "besoin", ["besoin_id"], ["id"], ondelete="SET NULL")

    with op.batch_alter_table("mission") as batch:
        batch.alter_column("a_revoir", server_default=None)

    with op.batch_alter_table("reglage") as batch:
        batch.add_column(sa.Column("texte", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("reglage") as batch:
        batch.alter_column("texte", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("reglage") as batch:
        batch.drop_column("texte")

    with op.batch_alter_table("mission") as batch:
        batch.drop_constraint(batch.f("fk_mission__besoin_id__besoin"), type_="foreignkey")
        batch.drop_index("uq_mission__besoin_id")
        batch.drop_column("a_revoir")
        batch.drop_column("besoin_id")

    with op.batch_alter_table("demandeur") as batch:
        batch.drop_column("particulier")
        batch.drop_column("siret")
        batch.drop_column("adresse")

    with op.batch_alter_table("ligne_devis") as batch:
        batch.drop_index(batch.f("ix_ligne_devis__devis_id"))

    op.drop_table("ligne_devis")
    with op.batch_alter_table("accord") as batch:
        batch.drop_index(
            "uq_accord__vivant", postgresql_where=sa.text("annule_le IS NULL"), sqlite_where=sa.text("annule_le IS NULL")
        )

    op.drop_table("accord")
    op.drop_table("tarif")
    with op.batch_alter_table("devis") as batch:
        batch.drop_index(
            "uq_devis__envoye", postgresql_where=sa.text("etat = 'envoye'"), sqlite_where=sa.text("etat = 'envoye'")
        )
        batch.drop_index(
            "uq_devis__brouillon", postgresql_where=sa.text("etat = 'brouillon'"), sqlite_where=sa.text("etat = 'brouillon'")
        )
        batch.drop_index(
            "uq_devis__accepte", postgresql_where=sa.text("etat = 'accepte'"), sqlite_where=sa.text("etat = 'accepte'")
        )
        batch.drop_index(batch.f("ix_devis__etat"))

    op.drop_table("devis")
