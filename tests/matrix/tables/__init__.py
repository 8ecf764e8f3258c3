"""The matrix of rights, one table for each feature: a method and a path, then the status that each column gets.

AN anonymous · CL whoever holds personal links, as a candidate or as a demandeur, and no account · VO volontaire ·
CM chargé de mission · RF référent · BA its bienveillant · BO another one · PM a member of the pôle that carries it ·
PO of another pôle · GM of a groupe · TR treasurer · AD admin. `OWN` says what a form holds besides what the house types
everywhere (house.TYPED) or what the page shows; what follows a question mark only tells two gestures of one address apart.
"""

from __future__ import annotations

from tests.cells import Row, rows
from tests.matrix.tables import (
    accueil,
    actions,
    besoins,
    candidatures,
    comptes,
    contributions,
    devis,
    equipe,
    factures,
    jour_j,
    missions,
    moi,
    notifications,
    partage,
    poles,
    reglages,
)

TABLES = (
    accueil, actions, besoins, candidatures, comptes, contributions, devis, equipe, factures, jour_j, missions, moi,
    notifications, partage, poles, reglages,
)  # fmt: skip
ROWS: list[Row] = [row for table in TABLES for row in rows(table.TABLE)]
OWN: dict[str, dict[str, str]] = {asked: said for table in TABLES for asked, said in table.OWN.items()}
