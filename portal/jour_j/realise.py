"""Planned against real in words, for the page of the day, its report and its paper. No I/O here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from portal.filters import date_courte, duree, heure
from portal.jour_j.programme import Ecart
from portal.jour_j.soiree import evening_of

MINUTE = timedelta(minutes=1)


class Realise(NamedTuple):
    """An item: when it was printed for, when it ran, and what came of it. `reelle` is empty of one that did not run."""

    titre: str
    prevue: str
    reelle: str
    ecart: str


def realise(row: Ecart, titre: str, *, closed: bool, dated: bool) -> Realise:
    """`closed`: nothing runs any more; `dated`: an hour alone does not say when."""
    item, run = row.item, row.run
    day = f"{date_courte(evening_of(item.debut))}, " if dated else ""
    unfinished = ["pas terminée à la fermeture" if closed else "en cours"] if row.is_open else []
    unfinished += ["fin pas notée"] if row.is_left else []
    said = ", ".join([row.words, *_longer(row.longer), *unfinished])
    return Realise(titre, day + _slot(item.debut, item.fin), _slot(run.debut, run.fin) if run.debut else "", said)


def _slot(start: datetime, end: datetime | None) -> str:
    return f"{heure(start)}\u00a0à\u00a0{heure(end)}" if end else heure(start)


def _longer(by: timedelta | None) -> list[str]:
    if by is None or abs(by) < MINUTE:
        return []
    return [f"{duree(by)} de {'plus' if by > timedelta() else 'moins'}"]
