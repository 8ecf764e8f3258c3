"""Reading hours: those of an action, a person's ledger, attestations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from portal import clock
from portal.actions.models import FORGOTTEN, HELD, NIGHT, Action
from portal.comptes.models import Personne
from portal.contributions.models import Attestation, Contribution, Releve, Unite
from portal.contributions.models import Etat as EtatReleve
from portal.db import count, db
from portal.jour_j.bilan import Heures, reads_the_hours
from portal.journal import Called, describes
from portal.missions.models import Affectation, Mission, Nature
from portal.missions.models import Etat as EtatMission
from portal.poles.models import Pole

LATEST = timedelta(days=60)  # what is older was counted elsewhere, before the portal did
OPEN = (EtatReleve.PROPOSE, EtatReleve.VALIDE_REFERENT)
WITH_PLACE = (
    joinedload(Releve.affectation).options(
        joinedload(Affectation.personne), joinedload(Affectation.mission).joinedload(Mission.action)
    ),
)


# --- the hours of an action ----------------------------------------------------------------------------------


def of_action(action: Action) -> list[Releve]:
    """Référents first, with person and mission; one query."""
    rows = db.session.scalars(_on(action).options(contains_eager(Releve.affectation).joinedload(Affectation.personne))).all()
    return sorted(rows, key=lambda r: list(Nature).index(r.mission.nature))


@reads_the_hours
def for_the_report(action: Action) -> list[Heures]:
    """The time of each place, for the closing report of its day; one query."""
    return [Heures(r.personne.nom, r.mission.titre, r.minutes, r.etat.label) for r in of_action(action)]


def ids_of(action: Action) -> list[int]:
    return [releve.id for releve in db.session.scalars(_on(action))]


def _counts() -> tuple[ColumnElement[bool], ...]:
    """Nobody gave hours on a place that was given back, or on a mission that was cancelled."""
    return Affectation.libere_le.is_(None), Mission.etat != EtatMission.ANNULEE


def missions_of(action: Action) -> list[int]:
    return list(db.session.scalars(select(Mission.id).where(Mission.action_id == action.id)))


def settled_of(personne_id: int, mission_id: int) -> Releve | None:
    """What was validated of the place that this person holds on the mission."""
    of_place = (Affectation.personne_id == personne_id, Affectation.mission_id == mission_id, Releve.etat == EtatReleve.VALIDE)
    rows = select(Releve).join(Releve.affectation).join(Affectation.mission)
    return db.session.scalar(rows.where(*of_place, *_counts()).options(*WITH_PLACE))


def is_settled_on(mission: Mission) -> bool:
    """Whether the hours of somebody on this mission were validated."""
    settled = select(Releve.id).join(Releve.affectation)
    of_mission = (Affectation.mission_id == mission.id, Releve.etat == EtatReleve.VALIDE)
    return db.session.scalar(settled.where(*of_mission).limit(1)) is not None


def _on(action: Action) -> Select[Releve]:
    return (
        select(Releve)
        .join(Releve.affectation)
        .join(Affectation.mission)
        .where(Mission.action_id == action.id, *_counts())
        .options(contains_eager(Releve.affectation).contains_eager(Affectation.mission))
        .order_by(Mission.debut, Releve.id)
    )


def _took_place() -> ColumnElement[bool]:
    """Action.took_place, for a list."""
    return or_(Action.etat.in_(HELD), and_(Action.etat.in_(FORGOTTEN), Action.fin <= clock.now() - NIGHT))


def awaiting(personne: Personne) -> list[tuple[Action, int]]:
    """Actions whose hours wait for this person, oldest first, with how many lines: the référent hands them over, the
    bienveillant validates, an administrator those of the bienveillant; one query.
    """
    theirs, own = Affectation.personne_id, Affectation.personne_id == personne.id
    post = (
        select(Mission.action_id)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .where(own, Affectation.libere_le.is_(None), Mission.nature == Nature.REFERENT)
    )
    sets_up = and_(Action.bienveillant_id == personne.id, ~own)
    runs = and_(Releve.etat == EtatReleve.PROPOSE, Action.id.in_(post), Action.bienveillant_id.is_distinct_from(personne.id))
    stands_in = and_(theirs == Action.bienveillant_id, ~own) if personne.has_role("admin") else false()
    rows = (
        select(Action, func.count(Releve.id))
        .join(Mission, Mission.action_id == Action.id)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .join(Releve, Releve.affectation_id == Affectation.id)
        .where(Releve.etat.in_(OPEN), *_counts(), _took_place(), or_(sets_up, runs, stands_in))
        .group_by(Action.id)
        .order_by(Action.debut)
        .limit(20)
    )
    return [(action, int(lines)) for action, lines in db.session.execute(rows)]


def at_once(action: Action) -> dict[int, list[Mission]]:
    """Of each place of an action, the missions that its person held at the same time and that count too; one query."""
    other, beside = aliased(Affectation), aliased(Mission)
    rows = db.session.execute(
        select(Affectation.id, beside)
        .join(Affectation.mission)
        .join(other, and_(other.personne_id == Affectation.personne_id, other.id != Affectation.id))
        .join(beside, and_(beside.id == other.mission_id, beside.debut < Mission.fin, beside.fin > Mission.debut))
        .outerjoin(Releve, Releve.affectation_id == other.id)
        .where(Mission.action_id == action.id, other.libere_le.is_(None), beside.etat != EtatMission.ANNULEE)
        .where(*_counts(), or_(Releve.id.is_(None), Releve.minutes > 0))
        .order_by(beside.debut, other.id)
    )
    found: dict[int, list[Mission]] = {}
    for place, mission in rows:
        found.setdefault(place, []).append(mission)
    return found


def to_come(action: Action) -> list[tuple[Mission, int]]:
    """Missions of an action that took place whose hours are not proposed before they end, with how many people; one query."""
    rows = (
        select(Mission, func.count(Affectation.id))
        .join(Affectation, Affectation.mission_id == Mission.id)
        .outerjoin(Releve, Releve.affectation_id == Affectation.id)
        .where(Mission.action_id == action.id, Mission.fin > clock.now(), *_counts(), Releve.id.is_(None))
        .group_by(Mission.id)
        .order_by(Mission.debut, Mission.id)
    )
    return [(mission, int(people)) for mission, people in db.session.execute(rows)]


def unproposed() -> list[int]:
    """Actions that took place lately, on which somebody held a place whose time is over and whose hours nobody proposed."""
    missing = (
        select(Mission.action_id)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .join(Action, Action.id == Mission.action_id)
        .outerjoin(Releve, Releve.affectation_id == Affectation.id)
        .where(_took_place(), Action.fin > clock.now() - LATEST, Mission.fin <= clock.now(), *_counts(), Releve.id.is_(None))
    )
    return list(db.session.scalars(missing.distinct().order_by(Mission.action_id)))


@describes("attestation", lambda code: f"Attestation {code}")
def _attestation() -> Called:
    return select(Attestation.id, Attestation.code)


@describes("releve", lambda nom, titre: f"Heures de {nom}, «\u00a0{titre}\u00a0»")
def _called() -> Called:
    places = select(Releve.id, Personne.nom, Mission.titre).join(Releve.affectation)
    return places.join(Affectation.personne).join(Affectation.mission)


# --- the ledger ----------------------------------------------------------------------------------------------


class Total(NamedTuple):
    """What a person earned in a year with a pôle, in one unit."""

    annee: int
    pole: str
    unite: Unite
    quantite: int


@dataclass(frozen=True)
class Ledger:
    """A person's ledger: the lines of one year, latest first; the totals of all."""

    annee: int
    lines: list[Contribution]
    totals: list[Total]
    attestations: list[Attestation] = field(default_factory=list)
    waiting: int = 0  # missions whose hours the team has not validated yet

    @property
    def years(self) -> list[int]:
        return sorted({total.annee for total in self.totals} | {self.annee}, reverse=True)

    def sums(self, annee: int) -> list[tuple[Unite, int]]:
        """What the year came to, in each unit that it has."""
        return summed((t.unite, t.quantite) for t in self.totals if t.annee == annee)

    @property
    def by_pole(self) -> list[Total]:
        return [total for total in self.totals if total.annee == self.annee]

    @property
    def minutes(self) -> int:
        return dict(self.sums(self.annee)).get(Unite.HEURES, 0)

    def hours_on(self, action_id: int) -> int:
        return sum(line.quantite for line in self.lines if line.action_id == action_id and line.unite is Unite.HEURES)

    @property
    def actions(self) -> list[Action]:
        """Those of the year that gave hours, latest first."""
        found = dict.fromkeys(line.action for line in self.lines if line.unite is Unite.HEURES)
        return [action for action in found if self.hours_on(action.id) > 0]


