"""The pictures of the day: one for an entry, from whoever wrote it.

A picture shows what is wrong in a room, but it may show people, whom nothing names: no search would find them again. So the
words alone are the house's record, which stays; a picture stays as long as whoever took it, and goes when they are erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import delete, select

from portal import clock
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock_one
from portal.jour_j import commands, queries
from portal.jour_j.cliche import Cliche, develop
from portal.jour_j.models import Entree, Genre, Jour, Photo
from portal.jour_j.pli import NON_CONFORME
from portal.jour_j.refus import NotYours
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


def receive(jour: Jour, uuid: str, read: Callable[[], bytes], *, by: Personne) -> bool:
    """`keep` what a phone sends, whose bytes `read` gives."""
    whose(jour, uuid, by=by)
    return keep(jour, uuid, made(read, by=by), by=by)


def made(read: Callable[[], bytes], *, by: Personne) -> Cliche:
    """What `by` sends, made anew. It travels and is made with no transaction open, which ends this one: nobody waits.

    Then `by` is locked: were they erased meanwhile, nothing of theirs may come after. Raises what `develop` does, or NotYours.
    """
    db.session.rollback()
    cliche = develop(read())
    if not lock_one(by).is_active:
        raise NotYours
    return cliche


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


def forget(ids: Collection[int]) -> None:
    """Take away the pictures of those who are erased; their entries stay, and open screens draw them anew."""
    theirs = select(Entree.uuid).where(Entree.personne_id.in_(ids))
    shown = select(Entree.jour_id).join(Entree.photo).where(Entree.personne_id.in_(ids)).distinct().order_by(Entree.jour_id)
    for day in db.session.scalars(shown).all():
        commands.touch(day)
    db.session.execute(delete(Photo).where(Photo.entree_uuid.in_(theirs)))
