"""Reading actions, and what happened to them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal import clock, reglage
from portal.actions.models import ENDED, SOON, STOPPED, Action, Avancee, Demandeur, Echange, Etape, Etat, Tache, decaler
from portal.comptes.models import Personne
from portal.db import MANY, count, days_before, db
from portal.fields import address_key, name_key
from portal.filters import heure, jour_long
from portal.journal import EntreeJournal, described, subject_key
from portal.web import Leaf
from portal.workflow import EVENTS

PAGE = 50
SHOWN = 8  # of each state, on the board
UNDER_WAY = tuple(etat for etat in Etat if etat not in STOPPED and etat is not Etat.SOLDEE)
SHEET = (
    joinedload(Action.demandeur),
    joinedload(Action.pole_porteur),
    joinedload(Action.bienveillant),
    joinedload(Action.relais),
)
PROGRAMME = (*SHEET, selectinload(Action.programme).joinedload(Etape.responsable))


@dataclass(frozen=True)
class Board:
    """One page of the list, and how many actions each state holds with the same filters."""

    leaf: Leaf
    counts: dict[Etat, int]

    @property
    def twins(self) -> set[int]:
        """The requests of this page that the same address makes for the same day: perhaps twice the same."""
        asked = [(a.id, _who_and_when(a)) for a in self.leaf.items if a.is_asked and a.demandeur.email]
        often = Counter(about for _, about in asked)
        return {id for id, about in asked if often[about] > 1}


def _who_and_when(action: Action) -> tuple[str, date]:
    return address_key(action.demandeur.email), clock.local(action.debut).date()


def board(
    *,
    bienveillant_id: int | None = None,
    to_take: bool = False,
    over: bool = False,
    etat: Etat | None = None,
    number: int = 1,
) -> Board:
    """Actions to come, soonest first; or those that are over, latest first. Two queries.

    Of one bienveillant: with what is being handed over to them.
    """
    where: list[ColumnElement[bool]] = [Action.etat.in_(ENDED) if over else Action.etat.not_in(ENDED)]
    if bienveillant_id:
        where.append(or_(Action.bienveillant_id == bienveillant_id, Action.relais_id == bienveillant_id))
    if to_take:
        where.append(is_to_take())
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


@dataclass(frozen=True)
class Column:
    """The actions of one state, soonest first: the first few, and how many there are."""

    etat: Etat
    actions: list[Action]
    total: int


def columns(*, pole_id: int | None = None, bienveillant_id: int | None = None) -> list[Column]:
    """Every action under way, by state, in the order of the process; two queries."""
    where: list[ColumnElement[bool]] = [Action.etat.in_(UNDER_WAY)]
    if pole_id:
        where.append(Action.pole_porteur_id == pole_id)
    if bienveillant_id:
        where.append(Action.bienveillant_id == bienveillant_id)
    counts = dict(db.session.execute(select(Action.etat, func.count()).where(*where).group_by(Action.etat)).all())
    rank = func.row_number().over(partition_by=Action.etat, order_by=(Action.debut, Action.id))
    first = select(Action.id, rank.label("rang")).where(*where).subquery()
    query = select(Action).join(first, first.c.id == Action.id).where(first.c.rang <= SHOWN)
    found: dict[Etat, list[Action]] = {}
    for action in db.session.scalars(query.options(*SHEET).order_by(Action.debut, Action.id)):
        found.setdefault(action.etat, []).append(action)
    return [Column(etat, found.get(etat, []), counts.get(etat, 0)) for etat in UNDER_WAY]


def is_to_take() -> ColumnElement[bool]:
    """`Action.is_to_take`, for rows."""
    gone = exists().where(Personne.id == Action.bienveillant_id, Personne.desactive_le.is_not(None))
    return and_(Action.etat.not_in(STOPPED), or_(Action.bienveillant_id.is_(None), gone))


def to_take() -> Select[Action]:
    """What no bienveillant carries yet."""
    return select(Action).where(is_to_take(), Action.etat.not_in(ENDED))


def relays_to(personne: Personne) -> Select[Action]:
    """The actions that somebody hands over to this person."""
    return select(Action).where(Action.relais_id == personne.id, Action.etat.not_in(ENDED))


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


def programme_of(action: Action) -> list[Etape]:
    """All its items as they now are, in their order; the caller holds the lock of the action."""
    query = select(Etape).where(Etape.action_id == action.id).order_by(Etape.debut, Etape.fin.desc(), Etape.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def same_step(action: Action, *, titre: str, debut: datetime, fin: datetime) -> Etape | None:
    return db.session.scalar(
        select(Etape).where(Etape.action_id == action.id, Etape.titre == titre, Etape.debut == debut, Etape.fin == fin).limit(1)
    )


# --- requests ------------------------------------------------------------------------------------------------


def by_key(cle: str) -> Action | None:
    """What that sending of the public form made."""
    return db.session.scalar(select(Action).where(Action.cle == cle).options(joinedload(Action.demandeur)))


def followed(id: int) -> Action | None:
    """The action of a demandeur's link, as their page shows it."""
    return db.session.get(Action, id, options=SHEET)


