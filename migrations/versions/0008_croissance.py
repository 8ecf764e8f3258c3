"""Indexes of what grows with the years: each page reads what is alive, or to come, and never walks through the past."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# name, table, columns before and after
CHANGED = (
    ("ix_action__etat", "action", ["etat"], ["etat", "debut"]),
    ("ix_besoin__du_pole", "besoin", ["pole_id", "etat"], ["pole_id", "etat", "fin"]),
    ("ix_occupation__espace", "occupation", ["espace_id", "debut"], ["espace_id", "fin"]),
    ("ix_pret__materiel", "pret", ["materiel_id", "debut"], ["materiel_id", "fin"]),
    ("ix_tache__responsable_id", "tache", ["responsable_id"], ["responsable_id", "avancee"]),
)


def upgrade() -> None:
    for name, table, _, columns in CHANGED:
        op.drop_index(name, table)
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, columns, _ in CHANGED:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
