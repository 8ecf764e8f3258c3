"""`portal doctor`: what is wrong with this portal, and what to do about it, for whoever keeps its machine."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sqlalchemy import select, text

from portal import clock, copie, restauration, sauvegarde, verrou
from portal.comptes.models import NomRole, Role
from portal.config import Settings
from portal.copie import Unusable
from portal.db import db, reading
from portal.notifications import delivery
from portal.notifications import queries as mail
from portal.outbox import Battement

SILENCE = timedelta(minutes=2)  # a worker that has said nothing for so long is down
STALE = 36  # hours after which the last copy is too old
ADDRESS = re.compile(r"\S+@\S+")  # of whom the mail server would not write to
ROOM = 1024**3  # bytes: a gigabyte; with less, a disk is nearly full


class Ton(Enum):
    BON, ATTENTION, MAL = "✓", "!", "✗"


class Constat(NamedTuple):
    """What was found, and what to do about it."""

    ton: Ton
    dit: str
    faire: str = ""


def bon(dit: str) -> Constat:
    return Constat(Ton.BON, dit)


def attention(dit: str, faire: str) -> Constat:
    return Constat(Ton.ATTENTION, dit, faire)


def mal(dit: str, faire: str) -> Constat:
    return Constat(Ton.MAL, dit, faire)


def examine(settings: Settings, copies: Path) -> Iterator[Constat]:
    """One after the other; what needs the database is left out when it does not answer."""
    yield from _dossier(settings)
    yield _disque(settings)
    with reading():
        base = _base(settings)
        yield base
        if base.ton is not Ton.MAL:
            for look in DEDANS:
                yield look(settings)
            db.session.rollback()
    yield _envoi(settings)
    yield _site(settings)
    yield _copies(settings, copies)
    yield from _restes(settings, copies)


def _dossier(settings: Settings) -> Iterator[Constat]:
    """What the portal keeps is for its own account only."""
    kept = [settings.instance_dir]
    if settings.is_sqlite:
        kept.append(settings.database_path)
    for path in kept:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield attention(f"{path} se lit par d’autres comptes que celui du portail.", f"chmod go= {path}")


def _disque(settings: Settings) -> Constat:
    usage = shutil.disk_usage(settings.instance_dir)
    said = f"Le disque a {usage.free / ROOM:.0f}\u00a0Go libres sur {usage.total / ROOM:.0f}."
    if usage.free < ROOM:
        return (mal if usage.free < ROOM / 10 else attention)(said, "Faire de la place, ou agrandir le disque.")
    return bon(said)


def _base(settings: Settings) -> Constat:
    engine = "SQLite" if settings.is_sqlite else "PostgreSQL"
    try:
        with db.engine.connect() as connection:
            there = copie.revision(connection)
            if settings.is_sqlite and (sane := connection.scalar(text("PRAGMA quick_check(1)"))) != "ok":
                return _broken(sane)
    except Exception as error:
        why = str(getattr(error, "orig", error)).splitlines()[0]
        if copie.is_damaged(error):
            return _broken(why)
        return mal(f"La base ({engine}) ne répond pas\u00a0: {why}", "La démarrer, ou corriger PORTAL_DATABASE_URL.")
    if not there:
        return mal(f"La base ({engine}) est vide.", "Lancer le portail une fois\u00a0: python -m portal run")
    return bon(f"La base répond ({engine}, version {there}).")


def _broken(why: str) -> Constat:
    return mal(f"La base est abîmée\u00a0: {why}", "Arrêter le portail, et restaurer une sauvegarde (restore --remplacer).")


def _version(_settings: Settings) -> Constat:
    with db.engine.connect() as connection:
        there = copie.revision(connection)
    if there == copie.revisions()[0]:
        return bon("Elle est à la version du code.")
    if there in copie.revisions():
        return mal("La base est plus ancienne que le code.", "Redémarrer le portail\u00a0: il la met à jour.")
    return mal(f"La base ({there}) est plus récente que le code.", "Mettre le code à jour\u00a0: git pull, make install")


def _facteur(_settings: Settings) -> Constat:
    tick = db.session.scalar(select(Battement.quand).where(Battement.nom == "worker"))
    if tick and (ago := abs(clock.now() - tick)) < SILENCE:
        return bon(f"Le facteur travaillait il y a {ago.seconds}\u00a0s.")
    if tick and tick > clock.now():
        said = f"Le dernier signe du facteur est du {clock.local(tick):%d/%m/%Y à %H:%M}, plus tard que maintenant."
        return mal(said, "Vérifier l’heure de la machine (ou PORTAL_NOW), puis redémarrer le portail.")
    since = f" depuis le {clock.local(tick):%d/%m/%Y à %H:%M}" if tick else "\u00a0: il n’a jamais tourné"
    return mal(f"Le facteur ne travaille pas{since}.", "Lancer python -m portal run, ou worker.")


def _courrier(_settings: Settings) -> Constat:
    late, lost = mail.pending(), mail.given_up_count()
    if late.late:
        why = f" Dernière erreur\u00a0: {ADDRESS.sub('…', late.error)}" if late.error else ""
        return mal(f"{late.late} message(s) auraient dû partir.{why}", "Voir le facteur et le serveur d’envoi.")
    if lost:
        return attention(f"{lost} message(s) n’ont pas pu partir.", "Réglages, Courrier\u00a0: les renvoyer, ou les écarter.")
    return bon("Aucun message n’attend.")


def _administration(settings: Settings) -> Constat:
    admins = select(Role.personne_id).where(Role.nom == NomRole.ADMIN, Role.personne.has(desactive_le=None))
    if not db.session.scalars(admins).all():
        return mal("Personne n’administre le portail.", "python -m portal create-admin")
    if settings.is_production and not settings.admin_second_factor:
        return attention("Les réglages s’ouvrent par un mot de passe seul.", "PORTAL_ADMIN_SECOND_FACTOR=on")
    return bon("Quelqu’un administre le portail.")


DEDANS: tuple[Callable[[Settings], Constat], ...] = (_version, _facteur, _courrier, _administration)


def _envoi(settings: Settings) -> Constat:
    if not settings.mail_url:
        where = settings.instance_dir / "mail"
        return attention(f"Aucun serveur d’envoi\u00a0: les messages s’écrivent dans {where}.", "PORTAL_MAIL_URL")
    try:
        delivery.reach(settings)
    except delivery.Unreachable as error:
        said = delivery.reason(error, settings)
        return mal(f"Le serveur d’envoi ne répond pas\u00a0: {said}", "Corriger PORTAL_MAIL_URL, ou attendre son retour.")
    return bon("Le serveur d’envoi répond.")


def _site(settings: Settings) -> Constat:
    """Whatever it says of its own health, which was looked at above."""
    why = ""
    try:
        with urlopen(Request(f"{settings.base_url}/sante"), timeout=5):  # noqa: S310 (our own address, http or https)
            pass
    except HTTPError as error:
        why = "" if b'"etat"' in error.read(10_000) else str(error)
    except (OSError, HTTPException) as error:
        why = str(getattr(error, "reason", error))
    if not why:
        return bon(f"{settings.base_url} répond.")
    faire = "Le démarrer\u00a0; sinon, voir le mandataire (nom, certificat, en-tête Host)."
    return mal(f"{settings.base_url} ne répond pas\u00a0: {why}", faire)


def _copies(settings: Settings, folder: Path) -> Constat:
    age = sauvegarde.age(folder, sauvegarde.signature(settings))
    if age is None:
        return attention(f"Aucune sauvegarde de {settings.base_url} dans {folder}.", "python -m portal backup, chaque nuit")
    hours = age / 3600
    if hours > STALE:
        return attention(f"La dernière sauvegarde a {hours / 24:.0f} jours.", "Voir ce qui la fait chaque nuit.")
    if not settings.backup_recipient:
        return attention("Les sauvegardes ne sont pas chiffrées.", "python -m portal backup-key")
    return bon(f"La dernière sauvegarde a {hours:.0f}\u00a0h.")


def _restes(settings: Settings, folder: Path) -> Iterator[Constat]:
    """What holds the whole portal in the clear, and serves no more."""
    if left := sauvegarde.drafts(settings, folder):
        with suppress(Unusable), verrou.copying(settings):  # else they are those of a copy under way
            for path in left:
                yield attention(f"{path} reste d’une copie interrompue, en clair.", "La prochaine sauvegarde le retire.")
    for path in restauration.kept_beside(settings.database_path) if settings.is_sqlite else ():
        yield attention(f"{path} est une base d’avant une restauration, en clair.", f"Une fois sûr de l’autre\u00a0: rm {path}")
