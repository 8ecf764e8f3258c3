"""What people ask for: messages they can choose and read again, a waiting list with offers, reminders, what they earn."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("modifiee_le", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_note__par_id__personne")),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_note__personne_id__personne"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("personne_id", name=op.f("pk_note")),
    )
    op.create_table(
        "profil",
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("disponibilites", sa.JSON(), nullable=False),
        sa.Column("competences", sa.JSON(), nullable=False),
        sa.Column("envies", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_profil__personne_id__personne"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("personne_id", name=op.f("pk_profil")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("invitee_le", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mission_id"], ["mission.id"], name=op.f("fk_invitation__mission_id__mission")),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_invitation__par_id__personne")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_invitation__personne_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("mission_id", "personne_id", name=op.f("uq_invitation__mission_id_personne_id")),
    )
    with op.batch_alter_table("invitation") as batch:
        batch.create_index(batch.f("ix_invitation__personne_id"), ["personne_id"], unique=False)

    op.create_table(
        "offre",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidature_id", sa.Integer(), nullable=False),
        sa.Column("creee_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("close_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "issue",
            sa.Enum(
                "prise", "laissee", "expiree", "retiree", name="issue", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(close_le IS NULL) = (issue IS NULL)", name=op.f("ck_offre__close")),
        sa.ForeignKeyConstraint(["candidature_id"], ["candidature.id"], name=op.f("fk_offre__candidature_id__candidature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offre")),
    )
    with op.batch_alter_table("offre") as batch:
        batch.create_index(batch.f("ix_offre__candidature_id"), ["candidature_id"], unique=False)
        batch.create_index(
            "uq_offre__ouverte",
            ["candidature_id"],
            unique=True,
            postgresql_where=sa.text("close_le IS NULL"),
            sqlite_where=sa.text("close_le IS NULL"),
        )

    with op.batch_alter_table("affectation") as batch:
        batch.add_column(sa.Column("connue_le", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("a_confirmer_avant", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("rappels_pour", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("candidature") as batch:
        batch.add_column(sa.Column("dite_le", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("rang_le", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE affectation SET connue_le = cree_le")
    op.execute("UPDATE candidature SET dite_le = decidee_le")
    op.execute("UPDATE candidature SET rang_le = COALESCE(decidee_le, deposee_le) WHERE etat = 'liste_attente' AND NOT cedee")

    with op.batch_alter_table("mission") as batch:
        batch.add_column(sa.Column("apporter", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("competences", sa.JSON(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("preavis", sa.Integer(), server_default="48", nullable=False))
        batch.add_column(sa.Column("minimum", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("alerte", sa.Integer(), server_default="7", nullable=False))
        batch.add_column(sa.Column("points", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("montant", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("a_offrir", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("mission") as batch:
        batch.alter_column("apporter", server_default=None)
        batch.alter_column("competences", server_default=None)
        batch.alter_column("preavis", server_default=None)
        batch.alter_column("alerte", server_default=None)
        batch.alter_column("sequence", server_default=None)
        batch.alter_column("a_offrir", server_default=None)
        batch.create_check_constraint(batch.f("ck_mission__preavis"), "preavis BETWEEN 0 AND 720")
        batch.create_check_constraint(batch.f("ck_mission__minimum"), "minimum BETWEEN 1 AND places")
        batch.create_check_constraint(batch.f("ck_mission__alerte"), "alerte BETWEEN 1 AND 60")
        batch.create_check_constraint(batch.f("ck_mission__points"), "points > 0")
        batch.create_check_constraint(batch.f("ck_mission__montant"), "montant > 0")
        batch.create_check_constraint(batch.f("ck_mission__une_retribution"), "points IS NULL OR montant IS NULL")
        batch.create_check_constraint(batch.f("ck_mission__jamais_paye"), "nature = 'charge_de_mission' OR (points IS NULL AND montant IS NULL)")
        batch.create_check_constraint(batch.f("ck_mission__a_offrir"), "a_offrir >= 0")

    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("personne_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("par_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("sur_id", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column(
                "voie",
                sa.Enum("courrier", "resume", "portail", name="voie", native_enum=False, create_constraint=True, length=40),
                server_default="courrier",
                nullable=False,
            )
        )
        batch.add_column(
            sa.Column(
                "poids",
                sa.Enum(
                    "essentiel", "pressant", "ordinaire", name="poids", native_enum=False, create_constraint=True, length=40
                ),
                server_default="essentiel",
                nullable=False,
            )
        )
        batch.add_column(sa.Column("retenu", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("resume_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("doutes", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("objet", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("texte", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("ecarte_le", sa.DateTime(timezone=True), nullable=True))
        batch.drop_index(batch.f("ix_outbox__attente"))
        batch.create_index("ix_outbox__attente", ["envoye_le", "abandonne_le", "ecarte_le", "du_le"], unique=False)
        batch.create_index(batch.f("ix_outbox__personne_id"), ["personne_id"], unique=False)
        batch.create_index(batch.f("ix_outbox__par_id"), ["par_id"], unique=False)
        batch.create_index(batch.f("ix_outbox__sur_id"), ["sur_id"], unique=False)
        batch.create_index(batch.f("ix_outbox__resume_id"), ["resume_id"], unique=False)
        batch.create_foreign_key(batch.f("fk_outbox__resume_id__outbox"), "outbox", ["resume_id"], ["id"])
        batch.create_foreign_key(batch.f("fk_outbox__personne_id__personne"), "personne", ["personne_id"], ["id"])
        batch.create_foreign_key(batch.f("fk_outbox__par_id__personne"), "personne", ["par_id"], ["id"])
        batch.create_foreign_key(batch.f("fk_outbox__sur_id__personne"), "personne", ["sur_id"], ["id"])

    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("voie", server_default=None)
        batch.alter_column("poids", server_default=None)
        batch.alter_column("retenu", server_default=None)
        batch.alter_column("doutes", server_default=None)
        batch.alter_column("objet", server_default=None)
        batch.alter_column("texte", server_default=None)
    # A message without an object was given up like one that could not leave.
    op.execute("UPDATE outbox SET ecarte_le = abandonne_le, abandonne_le = NULL WHERE erreur = 'périmé'")

    with op.batch_alter_table("personne") as batch:
        batch.add_column(
            sa.Column(
                "reception",
                sa.Enum(
                    "aussitot", "resume", "essentiel", name="reception", native_enum=False, create_constraint=True, length=40
                ),
                server_default="aussitot",
                nullable=False,
            )
        )
        batch.add_column(sa.Column("sollicitable", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(sa.Column("repond_plus_tard", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("agenda_generation", sa.Integer(), server_default="1", nullable=False))
        batch.add_column(
            sa.Column(
                "statut",
                sa.Enum(
                    "salarie",
                    "independant",
                    "autre_structure",
                    name="statut",
                    native_enum=False,
                    create_constraint=True,
                    length=40,
                ),
                nullable=True,
            )
        )
        batch.add_column(sa.Column("siret", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("structure", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("personne") as batch:
        batch.alter_column("reception", server_default=None)
        batch.alter_column("sollicitable", server_default=None)
        batch.alter_column("repond_plus_tard", server_default=None)
        batch.alter_column("agenda_generation", server_default=None)
        batch.alter_column("siret", server_default=None)
        batch.alter_column("structure", server_default=None)


def downgrade() -> None:
    op.execute("UPDATE outbox SET abandonne_le = ecarte_le WHERE ecarte_le IS NOT NULL")
    with op.batch_alter_table("personne") as batch:
        batch.drop_constraint(batch.f("ck_personne__statut"), type_="check")
        batch.drop_constraint(batch.f("ck_personne__reception"), type_="check")
        batch.drop_column("structure")
        batch.drop_column("siret")
        batch.drop_column("statut")
        batch.drop_column("agenda_generation")
        batch.drop_column("repond_plus_tard")
        batch.drop_column("sollicitable")
        batch.drop_column("reception")

    with op.batch_alter_table("outbox") as batch:
        batch.drop_constraint(batch.f("ck_outbox__voie"), type_="check")
        batch.drop_constraint(batch.f("ck_outbox__poids"), type_="check")
        batch.drop_constraint(batch.f("fk_outbox__sur_id__personne"), type_="foreignkey")
        batch.drop_constraint(batch.f("fk_outbox__par_id__personne"), type_="foreignkey")
        batch.drop_constraint(batch.f("fk_outbox__personne_id__personne"), type_="foreignkey")
        batch.drop_constraint(batch.f("fk_outbox__resume_id__outbox"), type_="foreignkey")
        batch.drop_index(batch.f("ix_outbox__resume_id"))
        batch.drop_index(batch.f("ix_outbox__sur_id"))
        batch.drop_index(batch.f("ix_outbox__par_id"))
        batch.drop_index(batch.f("ix_outbox__personne_id"))
        batch.drop_index("ix_outbox__attente")
        batch.create_index(batch.f("ix_outbox__attente"), ["envoye_le", "abandonne_le", "du_le"], unique=False)
        batch.drop_column("ecarte_le")
        batch.drop_column("texte")
        batch.drop_column("objet")
        batch.drop_column("doutes")
        batch.drop_column("resume_id")
        batch.drop_column("retenu")
        batch.drop_column("poids")
        batch.drop_column("voie")
        batch.drop_column("sur_id")
        batch.drop_column("par_id")
        batch.drop_column("personne_id")

    with op.batch_alter_table("mission") as batch:
        batch.drop_constraint(batch.f("ck_mission__preavis"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__minimum"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__alerte"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__points"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__montant"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__une_retribution"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__jamais_paye"), type_="check")
        batch.drop_constraint(batch.f("ck_mission__a_offrir"), type_="check")
        batch.drop_column("a_offrir")
        batch.drop_column("sequence")
        batch.drop_column("montant")
        batch.drop_column("points")
        batch.drop_column("alerte")
        batch.drop_column("minimum")
        batch.drop_column("preavis")
        batch.drop_column("competences")
        batch.drop_column("apporter")

    with op.batch_alter_table("candidature") as batch:
        batch.drop_column("rang_le")
        batch.drop_column("dite_le")

    with op.batch_alter_table("affectation") as batch:
        batch.drop_column("rappels_pour")
        batch.drop_column("a_confirmer_avant")
        batch.drop_column("connue_le")

    with op.batch_alter_table("offre") as batch:
        batch.drop_index(
            "uq_offre__ouverte", postgresql_where=sa.text("close_le IS NULL"), sqlite_where=sa.text("close_le IS NULL")
        )
        batch.drop_index(batch.f("ix_offre__candidature_id"))

    op.drop_table("offre")
    with op.batch_alter_table("invitation") as batch:
        batch.drop_index(batch.f("ix_invitation__personne_id"))

    op.drop_table("invitation")
    op.drop_table("profil")
    op.drop_table("note")
