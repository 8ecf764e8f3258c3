"""A copy is put back alone, the portal stopped, the base never absent; what that undoes is said, nothing stays in the clear."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import flask_migrate
import pyrage
import pytest
from sqlalchemy import insert, select, text

from portal import clock, copie, create_app, diagnostic, journal, prometheus, restauration, sauvegarde, verrou
from portal.comptes.models import Personne
from portal.config import ROOT, sqlite_url
from portal.copie import Unusable
from portal.db import METADATA, db
from portal.outbox import Battement
from portal.reglage import Reglage
from tests import builders, services
from tests.support import PostgresDatabase
from tests.test_outbox import post
from tests.test_sauvegarde import copies, frozen, full, made, pointed_at, rows

__all__ = ["copies", "frozen", "full"]  # fixtures


@pytest.fixture(autouse=True)
def tidy(folder):
    """The bases that a test has kept beside are not the next one's."""
    yield
    for path in folder.glob("portail.db.avant-*"):
        path.unlink()


@pytest.fixture
def typed(app, site):
    """`typed("restore", …)`: the command in a process of its own, not waited for."""
    with services.Processes() as started:

        def start(*words: str, **environ: str) -> subprocess.Popen[str]:
            said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            env = os.environ | site.environ | environ
            return started.start(sys.executable, "-m", "portal", *words, cwd=ROOT, env=env, **said)

        yield start


@pytest.fixture
def run(app):
    """`run("restore", …)`: the command's result, here."""

    def run(*words: str):
        db.session.remove()
        return app.test_cli_runner().invoke(args=["portal", *words])

    return run


def people() -> list[str]:
    found = list(db.session.scalars(select(Personne.nom).order_by(Personne.id)))
    db.session.remove()
    return found


# --- one at a time, the portal stopped -------------------------------------------------------------------------


