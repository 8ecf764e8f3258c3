"""The people of the house as its bienveillants see them, and who could lend a hand. Sorted by name: nobody is ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, Text, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import joinedload

from portal import clock
from portal.actions.models import ALIVE, Action
from portal.candidatures.models import LIVE, Candidature
from portal.candidatures.queries import is_untold
from portal.comptes import consultations
from portal.comptes.models import Note, Personne, Profil, Vue
from portal.db import db
from portal.fields import name_key
from portal.jour_j.models import Entree, Genre
from portal.jour_j.pli import Presence, State, fold
from portal.missions import accord
from portal.missions.models import Affectation, Competence, Etat, Invitation, Mission
from portal.missions.queries import overlap, told
from portal.shown import Shown
from portal.web import Leaf, leaf

PAGE = 50
OFTEN = 3  # missions in a year
YEAR, LONG_AGO = timedelta(days=365), timedelta(days=183)
LONGEST_ALERT = timedelta(days=60)  # the most that Mission.alerte may be
WITH_ROLES = (joinedload(Personne.roles),)
PEOPLE = (Personne.confirme_le.is_not(None), Personne.desactive_le.is_(None))


class Venue(Shown):
    """What the overview is narrowed by; a fact of each person, never a grade."""

    SOUVENT = "souvent", "Venues souvent"
    JAMAIS_REVENUE = "jamais_revenue", "Venues une fois, jamais revenues"
    JAMAIS = "jamais", "Jamais venues"


@dataclass(frozen=True)
class Filters:
    """What the overview can be narrowed by; every field comes from the query of the URL."""

    q: str = ""
    competence: Competence | None = None
    venue: Venue | None = None

    @property
    def words(self) -> str:
        """The filters that narrow the list, as they are said; "" when none does."""
        quoted = f"«\u00a0{self.q}\u00a0»" if self.q else ""
        return ", ".join(filter(None, (quoted, self.venue and self.venue.label, self.competence and self.competence.label)))


@dataclass(frozen=True)
class Member:
    """A person, and what they did with us."""

    personne: Personne
    done: int = 0
    last: datetime | None = None
    next: datetime | None = None

    @property
    def is_here(self) -> bool:
        """Whether the next mission has begun."""
        return self.next is not None and self.next <= clock.now()


# --- everybody -----------------------------------------------------------------------------------------------


def people(filters: Filters, number: int) -> Leaf:
    """Active people by name, as Members; four queries."""
    visits = _visits(_absences())
    query = select(Personne).outerjoin(visits, visits.c.personne_id == Personne.id)
    query = query.where(*PEOPLE, *_narrowed(filters, visits)).order_by(Personne.nom_cle, Personne.id)
    found = leaf(query, number, PAGE, joinedload(Personne.profil))
    return replace(found, items=_members(found.items, visits))


def _members(people: list[Personne], visits: Subquery) -> list[Member]:
    rows = db.session.execute(select(visits).where(visits.c.personne_id.in_([p.id for p in people])))
    known = {row.personne_id: (row.done, row.last, row.next) for row in rows}
    return [Member(personne, *known.get(personne.id, ())) for personne in people]


def _visits(absences: list[int]) -> Subquery:
    """By person: missions done, how many of them in a year, when the last one was, and the next one is."""
    now = clock.now()
    done = and_(Mission.fin <= now, Affectation.id.not_in(absences))
    return (
        select(
            Affectation.personne_id,
            func.count(case((done, 1))).label("done"),
            func.count(case((and_(done, Mission.fin > now - YEAR), 1))).label("lately"),
            func.max(case((done, Mission.debut))).label("last"),
            func.min(case((and_(Mission.fin > now, told()), Mission.debut))).label("next"),
        )
        .join(Affectation.mission)
        .where(Affectation.libere_le.is_(None), Mission.etat != Etat.ANNULEE)
        .group_by(Affectation.personne_id)
        .subquery()
    )


def _narrowed(f: Filters, visits: Subquery) -> Iterable[ColumnElement[bool]]:
    did = visits.c
    if f.competence:
        yield exists().where(
            Profil.personne_id == Personne.id, cast(Profil.competences, Text).contains(f'"{f.competence.value}"')
        )
    if f.venue is Venue.SOUVENT:
        yield did.lately >= OFTEN
    if f.venue is Venue.JAMAIS_REVENUE:
        yield and_(did.done == 1, did.last < clock.now() - LONG_AGO, did.next.is_(None))
    if f.venue is Venue.JAMAIS:
        yield func.coalesce(did.done, 0) == 0
    for word in name_key(f.q).split()[:6]:
        yield Personne.nom_cle.contains(word, autoescape=True)


# --- presence, as the day's journals have it -----------------------------------------------------------------


def _absences() -> list[int]:
    """The places whose holder was seen not to come."""
    missed = select(Entree.cible).where(Entree.genre == Genre.PRESENCE, Entree.valeur == Presence.ABSENT)
    marks = _marks(Entree.cible.in_(missed)).presences
    return [int(cible) for cible, mark in marks.items() if mark.valeur == Presence.ABSENT]


def presences(held: Iterable[Affectation]) -> State:
    """What was said of these places on the day; one query."""
    places = list(held)
    days, targets = {p.mission.action_id for p in places}, [str(p.id) for p in places]
    return _marks(Entree.jour_id.in_(days), Entree.cible.in_(targets))


def _marks(*of: ColumnElement[bool]) -> State:
    """The fold of these entries about presence, and of what took them back on the same days."""
    said, days = (select(column).where(Entree.genre == Genre.PRESENCE, *of) for column in (Entree.uuid, Entree.jour_id))
    undoing = and_(Entree.jour_id.in_(days), Entree.genre == Genre.ANNULE, Entree.cible.in_(said))
    return fold(db.session.scalars(select(Entree).where(or_(Entree.uuid.in_(said), undoing))), {})


# --- one person ----------------------------------------------------------------------------------------------


def known_of(id: int, *, by: Personne) -> Row[Personne, Profil | None, Note | None, bool] | None:
    """Somebody, what they said of themself, what the bienveillants keep in mind of them, and whether it is written down
    that `by` looked; one query. Who may read it is still to be asked.
    """
    query = (
        select(Personne, Profil, Note, consultations.is_noted(Personne.id, Vue.FICHE, by=by))
        .outerjoin(Profil, Profil.personne_id == Personne.id)
        .outerjoin(Note, Note.personne_id == Personne.id)
        .where(Personne.id == id)
        .options(*WITH_ROLES, joinedload(Note.par))
    )
    return db.session.execute(query).unique().one_or_none()


def note_of(personne: Personne) -> Note | None:
    return db.session.get(Note, personne.id, populate_existing=True)


# --- finding cover -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """Someone who could be asked; `asked` is the last time that anybody did, for any mission."""

    personne: Personne
    asked: datetime | None
    is_free: bool  # they said so
    is_unlikely: bool  # they said which times suit them, and this one is not among them
    skills: list[Competence]  # those that the mission wants


def cover_for(mission: Mission, number: int, *, but: Personne) -> Leaf:
    """A page of whom to ask: those whose times exclude it last, then who was asked longest ago, by name; one query."""
    asked = select(func.max(Invitation.invitee_le)).where(Invitation.personne_id == Personne.id).scalar_subquery()
    rows = db.session.execute(
        askable(mission).add_columns(asked).where(Personne.id != but.id).options(joinedload(Personne.profil))
    )
    found = sorted((_candidate(mission, personne, last) for personne, last in rows), key=_turn)
    return Leaf(found[(number - 1) * PAGE : number * PAGE], number, len(found), PAGE)


def _candidate(mission: Mission, personne: Personne, asked: datetime | None) -> Candidate:
    times = personne.profil.disponibilites if personne.profil else []
    known = personne.profil.competences if personne.profil else []
    suits = accord.covers(times, mission.debut, mission.fin)
    skills = [c for c in Competence if c in known and c in mission.competences]
    return Candidate(personne, asked, suits, bool(times) and not suits, skills)


def _turn(c: Candidate) -> tuple[Any, ...]:
    return c.is_unlikely, c.asked is not None, c.asked, c.personne.nom_cle, c.personne.id


def askable(mission: Mission) -> Select[Personne]:
    """Who may be invited: they accept to be, nobody asked them yet, they are free then and wait for no answer here."""
    asked = exists().where(Invitation.mission_id == mission.id, Invitation.personne_id == Personne.id)
    applied = exists().where(
        Candidature.mission_id == mission.id,
        Candidature.personne_id == Personne.id,
        or_(Candidature.etat.in_(LIVE), is_untold()),
    )
    busy = exists().where(
        Affectation.personne_id == Personne.id,
        Affectation.libere_le.is_(None),
        Mission.id == Affectation.mission_id,
        Mission.etat != Etat.ANNULEE,
        overlap(mission.debut, mission.fin),  # itself, when they are on it
    )
    return select(Personne).where(*PEOPLE, Personne.sollicitable, ~asked, ~applied, ~busy)


def invited_to(mission: Mission) -> list[Invitation]:
    """Who was asked, latest first."""
    query = select(Invitation).where(Invitation.mission_id == mission.id).options(joinedload(Invitation.personne))
    return list(db.session.scalars(query.order_by(Invitation.invitee_le.desc(), Invitation.id)))


# --- under the minimum ---------------------------------------------------------------------------------------


def short_of_people(of: Personne | None = None) -> list[Mission]:
    """Missions that lack people so near their start that their bienveillant is told, soonest first; one query."""
    near = (
        select(Mission)
        .join(Mission.action)
        .where(
            Mission.etat.in_((Etat.OUVERTE, Etat.FERMEE)),
            Mission.debut.between(clock.now(), clock.now() + LONGEST_ALERT),
            Mission.prises < Mission.minimum,
            Action.etat.in_(ALIVE),
            Action.bienveillant_id == of.id if of else Action.bienveillant_id.is_not(None),
        )
        .options(joinedload(Mission.action).joinedload(Action.bienveillant))
        .order_by(Mission.debut, Mission.id)
    )
    return [mission for mission in db.session.scalars(near) if mission.lacks_people]
