"""Reading the tasks of the rétroplanning: those of an action, those late or due for somebody, those that the house proposes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal import clock
from portal.actions.modeles import MODELES, Modele
from portal.actions.models import SETTLED, Action
from portal.actions.tache import SOON, Avancee, Tache, TacheTrame, Trame
from portal.comptes.models import NomRole, Personne
from portal.db import days_before, db

TASK = (joinedload(Tache.action), joinedload(Tache.responsable), joinedload(Tache.traitee_par))


def tasks_of(action: Action) -> list[Tache]:
    """Its rétroplanning, the earliest first; one query."""
    query = select(Tache).where(Tache.action_id == action.id).options(*TASK)
    return list(db.session.scalars(query.order_by(Tache.jours.desc(), Tache.id)))


def tasks_due(personne: Personne) -> Select[Tache]:
    """What is late or due within seven days, of actions that still live: their own tasks, and those of nobody on theirs.

    Somebody who left is nobody; whoever sets up no more actions has but their own.
    """
    whose = Tache.responsable_id == personne.id
    if personne.has_role(NomRole.BIENVEILLANT):
        set_up = select(Action.id).where(Action.bienveillant_id == personne.id, _lives())
        unowned = or_(Tache.responsable_id.is_(None), Tache.responsable_id.not_in(_active()))
        whose = or_(whose, and_(unowned, Tache.action_id.in_(set_up)))
    due = (whose, _lives(), _due_before(clock.today() + SOON + timedelta(days=1)))
    return select(Tache).join(Tache.action).where(*due)


def _active() -> Select[int]:
    return select(Personne.id).where(Personne.desactive_le.is_(None))


def tasks_awaiting(personne: Personne, limit: int = 50) -> list[Tache]:
    """The same, the earliest first, each with its action; one query."""
    query = tasks_due(personne).options(contains_eager(Tache.action))
    return list(db.session.scalars(query.order_by(_deadline(), Tache.id).limit(limit)))


def late_untold() -> list[int]:
    """The actions with late tasks of which nobody was told for the date that they now have, though somebody could be."""
    untold = or_(Tache.relancee_pour.is_(None), Tache.relancee_pour != Action.debut)
    owned = or_(Tache.responsable_id.in_(_active()), Action.bienveillant_id.in_(_active()))
    late = exists().where(Tache.action_id == Action.id, untold, owned, _due_before(clock.today()))
    return list(db.session.scalars(select(Action.id).where(_lives(), late).order_by(Action.id)))


def late_untold_of(action: Action) -> list[Tache]:
    """Those of this action, with their owner; the caller holds its lock."""
    return [task for task in tasks_of(action) if task.is_late and task.relancee_pour != action.debut]


def _lives() -> ColumnElement[bool]:
    """Neither stopped nor wholly settled: what is left to do is still worth doing."""
    return Action.etat.not_in(SETTLED)


def _due_before(day: date) -> ColumnElement[bool]:
    """To do, and its own day is before that one."""
    return and_(Tache.avancee == Avancee.A_FAIRE, _deadline() < clock.start_of(day))


def _deadline() -> ColumnElement[datetime]:
    return days_before(Action.debut, Tache.jours)


# --- what the house proposes ---------------------------------------------------------------------------------


def of_type(type: str) -> list[Modele]:
    """What an action of that type is proposed, the earliest first; two queries."""
    query = select(Trame).order_by(Trame.version.desc()).limit(1).options(selectinload(Trame.taches))
    return [task for task in proposed(db.session.scalar(query) or beginning()) if type in task.types]


def trames() -> list[Trame]:
    """Every version with its tasks, the last one first; what the house begins with, while no row holds it."""
    query = select(Trame).order_by(Trame.version.desc()).options(joinedload(Trame.par), selectinload(Trame.taches))
    return list(db.session.scalars(query)) or [beginning()]


def beginning() -> Trame:
    """The first version, before the house has its own."""
    return Trame(version=1, taches=[row(task) for task in MODELES])


def row(task: Modele) -> TacheTrame:
    return TacheTrame(**vars(task) | {"types": sorted(task.types)})


def proposed(trame: Trame) -> list[Modele]:
    """Its tasks, the earliest first."""
    return by_day(Modele(t.cle, t.titre, t.jours, t.aide, frozenset(t.types)) for t in trame.taches)


def by_day(tasks: Iterable[Modele]) -> list[Modele]:
    return sorted(tasks, key=lambda task: -task.jours)
