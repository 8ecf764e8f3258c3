"""All that an invoice says, as data: its paper and its page are made of it, and it is what is frozen when it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from portal import clock, reglage
from portal.devis.papier import MENTIONS, client, groups, when
from portal.factures import commands
from portal.factures.models import Facture, LigneFacture, Nature
from portal.filters import euros
from portal.reglage import Exigibilite, Profil

INDEMNITY = 40_00  # cents, owed by a professional who pays late (code de commerce, art. D441-5)


def last_day(facture: Facture, jour: date) -> date:
    """To pay it, when it leaves that day. A deposit is owed at the agreement: before the action begins, or at once."""
    last, begins = jour + timedelta(days=facture.delai), clock.local(facture.action.debut).date()
    return max(jour, min(last, begins)) if facture.nature is Nature.ACOMPTE else last


def content(facture: Facture, *, numero: str, jour: date, deduits: Iterable[Facture]) -> dict[str, Any]:
    """The invoice as it leaves that day under that number, in plain JSON, its shapes those of devis.papier.content.

    `deduits` are the invoices of deposits that it takes off.
    """
    action, sums, deposits = facture.action, commands.totals(facture), [_deposit(one) for one in deduits]
    return {
        "nature": facture.nature.value,
        "titre": facture.nature.label,
        "numero": numero,
        "devis": facture.devis.numero,
        "le": jour.isoformat(),
        "echeance": last_day(facture, jour).isoformat(),
        "maison": reglage.identite(),
        "fourni_le": clock.local(action.fin).date().isoformat(),
        "mot": facture.mot,
        "objet": facture.categorie.value,
        "categorie": facture.categorie.label,
        "chorus": facture.chorus,
        "livraison": facture.livraison,
        "commande": facture.commande,
        "service": facture.service,
        "groupes": groups(((line.pole, _said(line)) for line in facture.lignes), sums),
        "parts": [asdict(part) for part in sums.parts],
        "ht": sums.ht,
        "rabais": sums.rabais,
        "tva": sums.tva,
        "ttc": sums.ttc,
        "acomptes": deposits,
        "a_payer": sums.ttc - sum(one["ttc"] for one in deposits),
        "client": client(action),
        "action": {"titre": action.titre, "quand": when(action), "lieu": action.lieu},
        **_taxes(),
        **(_of_a_credit(facture.origine) if facture.origine else _of_payment(action.demandeur.particulier)),
    }


def _taxes() -> dict[str, Any]:
    profil = reglage.PROFIL.valeur
    taxed = profil is Profil.ASSUJETTIE
    debits = taxed and reglage.EXIGIBILITE.valeur is Exigibilite.DEBITS
    return {"profil": profil.value, "avec_tva": taxed, "mention": MENTIONS[profil], "debits": debits}


def _of_a_credit(origine: Facture) -> dict[str, Any]:
    """An avoir asks for nothing; it is taxed as what it corrects, and made out to the same, whatever they have become."""
    said = origine.contenu
    assert said
    same = {name: said[name] for name in ("client", "action", "profil", "avec_tva", "mention", "debits", "mediateur", "notes")}
    return same | {"paiement": "", "origine": {"numero": origine.numero, "le": said["le"]}}


def _of_payment(consumer: bool) -> dict[str, Any]:
    """What a late professional owes is said to no consumer, who is told of the mediator instead.

    Code de commerce, art. L441-10; code de la consommation, art. L616-1. `notes` by their codes in an e-invoice.
    """
    notes = {
        "PMD": reglage.PENALITES.valeur,
        "PMT": f"Indemnité forfaitaire pour frais de recouvrement en cas de retard\u00a0: {euros(INDEMNITY)}.",
        "AAB": reglage.ESCOMPTE.valeur,
    }
    said = {"notes": {}, "mediateur": reglage.MEDIATEUR.valeur} if consumer else {"notes": notes, "mediateur": ""}
    return said | {"paiement": reglage.FACTURE_PAIEMENT.valeur, "origine": None}


def _deposit(facture: Facture) -> dict[str, Any]:
    assert facture.contenu
    parts = commands.remaining(facture)
    said = {"numero": facture.numero, "le": facture.contenu["le"], "ttc": facture.a_payer - facture.credite}
    return said | {"parts": [asdict(part) for part in parts]}


def _said(line: LigneFacture) -> dict[str, Any]:
    names = ("libelle", "detail", "quantite", "prix", "taux", "remise", "comprise", "motif")
    said = {name: getattr(line, name) for name in names}
    counted = {"brut": line.compte.montant + line.compte.rabais, "montant": line.compte.montant}
    return said | counted | {"unite": line.unite.of(line.quantite), "mesure": line.unite.value}
