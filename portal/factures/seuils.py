"""The ceiling of the year for a house that charges no TVA (CGI, art. 261-7 and 293 B): told at 80 %, then once it is passed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import case, func, select

from portal import clock, reglage
from portal.db import db
from portal.factures.models import Etat, Facture, Nature
from portal.reglage import Profil

NEAR = 80  # percent


class Seuil(NamedTuple):
    """What was invoiced this year against the ceiling; cents."""

    facture: int
    plafond: int

    @property
    def pour_cent(self) -> int:
        return 100 * self.facture // self.plafond

    @property
    def is_passed(self) -> bool:
        return self.facture >= self.plafond


def near() -> Seuil | None:
    """That of this year, once it is near: nothing of a house that charges TVA, or whose ceiling is set to 0."""
    ceilings = {Profil.EXONEREE: reglage.SEUIL_EXONERATION, Profil.FRANCHISE: reglage.SEUIL_FRANCHISE}
    setting = ceilings.get(reglage.PROFIL.valeur)
    plafond = 100 * setting.valeur if setting else 0
    if not plafond:
        return None
    seuil = Seuil(invoiced(clock.today().year), plafond)
    return seuil if seuil.pour_cent >= NEAR else None


def invoiced(annee: int) -> int:
    """Cents that papers numbered in that year ask for, what avoirs take back taken off."""
    asked = Facture.ttc - Facture.deduit
    signed = case((Facture.nature == Nature.AVOIR, -asked), else_=asked)
    return db.session.scalar(select(func.sum(signed)).where(Facture.annee == annee, Facture.etat != Etat.BROUILLON)) or 0
