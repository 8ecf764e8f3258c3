"""Reading pôles, groupes and spaces."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import joinedload

from portal.comptes.models import Personne
from portal.db import db
from portal.fields import name_key
from portal.journal import Called, describes
from portal.poles.models import Adhesion, Espace, Genre, Materiel, Pole, Prestation
from portal.policy import Answer, provides


@dataclass(frozen=True)
class Branch:
    """A space and those inside it, by name."""

    espace: Espace
    inside: list[Branch]


def poles() -> list[Pole]:
    """Pôles first, then groupes, by name."""
    return sorted(db.session.scalars(select(Pole)), key=_by_name)


def poles_with_members() -> list[Pole]:
    """The same with who belongs to them; one query."""
    query = select(Pole).options(joinedload(Pole.adhesions).joinedload(Adhesion.personne))
    return sorted(db.session.scalars(query).unique(), key=_by_name)


def _by_name(pole: Pole) -> tuple[bool, str]:
    return pole.genre is Genre.GROUPE, name_key(pole.nom)


def with_members(pole: Pole) -> Pole:
    """The pôle again, with its members and who they are; one query."""
    query = select(Pole).where(Pole.id == pole.id).options(joinedload(Pole.adhesions).joinedload(Adhesion.personne))
    return db.session.scalars(query.execution_options(populate_existing=True)).unique().one()


def adhesion(pole: Pole, personne_id: int) -> Adhesion | None:
    """This person's membership of this pôle."""
    return db.session.scalar(
        select(Adhesion)
        .where(Adhesion.pole_id == pole.id, Adhesion.personne_id == personne_id)
        .options(joinedload(Adhesion.personne), joinedload(Adhesion.pole))
    )


def memberships(personne_ids: Collection[int]) -> dict[int, set[int]]:
    """The ids of the pôles and groupes that each of them belongs to; one query."""
    found: dict[int, set[int]] = {id: set() for id in personne_ids}
    held = select(Adhesion.personne_id, Adhesion.pole_id).where(Adhesion.personne_id.in_(personne_ids))
    for personne, pole in db.session.execute(held):
        found[personne].add(pole)
    return found


def poles_of(personne: Personne) -> list[Pole]:
    """The pôles and groupes someone belongs to."""
    query = select(Pole).join(Pole.adhesions).where(Adhesion.personne_id == personne.id)
    return sorted(db.session.scalars(query), key=_by_name)


class OfAPole(Protocol):
    """What some pôle or groupe answers for."""

    @property
    def pole_id(self) -> int | None: ...


@provides("in_pole")
def _is_member(personne: Personne, subject: OfAPole) -> Answer:
    """Whether they belong to the pôle or groupe that answers for it."""
    mine = exists().where(Adhesion.pole_id == subject.pole_id, Adhesion.personne_id == personne.id)
    return subject.pole_id is not None and mine


def speaks(personne: Personne) -> ColumnElement[bool]:
    """Whether they belong to a pôle of the interpôle."""
    return exists().where(Adhesion.personne_id == personne.id, Adhesion.pole_id == Pole.id, Pole.genre == Genre.POLE)


def has_a_voice() -> ColumnElement[bool]:
    """The pôles that the interpôle hears: those with somebody in them. A groupe answers for its own matters alone."""
    present = (Adhesion.personne_id == Personne.id, Personne.desactive_le.is_(None))
    return and_(Pole.genre == Genre.POLE, exists().where(Adhesion.pole_id == Pole.id, *present))


def voices() -> list[Pole]:
    """The same, by name; one query."""
    return sorted(db.session.scalars(select(Pole).where(has_a_voice())), key=_by_name)


def present_in(*pole_ids: int) -> list[Personne]:
    """Their active members, each once; one query."""
    theirs = select(Adhesion.personne_id).where(Adhesion.pole_id.in_(pole_ids))
    query = select(Personne).where(Personne.id.in_(theirs), Personne.desactive_le.is_(None))
    return list(db.session.scalars(query.order_by(Personne.id)))


T = TypeVar("T")
_awaits: dict[str, Callable[[Personne], Any]] = {}


def awaits(package: str) -> Callable[[Callable[[Personne], T]], Callable[[Personne], T]]:
    """Decorator, for the packages above: what this function finds for a member awaits their pôles, whose page shows it."""

    def register(function: Callable[[Personne], T]) -> Callable[[Personne], T]:
        _awaits[package] = function
        return function

    return register


def awaiting(personne: Personne) -> dict[str, Any]:
    """What awaits a member of a pôle or groupe, by package; nothing is asked for anybody else."""
    return {package: function(personne) for package, function in _awaits.items()} if personne.is_pole_member else {}


def espaces() -> list[Espace]:
    """All the spaces by name."""
    return sorted(db.session.scalars(select(Espace)), key=lambda espace: name_key(espace.nom))


def space_tree() -> list[Branch]:
    """The spaces that are in no other, each with those inside it; one query."""
    inside: dict[int | None, list[Espace]] = {}
    for espace in espaces():
        inside.setdefault(espace.parent_id, []).append(espace)

    def branches(parent_id: int | None) -> list[Branch]:
        return [Branch(espace, branches(espace.id)) for espace in inside.get(parent_id, [])]

    return branches(None)


def materiels() -> list[Materiel]:
    """All the equipment by name, with who lends it."""
    found = db.session.scalars(select(Materiel).options(joinedload(Materiel.pole)))
    return sorted(found, key=lambda materiel: name_key(materiel.nom))


# --- what the house offers ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """What one pôle or groupe offers; without one, the house itself."""

    pole: Pole | None
    prestations: list[Prestation]


def catalogue(*, hidden: bool = False) -> list[Offer]:
    """What the public page shows, in the order that the house chose, or all of it with what is `hidden`; one query."""
    query = select(Prestation).options(joinedload(Prestation.pole)).order_by(Prestation.ordre, Prestation.id)
    offers: dict[int | None, Offer] = {}
    for prestation in db.session.scalars(query if hidden else query.where(Prestation.visible)):
        offers.setdefault(prestation.pole_id, Offer(prestation.pole, [])).prestations.append(prestation)
    return list(offers.values())


def prestations(ids: Collection[int]) -> list[Prestation]:
    """These, with their pôle, whether or not they are still offered; one query."""
    query = select(Prestation).where(Prestation.id.in_(ids)).options(joinedload(Prestation.pole))
    return list(db.session.scalars(query.order_by(Prestation.ordre, Prestation.id))) if ids else []


def known_prestations(ids: Collection[int]) -> list[int]:
    """Those of these ids that the house offers."""
    return [p.id for p in prestations(ids) if p.visible]


# --- what the journal calls them -----------------------------------------------------------------------------


@describes("pole", lambda genre, nom: f"{Genre(genre).label} {nom}")
def _pole() -> Called:
    return select(Pole.id, Pole.genre, Pole.nom)


@describes("espace", lambda nom: f"Espace «\u00a0{nom}\u00a0»")
def _espace() -> Called:
    return select(Espace.id, Espace.nom)


@describes("materiel", lambda nom: f"Matériel «\u00a0{nom}\u00a0»")
def _materiel() -> Called:
    return select(Materiel.id, Materiel.nom)


@describes("prestation", lambda titre: f"Prestation «\u00a0{titre}\u00a0»")
def _prestation() -> Called:
    return select(Prestation.id, Prestation.titre)