def exchange(action: Action) -> list[Echange]:
    """The messages between the demandeur and the team, oldest first, with who wrote them; one query."""
    query = select(Echange).where(Echange.action_id == action.id).options(joinedload(Echange.personne))
    return list(db.session.scalars(query.order_by(Echange.ecrit_le, Echange.id)))


def message_by_key(cle: str) -> Echange | None:
    return db.session.scalar(select(Echange).where(Echange.cle == cle))


@dataclass(frozen=True)
class Around:
    """What the team should know of a request before answering it; the public never sees it."""

    twins: list[Action]  # the same address asks for the same day: perhaps twice the same request
    clashes: list[Action]  # confirmed, or going on, at the same time


def around(action: Action) -> Around:
    """Of a request that is still to be confirmed; one query, none later."""
    if not action.is_asked:
        return Around([], [])
    start = clock.start_of(clock.local(action.debut).date())
    twin = and_(
        func.lower(Demandeur.email) == address_key(action.demandeur.email),
        Demandeur.email != "",
        Action.debut >= start,
        Action.debut < start + timedelta(days=1),
        Action.etat.not_in(STOPPED),
    )
    clash = and_(Action.etat.in_((Etat.CONFIRMEE, Etat.EN_COURS)), Action.debut < action.fin, Action.fin > action.debut)
    query = select(Action, twin, clash).join(Action.demandeur).where(Action.id != action.id, or_(twin, clash))
    rows = db.session.execute(query.order_by(Action.debut, Action.id).limit(20)).all()
    return Around([a for a, is_twin, _ in rows if is_twin], [a for a, _, clashes in rows if clashes])


def unanswered() -> list[Action]:
    """The requests that nobody has answered in time, with who sets them up; oldest first."""
    since = clock.now() - timedelta(days=reglage.DELAI_REPONSE.valeur)
    late = (Action.etat == Etat.SOLLICITEE, Action.repondue_le.is_(None), Action.cree_le <= since)
    return list(db.session.scalars(select(Action).where(*late).options(*SHEET).order_by(Action.cree_le, Action.id)))


def stopped_because(action: Action) -> str:
    """The reason that was given when it was refused, declined or cancelled."""
    said = select(EntreeJournal.motif).where(
        EntreeJournal.sujet == subject_key(action), EntreeJournal.apres == action.etat, EntreeJournal.motif != ""
    )
    return db.session.scalar(said.order_by(EntreeJournal.id.desc()).limit(1)) or ""


# --- the rétroplanning ---------------------------------------------------------------------------------------

TASK = (joinedload(Tache.action), joinedload(Tache.responsable), joinedload(Tache.traitee_par))


