"""Reading pôles, groupes and spaces."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.poles.models import Adhesion, Espace, Pole


def poles() -> list[Pole]:
    """Pôles first, then groupes, by name."""
    return list(db.session.scalars(select(Pole).order_by(Pole.genre.desc(), Pole.nom)))


def poles_with_members() -> list[Pole]:
    return list(
        db.session.scalars(
            select(Pole)
            .options(selectinload(Pole.adhesions).joinedload(Adhesion.personne))
            .order_by(Pole.genre.desc(), Pole.nom)
        )
    )


def espaces() -> list[Espace]:
    return list(db.session.scalars(select(Espace).options(joinedload(Espace.parent)).order_by(Espace.nom)))
