"""Reading missions and who is on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, inspect, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import MANY, db, instant
from portal.journal import EntreeJournal, subject_key
from portal.missions import lexique
from portal.missions.models import Affectation, Etat, Mineur, Mission, Nature, confirmer_creneau, modifier
from portal.poles.queries import poles
from portal.policy import Answer, provides
from portal.web import Leaf, leaf

PAGE = 50
WITH_ACTION = (  # what a mission's page shows of its action: one query, and one for the programme
    joinedload(Mission.action).options(
        joinedload(Action.pole_porteur),
        joinedload(Action.bienveillant),
        joinedload(Action.demandeur),
        selectinload(Action.programme),
    ),
)
HELD = (joinedload(Affectation.mission).joinedload(Mission.action),)  # a place, with what it is a place of


@dataclass(frozen=True)
class Filters:
    """What the listing can be narrowed by; every field comes from the query of the URL."""

    nature: Nature | None = None
    pole: int | None = None
    du: date | None = None
    au: date | None = None
    places: bool = False
    q: str = ""


def public_list(filters: Filters, number: int) -> Leaf:
    """Published missions to come, soonest first; two queries. Once it has begun, a mission takes nobody any more."""
    to_come = (
        select(Mission)
        .join(Mission.action)
        .where(Mission.etat.in_((Etat.OUVERTE, Etat.FERMEE)), Mission.debut > clock.now(), *_narrowed(filters))
        .order_by(Mission.debut, Mission.id)
    )
    along = contains_eager(Mission.action).joinedload(Action.pole_porteur)
    return _found(to_come, number, along) if filters.q else leaf(to_come, number, PAGE, along)


def _found(query: Select[Mission], number: int, along: ORMOption) -> Leaf:
    """The leaf of a search, whose words are looked for once: which ones, as far as a leaf counts, then those of the page."""
    ids = db.session.scalars(query.with_only_columns(Mission.id).limit(max(number * PAGE, MANY + 1))).all()
    here = select(Mission).join(Mission.action).where(Mission.id.in_(ids[(number - 1) * PAGE : number * PAGE]))
    rows = db.session.scalars(here.order_by(Mission.debut, Mission.id).options(along))
    return Leaf(list(rows), number, min(len(ids), MANY + 1), PAGE)


def next_open(limit: int) -> Select[Mission]:
    """The next missions that still take somebody, soonest first."""
    soonest = select(Mission).where(Mission.prises < Mission.places, takes_candidatures()).order_by(Mission.debut, Mission.id)
    return soonest.options(joinedload(Mission.action).joinedload(Action.pole_porteur)).limit(limit)


def _narrowed(f: Filters) -> Iterable[ColumnElement[bool]]:
    if f.nature:
        yield Mission.nature == f.nature
    if f.pole:
        yield Action.pole_porteur_id == f.pole
    if f.du:
        yield Mission.fin > clock.start_of(f.du)
    if f.au:
        yield Mission.debut < clock.end_of(f.au)
    if f.places:
        yield and_(Mission.prises < Mission.places, takes_candidatures())
    if f.q:
        yield lexique.found(f.q)


def of_action(action: Action) -> list[Mission]:
    """All its missions, référents first, with the people on them; two queries."""
    missions = db.session.scalars(
        select(Mission)
        .where(Mission.action_id == action.id)
        .options(
            undefer(Mission.lacks_adult),
            selectinload(Mission.affectations.and_(Affectation.libere_le.is_(None))).joinedload(Affectation.personne),
        )
        .order_by(Mission.debut, Mission.id)
    ).all()
    return sorted(missions, key=lambda m: (m.nature is not Nature.REFERENT, m.debut, m.id))


def team_of(action: Action) -> list[Affectation]:
    """Who is on the action now, référents first, in one query."""
    return teams_of([action.id])[action.id]


def teams_of(ids: Collection[int], *, freed: bool = False) -> dict[int, list[Affectation]]:
    """The same of several actions, by id, in one query; with those who have given their place back too, when `freed`."""
    held = true() if freed else Affectation.libere_le.is_(None)
    rows = db.session.scalars(
        select(Affectation)
        .join(Affectation.mission)
        .where(Mission.action_id.in_(ids), held)
        .options(contains_eager(Affectation.mission).undefer(Mission.lacks_adult))
        .options(joinedload(Affectation.personne), joinedload(Affectation.mineur))
        .order_by(Mission.debut, Affectation.id)
    ).all()
    ranked = sorted(rows, key=lambda a: list(Nature).index(a.mission.nature))
    return {id: [place for place in ranked if place.mission.action_id == id] for id in ids}


def known_team(action: Action) -> list[Affectation]:
    """The same as the team itself sees it: an acceptance that can be taken back is nobody's news."""
    return [place for place in team_of(action) if place.is_told]


