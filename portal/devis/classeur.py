"""The devis and the amounts as a spreadsheet: the same rows in .csv and in .xlsx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from portal import clock, tableur
from portal.devis.listes import Somme
from portal.devis.models import Accord, Devis

DEVIS = (
    "Numéro", "Action", "Date de l’action", "Demandeur", "Bienveillant", "Pôle porteur", "État", "Envoyé le",
    "Valable jusqu’au", "Accepté le", "Accepté par", "Total HT en €", "TVA en €", "Total à payer en €",
)  # fmt: skip
MONTANTS = ("Mois", "Pour qui", "Acceptés, HT en €", "En attente, HT en €")


def of_devis(found: Sequence[tuple[Devis, Accord | None]], sorte: str) -> bytes:
    return tableur.sheet("Devis", DEVIS, [_line(devis, accord) for devis, accord in found], sorte)


def of_amounts(annee: int, sums: Sequence[Somme], sorte: str) -> bytes:
    rows = [
        (date(annee, s.mois, 1), s.pole.label if s.pole else "Le commun", _euros(s.acquis), _euros(s.attendu)) for s in sums
    ]
    return tableur.sheet(f"Devis {annee}", MONTANTS, rows, sorte)


def _line(devis: Devis, accord: Accord | None) -> tuple[object, ...]:
    action = devis.action
    return (
        devis.numero,
        action.titre,
        clock.local(action.debut).date(),
        action.demandeur.nom,
        action.bienveillant.nom if action.bienveillant else "",
        action.pole_porteur.label if action.pole_porteur else "",
        devis.etat.label,
        clock.local(devis.envoye_le).date() if devis.envoye_le else None,
        devis.valable_jusqu_au,
        clock.local(accord.le).date() if accord else None,
        accord.nom if accord else "",
        _euros(devis.ht),
        _euros(devis.ttc - devis.ht),
        _euros(devis.ttc),
    )


def _euros(cents: int) -> Decimal:
    return (Decimal(cents) / 100).quantize(Decimal("0.01"))
