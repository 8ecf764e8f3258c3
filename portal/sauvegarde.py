"""Copies of the portal: made while it runs, proved whole, put back, moved to PostgreSQL. Each is one SQLite file, whatever the
engine, encrypted (age) for whoever keeps the key.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pyrage
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from portal import clock, copie
from portal.config import Settings
from portal.copie import Unusable
from portal.db import METADATA, db
from portal.missions import lexique

NAMED = re.compile(r"portail-\d{4}-\d\d-\d\d-\d{6}\.sqlite(\.age)?")
SEALED = b"age-encryption.org/"
DAYS, WEEKS, MONTHS = 7, 5, 12  # of which the last copy is kept


class Fiche(NamedTuple):
    """What a copy holds."""

    path: Path
    revision: str
    rows: int


# --- made ----------------------------------------------------------------------------------------------------


def make(folder: Path, *, recipient: str = "") -> Fiche:
    """A copy of the portal as it is now, under its date in that folder, where it replaces nothing. Raises Unusable."""
    settings: Settings = current_app.config["PORTAL"]
    name = f"portail-{clock.local(clock.now()):%Y-%m-%d-%H%M%S}.sqlite{'.age' if recipient else ''}"
    try:
        with _draft(folder) as plain, _draft(folder) as sealed:
            _vacuum(settings, plain) if settings.is_sqlite else _from_postgresql(plain)
            found = check(plain)
            if recipient:
                pyrage.encrypt_file(str(plain), str(sealed), [_known(recipient)])
            return found._replace(path=_keep(sealed if recipient else plain, folder / name))
    except (OSError, sqlite3.Error) as error:
        raise Unusable(f"La sauvegarde ne se fait pas dans {folder}\u00a0: {error}") from None


def _vacuum(settings: Settings, path: Path) -> None:
    """Consistent while others write, and without what was erased."""
    with closing(sqlite3.connect(f"file:{make_url(settings.database_url).database}?mode=rw", uri=True)) as live:
        live.execute("VACUUM INTO ?", (str(path),))


def _from_postgresql(path: Path) -> None:
    with _emptied(f"sqlite:///{path}") as target, target.begin() as there:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with db.engine.connect().execution_options(**options) as here:
            copie.fill(here, there)
        lexique.rebuild(there)


def _keep(draft: Path, final: Path) -> Path:
    """Under its name once it is on the disk, whole."""
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    try:
        os.link(draft, final)
    except FileExistsError:
        raise Unusable(f"{final.name} existe déjà\u00a0: une sauvegarde n’en remplace jamais une autre.") from None
    _settle(final.parent)
    return final


def _settle(folder: Path) -> None:
    """The names of a folder, on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
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


def made_in(folder: Path) -> list[Path]:
    """The copies that are there, the oldest first."""
    return sorted(path for path in folder.glob("portail-*") if NAMED.fullmatch(path.name))


