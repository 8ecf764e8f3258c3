"""One database, one session, one transaction per unsafe request."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache, reduce
from threading import Lock
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeVar, TypeVarTuple, cast

from flask import Flask, g, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Result,
    Row,
    Select,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    event,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapper, registry
from sqlalchemy.pool import ConnectionPoolEntry

from portal.config import SQLITE_WAITS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MANY = 500
STRUCK = "(effacé)"

T = TypeVar("T", bound="Base")
Ts = TypeVarTuple("Ts")

_writes: ContextVar[bool | None] = ContextVar("writes", default=None)  # None: as the request says
_patience: ContextVar[float] = ContextVar("patience", default=SQLITE_WAITS)  # seconds for the write lock
HURRY = 0.2  # those of what is written in passing
AGAIN = 0.001  # seconds until whoever waits for the write lock asks again


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite has no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def instant(read: Callable[[], datetime]) -> BindParameter[datetime]:
    """An instant that is read each time the statement runs, which may then be built once."""
    return bindparam(None, callable_=read, type_=Instant(), unique=True)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s__%(column_0_N_name)s",
        "uq": "uq_%(table_name)s__%(column_0_N_name)s",
        "ck": "ck_%(table_name)s__%(constraint_name)s",
        "fk": "fk_%(table_name)s__%(column_0_N_name)s__%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# An enum is stored by value as text under a CHECK, so that both databases refuse a state nobody declared.
STORED: dict[str, Any] = {
    "native_enum": False,
    "create_constraint": True,
    "length": 40,
    "values_callable": lambda states: [state.value for state in states],
}
STATES = EnumType(Enum, **STORED)


class Base(DeclarativeBase):
    registry = registry(
        metadata=METADATA,
        type_annotation_map={
            str: Text(),
            datetime: Instant(),
            dict[str, Any]: JSON(),
            list[str]: JSON(),
            list[int]: JSON(),
            Enum: STATES,
        },
    )


db = SQLAlchemy(model_class=Base)


@event.listens_for(Mapper, "after_configured")
def _keys_never_change() -> None:
    """Nothing looks for those that did: by each relationship that leads to a row, and some forty lead to a person, SQLAlchemy
    asks it before each write, which was a tenth of what a candidature costs.
    """
    for mapper in Base.registry.mappers:
        mapper._dependency_processors.clear()


def init_app(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _open_sqlite(db.engine)


def _open_sqlite(engine: Engine) -> None:
    """Who writes takes the lock at BEGIN: the writers of one process queue here, and only those of several processes meet
    there.
    """
    turn = Lock()

    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not open transactions by itself: it would do so after the first read, too late to lock.
        connection.isolation_level = None
        safe = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF")
        for pragma in (*safe, "recursive_triggers=ON"):  # without them REPLACE deletes a row behind its trigger's back
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        if not may_write():
            connection.exec_driver_sql("BEGIN")
            return
        until = monotonic() + _patience.get()
        connection.info["turn"] = connection.info.get("turn") or turn.acquire(timeout=_patience.get())
        _begin_to_write(connection, until)

    def end(_connection: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop("turn", False):
            turn.release()

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", end)


def _begin_to_write(connection: Connection, until: float) -> None:
    """Left to itself SQLite tries again at odd times, longer and longer ones: nobody writes meanwhile, and an unlucky one
    may never pass. Raises OperationalError when the lock is still another's at that instant of the monotonic clock.
    """
    ask = connection.connection.cursor().execute
    ask("PRAGMA busy_timeout=0")
    try:
        while monotonic() < until:
            try:
                ask("BEGIN IMMEDIATE")
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # whatever else it says of why
                    break  # it is told below, as what the database says is told everywhere
                sleep(AGAIN)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        ask(f"PRAGMA busy_timeout={1000 * SQLITE_WAITS}")


def may_write() -> bool:
    """Whether a transaction opened now takes SQLite's write lock at once: unsafe requests, and all that is no request."""
    if (writes := _writes.get()) is not None:
        return writes
    if not has_request_context():
        return True
    return request.method not in SAFE_METHODS and not g.get("settled", False)


def commit() -> None:
    """End the request's one write; what follows in this request only reads."""
    db.session.commit()
    _settle()


def undo() -> None:
    """Give up the request's write; what follows in this request, the page that says why, only reads."""
    db.session.rollback()
    _settle()


def _settle() -> None:
    if has_request_context():
        g.settled = True


@contextmanager
def apart() -> Iterator[Connection]:
    """A short write transaction of its own, outside the request's; never open it while that one holds the write lock."""
    token = _writes.set(True)
    try:
        with db.engine.begin() as connection:
            yield connection
    finally:
        _writes.reset(token)


@contextmanager
def reading() -> Iterator[None]:
    """Outside of a request, for what only looks: it takes no write lock, and waits for nobody's."""
    token = _writes.set(False)
    try:
        yield
    finally:
        _writes.reset(token)


@contextmanager
def in_passing() -> Iterator[Connection]:
    """The same for what reading a page writes by the way: nobody waits for it. Raises DBAPIError while somebody else writes."""
    token = _patience.set(HURRY)
    try:
        with apart() as connection:
            yield connection
    finally:
        _patience.reset(token)