def has_volunteers(action: Action) -> bool:
    """Whether a volontaire mission of this action was published and still stands."""
    of_volunteers = (Mission.action_id == action.id, Mission.nature == Nature.VOLONTAIRE)
    return bool(db.session.scalar(select(exists().where(*of_volunteers, Mission.etat.in_((Etat.OUVERTE, Etat.FERMEE))))))


def takes_candidatures() -> ColumnElement[bool]:
    """Published, not begun, in its phase de candidature: Mission.accepts_candidatures, for a list."""
    now = clock.now()
    return and_(
        Mission.etat == Etat.OUVERTE,
        Mission.debut > now,
        or_(Mission.candidatures_du.is_(None), Mission.candidatures_du <= now),
        or_(Mission.candidatures_au.is_(None), Mission.candidatures_au > now),
    )


def other_open(mission: Mission, limit: int = 2) -> list[Mission]:
    """Two other missions to offer to someone who was refused."""
    return list(
        db.session.scalars(
            select(Mission)
            .where(
                Mission.id != mission.id,
                Mission.prises < Mission.places,
                takes_candidatures(),
            )
            .options(joinedload(Mission.action).joinedload(Action.pole_porteur))
            .order_by(Mission.nature != mission.nature, Mission.debut)
            .limit(limit)
        )
    )


def active_on(mission: Mission) -> list[Affectation]:
    return list(
        db.session.scalars(
            select(Affectation)
            .where(Affectation.mission_id == mission.id, Affectation.libere_le.is_(None))
            .options(joinedload(Affectation.personne))
            .order_by(Affectation.id)
        )
    )


def minors_on(mission: Mission) -> bool:
    """Whether somebody under eighteen holds a place of it now."""
    held = (Affectation.mission_id == mission.id, Affectation.libere_le.is_(None))
    minor = Mineur.personne_id == Affectation.personne_id, Mineur.mission_id == Affectation.mission_id
    return bool(db.session.scalar(select(exists().where(*held, *minor))))


def moves_of(mission: Mission) -> list[dict[str, Any]]:
    """What the journal keeps of its changes and of the slots confirmed since, oldest first."""
    events = (modifier.key, confirmer_creneau.key)
    kept = select(EntreeJournal.faits).where(EntreeJournal.sujet == subject_key(mission), EntreeJournal.evenement.in_(events))
    return list(db.session.scalars(kept.order_by(EntreeJournal.id)))


def unconfirmed() -> list[int]:
    """The places whose new slot nobody confirmed in time, of missions that have not begun."""
    late = (Affectation.a_confirmer_avant <= clock.now(), Affectation.libere_le.is_(None), Mission.debut > clock.now())
    return list(db.session.scalars(select(Affectation.id).join(Affectation.mission).where(*late)))


def to_confirm(personne: Personne) -> Select[Affectation]:
    """The places of a person whose new slot they are asked to confirm."""
    asked = (Affectation.a_confirmer_avant > clock.now(), Affectation.libere_le.is_(None))
    return select(Affectation).where(Affectation.personne_id == personne.id, *asked)


def place(id: int) -> Affectation | None:
    """A place by its id, with what it is a place of and who held it; one query."""
    return db.session.get(Affectation, id, options=(*HELD, joinedload(Affectation.personne)))


def active_of(mission: Mission, personne: Personne) -> Affectation | None:
    return db.session.scalar(
        select(Affectation).where(
            Affectation.mission_id == mission.id,
            Affectation.personne_id == personne.id,
            Affectation.libere_le.is_(None),
        )
    )


def told() -> ColumnElement[bool]:
    """A place is its holder's once they heard of it: while an acceptance can be taken back, nothing shows it to them."""
    return Affectation.connue_le <= instant(clock.now)


def engagements(personne: Personne) -> list[Affectation]:
    """The places a person holds and knows of, soonest first, with mission and action; one query."""
    return list(
        db.session.scalars(
            select(Affectation)
            .join(Affectation.mission)
            .where(
                Affectation.personne_id == personne.id, Affectation.libere_le.is_(None), Mission.etat != Etat.ANNULEE, told()
            )
            .options(contains_eager(Affectation.mission).joinedload(Mission.action))
            .order_by(Mission.debut, Affectation.id)
        )
    )


def referents_of(action_ids: Iterable[int]) -> dict[int, list[Personne]]:
    """The référents of several actions who know that they are, in one query."""
    rows = db.session.execute(
        select(Mission.action_id, Personne)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .join(Personne, Personne.id == Affectation.personne_id)
        .where(Mission.action_id.in_(list(action_ids)), Mission.nature == Nature.REFERENT, Affectation.libere_le.is_(None))
        .where(told())
        .order_by(Mission.debut, Affectation.id)
    )
    found: dict[int, list[Personne]] = {}
    for action_id, personne in rows:
        found.setdefault(action_id, []).append(personne)
    return found


