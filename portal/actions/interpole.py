"""Every write of the way to a pôle and of the validation by the interpôle."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from portal import clock, reglage
from portal.actions import avis
from portal.actions.deliberation import CRITERES, Avis, Decision, Ou, Sens, donner
from portal.actions.models import Action, Etat, reading
from portal.actions.processus import passer, prendre_en_charge, proposer, refuser, reproposer, valider
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.filters import date_longue, jour_long
from portal.poles import queries as poles
from portal.poles.models import Genre, Pole
from portal.workflow import MotifMissing, Refusal, TransitionRefused, fire


class NoVoice(Refusal):
    sentence = (
        "Ce n’est pas un pôle de l’interpôle\u00a0: seuls les pôles qui ont au moins un membre portent et donnent leur avis."
    )


class AlreadyAsked(Refusal):
    sentence = "Ce pôle est déjà celui à qui l’action est proposée\u00a0: attends sa réponse, ou choisis-en un autre."


class NotItsMember(Refusal):
    status = 403
    sentence = "L’avis d’un pôle est donné par ses membres, et tu n’en fais pas partie."


class CommentMissing(Refusal):
    status = 422
    sentence = "Un avis qui n’est pas favorable s’explique\u00a0: écris en quelques mots ce qui retient le pôle."


class Closed(Refusal):
    sentence = "La validation n’est pas en cours\u00a0: les avis ne se donnent ni ne changent."


class TooLate(Refusal):
    def __init__(self, last: datetime):
        super().__init__(
            f"Les avis se donnaient en ligne jusqu’au {jour_long(last)}\u00a0: "
            "dis celui du pôle à la réunion ou sur le canal, où la décision se prend."
        )


class OpinionChanged(Refusal):
    sentence = (
        "Quelqu’un a donné ou changé l’avis du pôle pendant que tu écrivais. Rien n’est perdu\u00a0: compare, puis renvoie."
    )


class OwnOpinionFirst(Refusal):
    sentence = "L’avis de ton pôle d’abord\u00a0: tu liras ensuite ceux des autres, et tu pourras clore."


class QuorumMissing(Refusal):
    sentence = "Il manque des avis pour clore en ligne\u00a0: attends ceux des autres pôles, ou note la décision d’une réunion."


class Blocked(Refusal):
    sentence = "Un pôle est défavorable\u00a0: il lève son avis en le changeant, ou une réunion décide."


class OwnAction(Refusal):
    status = 403
    sentence = "Tu as monté cette action\u00a0: quelqu’un d’autre clôt sa validation."


# --- its pôle ------------------------------------------------------------------------------------------------


def propose(action: Action, pole: Pole, *, by: Personne) -> None:
    """Ask a pôle to carry it; asked again, of another one. Raises NoVoice, AlreadyAsked or TransitionRefused."""
    action = lock_one(action)
    again = action.etat is Etat.PROPOSEE
    if not again and action.etat is not Etat.SOLLICITEE:
        raise TransitionRefused
    _check_voice(pole)
    if again and action.pole_porteur_id == pole.id:
        raise AlreadyAsked
    action.pole_porteur = pole
    if again:
        reproposer.tell(action, by=by, pole=pole.id, nom=pole.nom)
    else:
        fire(proposer, action, by=by, pole=pole.id, nom=pole.nom)


def take(action: Action, *, by: Personne, shown: int | None = None) -> None:
    """The pôle that is asked carries it: the interpôle gives its opinion until the end of the last day.

    `shown`: the pôle that whoever answers read on their screen, when `action` was read later.
    """
    action, pole = _answered(action, shown)
    last = clock.today() + timedelta(days=reglage.DELAI_AVIS.valeur)
    action.avis_avant = end_of(last)
    fire(prendre_en_charge, action, by=by, pole=pole.id, nom=pole.nom)


def pass_on(action: Action, *, by: Personne, motif: str, to: Pole | None = None, shown: int | None = None) -> None:
    """The pôle that is asked does not carry it, and says why: to that other one, or back to whoever proposes it."""
    action, pole = _answered(action, shown)
    if not motif.strip():
        raise MotifMissing
    if to:
        _check_voice(to)
    if to is pole:
        raise AlreadyAsked
    action.pole_porteur = to
    next_one = {"a": to.id, "nom_a": to.nom} if to else {"a": None}
    passer.tell(action, by=by, motif=motif, pole=pole.id, nom=pole.nom, **next_one)


def end_of(day: date) -> datetime:
    """Its last second."""
    return clock.end_of(day) - timedelta(seconds=1)


def _answered(action: Action, shown: int | None) -> tuple[Action, Pole]:
    """Locked, with the pôle that is asked. Raises TransitionRefused when another one was shown to whoever answers."""
    shown = shown or action.pole_porteur_id
    action = lock_one(action)
    if action.etat is not Etat.PROPOSEE or action.pole_porteur is None or action.pole_porteur_id != shown:
        raise TransitionRefused
    return action, action.pole_porteur


def _check_voice(pole: Pole) -> None:
    if pole.genre is not Genre.POLE or not poles.present_in(pole.id):
        raise NoVoice


# --- the opinions --------------------------------------------------------------------------------------------


def give(action: Action, pole: Pole, *, by: Personne, read: str | None = None, **said: Any) -> None:
    """The opinion of a pôle, given or changed: `technique`, `ethique`, `organisationnelle` and their `mot_…`.

    `read` is `reading` of the opinion that the form was shown, "" before there was one. Raises as `check_voice` does,
    CommentMissing, or OpinionChanged.
    """
    action = lock_one(action)
    check_voice(action, pole, by)
    if any(said[name] is not Sens.FAVORABLE and not said[f"mot_{name}"].strip() for name in CRITERES):
        raise CommentMissing
    _write(action, pole, by, read, said)


def check_voice(action: Action, pole: Pole, by: Personne) -> None:
    """Whether they may speak for that pôle now. One that spoke in time may change its mind until the close.

    Raises Closed, NotItsMember, NoVoice or TooLate.
    """
    if action.etat is not Etat.EN_VALIDATION:
        raise Closed
    if not poles.adhesion(pole, by.id):
        raise NotItsMember
    if pole.genre is not Genre.POLE:
        raise NoVoice
    if action.avis_avant and avis.is_late(action) and not avis.given_by(action, pole):
        raise TooLate(action.avis_avant)


def _write(action: Action, pole: Pole, by: Personne, read: str | None, said: dict[str, Any]) -> None:
    """One row for each pôle, under the lock of the action; sent again as it was, it changes nothing but an older one's date."""
    row = avis.given_by(action, pole)
    if row and avis.ballot(row) == said and not avis.is_older(row):
        return
    if row and avis.ballot(row) != said and read not in (None, reading(avis.ballot(row))):
        raise OpinionChanged
    row = row or Avis(action=action, pole=pole)
    for name, value in said.items():
        setattr(row, name, value)
    row.personne, row.donne_le = by, clock.now()
    db.session.add(row)
    donner.tell(row, by=by, pole=pole.id, **{name: said[name] for name in CRITERES})


