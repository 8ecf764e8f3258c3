"""Copies of the portal: made while it runs, proved whole, sorted out. Each is one SQLite file, whatever the engine, encrypted
(age) for whoever keeps the key; `restauration` puts it back.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyrage
from flask import current_app
from sqlalchemy import Engine, create_engine, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from portal import clock, copie, verrou
from portal.config import Settings, sqlite_url
from portal.copie import Unusable
from portal.db import METADATA, db
from portal.missions import lexique
from portal.outbox import Battement

NAMED = re.compile(r"portail-(?:(?P<portail>.+)-)?\d{4}-\d\d-\d\d-\d{6}\.sqlite(\.age)?")
DAYS, WEEKS, MONTHS = 7, 5, 12  # of which the last copy is kept
ALIVE = timedelta(seconds=20)  # the worker gives a sign of life every five, or fifteen when its server hangs


class Fiche(NamedTuple):
    """What a copy holds."""

    path: Path
    revision: str
    rows: int


# --- made ----------------------------------------------------------------------------------------------------


def make(folder: Path, *, recipient: str = "") -> Fiche:
    """A copy of the portal as it is now, under its name and date in that folder, where it replaces nothing. Raises Unusable."""
    settings: Settings = current_app.config["PORTAL"]
    name = f"portail-{signature(settings)}-{clock.local(clock.now()):%Y-%m-%d-%H%M%S}.sqlite{'.age' if recipient else ''}"
    doing = f"La sauvegarde ne se fait pas dans {folder}"
    with said(doing), at_work(folder), draft(settings.instance_dir) as plain, draft(folder) as ready:
        _vacuum(settings, plain) if settings.is_sqlite else _from_postgresql(plain)
        found = check(plain)
        if recipient:
            pyrage.encrypt_file(str(plain), str(ready), [_known(recipient)])
        else:
            shutil.copyfile(plain, ready)
        return found._replace(path=_keep(ready, folder / name))


def _vacuum(settings: Settings, path: Path) -> None:
    """Consistent while others write, and without what was erased."""
    with closing(sqlite3.connect(uri(settings.database_path, "rw"), uri=True)) as live:
        live.execute("VACUUM INTO ?", (str(path),))


def _from_postgresql(path: Path) -> None:
    with emptied(sqlite_url(path)) as target, target.begin() as there:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with db.engine.connect().execution_options(**options) as here:
            copie.fill(here, there)
        lexique.rebuild(there)


def _keep(ready: Path, final: Path) -> Path:
    """Under its name once it is on the disk, whole. No hard link: the disks that copies go to may know none."""
    if final.exists():
        raise Unusable(f"{final.name} existe déjà\u00a0: une sauvegarde n’en remplace jamais une autre.")
    settle(ready)
    ready.rename(final)
    settle(final.parent)
    return final


def settle(path: Path) -> None:
    """What a file holds, or the names of a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some disks of the network settle no folder
            raise
    finally:
        os.close(handle)


def new_key() -> tuple[str, str]:
    """(what opens the copies, what the portal seals them with): the first is kept far from the portal."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def _known(recipient: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise Unusable("PORTAL_BACKUP_RECIPIENT n’est pas une clé publique age\u00a0: age1…") from None


# --- kept ----------------------------------------------------------------------------------------------------


def signature(settings: Settings) -> str:
    """What tells a portal's copies from those of another that shares their folder, in a name that any disk takes."""
    return settings.authority.replace(":", "_")


def made_in(folder: Path, portail: str) -> list[Path]:
    """The copies of the portal of that signature, and those of before there was any, the oldest first."""
    named = {path: NAMED.fullmatch(path.name) for path in folder.glob("portail-*")}
    return sorted((path for path, name in named.items() if name and name["portail"] in {None, portail}), key=_when)


def _when(path: Path) -> str:
    return path.name.rpartition(".sqlite")[0][-len("2026-11-28-030000") :]


def age(folder: Path, portail: str) -> float | None:
    """Seconds since the last copy; None when there is none."""
    for path in reversed(made_in(folder, portail)):
        with suppress(FileNotFoundError):  # `sort_out` may take it meanwhile
            return time.time() - path.stat().st_mtime
    return None


