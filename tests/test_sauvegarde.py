"""A copy is whole, is the portal as it was, replaces nothing by mistake, and opens for whoever has its key alone."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread

import flask_migrate
import pytest
from sqlalchemy import func, select, text

from portal import clock, copie, restauration, sauvegarde, verrou
from portal.comptes.models import Personne
from portal.config import ROOT
from portal.copie import Unusable
from portal.db import METADATA, db
from portal.factures import reglements
from portal.journal import EntreeJournal
from tests import builders
from tests.support import PostgresDatabase, Site
from tests.test_migrations import full

__all__ = ["full"]  # a fixture: at least one row in every table


@pytest.fixture
def copies(tmp_path) -> Path:
    return tmp_path / "sauvegardes"


def made(copies: Path, **said: str) -> sauvegarde.Fiche:
    db.session.commit()
    db.session.remove()
    return sauvegarde.make(copies, **said)


def rows() -> dict[str, list[tuple]]:
    """All that the portal holds."""
    with db.engine.connect() as connection:
        return {table.name: [tuple(row) for row in copie._rows(connection, table)] for table in METADATA.sorted_tables}


def emptied(database) -> None:
    """The portal was lost."""
    db.session.remove()
    db.engine.dispose()
    database.empty()


@contextmanager
def pointed_at(app, url: str):
    """The commands speak of that database."""
    before = app.config["PORTAL"]
    app.config["PORTAL"] = replace(before, database_url=url)
    try:
        yield
    finally:
        app.config["PORTAL"] = before


# --- as it was -------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_portal_that_was_lost_is_put_back_row_for_row(full, database, copies):
    fiche = made(copies)
    before = rows()
    assert fiche.rows == sum(map(len, before.values()))
    assert not [name for name, found in before.items() if not found]
    emptied(database)
    assert restauration.put_back(fiche.path).fiche == fiche
    assert rows() == before


@pytest.mark.both
def test_what_guards_its_history_guards_it_again(full, database, copies):
    fiche = made(copies)
    emptied(database)
    restauration.put_back(fiche.path)
    with pytest.raises(Exception, match="journal"), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM journal"))
    last = db.session.scalars(select(func.max(Personne.id))).one()
    assert last
    assert builders.personne("Nora Grondin").id == last + 1


def test_a_copy_of_either_engine_is_put_back_on_the_other(full, app, copies, cluster, folder, worker_id):
    fiche = made(copies)
    before = rows()
    with closing(PostgresDatabase(cluster, f"copie_{worker_id}")) as database, pointed_at(app, database.url):
        restauration.put_back(fiche.path)
        with sauvegarde.opened(database.url) as there, there.connect() as connection:
            after = {table.name: [tuple(r) for r in copie._rows(connection, table)] for table in METADATA.sorted_tables}
    assert after == before


# --- moved -----------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_it_moves_to_postgresql_and_every_row_is_read_again(full, app, cluster, worker_id, tmp_path):
    db.session.commit()
    db.session.remove()
    before = rows()
    with closing(PostgresDatabase(cluster, f"arrivee_{worker_id}")) as database:
        said = app.test_cli_runner().invoke(args=["portal", "move", database.url])
        assert (said.exit_code, said.output.splitlines()[0]) == (
            0,
            f"{sum(map(len, before.values()))} lignes de {len(before)} tables copiées, et relues une à une.",
        )
        again = app.test_cli_runner().invoke(args=["portal", "move", database.url])
        assert (again.exit_code, again.output) == (1, "Cette base a déjà servi\u00a0: en donner une neuve.\n")
        with closing(Site(database, tmp_path / "instance")) as site, site.app.app_context():
            assert rows() == before
            assert site.app.test_client().get("/missions/").status_code == 200
            assert reglements.checked().broken == ""


@pytest.mark.sqlite
def test_a_row_that_would_not_be_the_same_stops_the_move(full, app, cluster, worker_id):
    db.session.commit()
    db.session.remove()
    with closing(PostgresDatabase(cluster, f"fausse_{worker_id}")) as database:
        with pointed_at(app, database.url):
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        with sauvegarde.opened(database.url) as there, there.begin() as connection:
            connection.execute(text("CREATE RULE perdue AS ON INSERT TO echange WHERE NEW.id > 1 DO INSTEAD NOTHING"))
        said = app.test_cli_runner().invoke(args=["portal", "move", database.url])
        assert said.exit_code == 1
        assert "La copie n’est pas fidèle\u00a0: table echange" in said.output
        with sauvegarde.opened(database.url) as there, there.connect() as connection:
            assert copie.is_new(connection)


# --- encrypted, sorted out -------------------------------------------------------------------------------------


def test_it_opens_with_its_key_alone(app, database, copies, tmp_path):
    builders.personne("Zoé Hoarau")
    private, public = sauvegarde.new_key()
    fiche = made(copies, recipient=public)
    sealed = fiche.path.read_bytes()
    assert fiche.path.name.endswith(".sqlite.age")
    assert b"Hoarau" not in sealed
    with pytest.raises(Unusable, match="est chiffrée"):
        restauration.rehearse(fiche.path)
    with pytest.raises(Unusable, match="n’ouvre pas"):
        restauration.rehearse(fiche.path, keys=[sauvegarde.new_key()[0]])
    with pytest.raises(Unusable, match="n’ouvre pas"):
        restauration.rehearse(fiche.path, keys=["AGE-SECRET-KEY-1"])
    fiche.path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(Unusable, match="est abîmée"):
        restauration.rehearse(fiche.path, keys=[private])
    fiche.path.write_bytes(sealed)
    emptied(database)
    assert restauration.put_back(fiche.path, keys=[private]).fiche.rows == fiche.rows
    assert db.session.scalars(select(Personne.nom)).all() == ["Zoé Hoarau"]


def test_nothing_is_left_in_the_clear_beside_a_sealed_copy(app, copies, settings):
    made(copies, recipient=sauvegarde.new_key()[1])
    assert [path.suffix for path in copies.iterdir()] == [".age"]
    assert [oct(path.stat().st_mode & 0o777) for path in (copies, *copies.iterdir())] == ["0o700", "0o600"]


def test_a_key_that_is_none_is_said(app, copies):
    with pytest.raises(Unusable, match="PORTAL_BACKUP_RECIPIENT"):
        made(copies, recipient="age1abc")
    assert list(copies.iterdir()) == []


def test_the_last_of_each_recent_day_week_and_month_is_kept(tmp_path):
    today = date(2026, 11, 28)
    days = [today - timedelta(days=n) for n in range(500)]
    for day in days:
        for hour in ("030000", "150000"):
            (tmp_path / f"portail-{day}-{hour}.sqlite").touch()
    (tmp_path / "photo.jpg").touch()
    gone = sauvegarde.sort_out(tmp_path, "ici", today)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(gone) == 1000 - len(kept) + 1
    assert "photo.jpg" in kept
    assert all("150000" in name for name in kept if name != "photo.jpg")
    months = [f"{2025 + (n + 11) // 12}-{(n + 11) % 12 + 1:02}" for n in range(12)]
    assert [month for month in months if not any(month in name for name in kept)] == []
    assert [f"{day}" for day in days[:7] if not any(f"{day}" in name for name in kept)] == []
    assert len(kept) - 1 == 7 + 4 + 11  # the last week and the last month are among the days
    assert sauvegarde.sort_out(tmp_path, "ici", today) == []


# --- refused ---------------------------------------------------------------------------------------------------


def test_a_copy_never_takes_the_place_of_another(app, copies, frozen):
    made(copies)
    with pytest.raises(Unusable, match="existe déjà"):
        made(copies)
    assert len(list(copies.iterdir())) == 1


@pytest.fixture
def frozen():
    with clock.freeze(clock.now()):
        yield


@pytest.mark.sqlite
def test_a_portal_in_use_is_only_replaced_on_purpose_and_kept_beside(app, database, copies):
    builders.personne("Zoé Hoarau")
    fiche = made(copies)
    builders.personne("Awa Payet")
    db.session.commit()
    db.session.remove()
    with pytest.raises(Unusable, match="--remplacer"):
        restauration.put_back(fiche.path)
    restauration.put_back(fiche.path, replacing=True)
    assert db.session.scalars(select(Personne.nom)).all() == ["Zoé Hoarau"]
    db.session.remove()
    [kept] = database.path.parent.glob("portail.db.avant-*")
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM personne").fetchone() == (2,)
    kept.unlink()


@pytest.mark.sqlite
def test_the_log_of_another_database_is_never_played_over_it(app, database, copies):
    fiche = made(copies)
    emptied(database)
    log = database.path.with_name(database.path.name + "-wal")
    log.write_bytes(b"d'une autre")
    with pytest.raises(Unusable, match=r"-wal reste d’une base"):
        restauration.put_back(fiche.path)
    assert not database.path.exists()
    log.unlink()
    restauration.put_back(fiche.path)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda whole: b"", "n’est pas une sauvegarde"),
        (lambda whole: b"PK\x03\x04" + whole, "n’est pas une sauvegarde"),
        (lambda whole: whole[: len(whole) // 2], "abîmée"),
        (lambda whole: whole[:8192] + b"\xff" * 4096 + whole[12288:], "abîmée"),
    ],
    ids=["empty", "another file", "cut", "a page lost"],
)
def test_a_copy_that_is_not_whole_is_not_put_back(app, database, copies, harm, why):
    fiche = made(copies)
    fiche.path.write_bytes(harm(fiche.path.read_bytes()))
    emptied(database)
    with pytest.raises(Unusable, match=why):
        restauration.put_back(fiche.path)
    assert not database.path.exists()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "plus récent"),
        ("DROP TABLE alembic_version", "n’est pas une sauvegarde"),
        ("INSERT INTO role (id, personne_id, nom) VALUES (1, 999, 'admin')", "orphelines"),
    ],
)
def test_a_copy_that_the_portal_cannot_be_is_not_put_back(app, copies, statement, why):
    fiche = made(copies)
    with closing(sqlite3.connect(fiche.path)) as copy, copy:
        copy.execute(statement)
    with pytest.raises(Unusable, match=why):
        restauration.rehearse(fiche.path)


def test_a_copy_of_an_older_portal_is_brought_up_to_date(app, database, copies):
    builders.personne("Zoé Hoarau")
    fiche = made(copies)
    with pointed_at(app, f"sqlite:///{fiche.path}"):
        flask_migrate.downgrade(directory=str(ROOT / "migrations"), revision="-1")
    emptied(database)
    older = restauration.put_back(fiche.path).fiche
    assert older.revision < fiche.revision
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == fiche.revision
    assert db.session.scalars(select(Personne.nom)).all() == ["Zoé Hoarau"]


@pytest.mark.sqlite
def test_while_it_runs_nothing_is_put_back_nor_moved(app, copies, site):
    fiche = made(copies)
    running = verrou.running(app.config["PORTAL"])
    for asked in (("restore", str(fiche.path)), ("move", "postgresql:///nulle-part")):
        said = app.test_cli_runner().invoke(args=["portal", *asked])
        assert (said.exit_code, "Le portail tourne encore" in said.output) == (1, True)
    said = app.test_cli_runner().invoke(args=["portal", "restore", "--essai", str(fiche.path)])
    assert (
        said.output
        == f"{fiche.path.name}, version {fiche.revision}, {fiche.rows} lignes\u00a0: vérifiée, elle se remettrait.\n"
    )
    running.close()


@pytest.mark.sqlite
@pytest.mark.parametrize("url", ["sqlite:////tmp/x.db", "mysql://x", "postgresql://nobody@127.0.0.1:9/x"])
def test_a_base_that_is_none_is_said(app, url):
    said = app.test_cli_runner().invoke(args=["portal", "move", url])
    assert said.exit_code == 1
    assert "postgresql://" in said.output or "ne s’ouvre pas" in said.output


@pytest.mark.sqlite
def test_a_portal_that_is_not_there_is_not_copied(app, database, copies):
    emptied(database)
    with pytest.raises(Unusable, match="La sauvegarde ne se fait pas"):
        sauvegarde.make(copies)
    assert not database.path.exists()
    assert list(copies.iterdir()) == []


def test_a_folder_that_takes_nothing_is_said(app, copies):
    copies.write_text("pas un dossier")
    with pytest.raises(Unusable, match="La sauvegarde ne se fait pas"):
        made(copies)


# --- while it runs ---------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.proof
def test_a_copy_made_while_many_write_is_of_one_moment(app, database, copies, size, record_property):
    """Fifty writes a second, each of two rows that belong together: a copy holds both or neither."""
    over, made_up = Event(), [0]

    def write() -> None:
        with app.app_context():
            while not over.is_set():
                personne = builders.personne(f"Personne {made_up[0]}")
                db.session.add(EntreeJournal(sujet=f"personne:{personne.id}", evenement="personne.essai", motif="ensemble"))
                db.session.commit()
                made_up[0] += 1
                over.wait(0.02)

    writer = Thread(target=write)
    writer.start()
    fiches = []
    try:
        for n in range(size(3, 20)):
            while made_up[0] < 5 * (n + 1):
                over.wait(0.01)
            fiches.append(sauvegarde.make(copies / str(n)))
    finally:
        over.set()
        writer.join()
    db.session.remove()
    for fiche in fiches:
        with closing(sqlite3.connect(fiche.path)) as copy:
            people = copy.execute("SELECT count(*) FROM personne").fetchone()[0]
            told = copy.execute("SELECT count(*) FROM journal WHERE motif = 'ensemble'").fetchone()[0]
        assert people == told > 0
    record_property("écrites pendant les copies", made_up[0])


def test_a_copy_is_typed_and_said_in_one_line(app, settings, tmp_path):
    run = app.test_cli_runner()
    pair = run.invoke(args=["portal", "backup-key"]).output
    private, public = re.search(r"AGE-SECRET-KEY-\w+", pair)[0], re.search(r"PORTAL_BACKUP_RECIPIENT=(age1\w+)", pair)[1]
    settings(backup_recipient=public)
    said = run.invoke(args=["portal", "backup", "--dossier", str(tmp_path / "d"), "--ranger"]).output
    [copy] = (tmp_path / "d").iterdir()
    assert said.startswith(f"{copy}\u00a0: ")
    assert len(said.splitlines()) == 1
    (tmp_path / "cle").write_text(f"# la clé\n{private}\n")
    again = run.invoke(args=["portal", "restore", str(copy), "--essai", "--cle", str(tmp_path / "cle")])
    assert (again.exit_code, "elle se remettrait" in again.output) == (0, True)
