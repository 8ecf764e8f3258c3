"""Reading pôles, groupes and spaces."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal.comptes.models import Personne
from portal.db import db
from portal.fields import name_key
from portal.poles.models import Adhesion, Espace, Genre, Pole


@dataclass(frozen=True)
class Branch:
    """A space and those inside it, by name."""

    espace: Espace
    inside: list[Branch]


def poles() -> list[Pole]:
    """Pôles first, then groupes, by name."""
    return sorted(db.session.scalars(select(Pole)), key=_by_name)


def poles_with_members() -> list[Pole]:
    """The same with who belongs to them; two queries."""
    query = select(Pole).options(selectinload(Pole.adhesions).joinedload(Adhesion.personne))
    return sorted(db.session.scalars(query), key=_by_name)


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


def poles_of(personne: Personne) -> list[Pole]:
    """The pôles and groupes someone belongs to."""
    query = select(Pole).join(Pole.adhesions).where(Adhesion.personne_id == personne.id)
    return sorted(db.session.scalars(query), key=_by_name)


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
