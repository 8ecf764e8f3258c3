"""One transaction per unsafe request: the write lock from its first statement, all of it or nothing, never while rendering."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest
from flask import Flask, current_app
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from portal.comptes.commands import introduce
from portal.comptes.models import Personne, Role
from portal.config import SQLITE_WAITS
from portal.db import apart, count, db, in_passing, init_app, insert_once, lock, lock_one, may_write, study
from portal.missions.models import Mission
from portal.outbox import Message
from tests import builders, workshop

READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
BEAT = text("INSERT INTO battement (nom, quand) VALUES ('essai', '2026-01-01 00:00:00')")


@pytest.fixture
def app(site):
    with workshop.opened(site) as app:
        yield app


@contextmanager
def traced(*wanted: str):
    """The statements that begin with one of these words, and each commit and rollback, as they happen."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if statement.startswith(wanted):
            seen.append(statement)

    sqlite = {  # its own word for it: the lock is asked for below SQLAlchemy
        "checkout": lambda raw, *_: raw.set_trace_callback(note),
        "checkin": lambda raw, *_: raw and raw.set_trace_callback(None),
    }
    others = {"before_cursor_execute": lambda _connection, _cursor, statement, *_: note(statement)}
    hooks = (sqlite if db.engine.dialect.name == "sqlite" else others) | {
        "commit": lambda _connection: seen.append("COMMIT"),
        "rollback": lambda _connection: seen.append("ROLLBACK"),
    }
    current_app.extensions["watch"].settle()
    for name, hook in hooks.items():
        event.listen(db.engine, name, hook)
    try:
        yield seen
    finally:
        for name, hook in hooks.items():
            event.remove(db.engine, name, hook)


def begun(seen: list[str]) -> list[str]:
    return [line for line in seen if line.startswith("BEGIN")]


# --- who takes SQLite's write lock, and when -------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_read_takes_no_write_lock(client, as_, method):
    ada = as_(builders.personne("Ada", [builders.ADMIN]))
    with traced("BEGIN") as seen:
        assert getattr(ada, method)("/atelier/close").status_code == 200
    assert set(begun(seen)) <= {READ}
    assert begun(seen) or method == "options"


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ["done", "page", "form", "refused", "refusal", "text", "crash"])
def test_a_write_holds_the_lock_from_its_first_statement_and_no_page_is_made_under_it(as_, how):
    """The first statement is the one that reads who is there; what is read for the page comes after the end."""
    ada = as_(builders.personne("Ada", [builders.ADMIN]))
    headers = {"HX-Request": "true"} if how == "done" else {}
    with traced("BEGIN", "INSERT INTO personne") as seen:
        ada.post(f"/atelier/{how}", headers=headers, crash=True)
    ended = "COMMIT" if how in {"done", "page"} else "ROLLBACK"
    assert seen[0] == WRITE
    assert seen[1].startswith("INSERT INTO personne")
    assert seen[2] == ended
    assert begun(seen) == ([WRITE] if how == "text" else [WRITE, READ])  # a text needs nothing more


@pytest.mark.sqlite
def test_what_is_no_request_may_write(app):
    with traced("BEGIN") as seen:
        builders.personne()
    assert begun(seen)[0] == WRITE
    assert may_write()


@pytest.mark.both
def test_reading_goes_on_while_somebody_writes(client, database):
    introduce(nom="En cours", email="x@example.org")
    db.session.flush()
    other = create_engine(database.url)
    with other.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM personne")) == 0
    other.dispose()


# --- all or nothing --------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("how", workshop.ENDINGS)
def test_a_request_writes_all_or_nothing(client, how):
    """What is refused, however it is said, leaves nothing behind."""
    answer = client.post(f"/atelier/{how}", crash=True)
    assert workshop.people() == (1 if answer.status_code < 400 else 0)


@pytest.mark.sqlite
def test_it_is_committed_before_anything_is_rendered(app, client, database, monkeypatch):
    """The page itself asks another connection whether the change is there for everybody."""
    with closing(sqlite3.connect(database.path)) as other:
        monkeypatch.setitem(
            app.jinja_env.globals, "regarder", lambda: f" {other.execute('SELECT nom FROM personne').fetchall()}"
        )
        assert "[(&#39;Ali&#39;,)]" in client.post("/atelier/page", data={"nom": "Ali"}).text


@pytest.mark.both
def test_a_transaction_apart_stays_when_the_request_is_undone(app, client):
    db.session.rollback()
    with app.test_request_context(method="POST"):
        with apart() as connection:
            connection.execute(BEAT)
        introduce(nom="Perdue", email="x@example.org")
        db.session.rollback()
    assert db.session.scalars(text("SELECT nom FROM battement")).all() == ["essai"]
    assert workshop.people() == 0


@pytest.mark.sqlite
def test_a_transaction_apart_writes_even_while_reading(app):
    with app.test_request_context(method="GET"):
        assert not may_write()
        with traced("BEGIN") as seen, apart():
            assert may_write()
        assert begun(seen) == [WRITE]
        assert not may_write()


@pytest.mark.sqlite
def test_what_is_written_in_passing_gives_up_while_somebody_writes_and_the_others_wait_as_before(app, database):
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), in_passing() as connection:
            connection.execute(BEAT)
    with apart() as connection:
        assert connection.scalar(text("PRAGMA busy_timeout")) == 1000 * SQLITE_WAITS
    with in_passing() as connection:
        connection.execute(BEAT)
    assert db.session.scalar(text("SELECT count(*) FROM battement")) == 1


