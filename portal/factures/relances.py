"""Reminders of what is late: three of them, each once, by hand or as time passes, and none once the money has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from portal import clock, outbox, reglage
from portal.actions.models import STOPPED
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.factures import queries
from portal.factures.models import RELANCES, Etat, Facture, Relance, relancer
from portal.workflow import Refusal

MORNING = time(8)  # nobody is reminded in their night


class NothingToRemind(Refusal):
    sentence = "Rien n’est à relancer\u00a0: cette facture n’attend plus rien, ou tout a déjà été envoyé."


class TooSoon(Refusal):
    sentence = "Ce n’est pas encore le jour de cette relance."


class NoAddress(Refusal):
    status = 422
    sentence = "Le demandeur n’a pas d’adresse e-mail\u00a0: appelle-le, ou ajoute-la dans la fiche de l’action."


class AlreadyReminded(Refusal):
    sentence = "Cette relance est déjà partie, sans ces mots."


@dataclass(frozen=True)
class Next:
    """The reminder to come of an invoice, and from which day."""

    rang: int
    le: date

    @property
    def nom(self) -> str:
        return RELANCES[self.rang - 1][1]

    @property
    def is_due(self) -> bool:
        return self.le <= clock.today()


def to_come(facture: Facture) -> Next | None:
    """None of a draft, of an avoir, of what is paid or cancelled, nor once all have left.

    One that left late puts the next one off as much.
    """
    done = facture.relances
    if facture.is_credit or facture.etat is not Etat.EMISE or facture.reste <= 0 or len(done) == len(RELANCES):
        return None
    assert facture.echeance
    late = RELANCES[len(done)][0]
    le = facture.echeance + timedelta(days=late)
    if done:
        since = clock.local(done[-1].quand).date()
        le = max(le, since + timedelta(days=late - RELANCES[len(done) - 1][0]))
    return Next(len(done) + 1, le)


def remind(facture: Facture, rang: int, *, by: Personne, mot: str = "") -> Relance:
    """Write to whoever pays, under the lock of the action: what came meanwhile is seen. A second tap is the same reminder.

    Raises AlreadyReminded, NothingToRemind, TooSoon, NoAddress.
    """
    facture = _held(facture)
    if there := next((one for one in facture.relances if one.rang == rang), None):
        if (there.par_id, there.mot) != (by.id, mot.strip()):
            raise AlreadyReminded
        return there
    coming = to_come(facture)
    if coming is None:
        raise NothingToRemind
    if coming.rang != rang or not coming.is_due:
        raise TooSoon
    if not facture.action.demandeur.email:
        raise NoAddress
    return _left(facture, rang, by=by, mot=mot.strip())


def held_up(facture: Facture) -> set[int]:
    """The ranks whose message did not leave: the money had come, or the address takes no mail."""
    keys = {one.cle: one.rang for one in facture.relances}
    return {keys[cle] for cle in outbox.held_up(keys)} if keys else set()


def due() -> list[int]:
    """The invoices whose reminder leaves by itself today, when the house wants so."""
    if not _leave_by_themselves():
        return []
    late = queries.unpaid_since(clock.today() - timedelta(days=RELANCES[0][0]))
    return [facture.id for facture in late if _is_due(facture)]


def _leave_by_themselves() -> bool:
    return reglage.RELANCES.valeur is reglage.Relances.SEULES and clock.local(clock.now()).time() >= MORNING


def _is_due(facture: Facture) -> bool:
    """What a stopped action still owes, or a platform refused, is left to whoever keeps the money."""
    reaches = facture.action.etat not in STOPPED and bool(facture.action.demandeur.email) and not facture.is_sent_back
    return reaches and (coming := to_come(facture)) is not None and coming.is_due


def remind_in_time(facture_id: int) -> None:
    """That of one of `due`, unless another worker or a payment was faster."""
    facture = queries.fresh(facture_id)
    assert facture
    facture = _held(facture)
    if _leave_by_themselves() and _is_due(facture):
        _left(facture, len(facture.relances) + 1, by=None)


def _held(facture: Facture) -> Facture:
    """As it now is, under the lock of its action."""
    lock_one(facture.action)
    found = queries.fresh(facture.id)
    if found is None:
        raise NothingToRemind
    return found


def _left(facture: Facture, rang: int, *, by: Personne | None, mot: str = "") -> Relance:
    made = Relance(facture=facture, rang=rang, quand=clock.now(), par_id=by.id if by else None, mot=mot)
    db.session.add(made)
    db.session.flush()
    relancer.tell(facture, by=by, rang=rang)
    return made
