"""An action whose site is closed, its devis accepted: nine hours of the site, thirty percent asked as a deposit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from portal import clock
from portal.actions import processus
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import db
from portal.devis.models import Devis
from portal.factures import commands, emission
from portal.factures.models import Facture, Nature
from portal.workflow import fire
from tests import builders


@dataclass
class Affaire:
    action: Action
    devis: Devis
    zoe: Personne  # its bienveillant
    rita: Personne  # who keeps the money

    def draft(self, nature: Nature = Nature.FACTURE) -> Facture:
        return commands.prepare(self.action, nature, by=self.rita)

    def issued(self, nature: Nature = Nature.FACTURE) -> Facture:
        facture = self.draft(nature)
        emission.emit(facture, by=self.rita, read=emission.reading(facture))
        return facture

    def end(self) -> Affaire:
        """The day takes place."""
        for step in (processus.ouvrir, processus.clore):
            fire(step, self.action, by=self.zoe)
        db.session.flush()
        return self


def agreed(zoe: Personne, rita: Personne) -> Affaire:
    action = builders.validated(zoe)
    return Affaire(action, builders.accepted(action), zoe, rita)


@pytest.fixture
def people(app):
    return builders.bienveillant(), builders.personne("Rita Payet", [builders.TRESORIER])


@pytest.fixture
def to_come(people):
    """Agreed, and its day to come."""
    return agreed(*people)


@pytest.fixture
def affaire(people):
    return agreed(*people).end()


@pytest.fixture
def facture(affaire) -> Facture:
    return affaire.issued()


@pytest.fixture
def annee(app) -> int:
    """The present one."""
    return clock.today().year
