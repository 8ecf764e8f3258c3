"""What happened, to what, by whom: the only history table. Rows are added, never deleted; an erasure alone empties words."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, ForeignKey, Text, cast, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, db, strike, struck
from portal.security import fingerprint


class Person(Protocol):
    """Whoever acts: the journal only needs the id."""

    @property
    def id(self) -> int: ...


class EntreeJournal(Base):
    """One row per state change or notable fact; nothing deletes one, and an erasure alone changes its words (`forget`)."""

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


Describes = Callable[[Collection[int]], dict[int, str]]
_describes: dict[str, Describes] = {}


def describes(table: str) -> Callable[[Describes], Describes]:
    """Decorator: this function says, of the rows of that table with these ids, what the journal calls each now."""

    def register(function: Describes) -> Describes:
        _describes[table] = function
        return function

    return register


def described(subjects: Iterable[str]) -> dict[str, str]:
    """What these subjects ("candidature:12") are called, one query for each table that says so."""
    found: dict[str, str] = {}
    for table, function in _describes.items():
        ids = {int(id) for name, _, id in (key.partition(":") for key in subjects) if name == table}
        if ids:
            found |= {f"{table}:{id}": words for id, words in function(ids).items()}
    return found


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
) -> EntreeJournal:
    """Add the row to the change's own transaction."""
    db.session.flush()  # a subject made just now gets its id
    entry = EntreeJournal(
        sujet=subject_key(subject),
        action_id=getattr(subject, "action_id", None),
        evenement=event,
        avant=avant,
        apres=apres,
        personne_id=by.id if by else None,
        motif=motif,
        faits=faits or {},
    )
    db.session.add(entry)
    return entry


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
    facts = cast(EntreeJournal.faits, Text)
    for sign in signs:
        written = json.dumps(sign)[1:-1]  # as a column of JSON holds it
        for entry in db.session.scalars(select(EntreeJournal).where(facts.contains(written, autoescape=True))):
            entry.faits = struck(entry.faits, [sign])


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
