"""The expenses that a person noted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.comptes.models import Personne
from portal.donnees import each, section
from portal.partage.models import Depense


def _expense(depense: Depense) -> tuple[object, ...]:
    return depense.action.titre, depense.le, depense.libelle, Decimal(depense.montant) / 100


@section(
    "depenses", "Les dépenses que tu as notées", ("Action", "Le", "Libellé", "Montant en €"), each(_expense),
    tient=["depense.par_id"],
)  # fmt: skip
def expenses(personne: Personne) -> Select[Any]:
    mine = select(Depense).where(Depense.par_id == personne.id)
    return mine.options(joinedload(Depense.action)).order_by(Depense.id)
