"""Minors: what they say of themselves for a mission, the missions for adults only, and no minor on a post that is not theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SENTENCE = "un poste réservé aux personnes majeures"
PLACE = (
    "NEW.libere_le IS NULL "
    "AND EXISTS (SELECT 1 FROM mineur AS m WHERE m.mission_id = NEW.mission_id AND m.personne_id = NEW.personne_id) "
    "AND EXISTS (SELECT 1 FROM mission WHERE id = NEW.mission_id AND (nature <> 'volontaire' OR reserve_majeurs))"
)
MISSION = (
    "(NEW.nature <> 'volontaire' OR NEW.reserve_majeurs) AND EXISTS (SELECT 1 FROM affectation AS a JOIN mineur AS m "
    "ON m.mission_id = a.mission_id AND m.personne_id = a.personne_id WHERE a.mission_id = NEW.id AND a.libere_le IS NULL)"
)
GUARDS = {  # by name: on what, when
    "affectation_majeure": ("INSERT ON affectation", PLACE),
    "affectation_majeure_update": ("UPDATE OF personne_id, mission_id, libere_le ON affectation", PLACE),
    "mission_majeure": ("UPDATE OF nature, reserve_majeurs ON mission", MISSION),
}


def upgrade() -> None:
    op.create_table(
        "mineur",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("responsable", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("autorise_le", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("age BETWEEN 0 AND 17", name=op.f("ck_mineur__age")),
        sa.CheckConstraint("responsable <> '' AND telephone <> ''", name=op.f("ck_mineur__responsable")),
        sa.ForeignKeyConstraint(["mission_id"], ["mission.id"], name=op.f("fk_mineur__mission_id__mission")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_mineur__personne_id__personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mineur")),
        sa.UniqueConstraint("mission_id", "personne_id", name=op.f("uq_mineur__mission_id_personne_id")),
    )
    op.create_index("ix_mineur__personne_id", "mineur", ["personne_id"])
    with op.batch_alter_table("mission") as batch:
        batch.add_column(sa.Column("reserve_majeurs", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("mission") as batch:
        batch.alter_column("reserve_majeurs", server_default=None)
    for name, (deed, when) in GUARDS.items():
        _guard(name, deed, when)


def _guard(name: str, deed: str, when: str) -> None:
    if _is_sqlite():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        op.execute(f"CREATE TRIGGER {name} BEFORE {deed} WHEN {when} {refuse}")
        return
    refuse = f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'"
    body = f"BEGIN IF {when} THEN {refuse}; END IF; RETURN NEW; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {deed} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    for name, (deed, _) in GUARDS.items():
        table = deed.rpartition(" ")[2]
        op.execute(f"DROP TRIGGER {name}" if _is_sqlite() else f"DROP TRIGGER {name} ON {table}")
        if not _is_sqlite():
            op.execute(f"DROP FUNCTION {name}()")
    with op.batch_alter_table("mission") as batch:
        batch.drop_column("reserve_majeurs")
    op.drop_table("mineur")
