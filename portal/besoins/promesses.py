"""What becomes of what pôles have promised: kept, freed, asked for again. Whoever comes here holds the lock of the action."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import clock
from portal.actions.models import Action
from portal.besoins import occupations, prets, queries
from portal.besoins.models import Besoin, Occupation, chevaucher, deplacer, expirer, liberer, perdre
from portal.comptes.models import Personne
from portal.db import lock_one
from portal.workflow import Transition, fire

OTHER_DAY = "L’action a changé de jour."  # why a promise is asked for again
TAKEN_SINCE = "L’espace a été pris entre-temps."
RUN_OUT = "L’option a expiré\u00a0: l’espace est de nouveau libre."


def keep(besoin: Besoin, many: int, until: datetime | None = None) -> list[Occupation]:
    """Keep what is promised; returns the options of others on the way."""
    if besoin.espace_id:
        return occupations.reserve(besoin, until=until)
    if besoin.materiel_id:
        prets.lend(besoin, many)
    return []


def warn(besoin: Besoin, others: list[Occupation], *, by: Personne | None) -> None:
    """Those whose options meet hear of each other."""
    for other in others:
        chevaucher.tell(besoin, by=by, titre=besoin.titre, autre=other.besoin_id)


def free(besoins: list[int]) -> None:
    occupations.free(besoins)
    prets.give_back(besoins)


def clear(besoin: Besoin) -> None:
    """What a pôle had answered."""
    besoin.quantite_confirmee, besoin.motif = None, ""
    besoin.repondu_par, besoin.repondu_le = None, None


def ask_again(besoin: Besoin, transition: Transition, *, by: Personne | None, motif: str) -> None:
    """A promise holds no more, through no fault of its pôle, which is asked once more."""
    free([besoin.id])
    clear(besoin)
    besoin.motif = motif
    fire(transition, besoin, by=by, motif=motif, titre=besoin.titre)


def expire(besoin_id: int) -> None:
    """Its option has run out: the space is free, and the pôle is asked again."""
    besoin = queries.need(besoin_id)
    assert besoin
    lock_one(besoin.action)
    if besoin_id in queries.expired_options():  # else another worker was faster, or the action was confirmed
        ask_again(besoin, expirer, by=None, motif=RUN_OUT)


def settle(action: Action, *, by: Personne | None, yielding: bool = False) -> None:
    """The spaces it was promised are kept as firmly as the action now is; the caller has moved it.

    Raises Taken; but `yielding`, for whoever has no say in spaces: that one is asked for again, and the action goes on.
    """
    for besoin in queries.promised_of(action):
        try:
            warn(besoin, occupations.settle(besoin) if besoin.espace_id else [], by=by)
        except occupations.Taken:
            if not yielding:
                raise
            ask_again(besoin, perdre, by=by, motif=TAKEN_SINCE)


def free_all(action: Action, *, by: Personne | None, motif: str = "") -> None:
    """The action stops: what it had is anybody's again, its needs stay as they were answered, and who promised hears so."""
    promised = queries.promised_of(action)
    free([besoin.id for besoin in promised])
    for besoin in promised:
        if not besoin.is_past:
            liberer.tell(besoin, by=by, motif=motif, titre=besoin.titre)


def shift(action: Action, delta: timedelta, *, by: Personne | None) -> None:
    """Move its needs with all that is promised on them, or nothing: call it once the action has its new dates.

    People and supplies that were promised for another day are asked for again. Raises Taken, Passed or NotEnough, and says
    which other action is in the way.
    """
    action = lock_one(action)
    every, promised = queries.of_action(action), queries.promised_of(action)
    until = {b.id: b.held.expire_le for b in every if b.held and b.held.is_standing}
    free([besoin.id for besoin in promised])
    for besoin in every:
        _move(besoin, delta)
    for besoin in promised:
        if besoin.is_of_a_day and _is_other_day(besoin, delta):
            ask_again(besoin, perdre, by=by, motif=OTHER_DAY)
        else:
            warn(besoin, keep(besoin, besoin.quantite_confirmee or besoin.quantite, until.get(besoin.id)), by=by)
    for besoin in every:
        deplacer.tell(besoin, by=by, titre=besoin.titre, minutes=int(delta.total_seconds() // 60))


def _move(besoin: Besoin, delta: timedelta) -> None:
    """Raises Passed when what was promised for later would be over."""
    was_past = besoin.is_past
    besoin.debut, besoin.fin = besoin.debut + delta, besoin.fin + delta
    if besoin.is_promised and besoin.is_past and not was_past:
        raise occupations.Passed(f"«\u00a0{besoin.titre}\u00a0» tomberait dans le passé\u00a0: décale moins, ou reprends-le.")


def _is_other_day(besoin: Besoin, delta: timedelta) -> bool:
    return clock.local(besoin.debut).date() != clock.local(besoin.debut - delta).date()
