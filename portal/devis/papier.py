"""All that a devis says, as data: its paper and its page are made of it, and it is what is frozen when it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from portal import clock, reglage
from portal.actions.models import Action
from portal.devis import chiffrage, commands
from portal.devis.models import Devis, LigneDevis
from portal.filters import creneau, jour_long
from portal.poles.models import Pole
from portal.reglage import Profil

MENTIONS = {
    Profil.EXONEREE: "TVA non applicable, article 261-7 du CGI.",
    Profil.FRANCHISE: "TVA non applicable, article 293 B du CGI.",
    Profil.ASSUJETTIE: "",
}


def last_day(devis: Devis, at: datetime) -> date:
    """Until when it is valid when it leaves at that instant, that day included."""
    return clock.local(at).date() + timedelta(days=devis.valable_jours)


def content(devis: Devis, at: datetime) -> dict[str, Any]:
    """The devis as it leaves at that instant, in plain JSON: texts as they are read, dates as ISO days, amounts in cents,
    quantities in hundredths, rates in hundredths of a percent.
    """
    sums = commands.totals(line.compte for line in devis.lignes)
    action, profil = devis.action, reglage.PROFIL.valeur
    return {
        "numero": devis.numero,
        "version": devis.version,
        "le": clock.local(at).date().isoformat(),
        "valable_jusqu_au": last_day(devis, at).isoformat(),
        "maison": reglage.identite(),
        "client": client(devis.action),
        "action": {
            "titre": action.titre,
            "quand": when(action),
            "lieu": action.lieu,
            "personnes": action.personnes,
        },
        "mot": devis.mot,
        "groupes": groups(((line.pole, _said(line)) for line in devis.lignes), sums),
        "parts": [{"taux": p.taux, "base": p.base, "tva": p.tva} for p in sums.parts],
        "ht": sums.ht,
        "rabais": sums.rabais,
        "tva": sums.tva,
        "ttc": sums.ttc,
        "acompte_pct": devis.acompte,
        "acompte": sums.acompte(devis.acompte),
        "avec_tva": profil is Profil.ASSUJETTIE,
        "mention": MENTIONS[profil],
        "paiement": reglage.PAIEMENT.valeur,
        "conditions": reglage.CONDITIONS.valeur,
        "mediateur": reglage.MEDIATEUR.valeur if action.demandeur.particulier else "",
    }


def when(action: Action) -> str:
    """When it takes place, with the years, whatever the year in which it is read."""
    hours = creneau(action.debut, action.fin).replace(jour_long(action.fin), _day(action.fin))
    return f"{_day(action.debut)}, {hours}"


def _day(at: datetime) -> str:
    said, year = jour_long(at), str(clock.local(at).year)
    return said if year in said else f"{said}\u00a0{year}"


def moved_to(devis: Devis) -> str:
    """When its action now takes place, if what left says otherwise; "" if not."""
    now = when(devis.action)
    return now if devis.contenu and devis.contenu["action"]["quand"] != now else ""


def client(action: Action) -> dict[str, Any]:
    """Whom the paper is made out to."""
    asks = action.demandeur
    return {name: getattr(asks, name) for name in ("nom", "contact", "email", "telephone", "adresse", "siret", "particulier")}


def groups(lines: Iterable[tuple[Pole | None, dict[str, Any]]], sums: chiffrage.Totaux) -> list[dict[str, Any]]:
    """The lines, as they are said, by pôle or groupe in the order in which each first appears, with its subtotal."""
    found: dict[int | None, dict[str, Any]] = {}
    for pole, said in lines:
        id = pole.id if pole else None
        group = found.setdefault(id, {"nom": _named(pole), "total": sums.sous_totaux[id], "lignes": []})
        group["lignes"].append(said)
    return list(found.values())


def _named(pole: Pole | None) -> str:
    return pole.label if pole else reglage.association()


def _said(line: LigneDevis) -> dict[str, Any]:
    said = {name: getattr(line, name) for name in ("libelle", "detail", "quantite", "prix", "taux", "remise", "comprise")}
    unite, montant = line.unite.of(line.quantite), line.compte.montant
    return said | {"unite": unite, "montant": montant, "besoin": line.besoin_id, "ressource": line.ressource}