@pytest.mark.sqlite
def test_two_at_once_lose_neither_database(typed, app, database, copies):
    builders.personne("Zoé Hoarau")
    fiche = made(copies)
    builders.personne("Awa Payet")
    db.session.commit()
    db.session.remove()
    db.engine.dispose()
    both = [typed("restore", "--remplacer", str(fiche.path)) for _ in range(2)]
    said = [(one.wait(60), one.stdout.read()) for one in both]
    assert 0 in {status for status, _ in said}
    assert [words for _, words in said if not re.search("est remise|se fait déjà|vient d’être remplacée", words)] == []
    assert people() == ["Zoé Hoarau"]
    assert 2 in [count(path, "personne") for path in restauration.kept_beside(database.path)]


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as base:
        return int(base.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.sqlite
def test_a_base_that_was_kept_is_never_overwritten(app, database, copies, frozen):
    fiche = made(copies)
    restauration.put_back(fiche.path, replacing=True)
    [kept] = restauration.kept_beside(database.path)
    before = kept.read_bytes()
    with pytest.raises(Unusable, match="vient d’être remplacée"):
        restauration.put_back(fiche.path, replacing=True)
    assert (kept.read_bytes(), database.path.exists()) == (before, True)


@pytest.mark.sqlite
def test_what_a_restore_cut_short_had_linked_is_not_kept_twice(app, database, copies):
    fiche = made(copies)
    linked = database.path.with_name("portail.db.avant-2026-01-01-000000")
    os.link(database.path, linked)
    restauration.put_back(fiche.path, replacing=True)
    [kept] = restauration.kept_beside(database.path)
    assert kept != linked


@pytest.mark.parametrize("program", [("-m", "portal", "worker"), ("-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:0")])
def test_a_site_or_a_worker_started_alone_holds_it_too(processes, app, site, copies, program):
    fiche = made(copies)
    running = processes.start(sys.executable, *program, cwd=ROOT, env=os.environ | site.environ)
    services.wait_until(lambda: not is_stopped(app), "it holds its lock", 30)
    with pytest.raises(Unusable, match="Le portail tourne encore"):
        restauration.put_back(fiche.path, replacing=True)
    processes.kill(running)
    services.wait_until(lambda: is_stopped(app), "the kernel lets go of it", 10)


def is_stopped(app) -> bool:
    try:
        verrou.stopped(app.config["PORTAL"]).close()
    except Unusable:
        return False
    return True


def test_nothing_starts_while_a_copy_is_put_back(run, processes, app, site, settings):
    gunicorn = (sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:0")
    with closing(services.bound_socket()) as free:
        settings(port=free.getsockname()[1])
    with verrou.stopped(app.config["PORTAL"]):
        web = processes.start(*gunicorn, cwd=ROOT, env=os.environ | site.environ, stderr=subprocess.PIPE)
        said = [run("run").output, run("worker", "--once").output, web.stderr.read()]
    assert ["Une restauration ou un déménagement est en cours" in words for words in said] == [True] * 3
    assert web.wait(30) != 0


def test_a_portal_of_another_machine_that_writes_there_is_said(app, copies, cluster, worker_id):
    fiche = made(copies)
    with closing(PostgresDatabase(cluster, f"ailleurs_{worker_id}")) as database, pointed_at(app, database.url):
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        with sauvegarde.opened(database.url) as there, there.begin() as connection:
            connection.execute(insert(Battement).values(nom="worker", quand=clock.now()))
        with pytest.raises(Unusable, match="vient d’écrire dans cette base"):
            restauration.put_back(fiche.path)
        with clock.freeze(clock.now() + timedelta(seconds=21)):
            restauration.put_back(fiche.path)


# --- what is there ---------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_base_that_is_broken_is_said_and_replaced(run, app, database, copies):
    builders.personne("Zoé Hoarau")
    fiche = made(copies)
    db.engine.dispose()
    database.path.write_bytes(b"ceci n'est pas une base" * 400)
    assert "La base est abîmée" in diagnostic._base(app.config["PORTAL"]).dit
    assert run("give-role", "zoe@example.org", "admin").output == "La base de données refuse\u00a0: file is not a database\n"
    assert "--remplacer" in run("restore", str(fiche.path)).output
    database.path.with_name("portail.db-wal").write_bytes(b"son journal")
    done = run("restore", "--remplacer", str(fiche.path))
    assert (done.exit_code, "est remise" in done.output) == (0, True)
    assert people() == ["Zoé Hoarau"]
    [kept] = restauration.kept_beside(database.path)
    assert kept.read_bytes().startswith(b"ceci")


def test_on_another_disk_than_the_instance_folder(app, settings, copies, tmp_path):
    """The draft of a copy that is put back is made beside the base, where it only takes its name."""
    builders.personne("Zoé Hoarau")
    fiche = made(copies)
    other = Path(services.memory_folder()) / f"portail-ailleurs-{os.getpid()}"
    other.mkdir()
    try:
        settings(instance_dir=tmp_path, database_url=sqlite_url(other / "portail.db"))
        assert other.stat().st_dev != tmp_path.stat().st_dev or services.memory_folder() == "/tmp"
        restauration.put_back(fiche.path)
        assert [path.name for path in other.iterdir()] == ["portail.db"]
        assert count(other / "portail.db", "personne") == 1
    finally:
        for path in other.iterdir():
            path.unlink()
        other.rmdir()


def test_whatever_signs_its_paths_bear(tmp_path):
    """The portal's folder, its base, its copies."""
    folder = tmp_path / "50 % #1? é%20è"
    environ = {"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(folder), "PORTAL_BACKUP_DIR": str(folder / "copies")}
    app = create_app(environ)
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        assert "vérifiée" in app.test_cli_runner().invoke(args=["portal", "backup"]).output
        [copy] = (folder / "copies").iterdir()
        assert "est remise" in app.test_cli_runner().invoke(args=["portal", "restore", str(copy), "--remplacer"]).output
        assert {path.name[:10] for path in folder.iterdir() if "portail" in path.name} == {"portail.db"}
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_a_base_that_the_code_does_not_know_is_not_copied_in_part(app, copies, revision):
    db.session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
    with pytest.raises(Unusable, match=f"La base est à la version {revision}"):
        made(copies)
    assert list(copies.iterdir()) == []


def test_a_base_in_the_order_of_a_language(app, cluster, worker_id, copies):
    """Keys that are texts come in another order in French than by their bytes."""
    db.session.add_all(Reglage(cle=cle) for cle in ("a", "À", "B", "b-a", "ba", "_"))
    fiche = made(copies)
    before = rows()
    with closing(PostgresDatabase(cluster, f"langue_{worker_id}")) as database:
        database._server.drop(f"langue_{worker_id}")
        language = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'fr-FR'"
        database._server._execute(f'CREATE DATABASE "langue_{worker_id}" {language}')
        with pointed_at(app, database.url):
            assert restauration.put_back(fiche.path).fiche == fiche
        with sauvegarde.opened(database.url) as there, there.connect() as connection:
            spoken = connection.scalars(select(Reglage.cle).order_by(Reglage.cle)).all()
            after = {table.name: [tuple(r) for r in copie._rows(connection, table)] for table in METADATA.sorted_tables}
    assert after == before
    assert spoken != sorted(spoken)


# --- what is undone, and what opens ----------------------------------------------------------------------------


def test_what_is_undone_is_said(run, copies):
    with clock.freeze(clock.now() - timedelta(days=2)):
        journal.record("personne.essai", builders.personne("Zoé Hoarau"), by=None)
        db.session.flush()
        last = f"{clock.local(clock.now()):%d/%m/%Y à %H:%M}"
    post("essai:1")
    post("essai:2")
    post("essai:3", due=clock.now() + timedelta(days=2))
    fiche = made(copies)
    said = run("restore", "--essai", str(fiche.path)).output.splitlines()
    assert said[1:] == [
        f"Son journal s’arrête le {last}\u00a0: ce qui s’est fait depuis n’y est pas.",
        "Messages à envoyer\u00a0: 2, qui partiront au démarrage, même déjà partis depuis.",
        "Messages à envoyer plus tard\u00a0: 1.",
    ]


@pytest.mark.parametrize(
    "written",
    [
        lambda key: f"{key}\n".encode(),
        lambda key: f"\ufeff# la clé\r\n   {key}\r\n".encode(),
        lambda key: f"# la clé\n\t{key}".encode("utf-16"),
        lambda key: f"{sauvegarde.new_key()[0]}\n{key}\n".encode(),
    ],
    ids=["plain", "BOM, indented", "UTF-16", "after another"],
)
def test_a_key_opens_however_its_file_was_written(run, copies, tmp_path, written):
    private, public = sauvegarde.new_key()
    fiche = made(copies, recipient=public)
    (tmp_path / "cle").write_bytes(written(private))
    said = run("restore", "--essai", str(fiche.path), "--cle", str(tmp_path / "cle"))
    assert (said.exit_code, "elle se remettrait" in said.output) == (0, True)


def test_a_file_without_a_key_is_said(run, copies, tmp_path):
    fiche = made(copies, recipient=sauvegarde.new_key()[1])
    (tmp_path / "cle").write_text("rien")
    said = run("restore", "--essai", str(fiche.path), "--cle", str(tmp_path / "cle"))
    assert said.output == (
        f"{tmp_path / 'cle'} ne contient aucune clé privée\u00a0: une ligne AGE-SECRET-KEY-1… est attendue.\n"
    )
    assert "ne se lit pas" in run("restore", "--essai", str(fiche.path), "--cle", str(tmp_path / "absente")).output


def test_a_disk_without_room_is_no_wrong_key(app, copies, tmp_path):
    private, public = sauvegarde.new_key()
    copies.mkdir()
    plain, sealed = copies / "claire", copies / "scellée.age"
    plain.write_bytes(os.urandom(300_000))
    pyrage.encrypt_file(str(plain), str(sealed), [pyrage.x25519.Recipient.from_str(public)])
    full = Path("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        restauration._open(sealed, full, [private])
    with pytest.raises(Unusable, match=r"^Essai\u00a0: .*No space left"), sauvegarde.said("Essai"):
        restauration._open(sealed, full, [private])


# --- nothing in the clear --------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_told_to_stop_a_copy_leaves_nothing_in_the_clear(typed, app, site, copies):
    """Caught while the base is copied: a lock keeps it there."""
    making = typed("backup", PORTAL_BACKUP_DIR=str(copies), PORTAL_BACKUP_RECIPIENT=sauvegarde.new_key()[1])
    with closing(sqlite3.connect(site.database.path)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        services.wait_until(lambda: sauvegarde.drafts(app.config["PORTAL"], copies), "a draft", 30)
        assert [path.parent for path in sauvegarde.drafts(app.config["PORTAL"])] == [site.instance]
        making.send_signal(signal.SIGTERM)
        other.rollback()
    assert making.wait(30) in {0, 128 + signal.SIGTERM}
    assert sauvegarde.drafts(app.config["PORTAL"], copies) == []


@pytest.mark.sqlite
def test_what_was_left_in_the_clear_is_said_then_removed(app, site, settings, copies):
    ours = sauvegarde.signature(app.config["PORTAL"])
    copies.mkdir()
    left = [
        site.instance / f".en-cours-{ours}-0123abcd",
        site.instance / f".en-cours-{ours}-0123abcd-journal",
        site.database.path.with_name(f".en-cours-{ours}-0123abcd-wal"),
        copies / ".en-cours-4321-0123abcd",  # as they were named before
    ]
    for path in left:
        path.touch()
    another = copies / ".en-cours-autre.example.org-0123abcd"
    another.touch()
    (kept := site.database.path.with_name("portail.db.avant-2026-01-01-000000")).touch()
    said = [constat.dit for constat in diagnostic._restes(app.config["PORTAL"], copies)]
    assert sorted(words.split()[0] for words in said) == sorted(map(str, (*left, kept)))
    with verrou.copying(app.config["PORTAL"]):  # those of a copy under way
        assert len(list(diagnostic._restes(app.config["PORTAL"], copies))) == 1
    made(copies)
    assert [path.exists() for path in (*left, another)] == [False] * 4 + [True]


def test_portals_that_share_a_folder_sort_out_their_own(app, settings, copies):
    today = clock.today()
    before = app.config["PORTAL"]
    for days in (0, 400, 401):
        with clock.freeze(clock.now() - timedelta(days=days)):
            for base_url in ("https://un.example.org", "https://deux.example.org"):
                app.config["PORTAL"] = replace(before, base_url=base_url)
                made(copies)
    old = copies / f"portail-{today - timedelta(days=500)}-030000.sqlite"
    old.touch()
    gone = sauvegarde.sort_out(copies, "deux.example.org", today)
    assert [path.name[8:12] for path in gone] == [old.name[8:12], "deux", "deux"]
    assert len(sauvegarde.made_in(copies, "un.example.org")) == 3
    assert len(sauvegarde.made_in(copies, "deux.example.org")) == 1
    ages = [sauvegarde.age(copies, f"{name}.example.org") for name in ("deux", "trois")]
    assert (ages[0] is not None and ages[0] < 60, ages[1]) == (True, None)


def test_the_folder_of_copies_is_a_setting(app, run, settings, tmp_path):
    settings(backup_dir=tmp_path / "ailleurs")
    assert "sauvegarde_age_seconds" not in prometheus._of_the_disk(app.config["PORTAL"])
    assert run("backup").output.startswith(f"{tmp_path / 'ailleurs'}/portail-")
    assert "Les sauvegardes ne sont pas chiffrées" in run("doctor").output
    assert prometheus._of_the_disk(app.config["PORTAL"])["sauvegarde_age_seconds"][1] < 60
