"""A copy put back, or tried; the portal moved to PostgreSQL. Nothing is taken away before what comes instead is whole."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pyrage
from flask import current_app
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DatabaseError

from portal import clock, copie, outbox, verrou
from portal.config import Settings, sqlite_url
from portal.copie import Unusable
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import lexique
from portal.sauvegarde import Fiche, at_work, check, draft, emptied, opened, said, settle, upgrade, uri

SEALED = b"age-encryption.org/"
KEY = re.compile(rb"AGE-SECRET-KEY-1[A-Z0-9]+")


class Remise(NamedTuple):
    """The portal that a copy gives back."""

    fiche: Fiche
    dernier: datetime | None  # the last line of its journal: what came later is undone
    dus: int  # its messages that leave as soon as it runs
    plus_tard: int  # those whose hour has not come, or that somebody keeps back


def put_back(path: Path, *, keys: Sequence[str] = (), replacing: bool = False) -> Remise:
    """Make of that copy the portal's database; `replacing`: what was there is kept beside, under another name.

    On PostgreSQL the database is a new one. The portal is stopped. Raises Unusable.
    """
    settings: Settings = current_app.config["PORTAL"]
    home = settings.database_path.parent if settings.is_sqlite else settings.instance_dir
    with said(f"{path.name} ne se remet pas"), at_work(), verrou.stopped(settings), _opened(path, keys, home) as (plain, found):
        db.engine.dispose()
        if settings.is_sqlite:
            _replace(settings.database_path, plain, replacing=replacing)
        else:
            with opened(sqlite_url(plain)) as source:
                _copy(source, settings.database_url)
    return found


def rehearse(path: Path, *, keys: Sequence[str] = ()) -> Remise:
    """All of it but the end. Raises Unusable."""
    settings: Settings = current_app.config["PORTAL"]
    with said(f"{path.name} ne s’essaie pas"), at_work(), _opened(path, keys, settings.instance_dir) as (_plain, found):
        return found


# --- opened --------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path, keys: Sequence[str], folder: Path) -> Iterator[tuple[Path, Remise]]:
    """That copy in the clear, in that folder, whole, and brought to the portal's own revision."""
    with draft(folder) as plain:
        _open(path, plain, keys)
        found = check(plain)._replace(path=path)
        upgrade(sqlite_url(plain))
        with opened(sqlite_url(plain)) as there, there.connect() as read:
            last = read.scalar(select(func.max(EntreeJournal.quand)))
            waiting = select(func.count(outbox.Message.id)).where(*outbox.waiting())
            whole, due = read.scalar(waiting) or 0, read.scalar(waiting.where(*outbox.due())) or 0
        yield plain, Remise(found, last, due, whole - due)


def _open(path: Path, plain: Path, keys: Sequence[str]) -> None:
    with path.open("rb") as copy, plain.open("wb") as clear:
        sealed = copy.read(len(SEALED)) == SEALED
        copy.seek(0)
        if not sealed:
            shutil.copyfileobj(copy, clear)
            return
        if not keys:
            raise Unusable(f"{path.name} est chiffrée\u00a0: donner le fichier de sa clé, par --cle.")
        try:
            pyrage.decrypt_io(copy, clear, [pyrage.x25519.Identity.from_str(key) for key in keys])
        except (pyrage.DecryptError, pyrage.IdentityError):
            raise Unusable(f"Cette clé n’ouvre pas {path.name}.") from None
        except OSError as error:
            if error.errno:  # the disk's; age has none to say
                raise
            raise Unusable(f"{path.name} est abîmée, ou n’est pas entière.") from None


def keys_in(path: Path) -> list[str]:
    """The private keys that a file holds, however it was written. Raises Unusable."""
    try:
        found = KEY.findall(path.read_bytes().replace(b"\0", b""))  # which UTF-16 puts between two letters
    except OSError as error:
        raise Unusable(f"{path} ne se lit pas ({error.strerror}).") from None
    if not found:
        raise Unusable(f"{path} ne contient aucune clé privée\u00a0: une ligne AGE-SECRET-KEY-1… est attendue.")
    return [key.decode() for key in found]


# --- put in its place ----------------------------------------------------------------------------------------


def _replace(target: Path, plain: Path, *, replacing: bool) -> None:
    """The database's file, never absent; its log must not be another's, which SQLite would play over it."""
    there = target.exists()
    if there:
        if not replacing and not _is_new(target):
            raise Unusable(f"{target} existe déjà\u00a0: --remplacer le garde à côté, sous un autre nom.")
        _take_in_its_log(target)
    left = [log for suffix in ("-wal", "-shm") if (log := target.with_name(target.name + suffix)).exists()]
    if left:
        raise Unusable(f"{left[0]} reste d’une base encore ouverte, ou d’une autre\u00a0: arrêter le portail, ou le déplacer.")
    settle(plain)
    if there:
        _keep_beside(target)
    plain.replace(target)
    settle(target.parent)


def _is_new(path: Path) -> bool:
    try:
        with opened(sqlite_url(path)) as engine, engine.connect() as connection:
            return copie.is_new(connection)
    except DatabaseError:
        return False


def _take_in_its_log(path: Path) -> None:
    """So that its file holds all of it, and has no log left; one that is broken is kept as it is."""
    try:
        with closing(sqlite3.connect(uri(path, "rw"), uri=True)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if not copie.is_damaged(error):
            raise


def _keep_beside(target: Path) -> None:
    """Under a name that nothing bears yet."""
    for cut_short in kept_beside(target):
        if cut_short.samefile(target):
            cut_short.unlink()
    kept = target.with_name(f"{target.name}.avant-{clock.local(clock.now()):%Y-%m-%d-%H%M%S}")
    try:
        os.link(target, kept)
    except FileExistsError:
        raise Unusable(f"{kept.name} existe déjà\u00a0: une base vient d’être remplacée, attendre une seconde.") from None


def kept_beside(target: Path) -> list[Path]:
    """The databases that were replaced."""
    return sorted(path for path in target.parent.glob("*.avant-*") if path.name.startswith(f"{target.name}.avant-"))


# --- moved ---------------------------------------------------------------------------------------------------


def move(url: str) -> dict[str, int]:
    """Copy the portal, which is stopped, into that new database; how many rows each table has there. Raises Unusable."""
    settings: Settings = current_app.config["PORTAL"]
    with said("Le portail ne se déplace pas"), at_work(), verrou.stopped(settings):
        upgrade(settings.database_url)
        return _copy(db.engine, url)  # whose transaction keeps others from writing


def _copy(source: Engine, target: str) -> dict[str, int]:
    with emptied(target) as there, source.connect() as read:
        with there.begin() as written:
            rows = copie.fill(read, written)
            lexique.rebuild(written)
        with there.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")  # until it knows its tables, it walks through them all
    return rows
