"""What a search reads, without accents nor case, and the links of one person."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEARCHED = {"mission": ("titre", "description"), "action": ("titre", "lieu")}


def upgrade() -> None:
    for name, texts in SEARCHED.items():
        with op.batch_alter_table(name) as batch:
            batch.add_column(sa.Column("recherche", sa.Text(), nullable=False, server_default=""))
        table = sa.table(name, sa.column("id"), sa.column("recherche"), *map(sa.column, texts))
        for row in op.get_bind().execute(sa.select(table)).mappings().all():
            key = search_key(" ".join(row[text] for text in texts))
            op.execute(table.update().where(table.c.id == row["id"]).values(recherche=key))
        with op.batch_alter_table(name) as batch:
            batch.alter_column("recherche", server_default=None)
    op.create_index("ix_jeton__personne_id", "jeton", ["personne_id"])


def downgrade() -> None:
    op.drop_index("ix_jeton__personne_id", "jeton")
    for name in SEARCHED:
        with op.batch_alter_table(name) as batch:
            batch.drop_column("recherche")


def search_key(text: str) -> str:
    letters = unicodedata.normalize("NFKD", " ".join(text.split()))
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()
