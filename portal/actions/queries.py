"""Reading actions, and what happened to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from portal import clock, reglage
from portal.actions.models import ALIVE, ENDED, LONGEST, SETTLED, STOPPED, UNDECIDED, Action, Demandeur, Echange, Etape, Etat
from portal.comptes.models import Personne
from portal.db import MANY, counts, db
from portal.fields import address_key
from portal.journal import Called, EntreeJournal, describes, subject_key
from portal.plein_texte import holds, says, search_key
from portal.policy import Answer, provides
from portal.web import Leaf

PAGE = 50
SHOWN = 8  # of each state, on the board
SHEET = (
    joinedload(Action.demandeur),
    joinedload(Action.pole_porteur),
    joinedload(Action.bienveillant),
    joinedload(Action.relais),
)
PROGRAMME = (*SHEET, selectinload(Action.programme).joinedload(Etape.responsable))


@dataclass(frozen=True)
class Board:
    """One page of the list, and how many actions each state holds when all the filters but the state are the same."""

    leaf: Leaf
    counts: dict[Etat, int]
    twins: set[int]  # the requests of this page that perhaps somebody made twice


def _twins(actions: list[Action]) -> set[int]:
    """Those of these requests whose address asks for the same day elsewhere too; one query, none without an address."""
    asked = [action for action in actions if action.is_asked and action.demandeur.email]
    if not asked:
        return set()
    address, days = func.lower(Demandeur.email), [action.debut for action in asked]
    around = Action.debut.between(min(days) - timedelta(days=1), max(days) + timedelta(days=1))
    theirs = address.in_({address_key(action.demandeur.email) for action in asked})
    query = select(address, Action.debut).join(Action.demandeur).where(around, theirs, Action.etat.not_in(STOPPED))
    often = Counter((email, clock.local(debut).date()) for email, debut in db.session.execute(query))
    return {a.id for a in asked if often[address_key(a.demandeur.email), clock.local(a.debut).date()] > 1}


def board(
    *,
    bienveillant_id: int | None = None,
    relais_id: int | None = None,
    to_take: bool = False,
    over: bool = False,
    etat: Etat | None = None,
    pole_id: int | None = None,
    number: int = 1,
) -> Board:
    """Actions to come, soonest first; or those that are over, latest first. Three queries at most.

    What is alive is found by its state; what is over by its date, the years before being left alone.

    Of one bienveillant: with what is being handed over to them.
    """
    where = [Action.etat.not_in(ALIVE) if over else Action.etat.in_(ALIVE), *_theirs(bienveillant_id, pole_id)]
    if relais_id:
        where.append(Action.relais_id == relais_id)
    if to_take:
        where.append(is_to_take())
    found = db.session.execute(select(Action.etat, func.count()).where(*where).group_by(Action.etat))
    by_state: dict[Etat, int] = dict(found.all())
    if etat:
        where.append(Action.etat == etat)
    order = (Action.debut.desc(), Action.id.desc()) if over else (Action.debut, Action.id)
    query = select(Action).where(*where).options(*SHEET).order_by(*order).limit(PAGE).offset((number - 1) * PAGE)
    rows = list(db.session.scalars(query))
    total = by_state.get(etat, 0) if etat else sum(by_state.values())
    return Board(Leaf(rows, number, total, PAGE), {e: by_state[e] for e in Etat if e in by_state}, _twins(rows))


def _theirs(bienveillant_id: int | None, pole_id: int | None) -> list[ColumnElement[bool]]:
    """Of that bienveillant, what is being handed over to them included, and of that pôle; each only if it is given."""
    where: list[ColumnElement[bool]] = []
    if bienveillant_id:
        where.append(or_(Action.bienveillant_id == bienveillant_id, Action.relais_id == bienveillant_id))
    if pole_id:
        where.append(Action.pole_porteur_id == pole_id)
    return where


@dataclass(frozen=True)
class Column:
    """The actions of one state, soonest first, or latest first once over: the first few, and how many there are."""

    etat: Etat
    actions: list[Action]
    total: int


def columns(*, pole_id: int | None = None, bienveillant_id: int | None = None) -> list[Column]:
    """Every action by state, in the order of the process; two queries. Of one bienveillant as `board` does."""
    where = _theirs(bienveillant_id, pole_id)
    of = {etat: select(Action).where(*where, Action.etat == etat) for etat in Etat}
    numbers = counts({etat.value: query for etat, query in of.items()})
    first = union_all(*(_first_of(etat, query) for etat, query in of.items()))
    found: dict[Etat, list[Action]] = {etat: [] for etat in Etat}
    for action in db.session.scalars(select(Action).where(Action.id.in_(first)).options(*SHEET)):
        found[action.etat].append(action)
    return [Column(etat, _ordered(etat, found[etat]), numbers[etat].number if etat in numbers else 0) for etat in Etat]


def _first_of(etat: Etat, query: Select[Action]) -> Select[int]:
    """The ids of the few that the board shows, in its order; found by the index of states and dates."""
    order = (Action.debut.desc(), Action.id.desc()) if etat in ENDED else (Action.debut, Action.id)
    ids = query.with_only_columns(Action.id, maintain_column_froms=True).order_by(*order).limit(SHOWN).subquery()
    return select(ids.c.id)


def _ordered(etat: Etat, actions: list[Action]) -> list[Action]:
    return sorted(actions, key=lambda action: (action.debut, action.id), reverse=etat in ENDED)


def is_to_take() -> ColumnElement[bool]:
    """`Action.is_to_take`, for rows."""
    gone = exists().where(
        Personne.id == Action.bienveillant_id, or_(Personne.desactive_le.is_not(None), ~Personne.is_bienveillant)
    )
    return and_(Action.etat.not_in(SETTLED), or_(Action.bienveillant_id.is_(None), gone))


def titles_between(slots: Collection[tuple[datetime, datetime]]) -> list[tuple[str, datetime]]:
    """Titles and beginnings of what begins between the first and the last of these; one query."""
    if not slots:
        return []
    first, last = min(debut for debut, _ in slots), max(fin for _, fin in slots)
    rows = db.session.execute(select(Action.titre, Action.debut).where(Action.debut >= first - LONGEST, Action.debut <= last))
    return [(titre, debut) for titre, debut in rows]


def to_take() -> Select[Action]:
    """What no bienveillant carries yet."""
    return select(Action).where(is_to_take(), Action.etat.in_(ALIVE))


def unanswered_by(personne: Personne) -> Select[Action]:
    """The requests of this person that wait for an answer for too long."""
    return _unanswered().where(Action.bienveillant_id == personne.id)


def to_propose(personne: Personne) -> Select[Action]:
    """Theirs that no pôle is asked to carry: the demandeur has an answer, or the pôle which was asked passed."""
    answered = and_(Action.etat == Etat.SOLLICITEE, Action.repondue_le.is_not(None))
    passed = and_(Action.etat == Etat.PROPOSEE, Action.pole_porteur_id.is_(None))
    return select(Action).where(Action.bienveillant_id == personne.id, or_(answered, passed))


def relays_to(personne: Personne) -> Select[Action]:
    """The actions that somebody hands over to this person."""
    return select(Action).where(Action.relais_id == personne.id)


def on_day(actions: list[int] | None = None) -> list[Action]:
    """Actions that touch today, in states where the site is or was open; `actions` narrows to these ids."""
    start = clock.start_of(clock.today())
    query = (
        select(Action)
        .where(
            Action.debut < clock.end_of(clock.today()),
            Action.debut > start - LONGEST,  # the index knows when they begin
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


def by_form(beginning: str) -> Action | None:
    """The last that a form made, whatever its words."""
    made = select(Action).where(Action.cle.startswith(beginning)).options(joinedload(Action.demandeur))
    return db.session.scalar(made.order_by(Action.id.desc()).limit(1))


def followed(id: int) -> Action | None:
    """The action of a demandeur's link, as their page shows it."""
    return db.session.get(Action, id, options=SHEET)


