"""The pictures of the day: one for an entry, from whoever wrote it."""

from __future__ import annotations

from portal import clock
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock_one
from portal.jour_j import queries
from portal.jour_j.cliche import Cliche, develop
from portal.jour_j.models import Entree, Genre, Jour, Photo
from portal.jour_j.pli import NON_CONFORME
from portal.workflow import Refusal


class NothingToShow(Refusal):
    status = 404
    sentence = "Le geste que cette photo accompagne n’est pas arrivé jusqu’au portail."


class NotTheirs(Refusal):
    status = 403
    sentence = "Une photo s’ajoute seulement à ce que l’on a noté soi-même."


class NoPlace(Refusal):
    status = 422
    sentence = "Une photo accompagne un incident ou une ligne non conforme, rien d’autre."


def whose(jour: Jour, uuid: str, *, by: Personne) -> Entree:
    """The entry that this person may show a picture of. Raises NothingToShow, NotTheirs or NoPlace."""
    entree = queries.entry(uuid)
    if entree is None or entree.jour_id != jour.id:
        raise NothingToShow
    if entree.personne_id != by.id:
        raise NotTheirs
    if entree.genre not in (Genre.INCIDENT, Genre.SUITE) and entree.valeur != NON_CONFORME:
        raise NoPlace
    return entree


def receive(jour: Jour, uuid: str, raw: bytes, *, by: Personne) -> bool:
    """`keep` what a phone sent. Nobody waits meanwhile: a picture is made with no transaction open, which ends this one."""
    whose(jour, uuid, by=by)
    db.session.rollback()
    return keep(jour, uuid, develop(raw), by=by)


def keep(jour: Jour, uuid: str, cliche: Cliche, *, by: Personne) -> bool:
    """Add its picture to an entry; says whether it is new. One sent again, or another one, changes nothing."""
    entree = whose(jour, uuid, by=by)
    lock_one(jour)
    size = {"largeur": cliche.largeur, "hauteur": cliche.hauteur}
    if not insert_once(Photo, entree_uuid=entree.uuid, contenu=cliche.contenu, recu_le=clock.now(), **size):
        return False
    jour.version += 1
    return True


def picture(jour: Jour, uuid: str) -> bytes | None:
    """The JPEG of an entry of that day."""
    photo = db.session.get(Photo, uuid)
    return photo.contenu if photo and photo.entree.jour_id == jour.id else None
