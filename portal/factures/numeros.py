"""Numbers without a gap: taken from a locked row, in the transaction of the paper that bears them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from portal import clock
from portal.db import db, insert_once
from portal.factures.models import Serie, numbered
from portal.workflow import Refusal


class Backwards(Refusal):
    """The clock of this machine is behind the last paper."""

    def __init__(self, last: date):
        super().__init__(
            f"Le dernier numéro est daté du {last:%d/%m/%Y}, et l’horloge du portail est en retard sur lui\u00a0: "
            "préviens un admin, aucun numéro n’a été pris."
        )


class Numero(NamedTuple):
    serie: str
    annee: int
    rang: int
    jour: date  # the date of the paper: read under the lock, so that the order of the numbers is that of the dates

    def __str__(self) -> str:
        return numbered(self.serie, self.annee, self.rang)


def hold(prefixe: str) -> Serie:
    """The row of a series, locked: nobody takes a number of it meanwhile. Lock every other row before.

    Raises Backwards.
    """
    insert_once(Serie, prefixe=prefixe, annee=0, dernier=0, le=date(1, 1, 1))
    serie = db.session.get(Serie, prefixe, populate_existing=True, with_for_update=True)
    assert serie
    if clock.today() < serie.le:
        raise Backwards(serie.le)
    return serie


def take(prefixe: str) -> Numero:
    """The next number of its series; given back with the transaction when that fails. Lock every other row before."""
    serie, today = hold(prefixe), clock.today()
    if today.year != serie.annee:
        serie.annee, serie.dernier = today.year, 0
    serie.dernier, serie.le = serie.dernier + 1, today
    db.session.flush()
    return Numero(prefixe, serie.annee, serie.dernier, today)
