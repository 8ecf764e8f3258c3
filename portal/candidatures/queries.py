"""Reading candidatures: the bienveillant's queue, one person's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, undefer, with_expression

from portal import clock
from portal.actions.models import Action
from portal.candidatures.models import DECISIONS, HELD_UNTIL, KEPT, LIVE, Candidature, Etat, annuler, desister, liberer
from portal.comptes import consultations
from portal.comptes.models import NomRole, Personne, Vue
from portal.db import count, db
from portal.journal import Called, EntreeJournal, describes, subject_key
from portal.missions.models import Affectation, Mission
from portal.missions.models import Etat as EtatMission
from portal.missions.queries import PAID
from portal.web import Leaf, leaf

PAGE = 50
WAITING = (Etat.DEPOSEE, Etat.LISTE_ATTENTE)
WITH_MISSION = (joinedload(Candidature.personne), joinedload(Candidature.mission).joinedload(Mission.action))


@dataclass
class Row:
    """A candidature with what a decision needs."""

    candidature: Candidature
    clashes: list[Mission] = field(default_factory=list)  # of the same person, at the same time
    mixes: list[Mission] = field(default_factory=list)  # on the same action, paid when this is not, or the other way round
    past: int = 0  # missions this person already did here; only for a proved address

    @property
    def id(self) -> int:
        return self.candidature.id


def queue(
    personne: Personne,
    *,
    etat: Etat | None = Etat.DEPOSEE,
    action: int | None = None,
    mission: int | None = None,
    number: int = 1,
) -> Leaf:
    """Candidatures to the actions of this bienveillant (all of them for an admin), as Rows; four queries.

    Those that wait come oldest first, those in line in its order, the others latest first.
    """
    found = leaf(
        _asked(personne, etat, action, mission).order_by(*_order(etat)),
        number,
        PAGE,
        contains_eager(Candidature.mission).options(contains_eager(Mission.action), undefer(Mission.lacks_adult)),
        joinedload(Candidature.personne),
        joinedload(Candidature.mineur),
        joinedload(Candidature.offre),
        with_expression(Candidature.is_noted, consultations.is_noted(Candidature.personne_id, Vue.CANDIDATURES, by=personne)),
    )
    return replace(found, items=rows_of(found.items))


def _asked(personne: Personne, etat: Etat | None, action: int | None, mission: int | None) -> Select[Candidature]:
    where = _scope(personne)
    if etat:
        where.append(Candidature.etat == etat)
    if action:
        where.append(Mission.action_id == action)
    if mission:
        where.append(Mission.id == mission)
    return select(Candidature).join(Candidature.mission).join(Mission.action).where(*where)


def _order(etat: Etat | None) -> tuple[Any, ...]:
    age = (Candidature.deposee_le, Candidature.id)
    if etat is Etat.LISTE_ATTENTE:
        return (Candidature.rang_le.is_(None), Candidature.rang_le, *age)
    return age if etat in WAITING else tuple(key.desc() for key in age)


def arranged(rows: Iterable[Row], etat: Etat | None) -> list[Row]:
    """Rows in the order of `queue`, when some were read apart."""
    if etat is Etat.LISTE_ATTENTE:
        return sorted(rows, key=lambda r: (r.candidature.rang_le is None, r.candidature.rang_le or r.candidature.deposee_le))
    return sorted(rows, key=lambda r: r.candidature.deposee_le, reverse=etat not in WAITING)


def _scope(personne: Personne) -> list[Any]:
    """Those that this person reads; never their own, which would tell them an answer before it leaves."""
    others = Candidature.personne_id != personne.id
    return [others] if reads_all(personne) else [others, Action.bienveillant_id == personne.id]


def reads_all(personne: Personne) -> bool:
    """Whether they read those of everybody's actions; who set one up answers."""
    return personne.has_role(NomRole.ADMIN)


def rows_of(candidatures: list[Candidature]) -> list[Row]:
    """Add what a decision needs to know of these people, in two queries whatever their number."""
    rows = {c.id: Row(c) for c in candidatures}
    if rows:
        for id, held in db.session.execute(_beside(rows)):
            mission = rows[id].candidature.mission
            if held.debut < mission.fin and held.fin > mission.debut:
                rows[id].clashes.append(held)
            if held.action_id == mission.action_id and held.nature == PAID.get(mission.nature):
                rows[id].mixes.append(held)
        for id, count in db.session.execute(_already_done(rows)):
            rows[id].past = count
    return list(rows.values())


