"""A house with a site, the case on it and a room in it; chairs; a groupe that answers for them all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.poles.commands import save_equipment
from portal.poles.models import Espace, Genre, Materiel, Pole
from tests import builders


@dataclass
class House:
    zoe: Personne  # sets actions up
    gina: Personne  # answers for the groupe
    groupe: Pole
    site: Espace
    case: Espace
    salle: Espace
    jardin: Espace
    chairs: Materiel

    def action(self, titre: str = "Fête du moulin", *, confirmed: bool = True, **fields: object) -> Action:
        return builders.action(self.zoe, titre=titre, confirmed=confirmed, **fields)


@pytest.fixture
def house(app) -> House:
    gina = builders.personne("Gina Payet")
    groupe = builders.pole("Mobilier", Genre.GROUPE, members=[gina])
    site = builders.espace("Le site", capacite=400)
    case = builders.espace("La case", site, capacite=120)
    salle = builders.espace("La salle", case, capacite=40, avant_min=30, apres_min=60)
    chairs = save_equipment(None, nom="Chaises", stock=80, pole=groupe, by=None)
    return House(builders.bienveillant(), gina, groupe, site, case, salle, builders.espace("Le jardin", site), chairs)
