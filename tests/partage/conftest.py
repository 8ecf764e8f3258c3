"""An action whose day is over: the site for 1,080 €, a meal by a groupe for 200 €, a stage by a pôle for 100 €."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.comptes.models import Personne
from portal.db import db
from portal.devis import accords
from portal.devis import commands as quotes
from portal.devis import envoi as sending
from portal.devis.models import Unite
from portal.factures import commands as invoices
from portal.factures import emission, reglements
from portal.factures.models import Facture, Moyen
from portal.missions.models import Mission
from portal.missions.models import Nature as Poste
from portal.partage import commands, queries
from portal.partage.models import Nature
from portal.partage.queries import Compte
from portal.poles.models import Genre, Pole
from tests import builders
from tests.factures.conftest import Affaire

WHOLE = 1380_00


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def expense(file: bytes = b"", name: str = "recu.pdf", **said: str) -> dict:
    """The form of an expense, as it is sent."""
    typical = {
        "libelle": "Marché <du> matin",
        "montant": "80",
        "le": clock.today().isoformat(),
        "nature": "consommables",
        "pole_id": "",
    }
    return typical | said | ({"justificatif": (BytesIO(file), name)} if file else {})


@dataclass
class Fete(Affaire):
    cuisine: Pole
    scene: Pole
    chef: Personne  # of cuisine
    mission: Mission  # of a chargé de mission

    def compte(self) -> Compte:
        return queries.compte(self.action)

    def spend(self, montant: int, pole: Pole | None = None, *, by: Personne | None = None, **more):
        said = {"libelle": "Marché", "nature": Nature.CONSOMMABLES, "le": clock.today(), "montant": montant}
        return commands.note(self.action, by=by or self.zoe, pole_id=pole and pole.id, **(said | more))

    def pay(self, facture: Facture) -> None:
        reglements.receive(facture, by=self.rita, montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())

    def invoiced(self) -> Facture:
        """Issued and paid."""
        facture = self.issued()
        self.pay(facture)
        return facture

    def baskets(self, pole: Pole) -> Facture:
        """Issued and paid: 1,000 € that the day added for that pôle, and no meal."""
        draft = self.draft()
        said = {"quantite": 100, "unite": Unite.FORFAIT, "prix": 1000_00, "taux": 0, "pole_id": pole.id}
        invoices.add(draft, by=self.rita, libelle="Paniers", motif="Vendus sur place.", **said)
        meal = next(line for line in draft.lignes if line.pole_id == self.cuisine.id)
        meal.quantite, meal.motif = 0, "Pas servi."
        invoices.count(draft)
        emission.emit(draft, by=self.rita, read=emission.reading(draft))
        self.pay(draft)
        return draft

    def decide(self, motif: str = ""):
        return commands.decide(self.action, by=self.rita, read=commands.reading(self.compte()), motif=motif)

    def set_keys(self, *, read: str = "", **said) -> None:
        """After reading them, or having read others."""
        commands.set_keys(self.action, by=self.zoe, read=read or commands.keys_reading(self.compte()), **said)

    def credit(self, facture: Facture) -> Facture:
        """An avoir of all that remains of it."""
        avoir = invoices.credit(facture, by=self.rita)
        avoir.mot = "Panne."
        emission.emit(avoir, by=self.rita, read=emission.reading(avoir))
        return avoir

    def parts(self) -> list[int]:
        """What the ledger gives: cuisine, scène, the commun."""
        return [self.compte().donnes.get(pole and pole.id, 0) for pole in (self.cuisine, self.scene, None)]


@pytest.fixture
def fete(a_venir) -> Fete:
    a_venir.end()
    return a_venir


@pytest.fixture
def a_venir(app) -> Fete:
    """Its day to come."""
    zoe, rita, chef = (
        builders.bienveillant(),
        builders.personne("Rita Payet", [builders.TRESORIER]),
        builders.personne("Chef Técher"),
    )
    cuisine, scene = builders.pole("Cuisine", Genre.GROUPE, [chef]), builders.pole("Scène")
    action = builders.validated(zoe)
    builders.identity(zoe)
    devis = builders.devis(action)
    said = {"unite": Unite.FORFAIT, "quantite": 100, "taux": 850}
    quotes.add(devis, by=zoe, libelle="Repas", prix=200_00, cout=80_00, pole_id=cuisine.id, **said)
    quotes.add(devis, by=zoe, libelle="Scène", prix=100_00, pole_id=scene.id, **said)
    sending.send(devis, by=zoe, force="Les pôles ont dit oui de vive voix.")
    accords.accept(devis, signature=accords.Signature("Armelle Gigan"), empreinte=devis.empreinte, by=None)
    mission = builders.mission(action, nature=Poste.CHARGE_DE_MISSION, montant=150_00)
    return Fete(action, devis, zoe, rita, cuisine, scene, chef, mission)


@pytest.fixture
def url(fete) -> str:
    """Of its share-out."""
    db.session.commit()
    return f"/partage/action/{fete.action.id}"