def _beside(ids: Collection[int]) -> Select[int, Mission]:
    """What the same people hold at the same time, or on the same action."""
    held = aliased(Mission)
    return (
        select(Candidature.id, held)
        .join(Mission, Mission.id == Candidature.mission_id)
        .join(Affectation, Affectation.personne_id == Candidature.personne_id)
        .join(held, held.id == Affectation.mission_id)
        .where(
            Candidature.id.in_(ids),
            Affectation.libere_le.is_(None),
            held.id != Mission.id,
            held.etat != EtatMission.ANNULEE,
            or_(held.action_id == Mission.action_id, and_(held.debut < Mission.fin, held.fin > Mission.debut)),
        )
        .order_by(held.debut)
    )


def _already_done(ids: Collection[int]) -> Select[int, int]:
    return (
        select(Candidature.id, func.count(Affectation.id))
        .join(Personne, Personne.id == Candidature.personne_id)
        .join(Affectation, Affectation.personne_id == Personne.id)
        .join(Mission, Mission.id == Affectation.mission_id)
        .where(
            Candidature.id.in_(ids),
            Personne.confirme_le.is_not(None),
            Affectation.libere_le.is_(None),
            Mission.fin < clock.now(),
        )
        .group_by(Candidature.id)
    )


def to_answer(personne: Personne) -> Select[Candidature]:
    """Those that wait for an answer from this bienveillant, whatever else they read."""
    return _asked(personne, Etat.DEPOSEE, None, None).where(Action.bienveillant_id == personne.id)


def waiting_count(personne: Personne, *, action: int | None, mission: int | None) -> int:
    """How many they are on that action and that mission, as db.count says it."""
    return count(_asked(personne, Etat.DEPOSEE, action, mission))


def asked_about(action: int | None, mission: int | None) -> Mission | Action | None:
    """What the queue is narrowed to: nothing that is there when its filters contradict each other."""
    if not mission:
        return db.session.get(Action, action)
    found = db.session.get(Mission, mission)
    return found if found and action in (None, found.action_id) else None


def is_untold() -> ColumnElement[bool]:
    """Candidature.is_undoable, for a list: an answer that nobody was told."""
    unsent = or_(Candidature.dite_le.is_(None), Candidature.dite_le > clock.now())
    return and_(Candidature.etat.in_(annuler.sources), Candidature.decidee_le.is_not(None), unsent)


def kept_back_by(personne: Personne) -> list[Candidature]:
    """The answers that this bienveillant gave and has not sent, by mission, with what a list of them shows; one query."""
    kept = kept_back(personne)
    return list(db.session.scalars(kept.options(*WITH_MISSION).order_by(Mission.debut, Mission.id, Candidature.decidee_le)))


def kept_back(personne: Personne) -> Select[Candidature]:
    return _kept_back().where(Action.bienveillant_id == personne.id)


def kept_back_count(personne: Personne) -> int:
    return count(kept_back(personne))


def kept_back_too_long() -> list[int]:
    """Those whose mission is so near that their answer leaves by itself."""
    near = Mission.debut < clock.now() + HELD_UNTIL
    return list(db.session.scalars(_kept_back().where(near).with_only_columns(Candidature.id)))


def _kept_back() -> Select[Candidature]:
    kept = (Candidature.etat.in_(annuler.sources), Candidature.decidee_le.is_not(None), Candidature.dite_le.is_(None))
    return select(Candidature).join(Candidature.mission).join(Mission.action).where(*kept)


def twins(mission: Mission, cle: str, adresse: str) -> list[tuple[int, bool]]:
    """(id, whether it is this very submission) of the live candidatures of that address to this mission, and of that key."""
    rows = db.session.execute(_TWINS, {"mission": mission.id, "cle": cle, "adresse": adresse})
    return [(id, bool(this)) for id, this in rows]


_THIS = Candidature.cle == bindparam("cle")
_TWINS = (  # built once: it is asked under the write lock
    select(Candidature.id, _THIS)
    .join(Candidature.personne)
    .where(Candidature.mission_id == bindparam("mission"))
    .where(or_(_THIS, and_(Personne.adresse == bindparam("adresse"), Candidature.etat.in_(LIVE))))
)


def followed(id: int) -> Candidature | None:
    """A candidature with what its personal page shows, in one query."""
    return db.session.scalar(
        select(Candidature)
        .where(Candidature.id == id)
        .options(
            joinedload(Candidature.personne),
            joinedload(Candidature.mineur),
            joinedload(Candidature.mission).joinedload(Mission.action).joinedload(Action.pole_porteur),
        )
    )


def waiting_for(mission: Mission) -> list[Candidature]:
    """Those still without an answer on this mission, oldest first."""
    return list(
        db.session.scalars(
            select(Candidature)
            .where(Candidature.mission_id == mission.id, Candidature.etat == Etat.DEPOSEE)
            .options(joinedload(Candidature.personne))
            .order_by(Candidature.id)
        )
    )


