"""What the day really was, beside what its devis foresaw: an invoice shows both, and somebody decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from portal.devis.models import MOST, LigneDevis, Unite
from portal.factures.models import Facture, Nature
from portal.fields import quantite
from portal.jour_j import consommations
from portal.jour_j import queries as days
from portal.jour_j.consommations import Used
from portal.jour_j.jauge import Jauge
from portal.jour_j.models import Entree, Genre
from portal.jour_j.pli import fold


class Constat(NamedTuple):
    """So many of its unit, in hundredths, and who or what says so."""

    quantite: int
    source: str


class Constats(NamedTuple):
    """By line of the devis; and what was used that it does not know."""

    lignes: dict[int, Constat]
    ajouts: list[Used]


def of_invoice(facture: Facture) -> Constats:
    """Of the whole; a deposit and an avoir follow no day. Two queries."""
    if facture.nature is not Nature.FACTURE:
        return Constats({}, [])
    used, entries = consommations.said(facture.action), days.doors(facture.action_id)
    lines = [line.ligne_devis for line in facture.lignes if line.ligne_devis]
    of_need = {line.besoin.id: line for line in used if line.besoin}
    known = {line.besoin_id for line in lines if line.besoin_id in of_need}
    found = {line.id: constat for line in lines if (constat := _of_line(line, entries, of_need))}
    return Constats(found, [line for line in used if line.besoin is None or line.besoin.id not in known])


def _of_line(line: LigneDevis, entries: list[Entree], of_need: dict[int, Used]) -> Constat | None:
    if line.besoin_id in of_need:
        return _used(of_need[line.besoin_id])
    if line.site and line.unite is Unite.HEURE:
        return _opened(entries)
    return _people(entries) if line.unite is Unite.PERSONNE else None


def _used(line: Used) -> Constat | None:
    said = line.said
    return Constat(said.quantite, f"noté au bilan par {said.par.nom}") if said and said.quantite <= MOST else None


def _opened(entries: list[Entree]) -> Constat | None:
    """Hours that the site was open, by quarters of an hour begun."""
    spans = list(_spans(entries))
    if not spans:
        return None
    quarters = -(-sum((until - since for since, until in spans), timedelta()) // timedelta(minutes=15))
    return Constat(25 * quarters, f"site ouvert {quantite(25 * quarters)}\u00a0h")


def _spans(entries: list[Entree]) -> Iterator[tuple[datetime, datetime]]:
    since = None
    for entry in (one for one in entries if one.genre is Genre.SITE):
        if entry.valeur == "ouvrir":
            since = since or entry.quand
        elif since:
            yield since, entry.quand
            since = None


def _people(entries: list[Entree]) -> Constat | None:
    peak = Jauge(fold(entries, {}).passages, 0, None).peak
    return Constat(100 * peak[1], "au plus fort de la journée, d’après la jauge") if peak and peak[1] else None