@pytest.mark.sqlite
def test_a_connection_that_writes_twice_gives_its_turn_back(app):
    def write() -> None:
        with app.app_context(), apart() as connection:
            connection.execute(BEAT)

    with db.engine.connect() as connection:
        for _ in range(2):
            connection.execute(text("DELETE FROM battement"))
            connection.commit()
    other = Thread(target=write, daemon=True)
    other.start()
    other.join(10)  # less than whoever waits for a turn
    assert not other.is_alive()


def test_a_file_that_is_no_database_any_more_is_said_as_all_that_a_database_says(tmp_path):
    """A connection that is already open hears of it as it begins to write."""
    elsewhere, file = Flask("ailleurs"), tmp_path / "ailleurs.db"
    elsewhere.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
    init_app(elsewhere)
    with elsewhere.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (x)"))
        with closing(sqlite3.connect(file)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            other.execute("INSERT INTO t VALUES (1)")
            other.commit()
        file.write_bytes(b"garbage" * 300)
        with pytest.raises(DatabaseError, match="not a database"), db.engine.begin():
            pass
        db.engine.dispose()


def test_a_transaction_apart_that_fails_leaves_nothing(app):
    def fail() -> None:
        with apart() as connection:
            connection.execute(BEAT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert db.session.scalars(text("SELECT nom FROM battement")).all() == []


# --- what the database itself refuses --------------------------------------------------------------------------


@pytest.mark.both
def test_an_orphan_is_refused(app):
    db.session.add(Role(personne_id=999, nom=builders.ADMIN))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


@pytest.mark.both
def test_a_state_that_nobody_declared_is_refused(app):
    builders.mission(builders.action(builders.bienveillant()))
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE mission SET etat = 'inventee'"))
    db.session.rollback()


@pytest.mark.sqlite
def test_sqlite_waits_for_the_disk_and_trusts_no_stored_code(app):
    def pragma(name: str) -> object:
        return db.session.scalar(text(f"PRAGMA {name}"))

    assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")) == ("wal", 2, 1)
    assert (pragma("trusted_schema"), pragma("busy_timeout")) == (0, 15000)


# --- size ------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_query_is_counted_up_to_many(app, monkeypatch):
    for _ in range(4):
        builders.personne()
    query = select(Personne).where(Personne.id > 0).order_by(Personne.id)
    assert count(query) == 4
    monkeypatch.setattr("portal.db.MANY", 2)
    assert count(query) == 3


@pytest.mark.both
def test_the_database_learns_how_full_its_tables_are(app):
    builders.personne()
    db.session.commit()
    study()
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'personne'"))


# --- instants --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_an_instant_comes_back_as_it_went_in_utc(app):
    reunion = timezone(timedelta(hours=4))
    zoe = builders.personne()
    zoe.desactive_le = datetime(2026, 12, 31, 23, 30, 15, 123456, reunion)
    db.session.commit()
    assert zoe.desactive_le == datetime(2026, 12, 31, 19, 30, 15, 123456, UTC)
    assert zoe.desactive_le.tzinfo is UTC
    assert zoe.confirme_le.tzinfo is UTC
    late = select(Personne.id).where(Personne.desactive_le > datetime(2026, 12, 31, 23, 30, 15, tzinfo=reunion))
    assert db.session.scalars(late).all() == [zoe.id]


# --- locks -----------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_rows_are_locked_in_the_order_of_their_ids(app, database):
    action = builders.action(builders.bienveillant())
    ids = [builders.mission(action, titre=f"Mission {n}").id for n in range(3)]
    db.session.commit()
    with traced("SELECT mission") as seen:
        assert [m.id for m in lock(Mission, ids[2], ids[0], ids[1])] == ids
    assert "ORDER BY mission.id" in seen[0]
    # Key share: an orphan is still refused, without keeping others from pointing at the row.
    assert ("FOR NO KEY UPDATE OF mission" in seen[0]) == (database.engine == "postgresql")


@pytest.mark.both
def test_a_locked_row_is_read_again(app, database):
    zoe = builders.personne("Zoé")
    db.session.commit()
    assert zoe.nom == "Zoé"
    db.session.rollback()
    other = create_engine(database.url)
    with other.begin() as connection:
        connection.execute(text("UPDATE personne SET nom = 'Zoé Hoarau'"))
    other.dispose()
    assert lock_one(zoe) is zoe
    assert zoe.nom == "Zoé Hoarau"


@pytest.mark.both
def test_whoever_comes_second_waits_for_the_first(app, database):
    zoe = builders.personne("Zoé")
    db.session.commit()
    held = lock_one(zoe)
    order = []

    def second() -> None:
        with app.app_context():
            again = db.session.get_one(Personne, held_id)
            order.append(("second", lock_one(again).nom))
            db.session.remove()

    held_id = held.id
    thread = Thread(target=second)
    thread.start()
    thread.join(0.2)
    order.append(("first", held.nom))
    held.nom = "Changée"
    db.session.commit()
    thread.join()
    assert order == [("first", "Zoé"), ("second", "Changée")]


@pytest.mark.both
def test_inserting_once_never_fails_a_transaction(app):
    now = datetime.now(UTC)
    values = {"adresse": "a@example.org", "faits": {}, "cree_le": now, "du_le": now, "essais": 0, "erreur": ""}
    row = values | {"cle": "un", "genre": "essai"}
    assert insert_once(Message, **row)
    assert not insert_once(Message, **row)
    assert insert_once(Message, **row | {"cle": "deux"})
    db.session.commit()
    assert sorted(db.session.scalars(select(Message.cle))) == ["deux", "un"]


def test_no_write_looks_for_a_key_that_changed(app):
    assert Personne.__mapper__.relationships
    assert Personne.__mapper__._dependency_processors == []
