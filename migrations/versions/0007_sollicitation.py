"""From the first call to a validated action: requests, opinions, needs, spaces, tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TAKEN = "un espace n’est promis fermement qu’une fois au même moment"
SHORT = "le stock ne suffit pas à ce moment-là"
# The most that is out is out when some loan begins: those that meet the new one are looked at, each at its beginning.
TOO_MANY = (
    "SELECT 1 FROM pret p WHERE p.materiel_id = NEW.materiel_id AND p.debut < NEW.fin AND p.fin > NEW.debut AND "
    "(SELECT sum(q.quantite) FROM pret q WHERE q.materiel_id = p.materiel_id AND q.debut <= p.debut AND q.fin > p.debut) "
    "> (SELECT stock FROM materiel WHERE id = NEW.materiel_id)"
)


def upgrade() -> None:
    op.create_table(
        "materiel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_materiel__stock")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_materiel__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materiel")),
        sa.UniqueConstraint("nom", name=op.f("uq_materiel__nom")),
    )
    op.create_table(
        "reglage",
        sa.Column("cle", sa.Text(), nullable=False),
        sa.Column("valeur", sa.Integer(), nullable=False),
        sa.Column("modifie_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_reglage__par_id__personne")),
        sa.PrimaryKeyConstraint("cle", name=op.f("pk_reglage")),
    )
    op.create_table(
        "avis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=False),
        sa.Column(
            "technique",
            sa.Enum("favorable", "reserve", "defavorable", name="technique", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "ethique",
            sa.Enum("favorable", "reserve", "defavorable", name="ethique", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "organisationnelle",
            sa.Enum("favorable", "reserve", "defavorable", name="organisationnelle", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("mot_technique", sa.Text(), nullable=False),
        sa.Column("mot_ethique", sa.Text(), nullable=False),
        sa.Column("mot_organisationnelle", sa.Text(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("donne_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ethique = 'favorable' OR mot_ethique <> ''", name=op.f("ck_avis__mot_ethique")),
        sa.CheckConstraint(
            "organisationnelle = 'favorable' OR mot_organisationnelle <> ''", name=op.f("ck_avis__mot_organisationnelle")
        ),
        sa.CheckConstraint("technique = 'favorable' OR mot_technique <> ''", name=op.f("ck_avis__mot_technique")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_avis__action_id__action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_avis__personne_id__personne")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_avis__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_avis")),
        sa.UniqueConstraint("action_id", "pole_id", name=op.f("uq_avis__action_id_pole_id")),
    )
    with op.batch_alter_table("avis") as batch:
        batch.create_index(batch.f("ix_avis__pole_id"), ["pole_id"], unique=False)

    op.create_table(
        "besoin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("titre", sa.Text(), nullable=False),
        sa.Column("mot", sa.Text(), nullable=False),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("espace_id", sa.Integer(), nullable=True),
        sa.Column("materiel_id", sa.Integer(), nullable=True),
        sa.Column("quantite", sa.Integer(), nullable=False),
        sa.Column("unite", sa.Text(), nullable=False),
        sa.Column("debut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fin", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "etat",
            sa.Enum(
                "brouillon",
                "a_confirmer",
                "confirme",
                "refuse",
                name="etat",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quantite_confirmee", sa.Integer(), nullable=True),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("depassement", sa.Text(), nullable=False),
        sa.Column("repondu_par_id", sa.Integer(), nullable=True),
        sa.Column("repondu_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(etat = 'confirme') = (quantite_confirmee IS NOT NULL)", name=op.f("ck_besoin__confirme")),
        sa.CheckConstraint(
            "(ressource = 'espace') = (espace_id IS NOT NULL) OR etat = 'brouillon'", name=op.f("ck_besoin__espace")
        ),
        sa.CheckConstraint(
            "(ressource = 'materiel') = (materiel_id IS NOT NULL) OR etat = 'brouillon'", name=op.f("ck_besoin__materiel")
        ),
        sa.CheckConstraint("etat <> 'refuse' OR motif <> ''", name=op.f("ck_besoin__motif")),
        sa.CheckConstraint("etat = 'brouillon' OR pole_id IS NOT NULL", name=op.f("ck_besoin__pole")),
        sa.CheckConstraint("fin > debut", name=op.f("ck_besoin__ordre")),
        sa.CheckConstraint("quantite > 0", name=op.f("ck_besoin__quantite")),
        sa.CheckConstraint("quantite_confirmee > 0", name=op.f("ck_besoin__quantite_confirmee")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_besoin__action_id__action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["espace_id"], ["espace.id"], name=op.f("fk_besoin__espace_id__espace")),
        sa.ForeignKeyConstraint(["materiel_id"], ["materiel.id"], name=op.f("fk_besoin__materiel_id__materiel")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_besoin__pole_id__pole")),
        sa.ForeignKeyConstraint(["repondu_par_id"], ["personne.id"], name=op.f("fk_besoin__repondu_par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_besoin")),
    )
    with op.batch_alter_table("besoin") as batch:
        batch.create_index(batch.f("ix_besoin__action_id"), ["action_id"], unique=False)
        batch.create_index("ix_besoin__du_pole", ["pole_id", "etat"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column(
            "ou",
            sa.Enum("en_ligne", "reunion", "rocketchat", name="ou", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("le", sa.Date(), nullable=False),
        sa.Column("favorable", sa.Boolean(), nullable=False),
        sa.Column("presents", sa.Text(), nullable=False),
        sa.Column("compte_rendu", sa.Text(), nullable=False),
        sa.Column("avis", sa.JSON(), nullable=False),
        sa.Column("par_id", sa.Integer(), nullable=False),
        sa.Column("prise_le", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_decision__action_id__action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["par_id"], ["personne.id"], name=op.f("fk_decision__par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("action_id", name=op.f("uq_decision__action_id")),
    )
    op.create_table(
        "echange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=True),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.Column("cle", sa.Text(), nullable=True),
        sa.Column("ecrit_le", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("texte <> ''", name=op.f("ck_echange__texte")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_echange__action_id__action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_echange__personne_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_echange")),
        sa.UniqueConstraint("cle", name=op.f("uq_echange__cle")),
    )
    with op.batch_alter_table("echange") as batch:
        batch.create_index(batch.f("ix_echange__action_id"), ["action_id"], unique=False)

    op.create_table(
        "prestation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("titre", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("pole_id", sa.Integer(), nullable=True),
        sa.Column("espace_id", sa.Integer(), nullable=True),
        sa.Column("materiel_id", sa.Integer(), nullable=True),
        sa.Column("ordre", sa.Integer(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.CheckConstraint("espace_id IS NULL OR ressource = 'espace'", name=op.f("ck_prestation__espace")),
        sa.CheckConstraint("materiel_id IS NULL OR ressource = 'materiel'", name=op.f("ck_prestation__materiel")),
        sa.ForeignKeyConstraint(["espace_id"], ["espace.id"], name=op.f("fk_prestation__espace_id__espace")),
        sa.ForeignKeyConstraint(["materiel_id"], ["materiel.id"], name=op.f("fk_prestation__materiel_id__materiel")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_prestation__pole_id__pole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prestation")),
        sa.UniqueConstraint("titre", name=op.f("uq_prestation__titre")),
    )
    op.create_table(
        "tache",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("titre", sa.Text(), nullable=False),
        sa.Column("aide", sa.Text(), nullable=False),
        sa.Column("jours", sa.Integer(), nullable=False),
        sa.Column("modele", sa.Text(), nullable=False),
        sa.Column(
            "avancee",
            sa.Enum("a_faire", "fait", "sans_objet", name="avancee", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("responsable_id", sa.Integer(), nullable=True),
        sa.Column("traitee_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("traitee_par_id", sa.Integer(), nullable=True),
        sa.Column("relancee_pour", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(avancee = 'a_faire') = (traitee_le IS NULL)", name=op.f("ck_tache__traitee")),
        sa.CheckConstraint("avancee <> 'sans_objet' OR motif <> ''", name=op.f("ck_tache__motif")),
        sa.CheckConstraint("jours BETWEEN -60 AND 730", name=op.f("ck_tache__jours")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_tache__action_id__action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["responsable_id"], ["personne.id"], name=op.f("fk_tache__responsable_id__personne")),
        sa.ForeignKeyConstraint(["traitee_par_id"], ["personne.id"], name=op.f("fk_tache__traitee_par_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tache")),
    )
    with op.batch_alter_table("tache") as batch:
        batch.create_index(batch.f("ix_tache__action_id"), ["action_id"], unique=False)
        batch.create_index(batch.f("ix_tache__responsable_id"), ["responsable_id"], unique=False)
        batch.create_index(
            "uq_tache__modele",
            ["action_id", "modele"],
            unique=True,
            postgresql_where=sa.text("modele <> ''"),
            sqlite_where=sa.text("modele <> ''"),
        )

    op.create_table(
        "occupation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("besoin_id", sa.Integer(), nullable=False),
        sa.Column("espace_id", sa.Integer(), nullable=False),
        sa.Column("debut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ferme", sa.Boolean(), nullable=False),
        sa.Column("expire_le", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ferme = (expire_le IS NULL)", name=op.f("ck_occupation__option")),
        sa.CheckConstraint("fin > debut", name=op.f("ck_occupation__ordre")),
        sa.ForeignKeyConstraint(
            ["besoin_id"], ["besoin.id"], name=op.f("fk_occupation__besoin_id__besoin"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["espace_id"], ["espace.id"], name=op.f("fk_occupation__espace_id__espace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupation")),
    )
    with op.batch_alter_table("occupation") as batch:
        batch.create_index(batch.f("ix_occupation__besoin_id"), ["besoin_id"], unique=False)
        batch.create_index("ix_occupation__espace", ["espace_id", "debut"], unique=False)

    op.create_table(
        "pret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("besoin_id", sa.Integer(), nullable=False),
        sa.Column("materiel_id", sa.Integer(), nullable=False),
        sa.Column("quantite", sa.Integer(), nullable=False),
        sa.Column("debut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fin", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fin > debut", name=op.f("ck_pret__ordre")),
        sa.CheckConstraint("quantite > 0", name=op.f("ck_pret__quantite")),
        sa.ForeignKeyConstraint(["besoin_id"], ["besoin.id"], name=op.f("fk_pret__besoin_id__besoin"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["materiel_id"], ["materiel.id"], name=op.f("fk_pret__materiel_id__materiel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pret")),
        sa.UniqueConstraint("besoin_id", name=op.f("uq_pret__besoin_id")),
    )
    with op.batch_alter_table("pret") as batch:
        batch.create_index("ix_pret__materiel", ["materiel_id", "debut"], unique=False)

    with op.batch_alter_table("action") as batch:
        batch.add_column(sa.Column("personnes", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("souple", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("publique", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("souhaits", sa.JSON(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("cle", sa.Text(), nullable=True))
        batch.add_column(sa.Column("generation", sa.Integer(), server_default="1", nullable=False))
        batch.add_column(sa.Column("prise_le", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("repondue_le", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("relais_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("avis_avant", sa.DateTime(timezone=True), nullable=True))
        batch.create_index(batch.f("ix_action__relais_id"), ["relais_id"], unique=False)
        batch.create_unique_constraint(batch.f("uq_action__cle"), ["cle"])
        batch.create_check_constraint(batch.f("ck_action__personnes"), "personnes > 0")
        batch.create_foreign_key(batch.f("fk_action__relais_id__personne"), "personne", ["relais_id"], ["id"])

    with op.batch_alter_table("action") as batch:
        batch.alter_column("souple", server_default=None)
        batch.alter_column("publique", server_default=None)
        batch.alter_column("generation", server_default=None)
        batch.alter_column("souhaits", server_default=None)

    with op.batch_alter_table("etape") as batch:
        batch.add_column(sa.Column("butoir", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("responsable_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(batch.f("fk_etape__responsable_id__personne"), "personne", ["responsable_id"], ["id"])

    with op.batch_alter_table("etape") as batch:
        batch.alter_column("butoir", server_default=None)

    _allow_voies("courrier", "resume", "portail", "rocketchat")
    _one_firm_occupation_at_a_time()
    _no_more_lent_than_there_is()


def _allow_voies(*voies: str) -> None:
    with op.batch_alter_table("outbox") as batch:
        batch.drop_constraint(batch.f("ck_outbox__voie"), type_="check")
        batch.create_check_constraint(batch.f("ck_outbox__voie"), f"voie IN {voies}")


def _one_firm_occupation_at_a_time() -> None:
    """Two firm occupations of a space that share an instant: refused, whoever asks and however."""
    if op.get_bind().dialect.name == "sqlite":
        twin = (
            "SELECT 1 FROM occupation o WHERE o.espace_id = NEW.espace_id AND o.id <> NEW.id AND o.ferme "
            "AND o.debut < NEW.fin AND o.fin > NEW.debut"
        )
        for deed in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER occupation_{deed.lower()} AFTER {deed} ON occupation WHEN NEW.ferme AND EXISTS ({twin}) "
                f"BEGIN SELECT RAISE(ABORT, '{TAKEN}'); END"
            )
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(
        "ALTER TABLE occupation ADD CONSTRAINT ex_occupation__ferme EXCLUDE USING gist "
        "(espace_id WITH =, tstzrange(debut, fin) WITH &&) WHERE (ferme)"
    )


def _no_more_lent_than_there_is() -> None:
    """At no instant is more of an equipment promised than its stock, whoever asks and however."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER pret_{deed.lower()} AFTER {deed} ON pret WHEN EXISTS ({TOO_MANY}) "
                f"BEGIN SELECT RAISE(ABORT, '{SHORT}'); END"
            )
        return
    op.execute(
        f"""CREATE FUNCTION pret_tient() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM materiel WHERE id = NEW.materiel_id FOR NO KEY UPDATE;
            IF EXISTS ({TOO_MANY}) THEN
                RAISE EXCEPTION '{SHORT}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$"""
    )
    op.execute("CREATE TRIGGER pret_tient AFTER INSERT OR UPDATE ON pret FOR EACH ROW EXECUTE FUNCTION pret_tient()")


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE voie = 'rocketchat'")
    _allow_voies("courrier", "resume", "portail")
    with op.batch_alter_table("etape") as batch:
        batch.drop_constraint(batch.f("fk_etape__responsable_id__personne"), type_="foreignkey")
        batch.drop_column("responsable_id")
        batch.drop_column("butoir")

    with op.batch_alter_table("action") as batch:
        batch.drop_constraint(batch.f("fk_action__relais_id__personne"), type_="foreignkey")
        batch.drop_constraint(batch.f("ck_action__personnes"), type_="check")
        batch.drop_constraint(batch.f("uq_action__cle"), type_="unique")
        batch.drop_index(batch.f("ix_action__relais_id"))
        batch.drop_column("avis_avant")
        batch.drop_column("relais_id")
        batch.drop_column("repondue_le")
        batch.drop_column("prise_le")
        batch.drop_column("generation")
        batch.drop_column("cle")
        batch.drop_column("souhaits")
        batch.drop_column("publique")
        batch.drop_column("souple")
        batch.drop_column("personnes")

    with op.batch_alter_table("pret") as batch:
        batch.drop_index("ix_pret__materiel")

    op.drop_table("pret")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION pret_tient()")
    with op.batch_alter_table("occupation") as batch:
        batch.drop_index("ix_occupation__espace")
        batch.drop_index(batch.f("ix_occupation__besoin_id"))

    op.drop_table("occupation")
    with op.batch_alter_table("tache") as batch:
        batch.drop_index("uq_tache__modele", postgresql_where=sa.text("modele <> ''"), sqlite_where=sa.text("modele <> ''"))
        batch.drop_index(batch.f("ix_tache__responsable_id"))
        batch.drop_index(batch.f("ix_tache__action_id"))

    op.drop_table("tache")
    op.drop_table("prestation")
    with op.batch_alter_table("echange") as batch:
        batch.drop_index(batch.f("ix_echange__action_id"))

    op.drop_table("echange")
    op.drop_table("decision")
    with op.batch_alter_table("besoin") as batch:
        batch.drop_index("ix_besoin__du_pole")
        batch.drop_index(batch.f("ix_besoin__action_id"))

    op.drop_table("besoin")
    with op.batch_alter_table("avis") as batch:
        batch.drop_index(batch.f("ix_avis__pole_id"))

    op.drop_table("avis")
    op.drop_table("reglage")
    op.drop_table("materiel")
