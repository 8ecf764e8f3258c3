"""Public pages, and what they say to everybody, kept in memory until anything at all is written: never stale.

One number grows with each commit of the portal. A page made under this number, in this minute (cards speak of
the time), is the page that would be made now.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, request, session
from sqlalchemy import Executable, event, literal_column, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, compression
from portal.db import Base, db, upsert

MOST = 256  # pages kept by a process, the least recently asked for leave first

State = tuple[int, int]  # the version, the minute


class Version(Base):
    """How many times something was written."""

    __tablename__ = "version"
    id: Mapped[int] = mapped_column(primary_key=True)
    numero: Mapped[int]


@dataclass(frozen=True)
class Kept:
    """A page as it was sent."""

    body: bytes
    zipped: bytes
    mimetype: str
    etag: str


T = TypeVar("T")
Pages = OrderedDict[tuple[str, str], tuple[State, Any]]


def init_app(app: Flask) -> None:
    app.extensions["pages"] = OrderedDict()
    if not event.contains(db.session, "before_commit", _count):
        event.listen(db.session, "before_commit", _count)


def _count(writing: Session) -> None:
    """The last statement of a commit, so that the row is locked for no time; a savepoint's end is no commit."""
    if not writing.in_nested_transaction():
        writing.execute(_one_more(db.engine.dialect.name), {"id": 1, "numero": 1})


@cache
def _one_more(_dialect: str) -> Executable:
    again: dict[str, Any] = {"numero": literal_column("version.numero + 1")}
    return upsert(Version).on_conflict_do_update(index_elements=["id"], set_=again)


def serve(fragment: bool, make: Callable[[], Response]) -> Response:
    """The kept page (or fragment) for an anonymous visitor, made when it is not there; anybody else's is made afresh."""
    if request.method not in {"GET", "HEAD"} or current_app.config["SESSION_COOKIE_NAME"] in request.cookies:
        return make()
    made: list[Response] = []

    def page() -> Kept | None:
        made.append(make())
        return _keep(made[0]) if made[0].status_code == 200 and not session.modified else None

    kept = remember("fragment" if fragment else "page", page)
    return _send(kept) if kept else made[0]


def remember(part: str, make: Callable[[], T]) -> T:
    """This part of this address, the same for everybody; made when it is not there, and not kept when it is None."""
    try:
        version = _version()
    except db.engine.dialect.loaded_dbapi.Error:
        return make()  # it will meet the same database, and say so properly
    pages: Pages = current_app.extensions["pages"]
    key, state = (request.full_path, part), (version, int(clock.now().timestamp()) // 60)
    kept = pages.get(key)
    if kept is None or kept[0] != state:
        kept = state, make()
        if kept[1] is not None:
            pages[key] = kept
    with suppress(KeyError):  # it was not kept, or another thread has let go of it meanwhile
        pages.move_to_end(key)
        while len(pages) > MOST:
            pages.popitem(last=False)
    return cast("T", kept[1])


def _version() -> int:
    if (
        db.session.registry.has() and db.session().in_transaction()
    ):  # what is read next comes from the snapshot that it has opened
        return db.session.scalar(select(Version.numero)) or 0
    connection = db.engine.raw_connection()  # without a session or a transaction: this is asked for each page served
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT numero FROM version")
        row = cursor.fetchone()
        return int(row[0]) if row else 0
    finally:
        connection.close()


def _keep(response: Response) -> Kept:
    body = response.get_data()
    etag = sha256(body).hexdigest()[:20]
    return Kept(body, gzip.compress(body, 6, mtime=0), response.content_type, etag)


def _send(kept: Kept) -> Response:
    zipped = compression.is_accepted()
    headers = {
        "Cache-Control": "no-cache",
        "ETag": f'"{kept.etag}{"-z" if zipped else ""}"',
        "Vary": "Cookie, HX-Request, Accept-Encoding",
    } | ({"Content-Encoding": "gzip"} if zipped else {})
    response = Response(kept.zipped if zipped else kept.body, content_type=kept.mimetype, headers=headers)
    response.make_conditional(request)
    return response
