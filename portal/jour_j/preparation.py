"""What a day is made of before it comes: its lists, frozen as the house has them then. And the house's own, changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import delete, func, select

from portal import clock
from portal.actions.models import Action, Etat
from portal.besoins.models import Besoin
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock_one
from portal.fields import name_key
from portal.jour_j import listes
from portal.jour_j.listes import Place
from portal.jour_j.modeles import Ligne
from portal.jour_j.models import Entree, Genre, Jour, Modele, Phase, Point, enregistrer_liste
from portal.poles.models import Espace
from portal.workflow import Refusal

ABOUT_LINES = (Genre.COCHE, Genre.CONFIE)


class ListChanged(Refusal):
    sentence = (
        "Cette liste a changé pendant que tu écrivais\u00a0: rien n’est perdu. Relis la version enregistrée, plus bas, puis "
        "enregistre la tienne si elle doit la remplacer."
    )


# --- a day ---------------------------------------------------------------------------------------------------


def prepare(action: Action) -> None:
    """Give a confirmed action its day and the site's checklists, once, then those of the spaces that it now has."""
    if insert_once(Jour, action_id=action.id, version=0):
        begin()
        _freeze(action, [None])
    follow_the_spaces(action)


def follow_the_spaces(action: Action, besoin: Besoin | None = None) -> None:
    """Until the site opens, a day has the lists of the spaces that its action has for good; the caller holds the action.

    It gains those of one need, or of all of them. What was ticked already stays, even of a space given back.
    """
    jour = db.session.get(Jour, action.id)
    if jour is None or action.etat is not Etat.CONFIRMEE:
        return
    there = set(db.session.scalars(select(Point.espace_id).where(Point.jour_id == jour.id, Point.espace_id.is_not(None))))
    kept = listes.kept_by(action)
    more = {o.espace_id for o in kept if o.ferme and besoin in (None, o.besoin)} - there
    fewer = there - {o.espace_id for o in kept}
    if more or fewer:
        lock_one(jour)
        _drop(jour, fewer)
        if _freeze(action, more) or fewer:
            jour.version += 1


def _freeze(action: Action, espaces: Sequence[int | None] | set[int]) -> bool:
    """Copy the lists of these spaces into a day; says whether there was a line to copy."""
    lists = [m for place, m in listes.latest().items() if place.espace_id in espaces]
    lists.sort(key=lambda m: name_key(m.espace.nom if m.espace else ""))
    after = db.session.scalar(select(func.coalesce(func.max(Point.ordre), -1)).where(Point.jour_id == action.id))
    lines = [(m, line) for m in lists for line in m.lignes]
    for ordre, (m, line) in enumerate(lines, start=cast("int", after) + 1):
        said = {"phase": m.phase, "espace_id": m.espace_id, "texte": line.texte, "critique": line.critique}
        db.session.add(Point(jour_id=action.id, **said, ordre=ordre))
    _read_again(action.id)
    return bool(lines)


def _drop(jour: Jour, espaces: set[int | None]) -> None:
    """Take back the lists of these spaces, but for those of which somebody has touched a line."""
    mine = (Point.jour_id == jour.id, Point.espace_id.in_(espaces))
    taps = select(Entree.cible).where(Entree.jour_id == jour.id, Entree.genre.in_(ABOUT_LINES))
    touched = set(db.session.scalars(taps))
    stay = {p.espace_id for p in db.session.scalars(select(Point).where(*mine)) if str(p.id) in touched}
    db.session.execute(delete(Point).where(*mine, Point.espace_id.not_in(stay)))


def _read_again(jour_id: int) -> None:
    db.session.flush()
    if jour := db.session.get(Jour, jour_id):
        db.session.expire(jour, ["points"])


# --- the lists of the house ----------------------------------------------------------------------------------


def begin() -> None:
    """Write down the first version of the site's lists, unless the house has them already."""
    for phase in Phase:
        _write(Place(None, phase), 1, listes.lines_of(listes.beginning(phase)), by=None)


def save(place: Place, lines: Sequence[Ligne], *, read: int, by: Personne) -> Modele | None:
    """Make another version of a list, None when it says the same; `read` is the version that was shown. Raises ListChanged."""
    begin()
    now = next(iter(listes.history(place)), None)
    if (now.version if now else 0) != read:
        raise ListChanged
    if (listes.lines_of(now) if now else []) == list(lines):
        return None
    made = _write(place, read + 1, lines, by=by)
    if made is None:
        raise ListChanged
    enregistrer_liste.tell(made, by=by, liste=name_of(made), version=made.version)
    return made


def name_of(modele: Modele) -> str:
    espace = db.session.get(Espace, modele.espace_id) if modele.espace_id else None
    return f"{modele.phase.label}, {espace.nom if espace else 'tout le site'}"


def _write(place: Place, version: int, lines: Sequence[Ligne], *, by: Personne | None) -> Modele | None:
    """One version, unless somebody has written it meanwhile."""
    key = {"espace_id": place.espace_id, "phase": place.phase, "version": version}
    if not insert_once(Modele, **key, le=clock.now(), par_id=by.id if by else None):
        return None
    made = db.session.scalars(select(Modele).filter_by(**key)).one()
    made.lignes = [listes.row(line, n) for n, line in enumerate(lines)]
    db.session.flush()
    return made