def summed(pairs: Iterable[tuple[Unite, int]]) -> list[tuple[Unite, int]]:
    found: dict[Unite, int] = {}
    for unite, quantite in pairs:
        found[unite] = found.get(unite, 0) + quantite
    return [(unite, found[unite]) for unite in Unite if unite in found]


def ledger(personne: Personne, annee: int) -> Ledger:
    """Four queries, whatever the person did."""
    mine = Contribution.personne_id == personne.id
    return Ledger(annee, lines(mine, Contribution.annee == annee), totals(personne), attestations(personne), _waiting(personne))


def _waiting(personne: Personne) -> int:
    """How many of their missions gave hours that the team has not validated yet."""
    mine = select(Releve).join(Affectation).where(Affectation.personne_id == personne.id)
    return count(mine.where(Releve.etat != EtatReleve.VALIDE, Releve.minutes > 0))


def lines(*where: ColumnElement[bool]) -> list[Contribution]:
    """Lines of the ledger with what they are about, latest first; one query."""
    rows = (
        select(Contribution)
        .where(*where)
        .options(
            joinedload(Contribution.mission),
            joinedload(Contribution.action),
            joinedload(Contribution.pole),
            joinedload(Contribution.personne),
            joinedload(Contribution.par),
        )
        .order_by(Contribution.id.desc())
    )
    return list(db.session.scalars(rows))