def exchange(action: Action) -> list[Echange]:
    """The messages between the demandeur and the team, oldest first, with who wrote them; one query."""
    query = select(Echange).where(Echange.action_id == action.id).options(joinedload(Echange.personne))
    return list(db.session.scalars(query.order_by(Echange.ecrit_le, Echange.id)))


def message_by_key(cle: str) -> Echange | None:
    return db.session.scalar(select(Echange).where(Echange.cle == cle))


def written_by_the_demandeur(first: Echange, until: datetime) -> list[Echange]:
    """Their messages from that one on, before that instant; one query."""
    theirs = (Echange.action_id == first.action_id, Echange.personne_id.is_(None))
    query = select(Echange).where(*theirs, Echange.id >= first.id, Echange.ecrit_le < until)
    return list(db.session.scalars(query.order_by(Echange.id)))


@dataclass(frozen=True)
class Around:
    """What the team should know of a request before answering it; the public never sees it."""

    twins: list[Action]  # the same address asks for the same day: perhaps twice the same request
    clashes: list[Action]  # confirmed, or going on, at the same time


def around(action: Action) -> Around:
    """Of a request that is still to be confirmed; one query, none later."""
    if not action.is_asked:
        return Around([], [])
    day = clock.local(action.debut).date()
    twin = and_(
        func.lower(Demandeur.email) == address_key(action.demandeur.email),
        Demandeur.email != "",
        Action.debut >= clock.start_of(day),
        Action.debut < clock.end_of(day),
        Action.etat.not_in(STOPPED),
    )
    clash = and_(Action.etat.in_((Etat.CONFIRMEE, Etat.EN_COURS)), Action.debut < action.fin, Action.fin > action.debut)
    query = select(Action, twin, clash).join(Action.demandeur).where(Action.id != action.id, or_(twin, clash))
    rows = db.session.execute(query.order_by(Action.debut, Action.id).limit(20)).all()
    return Around([a for a, is_twin, _ in rows if is_twin], [a for a, _, clashes in rows if clashes])


