"""Every write about missions and the places on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from portal import clock, journal
from portal.actions.commands import ActionOver, check_reading
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import db, lock, lock_one, touched
from portal.missions import creneau, queries
from portal.missions.models import (
    Affectation,
    Etat,
    Mission,
    Nature,
    Origine,
    creer,
    fermer,
    liberer,
    modifier,
    prendre,
    publier,
    rouvrir,
)
from portal.workflow import MotifMissing, Refusal, Transition, fire

SHOWN = frozenset({"titre", "debut", "fin"})  # what an agenda shows of a mission


class MissionFull(Refusal):
    sentence = "Cette mission est complète : la liste d’attente reste ouverte."
    short = "complet"


class AlreadyOn(Refusal):
    sentence = "Cette personne tient déjà une place sur cette mission."
    short = "déjà inscrite"


class MissionOver(Refusal):
    sentence = "Cette mission est passée ou annulée : on ne peut plus y inscrire personne."
    short = "mission passée ou annulée"


class PostTaken(Refusal):
    sentence = "Le poste de référent est déjà tenu par une personne acceptée. Vois avec elle, ou libère sa place d’abord."


class PostOffered(Refusal):
    sentence = "Le poste est proposé à la première personne de la liste d’attente : il se libère si elle n’en veut pas."


class NoValues(Refusal):
    status = 422
    sentence = "Cette action n’énonce pas de valeurs : écris-les d’abord, une mission volontaire en a besoin."


class ValuesNeeded(Refusal):
    status = 422
    sentence = "Des missions volontaires sont publiées pour cette action : elles ont besoin de ses valeurs. Annule-les d’abord."


class NotConfirmed(Refusal):
    sentence = "L’action n’est pas encore confirmée : ses missions s’ouvrent après l’accord du demandeur."


class PlacesBelowTaken(Refusal):
    status = 422
    sentence = "Plus de places que cela sont déjà prises, ou proposées à quelqu’un. Libère d’abord des places."


class MinorsOn(Refusal):
    status = 422
    sentence = "Une personne mineure tient déjà une place ici. Libère sa place d’abord, en la prévenant."


class NatureFixed(Refusal):
    sentence = "Des personnes tiennent déjà une place : la nature de la mission ne change plus. Crée une autre mission."


class NobodyOn(Refusal):
    sentence = "Personne ne tient ce poste : il est déjà libre."


class NotReferent(Refusal):
    sentence = "La priorité ne vaut que pour un poste de référent."


def create(action: Action, *, by: Personne, take_post: bool = False, cle: str = "", **fields: Any) -> Mission:
    """A draft mission; `take_post` gives the référent's post at once to the bienveillant who sets the action up.

    The same form (its `cle`) sent twice is one mission.
    """
    lock(Personne, by.id)
    cle = journal.submission(cle, take_post, fields)
    if (made := journal.made_by(cle, creer.key, by=by)) and (twin := db.session.get(Mission, made)):
        return twin
    _check_action(lock_one(action), fields["nature"])
    mission = Mission(action=action, etat=Etat.BROUILLON, prises=0, **fields)
    db.session.add(mission)
    creer.tell(mission, by=by, titre=mission.titre, cle=cle)
    if take_post:
        take(mission, by=by)
    return mission


def edit(mission: Mission, *, by: Personne, read: str, announced: bool = False, **fields: Any) -> list[Affectation]:
    """Change a mission that is not cancelled. Places never go below the people on it, whose nature of post stays.

    `read` is `reading(mission.sheet)` when the form was shown: raises Conflict when somebody stored something since.
    A slot that moves asks those on it to confirm: raises Unannounced unless `by` was told so; returns who is asked.
    """
    lock_one(mission.action)
    mission = lock_one(mission)
    check_reading(read, mission.sheet, fields)
    if mission.etat is Etat.ANNULEE:
        raise MissionOver
    if mission.prises and fields["nature"] is not mission.nature:
        raise NatureFixed
    _check_action(mission.action, fields["nature"])
    if fields.get("places", mission.places) < mission.prises:
        raise PlacesBelowTaken
    if fields.get("reserve_majeurs") and queries.minors_on(mission):
        raise MinorsOn
    asked = creneau.who_must_confirm(mission, (fields["debut"], fields["fin"]), by=by)
    if asked and not announced:
        raise creneau.Unannounced(len(asked), creneau.answer_by(fields["debut"]))
    change(mission, asked, fields, by=by)
    return asked


def change(mission: Mission, asked: list[Affectation], fields: dict[str, Any], *, by: Personne) -> None:
    """Store what differs; those `asked` have to say again that they come. The mission is locked."""
    old = mission.slot
    if changed := _apply(mission, fields):
        moved = creneau.ask_again(mission, asked, old) if mission.slot != old else {}
        modifier.tell(mission, by=by, titre=mission.titre, champs=changed, **moved)


def _apply(mission: Mission, fields: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of what changed, which agendas may show."""
    changed = [name for name, value in fields.items() if value != getattr(mission, name)]
    mission.a_offrir += max(0, fields.get("places", mission.places) - mission.places)
    for name in changed:
        setattr(mission, name, fields[name])
    if not SHOWN.isdisjoint(changed):
        mission.sequence += 1
    return changed


def _check_action(action: Action, nature: Nature) -> None:
    if action.is_over:
        raise ActionOver
    _check_values(action, nature)