def yielded_on(mission: Mission) -> list[Candidature]:
    """Those that the référent's priority moved to the waiting list."""
    return list(
        db.session.scalars(
            select(Candidature)
            .where(Candidature.mission_id == mission.id, Candidature.etat == Etat.LISTE_ATTENTE, Candidature.cedee)
            .options(joinedload(Candidature.personne))
            .order_by(Candidature.id)
        )
    )


def live_on(mission: Mission) -> list[Candidature]:
    """Those that a cancelled mission concerns: refused a moment ago, which nobody was told, one still waits."""
    return list(
        db.session.scalars(
            select(Candidature)
            .where(Candidature.mission_id == mission.id, or_(Candidature.etat.in_(LIVE), is_untold()))
            .options(joinedload(Candidature.personne))
            .order_by(Candidature.id)
        )
    )


def same_address(mission: Mission, adresse: str) -> bool:
    """Whether a live candidature to this mission already comes from this address."""
    return bool(
        db.session.scalar(
            select(Candidature.id)
            .join(Candidature.personne)
            .where(Candidature.mission_id == mission.id, Personne.adresse == adresse, Candidature.etat.in_(LIVE))
            .limit(1)
        )
    )


def answer_to(candidature: Candidature) -> tuple[str, str]:
    """The reason and the word of the answer that the candidate was told last, as the journal has them; both may be empty."""
    answers = [answer.key for answer in (*DECISIONS, liberer) if answer.target is candidature.etat_dit]
    said = (
        select(EntreeJournal.motif, EntreeJournal.faits)
        .where(EntreeJournal.sujet == subject_key(candidature), EntreeJournal.evenement.in_(answers))
        .order_by(EntreeJournal.id.desc())
        .limit(1)
    )
    found = db.session.execute(said).one_or_none()
    return (found.motif, str(found.faits.get("mot", ""))) if found else ("", "")


def left_late(candidature: Candidature) -> bool:
    """Whether they stepped down when somebody had to find cover, as the journal has it."""
    said = select(EntreeJournal.faits).where(
        EntreeJournal.sujet == subject_key(candidature), EntreeJournal.evenement == desister.key
    )
    return any(facts.get("tardif") for facts in db.session.scalars(said))


@describes("candidature", lambda nom, titre: f"Candidature de {nom}, «\u00a0{titre}\u00a0»")
def _called() -> Called:
    """Whose, and to what; the names are read now, so that the journal holds none."""
    return select(Candidature.id, Personne.nom, Mission.titre).join(Candidature.personne).join(Candidature.mission)


def accepted_of(mission: Mission, personne_id: int) -> Candidature | None:
    """The accepted candidature behind somebody's place; the référent's priority has none."""
    accepted = (Candidature.personne_id == personne_id, Candidature.etat == Etat.ACCEPTEE)
    return db.session.scalar(select(Candidature).where(Candidature.mission_id == mission.id, *accepted))


def all_of(personne_ids: Collection[int]) -> list[Candidature]:
    """Every candidature that these people sent."""
    mine = select(Candidature).where(Candidature.personne_id.in_(personne_ids)).options(*WITH_MISSION)
    return list(db.session.scalars(mine.order_by(Candidature.id)))


def of_address(adresse: str) -> list[Candidature]:
    """The candidatures sent with this address whose link still opens, soonest mission first; one query."""
    mine = (Personne.adresse == adresse, Mission.fin > clock.now() - KEPT)
    return list(
        db.session.scalars(
            select(Candidature)
            .join(Candidature.personne)
            .join(Candidature.mission)
            .where(*mine)
            .options(contains_eager(Candidature.personne), contains_eager(Candidature.mission).joinedload(Mission.action))
            .order_by(Mission.debut, Candidature.id)
            .limit(30)
        )
    )


def sent_to(mission: Mission, personne: Personne) -> list[Candidature]:
    """Theirs to that mission, as far as they were told; one query."""
    theirs = Candidature.mission_id == mission.id, Candidature.personne_id == personne.id
    return [c for c in db.session.scalars(select(Candidature).where(*theirs)) if c.etat_dit in LIVE]


def of_person(personne: Personne) -> list[Candidature]:
    """Their candidatures, latest first, with mission and action; one query."""
    return list(
        db.session.scalars(
            select(Candidature)
            .where(Candidature.personne_id == personne.id)
            .options(joinedload(Candidature.mission).joinedload(Mission.action))
            .order_by(Candidature.id.desc())
        )
    )
