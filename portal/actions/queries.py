"""Reading actions, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock
from portal.actions.models import ENDED, Action, Etape, Etat
from portal.comptes.models import Personne
from portal.db import count, db
from portal.journal import EntreeJournal, described
from portal.web import Leaf
from portal.workflow import EVENTS

PAGE = 50
SHEET = (joinedload(Action.demandeur), joinedload(Action.pole_porteur), joinedload(Action.bienveillant))
PROGRAMME = (*SHEET, selectinload(Action.programme))


@dataclass(frozen=True)
class Board:
    """One page of the list, and how many actions each state holds with the same filters."""

    leaf: Leaf
    counts: dict[Etat, int]


def board(*, bienveillant_id: int | None = None, over: bool = False, etat: Etat | None = None, number: int = 1) -> Board:
    """Actions to come, soonest first; or those that are over, latest first. Two queries."""
    where: list[ColumnElement[bool]] = [Action.etat.in_(ENDED) if over else Action.etat.not_in(ENDED)]
    if bienveillant_id:
        where.append(Action.bienveillant_id == bienveillant_id)
    by_state = db.session.execute(select(Action.etat, func.count()).where(*where).group_by(Action.etat))
    counts: dict[Etat, int] = dict(by_state.all())
    if etat:
        where.append(Action.etat == etat)
    rows = db.session.scalars(
        select(Action)
        .where(*where)
        .options(*SHEET)
        .order_by(*((Action.debut.desc(), Action.id.desc()) if over else (Action.debut, Action.id)))
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    total = counts.get(etat, 0) if etat else sum(counts.values())
    return Board(Leaf(list(rows), number, total, PAGE), {e: counts[e] for e in Etat if e in counts})


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
    """An item of this action's programme, as it now is; another action's is as absent."""
    query = select(Etape).where(Etape.id == id, Etape.action_id == action.id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def same_step(action: Action, *, titre: str, debut: datetime, fin: datetime) -> Etape | None:
    return db.session.scalar(
        select(Etape).where(Etape.action_id == action.id, Etape.titre == titre, Etape.debut == debut, Etape.fin == fin).limit(1)
    )


@dataclass(frozen=True)
class Line:
    """One fact of an action's journal, in words."""

    quand: datetime
    qui: str  # "" is the portal itself
    sujet: str  # "Mission", and which one when the fact says it
    fait: str  # "publiée"
    motif: str


def journal(action: Action, number: int = 1) -> Leaf:
    """What happened to the action, its missions and their candidatures, latest first, as Lines; three queries."""
    of_action = (
        select(EntreeJournal, Personne.nom)
        .outerjoin(Personne, Personne.id == EntreeJournal.personne_id)
        .where(EntreeJournal.action_id == action.id)
        .order_by(EntreeJournal.id.desc())
    )
    rows = db.session.execute(of_action.limit(PAGE).offset((number - 1) * PAGE)).all()
    called = described([entry.sujet for entry, _ in rows])
    return Leaf([_line(entry, nom, called) for entry, nom in rows], number, count(of_action), PAGE)


def _line(entry: EntreeJournal, nom: str | None, called: dict[str, str]) -> Line:
    event = EVENTS.get(entry.evenement)
    noun, _, slug = entry.evenement.partition(".")
    titre, of_a_step = entry.faits.get("titre"), slug.endswith("_etape")
    named = f"{'Étape' if of_a_step else noun.capitalize()} «\u00a0{titre}\u00a0»" if titre else noun.capitalize()
    return Line(
        quand=entry.quand,
        qui=nom or "",
        sujet=called.get(entry.sujet, named),
        fait=(event.done or event.label) if event else slug.replace("_", " "),
        motif=entry.motif,
    )