def totals(personne: Personne) -> list[Total]:
    rows = db.session.execute(
        select(Contribution.annee, Pole, Contribution.unite, func.sum(Contribution.quantite))
        .outerjoin(Contribution.pole)
        .where(Contribution.personne_id == personne.id)
        .group_by(Contribution.annee, Pole.id, Contribution.unite)
        .order_by(Contribution.annee.desc(), Pole.nom)
    )
    return [Total(annee, "Sans pôle" if pole is None else pole.label, unite, int(total)) for annee, pole, unite, total in rows]


def earned(personne_id: int, mission_id: int) -> list[Contribution]:
    """What the ledger says of a person on one mission, the first line first."""
    of_place = (Contribution.personne_id == personne_id, Contribution.mission_id == mission_id)
    return list(db.session.scalars(select(Contribution).where(*of_place).order_by(Contribution.id)))


def hours_of(personne: Personne, *, action: Action | None, annee: int) -> list[Contribution]:
    """The lines that an attestation of this action, or of the year, counts."""
    about = _about(action.id if action else None, annee)
    return lines(Contribution.personne_id == personne.id, Contribution.unite == Unite.HEURES, about)


def action_of(personne: Personne, id: int) -> Action | None:
    """The action of that id, if it is in this person's ledger."""
    mine = select(Contribution.id).where(Contribution.personne_id == personne.id, Contribution.action_id == Action.id)
    return db.session.scalar(select(Action).where(Action.id == id, mine.exists()))


# --- attestations --------------------------------------------------------------------------------------------


def attestations(personne: Personne) -> list[Attestation]:
    """Those that are still good, latest first; one query."""
    mine = select(Attestation).where(Attestation.personne_id == personne.id)
    found = {(a.action_id, a.action_id or a.annee): a for a in db.session.scalars(mine.order_by(Attestation.rang))}
    return sorted(found.values(), key=lambda a: a.id, reverse=True)


def last_attestation(personne: Personne, *, action: Action | None, annee: int) -> Attestation | None:
    return db.session.scalar(_same_object(personne.id, action.id if action else None, annee).limit(1))


def verified(code: str) -> Attestation | None:
    return db.session.scalar(select(Attestation).where(Attestation.code == code))


def replacement(attestation: Attestation) -> Attestation | None:
    """The one that replaced it next, if any."""
    later = _same_object(attestation.personne_id, attestation.action_id, attestation.annee)
    return db.session.scalar(later.where(Attestation.rang == attestation.rang + 1))


def corrected_since(attestation: Attestation) -> datetime | None:
    """When the hours that it says were last corrected in the ledger after it was issued, if they are others now."""
    since = (
        Contribution.personne_id == attestation.personne_id,
        Contribution.unite == Unite.HEURES,
        _about(attestation.action_id, attestation.annee),
        Contribution.corrige_id.is_not(None),
        Contribution.cree_le > attestation.emise_le,
    )
    return db.session.scalar(select(func.max(Contribution.cree_le)).where(*since).having(func.sum(Contribution.quantite) != 0))


def _about(action_id: int | None, annee: int) -> ColumnElement[bool]:
    return Contribution.action_id == action_id if action_id else Contribution.annee == annee


def _same_object(personne_id: int, action_id: int | None, annee: int) -> Select[Attestation]:
    """An action has one object, even over New Year; without an action it is the year."""
    of_year = and_(Attestation.action_id.is_(None), Attestation.annee == annee)
    about = Attestation.action_id == action_id if action_id else of_year
    return select(Attestation).where(Attestation.personne_id == personne_id, about).order_by(Attestation.rang.desc())
