"""What money a house moves: an invoice being prepared and a deposit that left for the day's action, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from bench.devis import BEFORE, SIXTY
from portal import clock
from portal.comptes.models import Personne
from portal.db import Base, db
from portal.devis.models import Unite
from portal.factures import exercices, papier, queries
from portal.factures.models import Etat, Facture, LigneFacture, Nature, Serie
from portal.partage.models import Depense, Justificatif
from portal.partage.models import Nature as Sorte

if TYPE_CHECKING:
    from bench.data import House

Row = dict[str, Any]

DRAFT, LEFT, OLD = 1, 2, 3  # the whole, being prepared; a deposit, that left; another, of the year before, which is closed
DAYS = 30  # to pay
PAPER = b"%PDF"
TRESORIER = 4  # who keeps the money


def tables(house: House) -> Iterator[tuple[type[Base], Iterable[Row]]]:
    """Rows of the invoices and of the costs of the day."""
    each = ((DRAFT, house.day, Nature.FACTURE), (LEFT, house.day, Nature.ACOMPTE), (OLD, 1, Nature.ACOMPTE))
    about = {"devis_id": BEFORE, "delai": DAYS, "par_id": 2, "ht": 12_00, "ttc": 13_02}
    yield Facture, [{"id": id, "action_id": action, "nature": nature, **about} for id, action, nature in each]
    yield LigneFacture, _lines(house)
    yield Serie, [{"prefixe": "F", "annee": clock.today().year, "dernier": 1, "le": clock.today()}]
    spent = {"action_id": house.day, "nature": Sorte.CONSOMMABLES, "montant": 12_50, "le": clock.today(), "par_id": 2}
    expenses = range(1, min(house.rows, SIXTY) + 1)
    yield Depense, [{"id": n, "libelle": f"Gobelets {n}", "pole_id": 1, **spent} for n in expenses]
    yield Justificatif, [{"depense_id": 1, "mime": "application/pdf", "contenu": PAPER, "taille": 4}]


def _lines(house: House) -> Iterator[Row]:
    for id, many in ((DRAFT, min(house.rows, SIXTY)), (LEFT, 1), (OLD, 1)):
        for rang in range(many):
            said = {"libelle": f"Table {rang}", "unite": Unite.UNITE, "prix": 4_00 + rang, "taux": 850}
            yield {"facture_id": id, "rang": rang, "pole_id": 1 + rang % min(house.rows, 12), **said}


def _year_ago() -> date:
    return date(clock.today().year - 1, 12, 31)


def freeze() -> None:
    """The deposits leave: what they say is frozen; then the year of the older one is closed."""
    for id, day in ((OLD, _year_ago()), (LEFT, clock.today())):
        facture = queries.fresh(id)
        assert facture
        number = {"serie": "F", "annee": day.year, "rang": 1, "emise_le": clock.start_of(day)}
        said = papier.content(facture, numero=f"F-{day.year}-0001", jour=day, deduits=[])
        frozen = {"etat": Etat.EMISE, "contenu": said, "pdf": PAPER, "empreinte": sha256(PAPER).hexdigest()}
        due = {"echeance": day + timedelta(days=DAYS)}
        db.session.execute(update(Facture).where(Facture.id == id).values(**number, **frozen, **due))
        db.session.commit()
    exercices.close(_year_ago().year, by=db.session.get_one(Personne, TRESORIER))
    db.session.commit()
