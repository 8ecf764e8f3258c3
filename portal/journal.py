"""What happened, to what, by whom: the only history table. Rows are added, never deleted; an erasure alone empties words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, ForeignKey, Select, Text, cast, insert, literal, null, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, db, says, strike, struck
from portal.security import fingerprint


class Person(Protocol):
    """Whoever acts: the journal only needs the id."""

    @property
    def id(self) -> int: ...


class EntreeJournal(Base):
    """One row per state change or notable fact. The database refuses that one is deleted, or changed in anything but its
    words, which an erasure takes (`forget`).
    """

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    quand: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    sujet: Mapped[str] = mapped_column(index=True)  # "candidature:12"
    action_id: Mapped[int | None] = mapped_column(index=True)  # the action it belongs to, for its bienveillant to read
    evenement: Mapped[str]  # "candidature.accepter"
    avant: Mapped[str | None]
    apres: Mapped[str | None]
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # None: the portal itself
    motif: Mapped[str] = mapped_column(default="")
    faits: Mapped[dict[str, Any]] = mapped_column(default=dict)


Called = Select[*tuple[Any, ...]]  # of an id and what goes into the words
Rows = Callable[[], Called]
_describes: dict[str, tuple[Rows, Callable[..., str]]] = {}
WIDEST = 5  # columns that go into the words


def describes(table: str, words: Callable[..., str]) -> Callable[[Rows], Rows]:
    """Decorator: this function selects the ids of that table, and the columns of which `words` makes, as texts, what the
    journal calls each row now.
    """

    def register(rows: Rows) -> Rows:
        _describes[table] = rows, words
        return rows

    return register


def described(subjects: Iterable[str]) -> dict[str, str]:
    """What these subjects ("candidature:12") are called now, those that nobody describes left out; one query."""
    asked: dict[str, set[int]] = {}
    for table, _, id in (key.partition(":") for key in subjects):
        if table in _describes:
            asked.setdefault(table, set()).add(int(id))
    parts = [_called(table, ids) for table, ids in sorted(asked.items())]
    rows = db.session.execute(union_all(*parts)) if parts else ()
    return {f"{table}:{id}": _describes[table][1](*said[:width]) for table, id, width, *said in rows}


def _called(table: str, ids: Collection[int]) -> Called:
    """The rows of that table in the shape that all tables have in common."""
    rows = _describes[table][0]()
    id, *said = rows.selected_columns
    texts = [cast(column, Text) for column in said] + [cast(null(), Text)] * (WIDEST - len(said))
    whole = literal(table), id, literal(len(said)), *texts
    return rows.with_only_columns(*whole, maintain_column_froms=True).where(id.in_(ids))


def subject_key(subject: Any) -> str:
    return f"{subject.__tablename__}:{subject.id}"


def record(
    event: str,
    subject: Any,
    *,
    by: Person | None,
    motif: str = "",
    avant: str | None = None,
    apres: str | None = None,
    faits: dict[str, Any] | None = None,
) -> None:
    """Add the row to the change's own transaction."""
    db.session.flush()  # a subject made just now gets its id
    said = {
        "sujet": subject_key(subject),
        "action_id": getattr(subject, "action_id", None),
        "evenement": event,
        "avant": avant,
        "apres": apres,
        "personne_id": by.id if by else None,
        "motif": motif,
        "faits": faits or {},
    }
    db.session.execute(insert(EntreeJournal.metadata.tables["journal"]), said)  # no object: nobody reads it here


def moves(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[list[Any]]:
    """What changed of the numbers of one thing, for the fact `changements`: what it is called, the field, before, after.

    Its words are somebody's, and are not kept.
    """
    return [[what, name, was, after[name]] for name, was in before.items() if isinstance(was, int) and was != after[name]]


def unsay(about: ColumnElement[bool], signs: Collection[str]) -> None:
    """Somebody outside is erased: the words that were written for them go, and what tells who they are in all others."""
    for entry in db.session.scalars(select(EntreeJournal).where(about)):
        entry.motif = struck(entry.motif, signs)
        entry.faits = struck(entry.faits, signs) | ({"mot": ""} if entry.faits.get("mot") else {})


def forget(*about: ColumnElement[bool]) -> None:
    """The words that people typed go, when somebody is erased; that it happened, and when, stays."""
    for entry in db.session.scalars(select(EntreeJournal).where(*about)):
        entry.motif = ""
        entry.faits = {name: value for name, value in entry.faits.items() if name != "mot"}


def strike_out(signs: Collection[str]) -> None:
    """What tells who somebody was goes from what others wrote of them, in reasons and in facts."""
    strike(EntreeJournal.motif, signs)
    for entry in db.session.scalars(select(EntreeJournal).where(says(cast(EntreeJournal.faits, Text), signs))):
        entry.faits = struck(entry.faits, signs)


def submission(cle: str, *said: object) -> str:
    """The key of one sending of a form, "" when it has none: sent again with other words, it is another one."""
    return fingerprint(f"{cle}|{said}")[:32] if cle else ""


def made_by(cle: str, event: str, *, by: Person) -> int | None:
    """The id of what this person's sending of that key already made today: a form sent twice has one effect."""
    recent = select(EntreeJournal).where(
        EntreeJournal.evenement == event,
        EntreeJournal.personne_id == by.id,
        EntreeJournal.quand > clock.now() - timedelta(days=1),
    )
    made = [entry for entry in db.session.scalars(recent) if cle and entry.faits.get("cle") == cle]
    return int(made[0].sujet.partition(":")[2]) if made else None