def unanswered() -> list[Action]:
    """The requests that nobody has answered in time, with who sets them up; oldest first."""
    return list(db.session.scalars(_unanswered().options(*SHEET).order_by(Action.cree_le, Action.id)))


def _unanswered() -> Select[Action]:
    since = clock.now() - timedelta(days=reglage.DELAI_REPONSE.valeur)
    late = (Action.etat.in_(UNDECIDED), Action.repondue_le.is_(None), Action.cree_le <= since)
    return select(Action).where(*late)


def why_it_is_so(action: Action) -> str:
    """What the demandeur reads of why it was stopped; of what the interpôle decided, the word that was written for them."""
    said = select(EntreeJournal).where(EntreeJournal.sujet == subject_key(action), EntreeJournal.apres == action.etat)
    entry = db.session.scalar(said.order_by(EntreeJournal.id.desc()).limit(1))
    return str(entry.faits.get("mot", entry.motif)) if entry else ""


def titled(words: str, limit: int) -> list[Action]:
    """The action of that number; else those whose title has these words, the latest first; one query."""
    if re.fullmatch(r"#?[1-9][0-9]{0,8}", words):
        found = db.session.get(Action, int(words.lstrip("#")))
        return [found] if found else []
    likely = select(Action).where(holds(Action.recherche, words))  # the place counts there
    rows = db.session.scalars(likely.order_by(Action.debut.desc(), Action.id.desc()).limit(MANY))
    return [action for action in rows if says(search_key(action.titre), words)][:limit]


@describes("action", lambda titre: f"Action «\u00a0{titre}\u00a0»")
def _called() -> Called:
    return select(Action.id, Action.titre)


# --- whose items ---------------------------------------------------------------------------------------------


def answers_for_an_item(personne: Personne) -> ColumnElement[bool]:
    """Actions that were not stopped, of whose programme this person answers for an item."""
    return and_(exists().where(Etape.action_id == Action.id, Etape.responsable_id == personne.id), Action.etat.not_in(STOPPED))


@provides("answers_for_an_item")
def _answers_for_an_item(personne: Any, action: Action) -> Answer:
    return exists().where(Action.id == action.id, answers_for_an_item(personne))
