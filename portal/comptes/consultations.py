"""Who looked at whose sheet or number: written down once a day of each page, kept as long as the house said."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, cast, delete, exists, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, joinedload

from portal import clock
from portal.comptes.models import Consultation, Personne, Vue
from portal.db import db, in_passing, upsert
from portal.fields import name_key
from portal.reglage import GARDE_CONSULTATION
from portal.web import Leaf, leaf
from portal.workflow import Event

PAGE = 50
emporter = Event("consultation.emporter", "Télécharger qui a regardé", "téléchargées en tableur", "download")
oublier = Event("consultation.oublier", "Effacer une journée", "effacées, leur délai est passé", "trash-2")


def note(ids: Iterable[int], page: Vue, *, by: Personne) -> None:
    """Write down what is new today of these people; one query, and `write`."""
    if asked := set(ids) - {by.id}:
        known = select(Consultation.personne_id).where(*_today(page, by), Consultation.personne_id.in_(asked))
        write(asked.difference(db.session.scalars(known)), page, by=by)


def is_noted(id: InstrumentedAttribute[int], page: Vue, *, by: Personne) -> ColumnElement[bool]:
    """Whether it is already, of the person of that id, for a query that reads them anyway; of oneself, no line is needed."""
    return or_(id == by.id, exists().where(Consultation.personne_id == id, *_today(page, by)))


def write(ids: Iterable[int], page: Vue, *, by: Personne) -> None:
    """In a transaction of its own: with the hour of a session, the one write of a read.

    While the database takes no write, the page is read all the same.
    """
    if rows := [{"personne_id": id, "par_id": by.id, "page": page, "jour": clock.today()} for id in sorted(ids)]:
        with suppress(DBAPIError), in_passing() as connection:
            connection.execute(upsert(Consultation).values(rows).on_conflict_do_nothing())


def _today(page: Vue, by: Personne) -> tuple[ColumnElement[bool], ...]:
    return Consultation.par_id == by.id, Consultation.page == page, Consultation.jour == clock.today()


def named(qui: str) -> Select[Consultation]:
    """Those of whoever looked or was looked at under that name, latest first."""
    by, whom = aliased(Personne), aliased(Personne)
    query = select(Consultation).join(by, Consultation.par_id == by.id).join(whom, Consultation.personne_id == whom.id)
    for word in name_key(qui).split()[:6]:
        query = query.where(_named(by, word) | _named(whom, word))
    along = contains_eager(Consultation.par.of_type(by)), contains_eager(Consultation.personne.of_type(whom))
    return query.options(*along).order_by(Consultation.jour.desc(), Consultation.id.desc())


def listed(qui: str, number: int) -> Leaf:
    """A page of them; two queries."""
    return leaf(named(qui), number, PAGE)


def exported(qui: str) -> list[Consultation]:
    """All of them; one query."""
    return list(db.session.scalars(named(qui)))


def _named(who: type[Personne], word: str) -> ColumnElement[bool]:
    return who.nom_cle.contains(word, autoescape=True)


def of(personne: Personne) -> Select[Any]:
    """Those of their own sheet and number, oldest first."""
    mine = select(Consultation).where(Consultation.personne_id == personne.id).options(joinedload(Consultation.par))
    return mine.order_by(Consultation.jour, Consultation.id)


# --- what is kept no longer ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Journee:
    """The day that is forgotten, as the journal names it: 20261127."""

    id: int
    __tablename__ = "consultation"


def due() -> Select[int]:
    """The days whose looks are kept no longer: 20261127."""
    limit = clock.months_ago(GARDE_CONSULTATION.valeur)
    day = cast(func.replace(cast(Consultation.jour, Text), "-", ""), Integer)
    return select(day).where(Consultation.jour < clock.local(limit).date()).distinct().order_by(day)


def forget(day: int) -> None:
    """All that was looked at on that day."""
    db.session.execute(delete(Consultation).where(Consultation.jour == date.fromisoformat(str(day))))
    oublier.tell(Journee(day), by=None)