def contacts_of(actions: Iterable[Action]) -> dict[int, list[Personne]]:
    """By action, the référents whose name and number its team sees now."""
    return referents_of({action.id for action in actions if action.shares_referent})


def overlap(debut: datetime, fin: datetime) -> ColumnElement[bool]:
    """Missions that share an instant with [debut, fin); back-to-back slots do not."""
    return and_(Mission.debut < fin, Mission.fin > debut)


def places_around(personne: Personne, mission: Mission) -> list[Affectation]:
    """The places that this person holds and knows of at the time of that mission, theirs on it included; one query."""
    return list(
        db.session.scalars(
            select(Affectation)
            .join(Affectation.mission)
            .where(
                Affectation.personne_id == personne.id,
                Affectation.libere_le.is_(None),
                Mission.etat != Etat.ANNULEE,
                overlap(*mission.slot),
                told(),
            )
            .options(contains_eager(Affectation.mission))
            .order_by(Mission.debut)
        )
    )


def places_to_come(personne_ids: Collection[int]) -> list[Affectation]:
    """The places these people hold on missions that are not over, told or not."""
    held = (Affectation.personne_id.in_(personne_ids), Affectation.libere_le.is_(None), Mission.fin > clock.now())
    places = select(Affectation).join(Affectation.mission).where(*held).options(contains_eager(Affectation.mission))
    return list(db.session.scalars(places.order_by(Mission.id)))


def known_clashes(personne: Personne, mission: Mission) -> list[Mission]:
    """The other missions at the same time that this person holds and knows of."""
    return [place.mission for place in places_around(personne, mission) if place.mission_id != mission.id]


def clashes(personne_id: int, mission: Mission) -> list[Mission]:
    """The other missions this person holds at the same time."""
    return list(
        db.session.scalars(
            select(Mission)
            .join(Affectation, Affectation.mission_id == Mission.id)
            .where(
                Affectation.personne_id == personne_id,
                Affectation.libere_le.is_(None),
                Mission.id != mission.id,
                Mission.etat != Etat.ANNULEE,
                overlap(mission.debut, mission.fin),
            )
            .options(joinedload(Mission.action))
            .order_by(Mission.debut)
        )
    )


PAID = {Nature.VOLONTAIRE: Nature.CHARGE_DE_MISSION, Nature.CHARGE_DE_MISSION: Nature.VOLONTAIRE}  # what does not go together


def mixes(personne_id: int, mission: Mission) -> list[Mission]:
    """The missions of the same action that this person holds as a volunteer when this one is paid, or the other way round."""
    return list(db.session.scalars(_mixed(personne_id, mission)))


def known_mixes(personne: Personne, mission: Mission) -> list[Mission]:
    """Those of them that this person knows of."""
    return list(db.session.scalars(_mixed(personne.id, mission).where(told())))


def _mixed(personne_id: int, mission: Mission) -> Select[Mission]:
    return (
        select(Mission)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .where(
            Affectation.personne_id == personne_id,
            Affectation.libere_le.is_(None),
            Mission.action_id == mission.action_id,
            Mission.nature == PAID.get(mission.nature),
            Mission.etat != Etat.ANNULEE,
        )
    )


def _has_a_place(personne: Any, *of: ColumnElement[bool]) -> ColumnElement[bool]:
    mine = Affectation.personne_id == personne.id, Affectation.libere_le.is_(None), told()
    return exists().where(Affectation.mission_id == Mission.id, *mine, *of)


@provides("referent_of")
def _is_referent(personne: Any, action: Action) -> Answer:
    return _has_a_place(personne, Mission.action_id == action.id, Mission.nature == Nature.REFERENT)


@provides("on_team")
def _is_on_team(personne: Any, action: Action) -> Answer:
    return _has_a_place(personne, Mission.action_id == action.id)


@provides("holds")
def _holds(personne: Any, mission: Any) -> Answer:
    if "affectations" not in inspect(mission).unloaded:  # a list of missions brought its people along
        return any(a.personne_id == personne.id and a.libere_le is None and a.is_told for a in mission.affectations)
    return _has_a_place(personne, Mission.id == mission.id)


def wishes() -> dict[str, str]:
    """What one may wish for, as Profil.envies holds it, in words: natures of missions, then pôles and groupes; one query."""
    natures = {f"nature:{nature}": nature.label for nature in Nature}
    return natures | {f"pole:{pole.id}": pole.label for pole in poles()}
