"""Whose day it is today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock
from portal.actions import queries
from portal.actions.models import LONGEST, Action, Etat
from portal.comptes.models import Personne
from portal.db import db, instant
from portal.jour_j.models import LIVE
from portal.missions import queries as missions
from portal.missions.models import Affectation, Mission, Nature
from portal.policy import can


class Mine(NamedTuple):
    """An action of today, and what the person is on it: "Bienveillant", "Référent"…; nothing for someone who only reads."""

    action: Action
    qualites: list[str]


def today_for(personne: Personne) -> list[Mine]:
    """Today's actions that this person sets up, runs, helps with or answers for an item of, soonest first; two queries."""
    return [mine for mine in _today(personne) if mine.qualites]


def today_seen_by(personne: Personne) -> list[Mine]:
    """The same, and for those who read every day, all of today's actions; two queries."""
    return _today(personne) if can(personne, "jour.lire_tous") else today_for(personne)


def _today(personne: Personne) -> list[Mine]:
    today = db.session.execute(_of_today().add_columns(queries.answers_for_an_item(personne))).all()
    held = db.session.execute(
        select(Mission.action_id, Mission.nature)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .where(
            Affectation.personne_id == personne.id,
            Affectation.libere_le.is_(None),
            missions.told(),
            Mission.action_id.in_([action.id for action, _ in today]),
        )
        .order_by(Mission.debut, Mission.id)
    ).all()
    return [
        Mine(action, _qualites(action, personne, [nature for id, nature in held if id == action.id], answers=answers))
        for action, answers in today
    ]


def _of_today() -> Select[Action]:
    """Those that touch today once confirmed, and those whose site is still open, whatever the hour."""
    start = clock.start_of(clock.today())
    touches = and_(Action.fin > start, Action.debut > start - LONGEST)  # the index knows when they begin
    return (
        select(Action)
        .where(
            or_(Action.etat == Etat.EN_COURS, Action.etat.in_((Etat.CONFIRMEE, Etat.TERMINEE)) & touches),
            Action.debut < clock.end_of(clock.today()),
        )
        .order_by(Action.debut, Action.id)
    )


def _qualites(action: Action, personne: Personne, natures: Iterable[Nature], *, answers: bool) -> list[str]:
    first = ["Bienveillant"] if action.bienveillant_id == personne.id else []
    return [*first, *(nature.label for nature in dict.fromkeys(natures)), *(["Tient une étape"] if answers else [])]


def runs_a_day(personne: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether that person sets up or runs an action of yesterday, of today or of tomorrow; a part of somebody else's query."""
    yesterday = instant(lambda: clock.start_of(clock.today() - timedelta(days=1)))
    soon = instant(lambda: clock.start_of(clock.today() + timedelta(days=2)))
    begun = instant(lambda: clock.start_of(clock.today()) - timedelta(days=1) - LONGEST)  # the index knows when they begin
    near = Action.etat.in_(LIVE), Action.fin > yesterday, Action.debut > begun, Action.debut < soon
    refers = (
        select(Affectation.id)
        .join(Affectation.mission)
        .join(Mission.action)
        .where(Affectation.personne_id == personne, Affectation.libere_le.is_(None), missions.told())
        .where(Mission.nature == Nature.REFERENT, *near)
    )
    return or_(select(Action.id).where(Action.bienveillant_id == personne, *near).exists(), refers.exists())
