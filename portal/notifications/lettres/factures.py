"""Messages about an invoice, to the demandeur who pays it, with their link, made when the message leaves."""

from __future__ import annotations

from portal.factures import lien, queries
from portal.factures.models import Facture
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
