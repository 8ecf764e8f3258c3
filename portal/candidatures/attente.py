"""The waiting list: a place that frees is held for the first in line, who takes it or leaves it; then for the next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal import clock, outbox
from portal.candidatures import offres
from portal.candidatures.models import (
    Candidature,
    Etat,
    Issue,
    Offre,
    avancer,
    expirer,
    prendre_place,
    proposer,
    reprendre,
    revenir,
)
from portal.comptes.models import Personne
from portal.db import db, lock
from portal.missions import commands as missions
from portal.missions import mineurs
from portal.missions import queries as missions_queries
from portal.missions.models import Etat as EtatMission
from portal.missions.models import Mission, Origine
from portal.workflow import Refusal, TransitionRefused, fire

HELD = timedelta(hours=24)
MIXED = (
    "Sur cette action, tu tiens déjà « {} » : l’une est payée, l’autre bénévole. "
    "Si tu veux les deux, coche la case, puis prends la place."
)


class OfferOver(Refusal):
    sentence = (
        "Cette place n’est plus à prendre\u00a0: le délai est passé, elle va à la personne suivante. "
        "Si tu veux la prochaine, reviens dans la liste d’attente."
    )


class TakenElsewhere(Refusal):
    sentence = "Au même moment, tu tiens déjà «\u00a0{}\u00a0». Si tu peux faire les deux, coche la case, puis prends la place."


class StatutFirst(Refusal):
    sentence = "Dis d’abord ton statut, plus bas sur cette page : la place t’est gardée jusqu’à l’heure dite."


class AutorisationFirst(Refusal):
    sentence = (
        "Il manque l’autorisation écrite de ton responsable légal\u00a0: remets-la à l’équipe, puis prends la place. "
        "Elle t’est gardée jusqu’à l’heure dite."
    )


class NotOutOfTurn(Refusal):
    sentence = "Il n’y a pas de liste d’attente où revenir\u00a0: voici où en est ta candidature."


def locked(candidature: Candidature) -> Candidature:
    """Person, then mission, then candidature: the one order of locks."""
    whose = candidature.personne_id
    lock(Personne, whose)
    lock(Mission, candidature.mission_id)
    candidature = lock(Candidature, candidature.id)[0]
    if candidature.personne_id != whose:
        raise TransitionRefused  # it has just joined somebody whose row is not locked
    return candidature


# --- what time brings ----------------------------------------------------------------------------------------


def serve(mission_id: int) -> None:
    """Offer the places freed or added to the first in line, several to several; what nobody waits for is open to all."""
    [mission] = lock(Mission, mission_id)
    if not _may_offer(mission):
        return
    while mission.a_offrir and mission.left and (following := offres.next_in_line(mission)):
        _offer(following, mission)
    if not offres.is_awaited(mission):
        mission.a_offrir = 0


def _may_offer(mission: Mission) -> bool:
    soon = mission.debut - clock.now() <= offres.LAST
    return mission.etat in (EtatMission.OUVERTE, EtatMission.FERMEE) and not soon


def _offer(candidature: Candidature, mission: Mission) -> None:
    missions.hold(mission)
    mission.a_offrir -= 1
    offre = Offre(candidature=candidature, creee_le=clock.now(), expire_le=_deadline(mission))
    db.session.add(offre)
    db.session.flush()
    proposer.tell(candidature, by=None, **_facts(offre))


def _facts(offre: Offre) -> dict[str, Any]:
    return {"offre": offre.id, "jusqu_a": offre.expire_le.isoformat(timespec="seconds")}


def _deadline(mission: Mission) -> datetime:
    """A day, and never past half the time left: whoever comes next needs some too."""
    return clock.now() + min(HELD, (mission.debut - clock.now()) / 2)


def expire(offre_id: int) -> None:
    """Silence is no answer: the place goes to the next, the person stays on the list, out of turn until they come back.

    So does the place of somebody refused, once they were told.
    """
    offre = db.session.get_one(Offre, offre_id)
    lock(Mission, offre.candidature.mission_id)
    lock(Candidature, offre.candidature_id)
    db.session.refresh(offre)
    if offre.close_le is None and offre.is_refused:
        _pass_on(offre, Issue.RETIREE)
    elif offre.close_le is None and offre.is_lapsed:
        _lapse(offre)


def _lapse(offre: Offre) -> None:
    _pass_on(offre, Issue.EXPIREE)
    offre.candidature.rang_le = None
    expirer.tell(offre.candidature, by=None, **_facts(offre))


def shorten(mission: Mission) -> None:
    """The mission starts sooner: so does the end of its offers, and those who hold one are told. The mission is locked."""
    deadline = _deadline(mission)
    for offre in offres.open_offers(mission):
        if deadline < offre.expire_le:
            offre.expire_le = deadline
            avancer.tell(offre.candidature, by=None, **_facts(offre))


# --- what their person does ----------------------------------------------------------------------------------


def take_place(candidature: Candidature, *, despite_clash: bool = False) -> None:
    """The place held for them is theirs; twice is once.

    Raises OfferOver past its time, AutorisationFirst, StatutFirst, TakenElsewhere unless `despite_clash`.
    """
    candidature = locked(candidature)
    offre = offres.last_offer(candidature)
    if candidature.is_undoable and not (offre and offre.is_told_open):
        raise OfferOver if candidature.etat_dit is Etat.LISTE_ATTENTE else TransitionRefused  # the answer is nobody's news
    if candidature.etat is Etat.ACCEPTEE:
        _know_at_once(candidature)
        return
    if candidature.is_undoable and candidature.etat is Etat.REFUSEE and outbox.withdraw(candidature.answer_key):
        fire(reprendre, candidature, by=candidature.personne)  # they said yes before anybody told them no
    if not prendre_place.opens_from(candidature.etat):
        raise TransitionRefused
    if offre is None or not offre.is_open:
        raise OfferOver
    _check_taking(candidature, despite_clash=despite_clash)
    _close(offre, Issue.PRISE)
    seat(candidature, known_at=clock.now(), held=True)
    candidature.decisions += 1
    candidature.decidee_le = candidature.dite_le = clock.now()
    fire(prendre_place, candidature, by=candidature.personne)


def _check_taking(candidature: Candidature, *, despite_clash: bool) -> None:
    """What an acceptance by hand refuses or warns of too."""
    try:
        mineurs.check_place(candidature.mission, candidature.personne_id)
    except mineurs.AutorisationMissing:
        raise AutorisationFirst from None
    if candidature.wants_statut:
        raise StatutFirst
    personne, mission = candidature.personne, candidature.mission
    if despite_clash:
        return
    if clashes := missions_queries.known_clashes(personne, mission):
        raise TakenElsewhere(TakenElsewhere.sentence.format(clashes[0].titre))
    if mixed := missions_queries.known_mixes(personne, mission):
        raise TakenElsewhere(MIXED.format(mixed[0].titre))


def _know_at_once(candidature: Candidature) -> None:
    """Accepted by hand, not told yet, and they have said yes themselves: nobody takes that back, and its mail leaves."""
    if candidature.is_undoable:
        make_known(candidature)


def make_known(candidature: Candidature) -> None:
    """The answer is told from now on, whatever it waited for."""
    candidature.dite_le = clock.now()
    if held := missions_queries.active_of(candidature.mission, candidature.personne):
        held.connue_le = candidature.dite_le
    outbox.let_go(candidature.answer_key)


def come_back(candidature: Candidature) -> None:
    """Out of turn, they stand in line again, behind those who are there; twice is once."""
    candidature = locked(candidature)
    offre = offres.last_offer(candidature)
    if offre is None or not offre.is_lapsed or candidature.etat_dit is not Etat.LISTE_ATTENTE:
        raise NotOutOfTurn
    if offre.close_le is None:
        _lapse(offre)  # the clock's own work comes a few seconds late
    if candidature.rang_le is None:
        candidature.rang_le = clock.now()
        if candidature.mission.left:
            candidature.mission.a_offrir = max(1, candidature.mission.a_offrir)
        revenir.tell(candidature, by=candidature.personne)


# --- what the other commands do to an offer; they hold the locks -----------------------------------------------


def seat(candidature: Candidature, *, known_at: datetime | None, held: bool) -> None:
    """Give the person a place: one of those left, or the one that was held for them."""
    mission, personne = candidature.mission, candidature.personne
    missions.assign(mission, personne, origine=Origine.CANDIDATURE, known_at=known_at, held=held)
    keep_one(mission, personne)


def use(candidature: Candidature) -> bool:
    """Their place is given by hand: whether one was held for them, which is the one they get."""
    offre = offres.last_offer(candidature)
    if offre is None or offre.close_le:
        return False
    _close(offre, Issue.PRISE)
    return True


def give_up(candidature: Candidature, issue: Issue) -> None:
    """The place held for them, if any, goes to the next."""
    offre = offres.last_offer(candidature)
    if offre and offre.close_le is None:
        _pass_on(offre, issue)


def keep_one(mission: Mission, personne: Personne) -> None:
    """Whoever applied twice has one place of a mission, theirs or held for them: the others go to the next."""
    held = offres.open_to(mission, personne)
    for offre in held if missions_queries.active_of(mission, personne) else held[1:]:
        _pass_on(offre, Issue.RETIREE)


def hold_again(candidature: Candidature) -> None:
    """The acceptance that had used their offer is undone: the place just freed is held for them as before.

    Until the same time, unless the mission was moved earlier meanwhile.
    """
    offre = offres.last_offer(candidature)
    if offre and offre.issue is Issue.PRISE:
        offre.close_le = offre.issue = None
        offre.expire_le = min(offre.expire_le, _deadline(candidature.mission))
        missions.hold(candidature.mission)


def _pass_on(offre: Offre, issue: Issue) -> None:
    _close(offre, issue)
    missions.let_go(offre.candidature.mission)


def _close(offre: Offre, issue: Issue) -> None:
    offre.close_le, offre.issue = clock.now(), issue
