"""Missions are found by their words and by those of their action, in an index of each database's own.

SQLite: an FTS5 table. PostgreSQL: a table of tsvector under a GIN index. The same name and columns, which the portal keeps
as it writes (portal/missions/lexique.py), from a view of what it should hold.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from snowballstemmer import stemmer

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SEARCHED = {"mission": ("titre", "description"), "action": ("titre", "lieu")}
VIEW = "CREATE VIEW mission_texte AS SELECT m.id, m.action_id, {} AS mots FROM mission m JOIN action a ON a.id = m.action_id"
BOTH = "m.recherche || ' ' || a.recherche"
# The words come without accents, and nothing is ranked; the letters are those that the portal takes for letters.
PLAIN = "prefix='2 3 4', columnsize=0, tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\""
INDEXES = {
    "sqlite": [VIEW.format(BOTH), f"CREATE VIRTUAL TABLE mission_mots USING fts5 (mots, detail='none', {PLAIN})"],
    "postgresql": [
        VIEW.format(f"array_to_tsvector(array_remove(string_to_array({BOTH}, ' '), ''))"),
        "CREATE TABLE mission_mots (rowid integer PRIMARY KEY REFERENCES mission (id) ON DELETE CASCADE, mots tsvector NOT NULL)",
        "CREATE INDEX ix_mission_mots__mots ON mission_mots USING gin (mots) WITH (fastupdate = off)",
    ],
}


def upgrade() -> None:
    for name, texts in SEARCHED.items():
        table = sa.table(name, sa.column("id"), sa.column("recherche"), *map(sa.column, texts))
        for row in op.get_bind().execute(sa.select(table)).mappings().all():
            key = search_key(" ".join(row[text] for text in texts))
            op.execute(table.update().where(table.c.id == row["id"]).values(recherche=key))
    for statement in INDEXES[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute("INSERT INTO mission_mots (rowid, mots) SELECT id, mots FROM mission_texte")


def downgrade() -> None:
    """The words of `recherche` stay as they are: what came before reads them as well."""
    op.execute("DROP TABLE mission_mots")
    op.execute("DROP VIEW mission_texte")


def search_key(text: str) -> str:
    letters = unicodedata.normalize("NFKD", " ".join(text.split()))
    plain = "".join(c for c in letters if not unicodedata.combining(c)).casefold().replace("œ", "oe").replace("æ", "ae")
    words = [word[:40] for word in re.findall(r"[^\W_]+", plain)]
    return " ".join(dict.fromkeys([*words, *(stem(word) for word in words)]))


def stem(word: str) -> str:
    return stemmer("french").stemWord(word).removesuffix("x") or word
