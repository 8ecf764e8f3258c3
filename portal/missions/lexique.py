"""The words that missions are found by, their own and those of their action, in the full-text index of either database.

SQLite has it as an FTS5 table, PostgreSQL as a table of tsvector, of one name and the same columns (revision 0027). It is
kept from here and not by triggers: SQLite before 3.44 lets no trigger write an FTS5 table where the schema is not trusted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    cast,
    column,
    delete,
    event,
    false,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history

from portal import plein_texte
from portal.actions.models import Action
from portal.db import db
from portal.missions.models import Mission

INDEX = "mission_mots"

_index = table(INDEX, column("rowid"), column("mots"))  # rowid: the mission's id
_texts = table("mission_texte", column("id"), column("action_id"), column("mots"))  # a view, of what the index should hold


def found(asked: str) -> ColumnElement[bool]:
    """Missions that say each word asked, or one that begins with it or shares its stem, in any order.

    Everything when nothing is asked, nothing when what is asked has no word.
    """
    words = plein_texte.asked(asked)
    if not words:
        return false() if asked.strip() else true()
    if db.engine.dialect.name == "sqlite":
        query = " AND ".join(f'("{word}"* OR "{plein_texte.stem(word)}")' for word in words)
        says = select(_index.c.rowid).where(literal_column(INDEX).op("MATCH")(query))
        # Its zero keeps SQLite on the index of dates: else it would sort all that a common word finds.
        return (Mission.id + literal_column("0")).in_(says)
    query = " & ".join(f"('{word}':* | '{plein_texte.stem(word)}')" for word in words)
    return Mission.id.in_(select(_index.c.rowid).where(_index.c.mots.op("@@")(cast(literal(query), TSQUERY))))


def rebuild(connection: Connection) -> None:
    """Make the index of missions that were written in bulk."""
    _put(connection, true())


def forget() -> None:
    """Leave nothing of the words that this transaction takes out: FTS5 only marks them as gone until it merges."""
    db.session().info[INDEX] = True


@event.listens_for(db.session, "before_commit")
def _merge(erasing: Session) -> None:
    """Once everybody has taken out theirs; a savepoint's end is no commit."""
    if erasing.in_nested_transaction() or not erasing.info.pop(INDEX, False):
        return
    erasing.flush()
    connection = erasing.connection()
    if connection.dialect.name == "sqlite" and connection.info.pop(INDEX, False):
        connection.execute(text("INSERT INTO mission_mots (mission_mots) VALUES ('optimize')"))


@event.listens_for(Mission, "after_insert")
@event.listens_for(Mission, "after_update")
def _keep(_mapper: Any, connection: Connection, mission: Mission) -> None:
    if _has_other_words(mission):
        _put(connection, _texts.c.id == mission.id)


@event.listens_for(Action, "after_update")
def _keep_those_of(_mapper: Any, connection: Connection, action: Action) -> None:
    if _has_other_words(action):
        # Missions are locked before their words, as whoever changes one of them does.
        connection.execute(select(Mission.id).where(Mission.action_id == action.id).order_by(Mission.id).with_for_update())
        _put(connection, _texts.c.action_id == action.id)


def _has_other_words(row: Mission | Action) -> bool:
    return bool(get_history(row, "recherche").has_changes())


def _put(connection: Connection, these: ColumnElement[bool]) -> None:
    connection.info[INDEX] = True  # written to
    connection.execute(delete(_index).where(_index.c.rowid.in_(select(_texts.c.id).where(these))))
    connection.execute(insert(_index).from_select(["rowid", "mots"], select(_texts.c.id, _texts.c.mots).where(these)))
