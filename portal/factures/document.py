"""The paper of an invoice: a PDF/A that says what was frozen, the same to the byte each time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from portal import presse
from portal.devis.document import in_words
from portal.filters import date_longue, euros

LAYOUT = Path(__file__).with_name("facture.typ")


def pdf(contenu: dict[str, Any]) -> bytes:
    return presse.pdf(LAYOUT, presse.written(_said(contenu)))


def _said(contenu: dict[str, Any]) -> dict[str, Any]:
    due, given = date.fromisoformat(contenu["echeance"]), date.fromisoformat(contenu["fourni_le"])
    return in_words(contenu) | {
        "echeance": date_longue(due),
        "fourni_le": date_longue(given),
        "acomptes": [_deposit(one) for one in contenu["acomptes"]],
        "a_payer": euros(contenu["a_payer"]),
        "origine": contenu["origine"]
        and contenu["origine"] | {"le": date_longue(date.fromisoformat(contenu["origine"]["le"]))},
        "notes": "" if contenu["origine"] else " ".join(words for words in contenu["notes"].values() if words),
        "brouillon": contenu.get("brouillon", False),  # what leaves never says it
    }


def _deposit(said: dict[str, Any]) -> dict[str, Any]:
    tva = sum(part["tva"] for part in said["parts"])
    words = {"le": date_longue(date.fromisoformat(said["le"])), "ttc": euros(said["ttc"]), "tva": euros(tva) if tva else ""}
    return said | words
