"""The paper of a devis: a PDF/A that says what was frozen, the same to the byte each time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from portal import presse
from portal.fields import quantite
from portal.filters import date_longue, euros, taux

LAYOUT = Path(__file__).with_name("devis.typ")


def pdf(contenu: dict[str, Any]) -> bytes:
    return presse.pdf(LAYOUT, facts(contenu))


def facts(contenu: dict[str, Any]) -> dict[str, Any]:
    """The same, in the words of the paper, and in the letters that its font has."""
    said: dict[str, Any] = presse.written(_said(contenu))
    return said


def _said(contenu: dict[str, Any]) -> dict[str, Any]:
    return in_words(contenu) | {
        "valable_jusqu_au": date_longue(date.fromisoformat(contenu["valable_jusqu_au"])),
        "acompte": euros(contenu["acompte"]),
        "brouillon": contenu.get("brouillon", False),  # what leaves never says it
    }


def in_words(contenu: dict[str, Any]) -> dict[str, Any]:
    """What the paper of a devis and that of an invoice have in common."""
    issued = date.fromisoformat(contenu["le"])
    return (
        contenu
        | {
            "le": date_longue(issued),
            "jour": [issued.year, issued.month, issued.day],
            "groupes": [_group(group) for group in contenu["groupes"]],
            "parts": [{"taux": taux(p["taux"]), "base": euros(p["base"]), "tva": euros(p["tva"])} for p in contenu["parts"]],
            "a_un_rabais": contenu["rabais"] > 0,
        }
        | {name: euros(contenu[name]) for name in ("ht", "tva", "ttc", "rabais")}
    )


def _group(group: dict[str, Any]) -> dict[str, Any]:
    return {"nom": group["nom"], "total": euros(group["total"]), "lignes": [_line(line) for line in group["lignes"]]}


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return line | {
        "quantite": quantite(line["quantite"]),
        "prix": euros(line["prix"]),
        "taux": taux(line["taux"]),
        "remise": taux(line["remise"]) if line["remise"] else "",
        "montant": "compris" if line["comprise"] else euros(line["montant"]),
    }
