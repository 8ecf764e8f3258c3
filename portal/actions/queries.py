"""Reading actions."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock
from portal.actions.models import ENDED, Action, Demandeur, Etape, Etat
from portal.db import db


def whole(id: int) -> Action | None:
    """An action with what its sheet shows, in two queries."""
    return db.session.scalar(
        select(Action)
        .where(Action.id == id)
        .options(
            joinedload(Action.demandeur),
            joinedload(Action.pole_porteur),
            joinedload(Action.bienveillant),
            selectinload(Action.programme),
        )
    )


def listed(*, bienveillant_id: int | None = None, over: bool = False) -> list[Action]:
    """Actions to come, soonest first; or those that are over, latest first. One query."""
    query = select(Action).options(
        joinedload(Action.demandeur), joinedload(Action.pole_porteur), joinedload(Action.bienveillant)
    )
    if bienveillant_id:
        query = query.where(Action.bienveillant_id == bienveillant_id)
    if over:
        query = query.where(Action.etat.in_(ENDED)).order_by(Action.debut.desc(), Action.id.desc())
    else:
        query = query.where(Action.etat.not_in(ENDED)).order_by(Action.debut, Action.id)
    return list(db.session.scalars(query.limit(200)))


def on_day(actions: list[int] | None = None) -> list[Action]:
    """Actions that touch today at La Réunion, in states where the site is or was open; `actions` narrows to these ids."""
    start = clock.start_of(clock.today())
    query = (
        select(Action)
        .where(
            Action.debut < start + timedelta(days=1),
            Action.fin > start,
            Action.etat.in_((Etat.CONFIRMEE, Etat.EN_COURS, Etat.TERMINEE)),
        )
        .options(joinedload(Action.demandeur), joinedload(Action.bienveillant))
        .order_by(Action.debut, Action.id)
    )
    if actions is not None:
        query = query.where(Action.id.in_(actions))
    return list(db.session.scalars(query))


def step(action: Action, id: int) -> Etape | None:
    """An item of this action's programme; another action's is as absent."""
    found = db.session.get(Etape, id)
    return found if found and found.action_id == action.id else None


def demandeurs() -> list[Demandeur]:
    return list(db.session.scalars(select(Demandeur).order_by(Demandeur.nom, Demandeur.id)))
