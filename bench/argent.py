"""What money a house moves: an invoice being prepared and a deposit that left for the day's action, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from bench.devis import BEFORE, SIXTY
from portal import clock
from portal.db import Base, db
from portal.devis.models import Unite
from portal.factures import papier, queries
from portal.factures.models import Etat, Facture, LigneFacture, Nature, Serie
from portal.partage.models import Depense, Justificatif
from portal.partage.models import Nature as Sorte

if TYPE_CHECKING:
    from bench.data import House

Row = dict[str, Any]

DRAFT, LEFT = 1, 2  # the whole, being prepared; a deposit, that left
DAYS = 30  # to pay


def tables(house: House) -> Iterator[tuple[type[Base], Iterable[Row]]]:
    """Rows of the invoices and of the costs of the day."""
    both = ((DRAFT, Nature.FACTURE), (LEFT, Nature.ACOMPTE))
    about = {"action_id": house.day, "devis_id": BEFORE, "delai": DAYS, "par_id": 2, "ht": 12_00, "ttc": 13_02}
    yield Facture, [{"id": id, "nature": nature, **about} for id, nature in both]
    yield LigneFacture, _lines(house)
    yield Serie, [{"prefixe": "F", "annee": clock.today().year, "dernier": 1, "le": clock.today()}]
    spent = {"action_id": house.day, "nature": Sorte.CONSOMMABLES, "montant": 12_50, "le": clock.today(), "par_id": 2}
    expenses = range(1, min(house.rows, SIXTY) + 1)
    yield Depense, [{"id": n, "libelle": f"Gobelets {n}", "pole_id": 1, **spent} for n in expenses]
    yield Justificatif, [{"depense_id": 1, "mime": "application/pdf", "contenu": b"%PDF", "taille": 4}]


def _lines(house: House) -> Iterator[Row]:
    for id, many in ((DRAFT, min(house.rows, SIXTY)), (LEFT, 1)):
        for rang in range(many):
            said = {"libelle": f"Table {rang}", "unite": Unite.UNITE, "prix": 4_00 + rang, "taux": 850}
            yield {"facture_id": id, "rang": rang, "pole_id": 1 + rang % min(house.rows, 12), **said}


def freeze() -> None:
    """The deposit leaves: what it says is frozen."""
    facture, today = queries.fresh(LEFT), clock.today()
    assert facture
    number = {"serie": "F", "annee": today.year, "rang": 1, "emise_le": clock.now(), "echeance": today + timedelta(days=DAYS)}
    said = papier.content(facture, numero=f"F-{today.year}-0001", jour=today, deduits=[])
    frozen = {"etat": Etat.EMISE, "contenu": said, "pdf": b"%PDF", "empreinte": "0"}
    db.session.execute(update(Facture).where(Facture.id == LEFT).values(**number, **frozen))
    db.session.commit()
