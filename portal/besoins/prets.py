"""Equipment lent to needs, never more at once than the house has. Whoever comes here holds the lock of the action first."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal.besoins import queries
from portal.besoins.models import Besoin, Pret
from portal.besoins.stock import peak
from portal.db import db, lock
from portal.poles.models import Materiel
from portal.workflow import Refusal


class NotEnough(Refusal):
    """More of it would be promised at once than the house has."""

    outside = "Il n’en reste plus assez à ce moment-là. L’équipe propose une autre solution dès que possible."

    def __init__(self, materiel: Materiel, left: int):
        rest = f"il en reste {left}" if left > 0 else "il n’en reste plus"
        super().__init__(f"{materiel.nom}\u00a0: {rest} à ce moment-là, sur {materiel.stock}.")


def lend(besoin: Besoin, quantite: int) -> None:
    """Promise so many for the slot of a need, in place of what it had before. Raises NotEnough."""
    assert besoin.materiel_id
    materiel = lock(Materiel, besoin.materiel_id)[0]
    slot = (besoin.debut, besoin.fin)
    left = materiel.stock - peak(queries.loans_of(materiel, slot, but=besoin.id))
    if quantite > left:
        raise NotEnough(materiel, left)
    give_back([besoin.id])
    write(materiel, Pret(besoin_id=besoin.id, materiel_id=materiel.id, quantite=quantite, debut=slot[0], fin=slot[1]))


def write(materiel: Materiel, pret: Pret) -> None:
    """What the lock has let through, the database counts once more (migration 0007). Raises NotEnough."""
    try:
        with db.session.begin_nested():
            db.session.add(pret)
    except IntegrityError:
        raise NotEnough(materiel, 0) from None


def give_back(besoins: list[int]) -> None:
    db.session.execute(delete(Pret).where(Pret.besoin_id.in_(besoins)))