# --- the decision --------------------------------------------------------------------------------------------


def close(action: Action, *, by: Personne) -> None:
    """Decide online: enough pôles have answered and none is against it. Raises OwnAction, QuorumMissing or Blocked."""
    action = _to_decide(action, by)
    tally = avis.tally(action)
    if tally.missing:
        raise QuorumMissing(_lacking(action, tally.missing))
    if tally.blocking:
        raise Blocked(f"{_and(tally.blocking)}\u00a0: avis défavorable. Il se lève en le changeant, ou une réunion décide.")
    _decide(action, tally, by, ou=Ou.EN_LIGNE, le=clock.today(), favorable=True)


def decide(
    action: Action,
    *,
    by: Personne,
    ou: Ou,
    le: date,
    favorable: bool,
    compte_rendu: str,
    presents: str = "",
    mot: str = "",
) -> None:
    """What a meeting, or the channel, decided, whatever the opinions: an unfavourable minute is the reason of the refusal.

    It stays in the house; the demandeur reads `mot`.
    """
    action = _to_decide(action, by)
    if not compte_rendu.strip():
        raise MotifMissing
    said = {"ou": ou, "le": le, "compte_rendu": compte_rendu, "presents": presents}
    _decide(action, avis.tally(action), by, favorable=favorable, mot=mot.strip(), **said)


def _to_decide(action: Action, by: Personne) -> Action:
    action = lock_one(action)
    if action.etat is not Etat.EN_VALIDATION:
        raise TransitionRefused
    if avis.has_set_up(by, action):
        raise OwnAction
    return action


def _decide(action: Action, tally: avis.Tally, by: Personne, *, favorable: bool, mot: str = "", **said: Any) -> None:
    """One decision for an action, with the opinions as they were: two who close at once wait for one another."""
    decision = Decision(action=action, par=by, favorable=favorable, avis=_frozen(tally), **said)
    db.session.add(decision)
    where = f"{decision.ou.label}, {date_longue(decision.le)}"
    motif = f"{where}\u00a0: {decision.compte_rendu}" if decision.compte_rendu else where
    facts = {"ou": decision.ou, "le": decision.le.isoformat(), "mot": mot}
    if favorable:
        fire(valider, action, by=by, motif=motif, **facts)
    else:
        fire(refuser, action, by=by, motif=decision.compte_rendu, **facts)


def _frozen(tally: avis.Tally) -> dict[str, Any]:
    """What each pôle thought, who said so and when; its comments stay with its opinion, which changes no more."""
    return {
        str(row.pole_id): {
            "pole": row.pole.nom,
            "par": row.personne_id,
            "le": row.donne_le.isoformat(),
            **{name: getattr(row, name) for name in CRITERES},
        }
        for row in tally.given
    }


def _lacking(action: Action, missing: int) -> str:
    if avis.is_late(action):
        return f"Le délai est passé, et il manque {missing} avis pour clore en ligne\u00a0: une réunion décide."
    return f"Il manque {missing} avis pour clore en ligne\u00a0: attends les autres pôles, ou note la décision d’une réunion."


def _and(poles: list[Pole]) -> str:
    return ", ".join(pole.label for pole in poles)
