"""Messages about an invoice, to the demandeur who pays it, with their link, made when the message leaves."""

from __future__ import annotations

from portal.factures import lien, queries
from portal.factures.models import Etat, Facture
from portal.notifications.genres import Context, Facts, genre, link, still


def _about(facture: Facture) -> Context:
    demandeur = facture.action.demandeur
    still(not demandeur.is_erased)
    return {
        "facture": facture,
        "action": facture.action,
        "prenom": demandeur.contact or demandeur.nom,
        "lire": link("factures.link", jeton=lien.page_token(facture)),
    }


@genre("facture_emise")
def _issued(faits: Facts) -> Context:
    return _about(still(queries.fresh(faits["facture"])))


@genre("facture_rappel")
@genre("facture_relance")
@genre("facture_mise_en_demeure")
def _late(faits: Facts) -> Context:
    """While it is still to pay: the money may have come since."""
    facture = still(queries.fresh(faits["facture"]))
    still(facture.etat is Etat.EMISE and facture.reste > 0)
    relance = still(next((one for one in facture.relances if one.rang == faits["rang"]), None))
    notes = (facture.contenu or {})["notes"]  # of a professional alone, as the invoice said them
    return _about(facture) | {"mot": relance.mot, "penalites": [notes[code] for code in ("PMD", "PMT") if notes.get(code)]}
