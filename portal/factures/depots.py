"""An e-invoice handed over to the « plateforme agréée »: whoever keeps the money notes what it says (CGI, art. 289 bis)."""

from __future__ import annotations

from portal import clock, journal
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.factures import facturx
from portal.factures.models import Depot, Facture, Statut, deposer
from portal.workflow import MotifMissing, Refusal


class NotElectronic(Refusal):
    sentence = "Cette facture ne passe pas par une plateforme\u00a0: elle n’est pas émise, ou son PDF part tel quel."


def is_handed_over(facture: Facture) -> bool:
    """Whether it left with the data that a platform takes."""
    return not facture.is_draft and facturx.is_wanted(facture.contenu or {})


def note(facture: Facture, statut: Statut, *, by: Personne, reference: str = "", motif: str = "", cle: str = "") -> Depot:
    """One row more, which says where it now stands. The same form sent twice is one row.

    Raises NotElectronic, MotifMissing when nobody says why it was refused.
    """
    lock_one(facture.action)
    cle = journal.submission(cle, facture.id, statut, reference, motif)
    if twin := journal.made_by(cle, deposer.key, by=by):
        return db.session.get_one(Depot, twin)
    if not is_handed_over(facture):
        raise NotElectronic
    if statut is Statut.REFUSEE and not motif.strip():
        raise MotifMissing
    said = {"reference": reference, "motif": motif.strip() if statut is Statut.REFUSEE else ""}
    made = Depot(facture=facture, statut=statut, quand=clock.now(), par_id=by.id, **said)
    db.session.add(made)
    db.session.flush()
    deposer.tell(made, by=by, motif=made.motif, cle=cle)
    return made
