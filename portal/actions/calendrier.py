"""What the agenda shows, everybody's and the house's: a month, a list, a feed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, load_only
from sqlalchemy.orm.interfaces import ORMOption

from portal import clock, ical, reglage
from portal.actions import agenda
from portal.actions.agenda import FIRM, OPTIONS
from portal.actions.models import ALIVE, LONGEST, STOPPED, Action, Etat
from portal.actions.processus import annuler, decliner, refuser
from portal.db import db
from portal.journal import EntreeJournal, subject_key
from portal.poles.models import Adhesion
from portal.web import Leaf, leaf

PAGE, MOST = 50, 500  # actions of one page of the list, of one month
IN_A_FEED = 300  # actions: the library writes about a thousand in a second
RECENT = timedelta(days=30)  # how long feeds tell what took place, or fell, to agendas that look seldom
CARRIED = (joinedload(Action.pole_porteur), joinedload(Action.bienveillant))


@dataclass(frozen=True)
class Regard:
    """Who looks: everybody, at what is public and firm; or the house, at all that stands, narrowed as it likes."""

    interne: bool = False
    pole: int | None = None
    personne: int | None = None  # what they set up themself, or their pôles carry

    @property
    def where(self) -> list[ColumnElement[bool]]:
        if not self.interne:
            return [Action.publique.is_(True), Action.etat.in_(FIRM)]
        where: list[ColumnElement[bool]] = [Action.etat.not_in(STOPPED)]
        if self.pole:
            where.append(Action.pole_porteur_id == self.pole)
        if self.personne:
            theirs = select(Adhesion.pole_id).where(Adhesion.personne_id == self.personne)
            where.append(or_(Action.bienveillant_id == self.personne, Action.pole_porteur_id.in_(theirs)))
        return where

    @property
    def options(self) -> Sequence[ORMOption]:
        return CARRIED if self.interne else ()


def between(regard: Regard, first: date, last: date) -> list[Action]:
    """What touches these days, soonest first, MOST of them at most; one query."""
    since, until = clock.start_of(first), clock.end_of(last)
    found = select(Action).where(*regard.where, *_touching(since), Action.debut < until).options(*regard.options)
    return list(db.session.scalars(found.order_by(Action.debut, Action.id).limit(MOST)))


def from_day(regard: Regard, first: date, number: int) -> Leaf:
    """What is not over on that day, soonest first; two queries."""
    found = select(Action).where(*regard.where, *_touching(clock.start_of(first)))
    return leaf(found.order_by(Action.debut, Action.id), number, PAGE, *regard.options)


def _touching(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return Action.fin > since, Action.debut > since - LONGEST  # the index knows when they begin


def clashes(actions: Sequence[Action]) -> dict[int, list[Action]]:
    """For each that is alive, the others alive at the same time, filters or not; one query."""
    if not actions:
        return {}
    since, until = min(a.debut for a in actions), max(a.fin for a in actions)
    others = select(Action).where(Action.etat.in_(ALIVE), *_touching(since), Action.debut < until)
    seen = load_only(Action.titre, Action.debut, Action.fin, Action.etat)
    return agenda.together(actions, db.session.scalars(others.options(seen).limit(2 * MOST)))


# --- feeds -----------------------------------------------------------------------------------------------------


def public_feed(base_url: str) -> bytes:
    """What everybody may follow: what is public and firm, and that it fell; three queries.

    An agreement undone takes it out, as out of the agenda: it is not said to be cancelled, which nobody has decided.
    """
    was_firm = exists().where(EntreeJournal.action_id == Action.id, EntreeJournal.apres == Etat.CONFIRMEE)
    told = and_(Action.publique.is_(True), or_(Action.etat.in_(FIRM), and_(Action.etat.in_(STOPPED), was_firm)))
    return ical.feed(_evenements(told, (), base_url, interne=False), name=f"Agenda de {reglage.maison()}")


def house_feed(base_url: str) -> bytes:
    """What the house follows: options, firm actions, what fell; who carries them. Nothing of who asks; three queries."""
    return ical.feed(_evenements(Action.id > 0, CARRIED, base_url, interne=True), name=f"{reglage.maison()}, agenda interne")


def _evenements(
    told: ColumnElement[bool], options: Sequence[ORMOption], base_url: str, *, interne: bool
) -> Iterable[ical.Evenement]:
    since = clock.now() - RECENT
    where = (told, or_(Action.etat.not_in(STOPPED), _fell(since)), *_touching(since))
    query = select(Action).where(*where).order_by(Action.debut, Action.id).limit(IN_A_FEED)
    actions = db.session.scalars(query.options(*options)).all()
    moves = _moves(actions)
    for action in actions:
        sequence, revised = moves.get(subject_key(action), (0, action.cree_le))
        yield _evenement(action, _status(action), sequence, revised, base_url, interne=interne)


def _fell(since: datetime) -> ColumnElement[bool]:
    """Stopped after that instant."""
    ends = EntreeJournal.evenement.in_([transition.key for transition in (annuler, refuser, decliner)])
    return exists().where(EntreeJournal.action_id == Action.id, ends, EntreeJournal.quand > since)


def _status(action: Action) -> str:
    if action.etat in FIRM:
        return "CONFIRMED"
    return "TENTATIVE" if action.etat in OPTIONS else "CANCELLED"


def _moves(actions: Iterable[Action]) -> dict[str, tuple[int, datetime]]:
    """How many times something happened to each, and when it last did: neither ever goes down. One query."""
    told = EntreeJournal.sujet.in_([subject_key(action) for action in actions])
    counted = select(EntreeJournal.sujet, func.count(), func.max(EntreeJournal.quand)).where(told)
    return {sujet: (number, last) for sujet, number, last in db.session.execute(counted.group_by(EntreeJournal.sujet))}


def _evenement(
    action: Action, status: str, sequence: int, revised: datetime, base_url: str, *, interne: bool
) -> ical.Evenement:
    mark = {"TENTATIVE": "(option)", "CANCELLED": "(annulé)"}.get(status, "")  # most agendas show no status
    page = f"{base_url}/actions/{action.id}" if interne else f"{base_url}/actions/agenda"
    return ical.Evenement(
        uid=f"action-{action.id}@{urlsplit(base_url).hostname}",
        debut=action.debut,
        fin=action.fin,
        titre=f"{mark} {action.titre}",
        lieu=action.lieu,
        paragraphes=(*(_carried(action) if interne else ()), page),
        url=page,
        status=status,
        sequence=sequence,
        revised=revised,
    )


def _carried(action: Action) -> tuple[str, ...]:
    """Where it stands and who carries it."""
    pole = action.pole_porteur.label if action.pole_porteur else "Pôle porteur à décider"
    bienveillant = action.bienveillant.nom if action.bienveillant else "à prendre"
    return action.etat.label, f"{pole}\nBienveillant\u00a0: {bienveillant}"
