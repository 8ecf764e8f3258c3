"""The money that comes: noted once, never changed, corrected by its reversal, chained so that nothing is taken away unseen."""

from __future__ import annotations

import json
from datetime import UTC, date
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
    attendre,
    contrepasser,
    encaisser,
    payer,
)
from portal.filters import euros
from portal.workflow import MotifMissing, Refusal, fire

SEALED = ("facture_id", "annee", "rang", "montant", "reference", "annule_id", "motif", "par_id", "precedente")


class NotIssued(Refusal):
    sentence = "Cette facture n’est pas encore émise : rien n’est à payer."


class TooMuch(Refusal):
    status = 422

    def __init__(self, reste: int):
        left = f"il ne reste que {euros(reste)} à payer" if reste else "elle est payée en entier"
        super().__init__(f"C’est trop\u00a0: {left}. Un trop-perçu se rend, il ne se note pas ici.")


class NotYet(Refusal):
    status = 422
    sentence = "Cette date est dans le futur : note le règlement quand l’argent est arrivé."


class Reversed(Refusal):
    sentence = "Ce règlement est déjà annulé, ou en annule un autre."


def receive(
    facture: Facture, *, by: Personne, montant: int, moyen: Moyen, le: date, reference: str = "", cle: str = ""
) -> Reglement:
    """Note `montant` cents that came on the day `le`; the last one pays the invoice. The same form sent twice is one payment.

    Raises NotIssued, NotYet, TooMuch, numeros.Backwards.
    """
    facture = _held(facture)
    cle = journal.submission(cle, facture.id, montant, moyen, le, reference)
    if twin := journal.made_by(cle, encaisser.key, by=by):
        return db.session.get_one(Reglement, twin)
    if facture.is_draft:
        raise NotIssued
    if le > clock.today():
        raise NotYet
    if montant > facture.reste:
        raise TooMuch(facture.reste)
    made = _chained(facture, by=by, montant=montant, moyen=moyen, le=le, reference=reference)
    encaisser.tell(made, by=by, numero=made.numero, montant=montant, cle=cle)
    if not facture.reste:
        fire(payer, facture, by=by)
    return made


def reverse(reglement: Reglement, *, by: Personne, motif: str) -> Reglement:
    """Take back what was noted by mistake: a row of the opposite amount, which says why. Raises MotifMissing, Reversed."""
    facture = _held(reglement.facture)
    there = next(one for one in facture.reglements if one.id == reglement.id)
    if not motif.strip():
        raise MotifMissing
    if there.annule_par or there.annule_id:
        raise Reversed
    said = {"montant": -there.montant, "moyen": there.moyen, "reference": there.reference, "annule_id": there.id}
    made = _chained(facture, by=by, le=clock.today(), motif=motif.strip(), **said)
    contrepasser.tell(made, by=by, motif=made.motif, numero=made.numero, annule=there.numero)
    if facture.etat in attendre.sources:
        fire(attendre, facture, by=by)
    return made


def broken() -> Reglement | None:
    """The first payment that is not what was noted, or that does not follow the one before it; none, and the chain is whole."""
    before = ""
    for one in queries.chain():
        if one.precedente != before or one.empreinte != _seal(one):
            return one
        before = one.empreinte
    return None


def _held(facture: Facture) -> Facture:
    """As it now is, under the lock of its action."""
    lock_one(facture.action)
    found = queries.fresh(facture.id)
    if found is None:
        raise NotIssued
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
