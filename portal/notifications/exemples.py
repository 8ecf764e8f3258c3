"""What a message reads, of people and of days that do not exist: to show the house its own words as they would leave."""

from __future__ import annotations

from datetime import date, time, timedelta
from types import SimpleNamespace as Sample

from portal import clock, reglage
from portal.fields import combine
from portal.notifications.genres import Context, link
from portal.notifications.mots import Gabarit

SOON = timedelta(days=12)


def context(gabarit: Gabarit) -> Context:
    """Everything that the templates of these messages read, each taking what it needs."""
    day = clock.today() + SOON
    slot = {"debut": combine(day, time(9)), "fin": combine(day, time(17))}
    action = Sample(id=1, titre="Fête du moulin", lieu="La grande salle", **slot)
    mission = Sample(id=1, titre="Accueil du public", action=action, is_full=False, apporter="Un chapeau", **slot)
    mission.fourni, mission.contrepartie = "Le repas de midi", ""
    etat = next(iter(gabarit.valeurs), "")
    return {
        "faits": {gabarit.fait: etat, "etat": etat, "mot": "", "motif": ""},
        "action": action,
        **({"mission": mission} if "mission" in gabarit.noms else {}),
        "prenom": _reader(gabarit),
        "contacts": [Sample(nom="Awa Payet", telephone="")],
        "clashes": [],
        "autres": [],
        "is_referent": False,
        "releve": Sample(minutes=240),
        "gagne": ("heures", 240),
        "payee": False,
        "delai": reglage.DELAI_REPONSE.valeur,
        "confirmee": etat == "confirmee",
        "oui": etat == "validee",
        "avant": False,
        "mot": "",
        "penalites": [],
        "devis": Sample(ttc=1_250_00, mot="", valable_jusqu_au=day),
        "facture": _facture(day if gabarit.genre == "facture_emise" else clock.today() - SOON),
        **dict.fromkeys(("suivi", "lire", "mes_heures"), link("accueil.index")),
    }


def _reader(gabarit: Gabarit) -> str:
    return "Léa" if "prenom" in gabarit.noms else "Association Exemple" if "nom" in gabarit.noms else ""


def _facture(echeance: date) -> Sample:
    sums = {"a_payer": 1_250_00, "reste": 1_250_00, "regle": 0, "echeance": echeance}
    said = {"label": "Facture 2026-0042", "numero": "2026-0042", "mot": ""}
    return Sample(is_credit=False, nature="facture", origine=None, **said, **sums)
