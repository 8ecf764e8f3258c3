"""What the day really was, beside what its devis foresaw: an invoice shows both, and somebody decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from portal.actions.models import Action
from portal.devis.models import MOST, LigneDevis, Unite
from portal.fields import quantite
from portal.jour_j import consommations
from portal.jour_j import queries as days
from portal.jour_j.consommations import Used
from portal.jour_j.models import Genre
from portal.jour_j.queries import Day


class Constat(NamedTuple):
    """So many of its unit, in hundredths, and who or what says so."""

    quantite: int
    source: str


class Constats(NamedTuple):
    """By line of the devis; and what was used that it does not know."""

    lignes: dict[int, Constat]
    ajouts: list[Used]


def of_action(action: Action, lines: list[LigneDevis]) -> Constats:
    """Of an action whose site was opened; nothing of another."""
    if not days.exist(action.id):
        return Constats({}, [])
    day = days.read(action.id)
    used = [line for line in consommations.consumptions(day.jour) if line.said]
    of_need = {line.besoin.id: line for line in used if line.besoin}
    known = {line.besoin_id for line in lines if line.besoin_id in of_need}
    found = {line.id: constat for line in lines if (constat := _of_line(line, day, of_need))}
    return Constats(found, [line for line in used if line.besoin is None or line.besoin.id not in known])


def _of_line(line: LigneDevis, day: Day, of_need: dict[int, Used]) -> Constat | None:
    if line.besoin_id in of_need:
        return _used(of_need[line.besoin_id])
    if line.site and line.unite is Unite.HEURE:
        return _opened(day)
    return _people(day) if line.unite is Unite.PERSONNE else None


def _used(line: Used) -> Constat | None:
    said = line.said
    return Constat(said.quantite, f"noté au bilan par {said.par.nom}") if said and said.quantite <= MOST else None


def _opened(day: Day) -> Constat | None:
    """Hours that the site was open, by quarters of an hour begun."""
    spans = list(_spans(day))
    if not spans:
        return None
    quarters = -(-sum((until - since for since, until in spans), timedelta()) // timedelta(minutes=15))
    return Constat(25 * quarters, f"site ouvert {quantite(25 * quarters)}\u00a0h")


def _spans(day: Day) -> Iterator[tuple[datetime, datetime]]:
    since = None
    for entry in day.entries:
        if entry.genre is not Genre.SITE or day.line(entry).is_undone:
            continue
        if entry.valeur == "ouvrir":
            since = since or entry.quand
        elif since:
            yield since, entry.quand
            since = None


def _people(day: Day) -> Constat | None:
    peak = day.jauge.peak
    return Constat(100 * peak[1], "au plus fort de la journée, d’après la jauge") if peak and peak[1] else None
