"""A copy that is made, or put back, is killed at any instant: the base is there and whole, a copy is whole or is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from portal import clock, copie, restauration, sauvegarde
from portal.config import ROOT
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.test_sauvegarde import copies, rows

pytestmark = [pytest.mark.both, pytest.mark.proof]
__all__ = ["copies"]  # a fixture

FORGE = """
import os, sys, time
import flask_migrate, pyrage
from flask.cli import ScriptInfo
from portal import create_app, restauration
from portal.cli import portal
app = create_app()
for line in sys.stdin:
    cut, *words = line.rstrip().split(chr(9))
    began, pid = time.monotonic(), os.fork()
    if not pid:
        os.dup2(2, 1)
        if cut.startswith("os."):
            sys.addaudithook(lambda event, _: event == cut and os.kill(os.getpid(), 9))
        try:
            portal(args=words, obj=ScriptInfo(create_app=lambda: app))
        except SystemExit as end:
            os._exit(end.code or 0)  # at once: nothing is written any more
    elif cut and not cut.startswith("os."):
        time.sleep(float(cut))
        os.kill(pid, 9)
    print(os.waitpid(pid, 0)[1], time.monotonic() - began, flush=True)
"""


class Forge:
    """Runs commands of the portal, each in a process of its own that needs not load it again, and kills it."""

    def __init__(self, processes, environ, log: Path) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with log.open("w") as said:
            self._process = processes.start(
                sys.executable, "-c", FORGE, cwd=ROOT, env=os.environ | environ, stderr=said, **pipes
            )

    def run(self, *words: object, cut: str = "") -> tuple[bool, float]:
        """Whether it came to its end, and the seconds that it took; `cut`: after how many it is killed, or before what call."""
        print(cut, *words, sep="\t", file=self._process.stdin, flush=True)
        status, seconds = self._process.stdout.readline().split()
        return status == "0", float(seconds)

    def whole(self, *words: object) -> float:
        """The seconds of one that nobody kills."""
        ended, seconds = self.run(*words)
        assert ended
        return seconds


@pytest.fixture
def sealed(settings, copies, tmp_path) -> Path:
    """The file of the key that opens the copies."""
    private, public = sauvegarde.new_key()
    (tmp_path / "cle").write_text(private)
    settings(backup_dir=copies, backup_recipient=public)
    return tmp_path / "cle"


@pytest.fixture
def forge(app, site, sealed, copies, processes, tmp_path) -> Forge:
    """On a portal of two megabytes, whose copy takes some time."""
    db.session.add_all(EntreeJournal(sujet="personne:1", evenement="essai", motif="mot " * 250) for _ in range(2000))
    db.session.commit()
    db.session.remove()
    settings = app.config["PORTAL"]
    said = {"PORTAL_BACKUP_DIR": str(copies), "PORTAL_BACKUP_RECIPIENT": settings.backup_recipient}
    return Forge(processes, site.environ | said, tmp_path / "forge")


def instants(seconds: float, rounds: int) -> list[str]:
    """Of kills, as many in each part of a run that takes so long, and some after; just before a file takes its name."""
    chance = Random(28)
    return [*(f"{seconds * 1.3 * (n + chance.random()) / rounds}" for n in range(rounds)), "os.link", "os.rename"]


def test_a_copy_killed_at_any_instant_is_whole_or_is_not_there(
    forge, app, database, copies, sealed, size, engine, record_property
):
    before, keys, found = rows(), restauration.keys_in(sealed), Counter[str]()
    seconds = min(forge.whole("backup", "--dossier", copies / name) for name in "ab")
    for n, cut in enumerate(instants(seconds, size(10, 50) if engine == "sqlite" else size(2, 20))):
        folder = copies / str(n)
        forge.run("backup", "--dossier", folder, cut=cut)
        made = sauvegarde.made_in(folder, sauvegarde.signature(app.config["PORTAL"]))
        found["copie entière" if made else "rien"] += 1
        found["brouillons laissés"] += bool(sauvegarde.drafts(app.config["PORTAL"], folder))
        for copy in made:
            assert restauration.rehearse(copy, keys=keys).fiche.rows == sum(map(len, before.values()))
        with clock.freeze(clock.now() + timedelta(days=1)):
            sauvegarde.make(folder, recipient=app.config["PORTAL"].backup_recipient)
        assert sauvegarde.drafts(app.config["PORTAL"], folder) == []
        assert [path.suffix for path in folder.iterdir()] == [".age"] * (len(made) + 1)
    assert rows() == before
    record_property("sauvegarde tuée", f"{dict(found)}, une copie en {seconds:.2f} s")


class Before:
    """The base that a restore finds, the same each time: on SQLite one more person, on PostgreSQL a new one."""

    def __init__(self, database, path: Path) -> None:
        self._database, self._path = database, path
        if database.engine == "sqlite":
            builders.personne("Awa Payet")
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
            shutil.copyfile(database.path, path)

    def renew(self) -> None:
        db.session.remove()
        db.engine.dispose()
        if self._database.engine == "postgresql":
            self._database.empty()
            return
        for kept in restauration.kept_beside(self._database.path):
            kept.unlink()
        shutil.copyfile(self._path, self._database.path)

    def is_there(self) -> bool:
        """Untouched, or beside."""
        if self._database.engine == "postgresql":
            with db.engine.connect() as connection:
                return copie.is_new(connection)
        number = sauvegarde.check(self._path).rows
        path = self._database.path
        return number in {sauvegarde.check(found).rows for found in (path, *restauration.kept_beside(path))}


def test_a_restore_killed_at_any_instant_leaves_a_whole_base(
    forge, app, database, copies, sealed, size, engine, tmp_path, record_property
):
    settings, keys, found = app.config["PORTAL"], restauration.keys_in(sealed), Counter[str]()
    wanted, copy = rows(), sauvegarde.make(copies, recipient=settings.backup_recipient).path
    before, words = Before(database, tmp_path / "avant.db"), ("restore", copy, "--remplacer", "--cle", sealed)
    seconds = min(forge.whole(*words) for _ in "ab" if not before.renew())
    for cut in instants(seconds, size(10, 50) if engine == "sqlite" else size(2, 20)):
        before.renew()
        forge.run(*words, cut=cut)
        untouched = before.is_there()
        done = engine == "sqlite" and sauvegarde.check(database.path).rows == sum(map(len, wanted.values()))
        found["remise" if done or not untouched else "comme avant"] += 1
        found["brouillons laissés"] += bool(sauvegarde.drafts(settings))
        assert untouched or rows() == wanted
        if untouched:
            with clock.freeze(clock.now() + timedelta(days=1)):
                restauration.put_back(copy, keys=keys, replacing=True)
        else:
            restauration.rehearse(copy, keys=keys)
        assert (rows(), sauvegarde.drafts(settings)) == (wanted, [])
    before.renew()
    record_property("restauration tuée", f"{dict(found)}, une remise en {seconds:.2f} s")
