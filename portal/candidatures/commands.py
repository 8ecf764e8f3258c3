"""Every write about candidatures: applying, answering, taking back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal import clock, outbox
from portal.candidatures import attente, queries
from portal.candidatures.attente import locked
from portal.candidatures.models import (
    DECISIONS,
    HELD_UNTIL,
    Candidature,
    Etat,
    Issue,
    accepter,
    annoncer,
    annuler,
    autoriser,
    desautoriser,
    desister,
    liberer,
    mettre_en_attente,
    reprendre,
    retirer,
)
from portal.comptes.models import Personne
from portal.db import db, lock, lock_one
from portal.missions import commands as missions
from portal.missions import mineurs
from portal.missions import queries as missions_queries
from portal.missions.models import UNDO, Mission
from portal.workflow import Refusal, Transition, TransitionRefused, fire

UNCONFIRMED = "Le créneau a changé, et il n’a pas été confirmé à temps."


class Clash(Refusal):
    sentence = "Cette personne est déjà prise sur une autre mission au même moment."
    short = "chevauchement"


class Mixed(Refusal):
    sentence = "Cette personne est volontaire et payée sur la même action\u00a0: vérifie avec elle avant d’accepter."
    short = "volontaire et payée"


class StatutMissing(Refusal):
    sentence = "Cette mission est rétribuée et son statut n’est pas connu\u00a0: demande-le-lui, puis accepte."
    short = "statut à préciser"


class TooLate(Refusal):
    sentence = "La réponse est déjà partie\u00a0: elle ne peut plus être annulée."
    short = "réponse déjà partie"


def decide(
    candidature: Candidature,
    transition: Transition,
    *,
    by: Personne,
    motif: str = "",
    mot: str = "",
    despite_clash: bool = False,
    despite_mix: bool = False,
) -> None:
    """Answer: accept, waiting list, refuse. The message leaves two minutes later; until then `undo` takes both back.

    Raises TransitionRefused, MotifMissing, StatutMissing, Clash, Mixed, and what `mineurs.check_place` and
    `missions.commands.assign` raise.
    """
    assert transition in DECISIONS
    candidature = locked(candidature)
    if not transition.opens_from(candidature.etat):
        fire(transition, candidature, by=by)  # refuses, before a place is taken
    told_at = _told_at(candidature.mission, by)
    if transition is accepter:
        _check_acceptance(candidature, despite_clash=despite_clash, despite_mix=despite_mix)
        attente.seat(candidature, known_at=told_at, held=attente.use(candidature))
    _begin_answer(candidature, told_at)
    passed = {"malgre_melange": True} if transition is accepter and despite_mix else {}
    fire(transition, candidature, by=by, motif=motif, mot=mot, **passed)
    if transition is mettre_en_attente:
        candidature.rang_le = clock.now()


def _check_acceptance(candidature: Candidature, *, despite_clash: bool, despite_mix: bool) -> None:
    """What is refused, and what is only warned about."""
    mineurs.check_place(candidature.mission, candidature.personne_id)
    if candidature.wants_statut:
        raise StatutMissing
    if not despite_clash and missions_queries.clashes(candidature.personne_id, candidature.mission):
        raise Clash
    if not despite_mix and missions_queries.mixes(candidature.personne_id, candidature.mission):
        raise Mixed


def _told_at(mission: Mission, by: Personne) -> datetime | None:
    """When the answer leaves; None: once its bienveillant sends it, unless the mission is near."""
    waits = by.repond_plus_tard and mission.debut - clock.now() > HELD_UNTIL
    return None if waits else clock.now() + UNDO


def _begin_answer(candidature: Candidature, told_at: datetime | None) -> None:
    """One that has not left yet never will; « Annuler » goes back to what the person was told last."""
    if not (candidature.is_undoable and outbox.withdraw(candidature.answer_key)):
        candidature.attendait = candidature.etat is Etat.LISTE_ATTENTE
    candidature.decisions += 1
    candidature.decidee_le = clock.now()
    candidature.dite_le = told_at


def announce(candidatures: Iterable[Candidature], *, by: Personne | None) -> int:
    """Send the answers that were kept back; says how many. One that was sent or taken back meanwhile is left alone."""
    found = list(candidatures)
    lock(Personne, *{c.personne_id for c in found})
    lock(Mission, *{c.mission_id for c in found})
    kept = [c for c in lock(Candidature, *{c.id for c in found}) if c.is_kept_back]
    for candidature in kept:
        attente.make_known(candidature)
        annoncer.tell(candidature, by=by)
    return len(kept)


def announce_in_time(id: int) -> None:
    """The day comes near: what its bienveillant has not sent leaves by itself."""
    announce([db.session.get_one(Candidature, id)], by=None)


def choose_when_to_answer(personne: Personne, *, later: bool) -> None:
    """Whether the answers of this bienveillant leave by themselves, or all together once they say so."""
    personne.repond_plus_tard = later


def authorise(candidature: Candidature, received: bool, *, by: Personne) -> None:
    """Note that the written authorisation of a minor is in hand, or is not after all. Once accepted, it is kept.

    Raises TransitionRefused.
    """
    candidature = locked(candidature)
    mineur = mineurs.of(candidature.mission_id, candidature.personne_id)
    if mineur is None or not candidature.is_live or (candidature.etat is Etat.ACCEPTEE and not received):
        raise TransitionRefused
    if received is (mineur.autorise_le is None):
        mineurs.authorise(mineur, received)
        (autoriser if received else desautoriser).tell(candidature, by=by)


def undo(candidature: Candidature, *, by: Personne) -> None:
    """Take an answer back before its message leaves: the place is free again, nobody was told anything."""
    candidature = locked(candidature)
    if not annuler.opens_from(candidature.etat):
        fire(annuler, candidature, by=by)
    if not take_back(candidature, by=by):
        raise TooLate


def take_back(candidature: Candidature, *, by: Personne | None) -> bool:
    """Undo an answer that nobody was told yet, if there is one; the caller holds the locks."""
    if not (candidature.is_undoable and outbox.withdraw(candidature.answer_key)):
        return False
    _free_place(candidature, "réponse annulée", to_next=False)
    candidature.decidee_le = None
    fire(reprendre if candidature.attendait else annuler, candidature, by=by)
    if candidature.attendait:
        attente.hold_again(candidature)
    else:
        candidature.rang_le = None
    return True


def free(candidature: Candidature, *, by: Personne, motif: str) -> None:
    """The bienveillant takes an accepted place back, with a reason that the person is told. Raises MissionOver after it."""
    candidature = locked(candidature)
    if candidature.mission.is_past:
        raise missions.MissionOver("Cette mission a eu lieu : la place ne se libère plus.")
    outbox.withdraw(candidature.answer_key)
    candidature.decisions += 1
    fire(liberer, candidature, by=by, motif=motif)
    _free_place(candidature, motif)


def leave(candidature: Candidature, *, motif: str = "") -> None:
    """The candidate's own: `retirer` before acceptance, `desister` after; twice is once.

    Raises MissionOver once it took place, TransitionRefused when there is nothing to leave.
    """
    candidature = locked(candidature)
    if candidature.etat in (Etat.RETIREE, Etat.DESISTEE):
        return
    if candidature.mission.is_past:
        raise missions.MissionOver("Cette mission a eu lieu\u00a0: il n’y a plus rien à retirer.")
    if candidature.etat is Etat.REFUSEE:
        take_back(candidature, by=candidature.personne)  # for them it is still waiting
    outbox.withdraw(candidature.answer_key)
    if candidature.etat is Etat.ACCEPTEE:
        step_down(candidature, motif=motif)
        _free_place(candidature, motif or "désistement")
    else:
        fire(retirer, candidature, by=candidature.personne, motif=motif)
        attente.give_up(candidature, Issue.LAISSEE)


def step_down(candidature: Candidature, *, motif: str) -> None:
    """The place itself is freed by the caller; `tardif` says to whoever hears of it that cover is to be found now."""
    if candidature.is_undoable:
        candidature.dite_le = None  # and it never will be said: they left without knowing that the place was theirs
    fire(desister, candidature, by=candidature.personne, motif=motif, tardif=candidature.leaves_late)


def lapse(affectation_id: int) -> None:
    """The slot moved and nobody confirmed in time: the place is free again, unless something became of it meanwhile."""
    held = missions_queries.place(affectation_id)
    if held is None:
        return
    lock(Personne, held.personne_id)
    lock_one(held.mission)
    if affectation_id not in missions_queries.unconfirmed():
        return
    if candidature := queries.accepted_of(held.mission, held.personne_id):
        lock(Candidature, candidature.id)
        close(candidature, liberer, by=None, motif=UNCONFIRMED, sans_reponse=True)
        missions.release(held, motif=UNCONFIRMED)
    else:
        missions.free_post(held, by=None, motif=UNCONFIRMED)


@dataclass(frozen=True)
class Outcome:
    """What a bulk decision did to one row."""

    candidature: Candidature
    refusal: Refusal | None = None


def decide_all(
    candidatures: list[Candidature], transition: Transition, *, by: Personne, motif: str = "", mot: str = ""
) -> list[Outcome]:
    """Each row answers for itself, in its own savepoint; the oldest are served first. All locks are taken before, in order."""
    whose = {c.id: c.personne_id for c in candidatures}
    lock(Personne, *whose.values())
    lock(Mission, *{c.mission_id for c in candidatures})
    lock(Candidature, *whose)
    outcomes = []
    for candidature in sorted(candidatures, key=lambda c: (c.rang_le or c.deposee_le, c.deposee_le, c.id)):
        try:
            if candidature.personne_id != whose[candidature.id]:
                raise TransitionRefused  # it has just joined somebody whose row is not locked
            with db.session.begin_nested():
                decide(candidature, transition, by=by, motif=motif, mot=mot)
            outcomes.append(Outcome(candidature))
        except Refusal as refusal:
            outcomes.append(Outcome(candidature, refusal))
    return outcomes


def close(candidature: Candidature, transition: Transition, *, by: Personne | None, motif: str, **facts: bool) -> None:
    """What the house does to a candidature when its mission changes; the caller holds the mission's lock."""
    outbox.withdraw(candidature.answer_key)
    candidature.decisions += 1
    attente.give_up(candidature, Issue.RETIREE)
    fire(transition, candidature, by=by, motif=motif, **facts)
    candidature.cedee = candidature.etat is Etat.LISTE_ATTENTE


def _free_place(candidature: Candidature, motif: str, *, to_next: bool = True) -> None:
    if held := missions_queries.active_of(candidature.mission, candidature.personne):
        missions.release(held, motif=motif, to_next=to_next)
