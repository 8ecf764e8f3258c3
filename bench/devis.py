"""The price list and the devis of a house: one being built, one at its demandeur’s, those of the years before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from bench import process
from portal import clock
from portal.db import Base, db
from portal.devis import papier, queries
from portal.devis.models import Accord, Devis, Etat, LigneDevis, Tarif, Unite, Voie

if TYPE_CHECKING:
    from bench.data import House

Row = dict[str, Any]

DRAFT, OUT = 1, 2  # of the day's action, being built; of the first action, at its demandeur's
BEFORE = 3  # the version that the draft changes: what the day is made by
SIXTY = 60  # lines of these two, where lists are long
STATES = (Etat.ENVOYE, Etat.ACCEPTE, Etat.REFUSE, Etat.EXPIRE)


def tables(house: House) -> Iterator[tuple[type[Base], Iterable[Row]]]:
    """Rows of the price list, of the devis of the day, of the first actions and of the years before."""
    since = clock.today() - timedelta(days=400)
    prices = {"unite": Unite.UNITE, "prix": 4_00, "taux": 850, "pole_id": 1, "du": since}
    yield Tarif, [{"id": n, "libelle": f"Table {n}", **prices} for n in range(1, house.rows + 1)]
    yield Devis, [_devis(id, action, etat) for id, action, etat in _listed(house)]
    yield LigneDevis, _lines(house)
    yield Accord, [_accord(id) for id, _, etat in _listed(house) if etat is Etat.ACCEPTE]


def _listed(house: House) -> Iterator[tuple[int, int, Etat]]:
    """(id, action, state)."""
    yield DRAFT, house.day, Etat.BROUILLON
    yield OUT, 1, Etat.ENVOYE
    yield BEFORE, house.day, Etat.ACCEPTE
    others = min(house.rows, house.day - 2)
    for n in range(others):
        yield BEFORE + 1 + n, 2 + n, STATES[n % len(STATES)]
    for n, (action, *_) in enumerate(process.past(house)):
        yield BEFORE + 1 + others + n, action, Etat.ACCEPTE


def _devis(id: int, action: int, etat: Etat) -> Row:
    left = None if etat is Etat.BROUILLON else clock.now() - timedelta(days=20)
    paper = {"contenu": {}, "pdf": b"%PDF", "empreinte": "0"} if left else {"contenu": None, "pdf": None, "empreinte": ""}
    until = clock.today() + timedelta(days=2) if left else None
    version = 2 if id == DRAFT else 1
    whole = {"version": version, "acompte": 30, "valable_jours": 30, "par_id": 2, "ht": 12_00, "ttc": 13_02}
    return {"id": id, "action_id": action, "etat": etat, "envoye_le": left, "valable_jusqu_au": until, **paper, **whole}


def _lines(house: House) -> Iterator[Row]:
    for id, _, _ in _listed(house):
        for rang in range(min(house.rows, SIXTY) if id in {DRAFT, OUT} else 3):
            said = {"libelle": f"Table {rang}", "detail": "En bois de palette", "unite": Unite.UNITE, "prix": 4_00 + rang}
            yield {"devis_id": id, "rang": rang, "taux": 850, "pole_id": 1 + rang % min(house.rows, 12), **said}


def _accord(id: int) -> Row:
    return {"devis_id": id, "voie": Voie.EN_LIGNE, "nom": "Awa Payet", "empreinte": "0"}


def freeze() -> None:
    """What those that have left and are read say, as it is said when one leaves."""
    for id in (OUT, BEFORE):
        devis = queries.fresh(id)
        assert devis
        said = papier.content(devis, clock.now())
        db.session.execute(update(Devis).where(Devis.id == id).values(contenu=said))
    db.session.commit()