def sort_out(folder: Path, portail: str, today: date) -> list[Path]:
    """Remove its copies that are neither the last one of a recent day, week or month; those that were removed."""
    made = made_in(folder, portail)
    last = {label: path for path in made for label in _labels(date.fromisoformat(_when(path)[:10]), today)}
    gone = [path for path in made if path not in last.values()]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _labels(day: date, today: date) -> Iterator[str]:
    if day > today - timedelta(days=DAYS):
        yield f"{day}"
    if day > today - timedelta(weeks=WEEKS):
        yield f"{day:%G-W%V}"
    if (today.year - day.year) * 12 + today.month - day.month < MONTHS:
        yield f"{day:%Y-%m}"


# --- looked at -----------------------------------------------------------------------------------------------


def check(path: Path) -> Fiche:
    """Whether that plain copy is whole and of this portal or an older one. Raises Unusable."""
    try:
        with closing(sqlite3.connect(uri(path, "ro"), uri=True)) as copy:
            [[sane]] = copy.execute("PRAGMA integrity_check(1)")
            orphans = copy.execute("PRAGMA foreign_key_check").fetchall()
            [[revision]] = copy.execute("SELECT version_num FROM alembic_version")
            tables = {name for [name] in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            rows = sum(copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables & set(METADATA.tables))  # noqa: S608
    except (sqlite3.DatabaseError, ValueError):
        raise Unusable(f"{path.name} n’est pas une sauvegarde du portail, ou elle est abîmée.") from None
    if sane != "ok" or orphans:
        raise Unusable(f"{path.name} est abîmée ({sane if sane != 'ok' else f'{len(orphans)} lignes orphelines'}).")
    if revision not in copie.revisions():
        raise Unusable(f"{path.name} vient d’un portail plus récent ({revision})\u00a0: mettre celui-ci à jour d’abord.")
    return Fiche(path, revision, rows)


def uri(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?mode={mode}"


# --- worked on -----------------------------------------------------------------------------------------------


@contextmanager
def said(doing: str) -> Iterator[None]:
    """What a disk refuses is a sentence for whoever runs the portal."""
    try:
        yield
    except (OSError, sqlite3.Error, pyrage.EncryptError) as error:
        raise Unusable(f"{doing}\u00a0: {error}") from None


@contextmanager
def at_work(*folders: Path) -> Iterator[None]:
    """One copy at a time, begun without what an earlier one may have left in the clear when it was cut short."""
    settings: Settings = current_app.config["PORTAL"]
    with verrou.copying(settings):
        for path in drafts(settings, *folders):
            path.unlink(missing_ok=True)
        yield


def drafts(settings: Settings, *folders: Path) -> list[Path]:
    """This portal's, and what SQLite has put beside them, in the folders where it makes them."""
    mine = re.escape(signature(settings))
    ours = re.compile(rf"\.en-cours-({mine}|\d+)-[0-9a-f]{{8}}(-\w+)?")
    searched = {settings.instance_dir, settings.backup_dir, *folders}
    if settings.is_sqlite:
        searched.add(settings.database_path.parent)
    return [path for folder in searched for path in folder.glob(".en-cours-*") if ours.fullmatch(path.name)]


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """The path of a file, for its account alone, that is gone afterwards unless it was given its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f".en-cours-{signature(current_app.config['PORTAL'])}-{os.urandom(4).hex()}"
    try:
        path.touch(mode=0o600)
        yield path
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def emptied(url: str) -> Iterator[Engine]:
    """A new database, which nobody uses, with the portal's tables. Raises Unusable."""
    with opened(url) as engine:
        try:
            with engine.connect() as connection:
                if not copie.is_new(connection):
                    raise Unusable("Cette base a déjà servi\u00a0: en donner une neuve.")
                if inspect(connection).has_table("battement"):
                    _refuse_if_alive(connection.scalar(select(func.max(Battement.quand))))
        except SQLAlchemyError as error:
            raise Unusable(f"Cette base ne s’ouvre pas\u00a0: {str(getattr(error, 'orig', error)).splitlines()[0]}") from None
        upgrade(url)
        yield engine


def _refuse_if_alive(beat: datetime | None) -> None:
    """A portal of another machine, which holds no lock of this one."""
    if beat and abs(clock.now() - beat) < ALIVE:
        raise Unusable(
            "Un portail vient d’écrire dans cette base, d’ici ou d’une autre machine\u00a0: l’arrêter, "
            f"et attendre {ALIVE.seconds} secondes."
        )


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def upgrade(url: str) -> None:
    """Bring that database to the portal's own revision."""
    from flask_migrate import upgrade as bring

    settings: Settings = current_app.config["PORTAL"]
    current_app.config["PORTAL"] = replace(settings, database_url=url)
    try:
        bring()
    finally:
        current_app.config["PORTAL"] = settings