def _check_values(action: Action, nature: Nature) -> None:
    if nature is Nature.VOLONTAIRE and not action.valeurs.strip():
        raise NoValues


def decide(mission: Mission, transition: Transition, *, by: Personne | None, motif: str = "") -> None:
    """Publish, close, reopen or cancel. Cancelling frees every place; candidatures react."""
    lock_one(mission.action)  # its agreement may be undone meanwhile
    mission = lock_one(mission)
    if transition is not fermer and mission.is_past and transition.opens_from(mission.etat):
        raise MissionOver
    if transition in (publier, rouvrir):
        if not mission.action.takes_missions:
            raise NotConfirmed
        _check_values(mission.action, mission.nature)
    fire(transition, mission, by=by, motif=motif, titre=mission.titre)
    if transition is publier:
        mission.publiee_le = clock.now()
    if transition.target is Etat.ANNULEE:
        mission.sequence += 1
        for affectation in queries.active_on(mission):
            release(affectation, motif=motif, to_next=False)


def duplicate(mission: Mission, *, by: Personne, cle: str = "") -> Mission:
    """The same post again, as a draft with nobody on it. The same button (its `cle`) tapped twice makes one copy."""
    return create(mission.action, by=by, cle=cle, **mission.sheet)


def assign(
    mission: Mission, personne: Personne, *, origine: Origine, known_at: datetime | None, held: bool = False
) -> Affectation:
    """Give a place, which its holder knows of from `known_at` (None: once they are told). `held`: an offer held it for them.

    The caller holds the locks of the person, then of the mission.

    Raises MissionOver, AlreadyOn or MissionFull. The guarded counter and its CHECK stand behind the seats,
    the partial unique index behind "once per person".
    """
    if mission.etat is Etat.ANNULEE or mission.is_past:
        raise MissionOver
    if queries.active_of(mission, personne):
        raise AlreadyOn
    if not held:
        hold(mission)
    affectation = Affectation(mission_id=mission.id, personne_id=personne.id, origine=origine, connue_le=known_at)
    db.session.add(affectation)
    db.session.flush()
    return affectation


def hold(mission: Mission) -> None:
    """Take one of the places left; the caller holds the lock of the mission. Raises MissionFull."""
    taken = db.session.execute(
        update(Mission).where(Mission.id == mission.id, Mission.prises < Mission.places).values(prises=Mission.prises + 1)
    )
    if touched(taken) != 1:
        raise MissionFull
    db.session.refresh(mission)


def let_go(mission: Mission, *, to_next: bool = True) -> None:
    """Give back a place that `hold` took; `to_next`: the waiting list is offered it before anybody else."""
    freed = {"prises": Mission.prises - 1, "a_offrir": Mission.a_offrir + int(to_next)}
    db.session.execute(update(Mission).where(Mission.id == mission.id).values(freed))
    db.session.refresh(mission)


def release(affectation: Affectation, *, motif: str, to_next: bool = True) -> None:
    """Free a place, keeping the row. Releasing twice frees once."""
    freed = db.session.execute(
        update(Affectation)
        .where(Affectation.id == affectation.id, Affectation.libere_le.is_(None))
        .values(libere_le=clock.now(), motif=motif)
    )
    if touched(freed):
        let_go(affectation.mission, to_next=to_next)
    db.session.refresh(affectation)


def take(mission: Mission, *, by: Personne) -> Affectation:
    """The référent's priority: the bienveillant who sets the action up takes the post, with no candidature.

    It beats every candidature still waiting (they react to `prendre`), and never evicts someone accepted:
    raises PostTaken then, or PostOffered; NotReferent or MissionOver. Taken twice, it is theirs once. A rule of the house.
    """
    if mission.nature is not Nature.REFERENT:
        raise NotReferent
    lock(Personne, by.id)
    mission = lock_one(mission)
    if held := queries.active_of(mission, by):
        return held
    try:
        affectation = assign(mission, by, origine=Origine.PRIORITE, known_at=clock.now())
    except MissionFull:
        raise PostTaken if queries.active_on(mission) else PostOffered from None
    prendre.tell(mission, by=by, titre=mission.titre)
    return affectation


def give_back(mission: Mission, *, by: Personne, motif: str = "") -> None:
    """Give the référent's post back; those that the priority had put on the waiting list return to the queue.

    Somebody else's post wants a reason. Raises NotReferent, NobodyOn, MissionOver or MotifMissing.
    """
    if mission.nature is not Nature.REFERENT:
        raise NotReferent
    mission = lock_one(mission)
    held = next(iter(queries.active_on(mission)), None)
    if held is None:
        raise NobodyOn
    if mission.is_past:
        raise MissionOver("Cette mission a eu lieu : son poste ne se rend plus.")
    if held.personne_id != by.id and not motif.strip():
        raise MotifMissing
    free_post(held, by=by, motif=motif)


def free_post(held: Affectation, *, by: Personne | None, motif: str) -> None:
    """The référent's post is nobody's again; the caller holds the lock of its mission."""
    release(held, motif=motif)
    titre = held.mission.titre
    liberer.tell(held.mission, by=by, motif=motif, affectation=held.id, personne=held.personne_id, titre=titre)


def hand_to(affectation: Affectation, personne: Personne) -> bool:
    """The place of a provisional person goes to the confirmed one that it turned out to be; freed if they had one (False)."""
    if queries.active_of(affectation.mission, personne):
        release(affectation, motif="inscription en double")
        return False
    affectation.personne_id = personne.id
    db.session.flush()
    return True
