"""The invoices and the payments of a year as a spreadsheet: the same rows in .csv and in .xlsx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from portal import clock, tableur
from portal.factures.models import Facture, Reglement
from portal.filters import taux

BEFORE_TAXES = ("Numéro", "Nature", "Date", "Client", "SIRET", "Action", "Corrige", "Total HT en €")
AFTER_TAXES = (
    "Total TTC en €", "Acomptes déduits en €", "dont HT en €", "dont TVA en €", "À payer en €", "Repris par avoir en €",
    "Payé en €", "Reste en €", "État",
)  # fmt: skip
REGLEMENTS = (
    "Numéro", "Date", "Montant en €", "Moyen", "Référence", "Facture", "Client", "Annule", "Motif", "Noté le", "Noté par",
)  # fmt: skip


def of_invoices(annee: int, factures: Sequence[Facture], sorte: str) -> bytes:
    """What an avoir takes back is below zero; what is paid and left, as the year ends."""
    rates = sorted({rate for one in factures for rate in _taxes(one) if rate}, reverse=True)
    head = (*BEFORE_TAXES, *(f"TVA {taux(rate)} en €" for rate in rates), *AFTER_TAXES)
    return tableur.sheet(f"Factures {annee}", head, [_invoice(one, annee, rates) for one in factures], sorte)


def of_payments(annee: int, reglements: Sequence[Reglement], sorte: str) -> bytes:
    return tableur.sheet(f"Règlements {annee}", REGLEMENTS, [_payment(one) for one in reglements], sorte)


def _taxes(facture: Facture) -> dict[int, int]:
    assert facture.contenu
    return {part["taux"]: part["tva"] for part in facture.contenu["parts"]}


def _invoice(facture: Facture, annee: int, rates: Sequence[int]) -> tuple[object, ...]:
    said, taxes, sign = facture.contenu, _taxes(facture), -1 if facture.is_credit else 1
    assert said
    deducted = [part for one in said["acomptes"] for part in one["parts"]]
    return (
        facture.numero,
        facture.nature.label,
        date.fromisoformat(said["le"]),
        said["client"]["nom"],
        said["client"]["siret"],
        said["action"]["titre"],
        facture.origine.numero if facture.origine else "",
        _euros(sign * said["ht"]),
        *(_euros(sign * taxes.get(rate, 0)) for rate in rates),
        _euros(sign * said["ttc"]),
        _euros(sign * (said["ttc"] - said["a_payer"])),
        *(_euros(sign * sum(part[name] for part in deducted)) for name in ("base", "tva")),
        _euros(sign * said["a_payer"]),
        *(("", "", "", "Émis") if facture.is_credit else _standing(facture, annee)),
    )


def _standing(facture: Facture, annee: int) -> tuple[object, ...]:
    credited = sum(one.a_payer for one in facture.avoirs if one.annee and one.annee <= annee)
    paid = sum(one.montant for one in facture.reglements if one.le.year <= annee)
    left = facture.a_payer - credited - paid
    if 0 < facture.a_payer == credited:
        state = "Annulée par un avoir"
    else:
        state = "À encaisser" if left > 0 else "À rembourser" if left < 0 else "Payée"
    return _euros(credited), _euros(paid), _euros(left), state


def _payment(reglement: Reglement) -> tuple[object, ...]:
    facture = reglement.facture
    assert facture.contenu
    return (
        reglement.numero,
        reglement.le,
        _euros(reglement.montant),
        reglement.moyen.label,
        reglement.reference,
        facture.numero,
        facture.contenu["client"]["nom"],
        reglement.annule.numero if reglement.annule else "",
        reglement.motif,
        clock.local(reglement.quand).date(),
        reglement.par.nom,
    )


def _euros(cents: int) -> Decimal:
    return (Decimal(cents) / 100).quantize(Decimal("0.01"))
