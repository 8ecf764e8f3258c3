"""The checklists of the house, version by version: those of the whole site, and those of a space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from portal import clock
from portal.actions.models import Action, Etat
from portal.besoins.models import Besoin, Occupation
from portal.db import count, db
from portal.jour_j.modeles import DEPART, Ligne
from portal.jour_j.models import Jour, LigneModele, Modele, Phase, Point


class Place(NamedTuple):
    """Whose list it is: of a space or, without one, of the whole site; of an opening or a closing."""

    espace_id: int | None
    phase: Phase


def beginning(phase: Phase) -> Modele:
    """What the whole site's list is before the house has its own: its first version, that no row holds yet."""
    return Modele(phase=phase, version=1, lignes=[row(line, n) for n, line in enumerate(DEPART[phase])])


def row(line: Ligne, ordre: int) -> LigneModele:
    return LigneModele(texte=line.texte, critique=line.critique, ordre=ordre)


def lines_of(modele: Modele) -> list[Ligne]:
    return [Ligne(line.texte, line.critique) for line in modele.lignes]


def latest() -> dict[Place, Modele]:
    """The last version of every list, with its lines and its author; two queries, and the site always has its own."""
    newer = aliased(Modele)
    last = select(func.max(newer.version)).where(
        newer.phase == Modele.phase, newer.espace_id.is_not_distinct_from(Modele.espace_id)
    )
    query = _read().where(Modele.version == last.scalar_subquery()).options(selectinload(Modele.lignes))
    found = {Place(m.espace_id, m.phase): m for m in db.session.scalars(query)}
    return {Place(None, phase): beginning(phase) for phase in Phase} | found


def history(place: Place) -> Sequence[Modele]:
    """Every version of a list with its lines, the last one first; one that is not written yet is not among them."""
    query = _read().where(Modele.phase == place.phase, Modele.espace_id.is_not_distinct_from(place.espace_id))
    return list(db.session.scalars(query.order_by(Modele.version.desc()).options(selectinload(Modele.lignes))))


def _read() -> Select[Modele]:
    return select(Modele).options(joinedload(Modele.par), joinedload(Modele.espace))


def frozen(place: Place) -> int:
    """How many days to come already have lines of that list, which another version does not change."""
    theirs = select(Point.jour_id).where(Point.phase == place.phase, Point.espace_id.is_not_distinct_from(place.espace_id))
    ahead = (Action.etat.in_((Etat.CONFIRMEE, Etat.EN_COURS)), Action.fin > clock.now())
    return count(select(Jour).join(Jour.action).where(*ahead, Jour.action_id.in_(theirs)))


def kept_by(action: Action) -> list[Occupation]:
    """How an action keeps the spaces that it booked and those inside them; never those around."""
    return list(db.session.scalars(select(Occupation).join(Occupation.besoin).where(Besoin.action_id == action.id)))