def sort_out(folder: Path, today: date) -> list[Path]:
    """Remove the copies that are neither the last one of a recent day, week or month; those that were removed."""
    made = made_in(folder)
    last = {label: path for path in made for label in _labels(date.fromisoformat(path.name[8:18]), today)}
    gone = [path for path in made if path not in last.values()]
    for path in gone:
        path.unlink()
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
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            [[sane]] = copy.execute("PRAGMA integrity_check(1)")
            orphans = copy.execute("PRAGMA foreign_key_check").fetchall()
            [[revision]] = copy.execute("SELECT version_num FROM alembic_version")
            tables = {name for [name] in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            rows = sum(copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables & set(METADATA.tables))  # noqa: S608
    except (sqlite3.DatabaseError, ValueError):
        raise Unusable(f"{path.name} n’est pas une sauvegarde du portail, ou elle est abîmée.") from None
    if sane != "ok" or orphans:
        raise Unusable(f"{path.name} est abîmée ({sane if sane != 'ok' else f'{len(orphans)} lignes orphelines'}).")
    if revision not in revisions():
        raise Unusable(f"{path.name} vient d’un portail plus récent ({revision})\u00a0: mettre celui-ci à jour d’abord.")
    return Fiche(path, revision, rows)


def revisions() -> set[str]:
    """Those that the code knows."""
    return {one.revision for one in _script().walk_revisions()}


def head() -> str:
    """That of the code itself."""
    return str(_script().get_current_head())


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


# --- put back, moved -----------------------------------------------------------------------------------------


def put_back(path: Path, *, key: str = "", replacing: bool = False) -> Fiche:
    """Make of that copy the portal's database; `replacing`: what was there is kept beside, under another name.

    On PostgreSQL the database is a new one. The portal is stopped. Raises Unusable.
    """
    settings: Settings = current_app.config["PORTAL"]
    with _opened(path, key) as (plain, found):
        db.engine.dispose()
        if settings.is_sqlite:
            _replace(Path(str(make_url(settings.database_url).database)), plain, replacing=replacing)
        else:
            with _engine(f"sqlite:///{plain}") as source:
                _copy(source, settings.database_url)
    return found


def rehearse(path: Path, *, key: str = "") -> Fiche:
    """All of it but the end. Raises Unusable."""
    with _opened(path, key) as (_plain, found):
        return found


@contextmanager
def _opened(path: Path, key: str) -> Iterator[tuple[Path, Fiche]]:
    """That copy in the clear, whole, and brought to the portal's own revision."""
    settings: Settings = current_app.config["PORTAL"]
    with _draft(settings.instance_dir) as plain:
        _open(path, plain, key)
        found = check(plain)._replace(path=path)
        _upgrade(f"sqlite:///{plain}")
        yield plain, found


def _open(path: Path, plain: Path, key: str) -> None:
    try:
        with path.open("rb") as copy:
            sealed = copy.read(len(SEALED)) == SEALED
        if not sealed:
            shutil.copyfile(path, plain)
    except OSError as error:
        raise Unusable(f"{path} ne se lit pas ({error.strerror}).") from None
    if sealed and not key:
        raise Unusable(f"{path.name} est chiffrée\u00a0: donner le fichier de sa clé, par --cle.")
    try:
        if sealed:
            pyrage.decrypt_file(str(path), str(plain), [pyrage.x25519.Identity.from_str(key.strip())])
    except (pyrage.DecryptError, pyrage.IdentityError, OSError):
        raise Unusable(f"Cette clé n’ouvre pas {path.name}, ou le fichier est abîmé.") from None


def _replace(target: Path, plain: Path, *, replacing: bool) -> None:
    """The database's file, whole; its log must not be another's, which SQLite would play over it."""
    if target.exists():
        if not replacing and not _is_new(target):
            raise Unusable(f"{target} existe déjà\u00a0: --remplacer le garde à côté, sous un autre nom.")
        with closing(sqlite3.connect(target)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = [other for suffix in ("-wal", "-shm") if (other := target.with_name(target.name + suffix)).exists()]
    if left:
        raise Unusable(f"{left[0]} reste d’une base encore ouverte, ou d’une autre\u00a0: arrêter le portail, ou le déplacer.")
    if target.exists():
        target.rename(target.with_name(f"{target.name}.avant-{clock.local(clock.now()):%Y-%m-%d-%H%M%S}"))
    with plain.open("rb") as written:
        os.fsync(written.fileno())
    plain.rename(target)
    _settle(target.parent)


def _is_new(path: Path) -> bool:
    with _engine(f"sqlite:///{path}") as engine, engine.connect() as connection:
        return copie.is_new(connection)


def move(url: str) -> dict[str, int]:
    """Copy the portal, which is stopped, into that new database; how many rows each table has there. Raises Unusable."""
    settings: Settings = current_app.config["PORTAL"]
    _upgrade(settings.database_url)
    return _copy(db.engine, url)  # whose transaction keeps others from writing


def _copy(source: Engine, target: str) -> dict[str, int]:
    with _emptied(target) as there, source.connect() as read:
        with there.begin() as written:
            rows = copie.fill(read, written)
            lexique.rebuild(written)
        with there.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")  # until it knows its tables, it walks through them all
    return rows


@contextmanager
def _emptied(url: str) -> Iterator[Engine]:
    """A new database with the portal's tables. Raises Unusable."""
    with _engine(url) as engine:
        try:
            with engine.connect() as connection:
                if not copie.is_new(connection):
                    raise Unusable("Cette base a déjà servi\u00a0: en donner une neuve.")
        except SQLAlchemyError as error:
            raise Unusable(f"Cette base ne s’ouvre pas\u00a0: {str(getattr(error, 'orig', error)).splitlines()[0]}") from None
        _upgrade(url)
        yield engine


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _upgrade(url: str) -> None:
    """Bring that database to the portal's own revision."""
    from flask_migrate import upgrade

    settings: Settings = current_app.config["PORTAL"]
    current_app.config["PORTAL"] = replace(settings, database_url=url)
    try:
        upgrade()
    finally:
        current_app.config["PORTAL"] = settings


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """The path of a file that is gone afterwards, unless it was given its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f".en-cours-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        path.touch(mode=0o600)
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
