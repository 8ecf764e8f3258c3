"""The money that comes: noted once, never changed, corrected by its reversal, chained so that nothing is taken away unseen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from hashlib import sha256

from sqlalchemy import select

from portal import clock, journal
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.factures import numeros, queries
from portal.factures.models import (
    SERIE_REGLEMENTS,
    Facture,
    Moyen,
    Reglement,
    Serie,
    attendre,
    contrepasser,
    encaisser,
    numbered,
    payer,
)
from portal.filters import euros
from portal.workflow import Event, MotifMissing, Refusal, fire

EARLIEST = timedelta(days=5 * 366)  # before its invoice: money may come first, a wrong century does not
SEALED = ("facture_id", "annee", "rang", "montant", "reference", "annule_id", "motif", "par_id", "precedente")


class NotIssued(Refusal):
    sentence = "Cette facture n’est pas encore émise\u00a0: rien n’est à payer."


class TooMuch(Refusal):
    status = 422

    def __init__(self, reste: int):
        left = f"il ne reste que {euros(reste)} à payer" if reste > 0 else "il n’y a plus rien à payer"
        advice = "Note ce qui est dû, et rends le reste au demandeur\u00a0: le portail ne compte pas un trop-perçu."
        super().__init__(f"C’est trop\u00a0: {left}. {advice}")


class NotToPay(Refusal):
    sentence = "Un avoir ne se paie pas\u00a0: le remboursement se note sur la facture qu’il corrige."


class NotToGiveBack(Refusal):
    status = 422

    def __init__(self, due: int):
        left = f"il n’y a que {euros(due)} à rendre" if due > 0 else "il n’y a rien à rendre"
        super().__init__(f"C’est trop\u00a0: {left}.")


class NotYet(Refusal):
    status = 422
    sentence = "Cette date est dans le futur\u00a0: note le règlement quand l’argent est arrivé."


class TooOld(Refusal):
    status = 422
    sentence = "Cette date est plus de cinq ans avant celle de la facture\u00a0: vérifie l’année."


class Closed(Refusal):
    status = 422

    def __init__(self, annee: int):
        super().__init__(f"L’année {annee} est close\u00a0: note ce règlement à une date de l’année en cours.")


class Reversed(Refusal):
    sentence = "Ce règlement est déjà annulé, ou en annule un autre."


def receive(
    facture: Facture,
    what: Event = encaisser,
    *,
    by: Personne,
    montant: int,
    moyen: Moyen,
    le: date,
    reference: str = "",
    cle: str = "",
) -> Reglement:
    """Note `montant` cents that came on the day `le`, or went back (`rembourser`) where an avoir made what came too much.

    The last cent pays the invoice. The same form sent twice is one payment.
    Raises NotIssued, NotToPay, NotYet, TooOld, TooMuch, NotToGiveBack, Closed, Reversed, numeros.Backwards.
    """
    facture = _held(facture)
    cle = journal.submission(cle, facture.id, montant, moyen, le, reference)
    if twin := journal.made_by(cle, what.key, by=by):
        return _still_counts(twin)
    if le > clock.today():
        raise NotYet
    assert facture.emise_le
    if le < clock.local(facture.emise_le).date() - EARLIEST:
        raise TooOld
    comes = what is encaisser
    if montant > (facture.reste if comes else -facture.reste):
        raise TooMuch(facture.reste) if comes else NotToGiveBack(-facture.reste)
    numeros.hold(SERIE_REGLEMENTS)  # whoever closes a year holds it too: this payment is of that closing, or refused
    if le.year <= queries.closed_until():
        raise Closed(le.year)
    signed = montant if comes else -montant
    made = _chained(facture, by=by, montant=signed, moyen=moyen, le=le, reference=reference)
    what.tell(made, by=by, montant=montant, cle=cle)
    if not facture.reste and facture.etat in payer.sources:
        fire(payer, facture, by=by)
    return made


def is_early(reglement: Reglement) -> bool:
    """It came before the day of its invoice: a deposit may have, a wrong year is likelier."""
    issued = reglement.facture.emise_le
    return reglement.montant > 0 and issued is not None and reglement.le < clock.local(issued).date()


def reverse(reglement: Reglement, *, by: Personne, motif: str) -> Reglement:
    """Take back what was noted by mistake: a row of the opposite amount, which says why. Raises MotifMissing, Reversed.

    Of today; but what was dated before its invoice goes from that day, so that a wrong year keeps nothing of it.
    """
    facture = _held(reglement.facture)
    there = next(one for one in facture.reglements if one.id == reglement.id)
    if not motif.strip():
        raise MotifMissing
    if there.annule_par or there.annule_id:
        raise Reversed
    numeros.hold(SERIE_REGLEMENTS)  # as whoever closes a year does
    is_slip = is_early(there) and there.le.year > queries.closed_until()
    said = {"montant": -there.montant, "moyen": there.moyen, "reference": there.reference, "annule_id": there.id}
    made = _chained(facture, by=by, le=there.le if is_slip else clock.today(), motif=motif.strip(), **said)
    contrepasser.tell(there, by=by, motif=made.motif, par=made.numero)
    if facture.reste > 0 and facture.etat in attendre.sources:
        fire(attendre, facture, by=by)
    elif facture.reste <= 0 and facture.etat in payer.sources:  # what was reversed had been given back
        fire(payer, facture, by=by)
    return made


@dataclass(frozen=True)
class Chain:
    """What a reading of all the payments found."""

    whole: int  # how many are as they were noted
    broken: str  # the number of the first one that was changed or taken away; "" when there is none


def checked() -> Chain:
    """All of them, from the first to the last number that was given."""
    last = queries.series().get(SERIE_REGLEMENTS)  # first: what is noted meanwhile comes after it
    return read(queries.chain(), last)


def read(payments: Iterable[Reglement], last: Serie | None) -> Chain:
    """All of them, in the order in which they were noted, and their series."""
    whole, annee, rang, before = 0, 0, 0, ""
    for one in payments:
        annee, rang = one.annee, rang + 1 if one.annee == annee else 1
        if (one.rang, one.precedente, one.empreinte) != (rang, before, _seal(one)):
            return Chain(whole, numbered(SERIE_REGLEMENTS, annee, rang))
        whole, before = whole + 1, one.empreinte
    if last and (annee, rang) < (last.annee, last.dernier):
        return Chain(whole, numbered(SERIE_REGLEMENTS, last.annee, rang + 1 if annee == last.annee else 1))
    return Chain(whole, "")


def _still_counts(id: int) -> Reglement:
    noted = db.session.get_one(Reglement, id)
    if noted.annule_par:
        raise Reversed
    return noted


def _held(facture: Facture) -> Facture:
    """As it now is, under the lock of its action. Raises NotIssued, NotToPay."""
    lock_one(facture.action)
    found = queries.fresh(facture.id)
    if found is None or found.is_draft:
        raise NotIssued
    if found.is_credit:
        raise NotToPay
    return found


def _chained(facture: Facture, *, by: Personne, **said: object) -> Reglement:
    """The lock of its number is that of the chain."""
    numero = numeros.take(SERIE_REGLEMENTS)
    last = select(Reglement.empreinte).order_by(Reglement.annee.desc(), Reglement.rang.desc()).limit(1)
    before = db.session.scalar(last) or ""
    where = {"annee": numero.annee, "rang": numero.rang, "quand": clock.now(), "precedente": before}
    made = Reglement(facture_id=facture.id, par_id=by.id, **where, **({"reference": "", "motif": "", "annule_id": None} | said))
    made.empreinte = _seal(made)
    db.session.add(made)
    db.session.flush()
    db.session.refresh(facture, ["reglements"])
    return made


def _seal(one: Reglement) -> str:
    """SHA-256 of all that the row says, and of the footprint of the one before it."""
    when = one.le.isoformat(), one.quand.astimezone(UTC).isoformat()
    said = [one.moyen.value, *when, *(getattr(one, name) for name in SEALED)]
    return sha256(json.dumps(said).encode()).hexdigest()