def study() -> None:
    """SQLite learns how full its tables are, without which it may walk the longer index; PostgreSQL does so by itself."""
    if db.engine.dialect.name == "sqlite":
        with apart() as connection:
            for statement in ("PRAGMA analysis_limit=1000", "ANALYZE"):  # milliseconds, whatever the size of the house
                connection.exec_driver_sql(statement)


def lock(model: type[T], *ids: int) -> list[T]:
    """Lock rows in the order of their ids and refresh them; callers lock personne, then mission, then candidature."""
    return list(db.session.scalars(_locking(model), {"ids": ids}))


@cache
def _locking(model: type[T]) -> Select[T]:
    key = model.__mapper__.primary_key[0]
    rows = select(model).where(key.in_(bindparam("ids", expanding=True))).order_by(key)
    return rows.with_for_update(of=model, key_share=True).execution_options(populate_existing=True)


def lock_one(row: T) -> T:
    """Lock and refresh one row that is already loaded."""
    db.session.flush()
    (id,) = inspect(row, raiseerr=True).identity or ()  # not its column, which might be read only to be read again
    return lock(type(row), id)[0]


def insert_once(model: type[T], **values: Any) -> bool:
    """Insert a row unless one of its unique keys is taken; says whether it was inserted, and never fails a transaction."""
    return touched(db.session.execute(_insert_once(model, db.engine.dialect.name), values)) == 1


@cache
def _insert_once(model: type[T], _dialect: str) -> sqlite.Insert | postgresql.Insert:
    return upsert(model).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def count(query: Select[*tuple[Any, ...]]) -> int:
    """How many rows a query has, up to MANY + 1: a full count would grow with the house, and nobody reads that far."""
    rows = query.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(MANY + 1)
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def days_before(column: InstrumentedAttribute[datetime], days: InstrumentedAttribute[int]) -> ColumnElement[datetime]:
    """The instant so many days before a column, in the dialect of the day."""
    if db.engine.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M:%f000", column, func.printf("%d days", -days), type_=Instant())  # as stored
    return type_coerce(column - days * timedelta(days=1), Instant())


class Found(NamedTuple):
    """How many rows a query finds, and which one when it is alone: its id, and its action's, or its own again."""

    number: int
    id: int
    action_id: int


def counts(queries: Mapping[str, Select[*tuple[Any, ...]]]) -> dict[str, Found]:
    """`count` of several queries of entities, by their names, those without a row left out; one query."""
    each = []
    for name, query in queries.items():
        columns = query.column_descriptions[0]["entity"].__table__.c
        ids = columns.id, columns.get("action_id", columns.id).label("de_l_action")
        rows = query.with_only_columns(*ids, maintain_column_froms=True).order_by(None).limit(MANY + 1).subquery()
        each.append(select(literal(name), func.count(), func.min(rows.c.id), func.min(rows.c.de_l_action)))
    found = db.session.execute(union_all(*each)) if each else ()
    return {name: Found(number, *ids) for name, number, *ids in found if number}


def upsert(model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of the day."""
    table = cast("Table", model.__table__)
    return sqlite.insert(table) if db.engine.dialect.name == "sqlite" else postgresql.insert(table)


def says(column: ColumnElement[Any] | InstrumentedAttribute[str], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column may hold one of these words, however they are written: `struck` says which it holds indeed.

    Their longest run of plain letters and figures is looked for, which both databases read alike, in JSON too.
    """
    runs = (max(re.findall("[a-z0-9]+", word.lower()), key=len, default="") for word in words)
    return or_(false(), *(func.lower(column).contains(run, autoescape=True) for run in runs))


def strike(column: InstrumentedAttribute[str], words: Collection[str], *where: ColumnElement[bool]) -> None:
    """Take these words out, wherever the column of these rows says them, as `struck` does."""
    table = column.class_
    key = table.__mapper__.primary_key[0]
    found = select(key, column).where(says(column, words), *where).order_by(key).with_for_update(key_share=True)
    for id, text in db.session.execute(found).all():
        if (left := struck(text, words)) != text:
            db.session.execute(update(table).where(key == id).values({column: left}))


def struck(value: Any, words: Iterable[str]) -> Any:
    """The same text, or JSON of texts, without these words: whole words, in any case.

    A word written with a capital is a name: it goes where it has one, so that « Rose Marie » takes no « rose » from a text.
    """
    if isinstance(value, dict):
        return {name: struck(part, words) for name, part in value.items()}
    if isinstance(value, list):
        return [struck(part, words) for part in value]
    return reduce(lambda text, word: _whole(word).sub(STRUCK, text), words, value) if isinstance(value, str) else value


@lru_cache(maxsize=100)
def _whole(words: str) -> re.Pattern[str]:
    def read(word: str) -> str:
        return f"(?-i:{word[0]}){re.escape(word[1:])}" if word[0].isupper() and "@" not in word else re.escape(word)

    said = r"\s+".join(map(read, words.split()))
    return re.compile(rf"(?<![^\W_]){said}(?![^\W_])", re.IGNORECASE)


def glance(statement: Select[*Ts], values: Mapping[str, Any]) -> Row[*Ts] | None:
    """The first row of what is asked over and over, apart from the request's session and its transaction."""
    engine = db.engine
    if engine.dialect.name == "postgresql":  # where BEGIN and ROLLBACK would each be an exchange
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        return connection.execute(statement, values).first()


def touched(result: Result[Any]) -> int:
    """How many rows an UPDATE, DELETE or INSERT changed."""
    return cast("CursorResult[Any]", result).rowcount