def tasks_of(action: Action) -> list[Tache]:
    """Its rétroplanning, the earliest first; one query."""
    query = select(Tache).where(Tache.action_id == action.id).options(*TASK)
    return list(db.session.scalars(query.order_by(Tache.jours.desc(), Tache.id)))


def tasks_due(personne: Personne) -> Select[Tache]:
    """What is late or due within seven days, of actions that still live: their own tasks, and those of nobody on theirs."""
    set_up = select(Action.id).where(Action.bienveillant_id == personne.id, _lives())
    unowned = and_(Tache.responsable_id.is_(None), Tache.action_id.in_(set_up))
    due = (or_(Tache.responsable_id == personne.id, unowned), _lives(), _due_before(clock.today() + SOON + timedelta(days=1)))
    return select(Tache).join(Tache.action).where(*due)


def tasks_awaiting(personne: Personne, limit: int = 50) -> list[Tache]:
    """The same, the earliest first, each with its action; one query."""
    query = tasks_due(personne).options(contains_eager(Tache.action))
    return list(db.session.scalars(query.order_by(_deadline(), Tache.id).limit(limit)))


def late_untold() -> list[int]:
    """The actions with tasks that are late, of which nobody was told so for the date that they now have."""
    untold = or_(Tache.relancee_pour.is_(None), Tache.relancee_pour != Action.debut)
    late = exists().where(Tache.action_id == Action.id, untold, _due_before(clock.today()))
    return list(db.session.scalars(select(Action.id).where(_lives(), late).order_by(Action.id)))


def late_untold_of(action: Action) -> list[Tache]:
    """Those of this action, with their owner; the caller holds its lock."""
    return [task for task in tasks_of(action) if task.is_late and task.relancee_pour != action.debut]


def _lives() -> ColumnElement[bool]:
    """Neither stopped nor wholly settled: what is left to do is still worth doing."""
    return Action.etat.not_in(STOPPED | {Etat.SOLDEE})


def _due_before(day: date) -> ColumnElement[bool]:
    """To do, and its own day is before that one, at La Réunion."""
    return and_(Tache.avancee == Avancee.A_FAIRE, _deadline() < clock.start_of(day))


def _deadline() -> ColumnElement[datetime]:
    return days_before(Action.debut, Tache.jours)


# --- the journal ---------------------------------------------------------------------------------------------


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
    titre = entry.faits.get("titre")
    noun = {"etape": "Étape", "tache": "Tâche"}.get(slug.rpartition("_")[2], noun.capitalize())
    named = f"{noun} «\u00a0{titre}\u00a0»" if titre else noun
    return Line(
        quand=entry.quand,
        qui=nom or "",
        sujet=called.get(entry.sujet, named),
        fait=_fact(entry, (event.done or event.label) if event else slug.replace("_", " ")),
        motif=entry.motif,
    )


def titled(words: str, limit: int) -> list[Action]:
    """The action of that number; else those whose title has these words, the latest first; one query."""
    if re.fullmatch(r"#?[1-9][0-9]{0,8}", words):
        found = db.session.get(Action, int(words.lstrip("#")))
        return [found] if found else []
    keys = name_key(words).split()[:6]
    likely = select(Action).where(*(Action.recherche.contains(key, autoescape=True) for key in keys))  # the place counts there
    rows = db.session.scalars(likely.order_by(Action.debut.desc(), Action.id.desc()).limit(MANY)) if keys else ()
    return [action for action in rows if all(key in name_key(action.titre) for key in keys)][:limit]


def _fact(entry: EntreeJournal, words: str) -> str:
    if entry.evenement != decaler.key:
        return words
    before, after = (datetime.fromisoformat(entry.faits[name]) for name in ("avant", "debut"))
    return f"{words}, {jour_long(before)} à {heure(before)} devient {jour_long(after)} à {heure(after)}"
