"""What each message reads, by what it is about; importing these modules makes their genres known."""

from portal.notifications.genres import GENRES
from portal.notifications.lettres import (
    actions,
    besoins,
    candidatures,
    comptes,
    demandes,
    devis,
    factures,
    interpole,
    missions,
)

__all__ = ["GENRES", "actions", "besoins", "candidatures", "comptes", "demandes", "devis", "factures", "interpole", "missions"]
