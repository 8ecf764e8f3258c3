"""An invoice of a professional is an e-invoice too: its paper carries the data, in which the schematrons find no error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from portal import reglage
from portal.actions.models import reading
from portal.db import db
from portal.devis.commands import Typed
from portal.devis.models import Unite
from portal.factures import commands, document, emission, facturx
from portal.factures.models import Categorie, Facture, Nature, Serie
from portal.reglage import Exigibilite, Profil
from tests import builders
from tests.factures.conftest import Affaire, agreed
from tests.factures.schematron import faults
from tests.factures.test_avoirs import credit

SIRET = "73282932000074"
MEAL = {"libelle": "Repas créole", "quantite": 250, "unite": Unite.PERSONNE, "prix": 13_33, "taux": 210, "pole_id": None}
PUBLIC = {"chorus": True, "service": "SERVICE-7", "commande": "ENG-2026-12", "livraison": "Gymnase\n97420 Le Port"}


@pytest.fixture
def rita(people):
    return people[1]


def deal(people, profil: Profil, *, consumer: bool = False) -> Affaire:
    """A client with a SIRET, of a house under that tax profile."""
    builders.taxed(people[1]) if profil is Profil.ASSUJETTIE else reglage.change(reglage.PROFIL, profil, by=people[1])
    made = agreed(*people)
    made.action.demandeur.siret, made.action.demandeur.particulier = SIRET, consumer
    return made


def issued(affaire: Affaire, nature: Nature = Nature.FACTURE, *extra: dict, remise: int = 0, **head: object) -> Facture:
    facture, rita = affaire.draft(nature), affaire.rita
    for line in extra:
        commands.add(facture, by=rita, motif="Demandé le jour même.", **line)
    first = facture.lignes[0]
    numbers = {first.id: Typed(reading(first.numbers), first.numbers | {"remise": remise, "motif": "Pour les voisins."})}
    commands.edit(facture, by=rita, read=reading(facture.head), head=facture.head | head, lines=numbers if remise else {})
    emission.emit(facture, by=rita, read=emission.reading(facture))
    return facture


def shapes(people) -> Iterator[tuple[str, Facture]]:
    """One invoice of each shape that the house makes."""
    taxed, rita = Profil.ASSUJETTIE, people[1]
    yield "two rates", issued(deal(people, taxed).end(), Nature.FACTURE, MEAL, categorie=Categorie.MIXTE)
    yield "franchise", issued(deal(people, Profil.FRANCHISE).end(), Nature.FACTURE, MEAL)
    yield "exempt", issued(deal(people, Profil.EXONEREE).end(), **PUBLIC)
    begun = deal(people, taxed)
    yield "deposit", issued(begun, Nature.ACOMPTE)
    yield "final with deposit", issued(begun.end(), Nature.FACTURE, MEAL)
    yield "avoir", credit(issued(deal(people, taxed).end(), Nature.FACTURE, MEAL), rita, 100_01, 10_00)
    yield "public client", issued(deal(people, taxed).end(), categorie=Categorie.BIENS, **PUBLIC)
    yield "discount", issued(deal(people, taxed).end(), Nature.FACTURE, MEAL, remise=333)
    free = MEAL | {"libelle": "Café offert", "prix": 0, "quantite": 1}
    yield "free line", issued(deal(people, taxed).end(), Nature.FACTURE, free)
    reglage.change(reglage.EXIGIBILITE, Exigibilite.DEBITS, by=rita)
    yield "on debits", issued(deal(people, taxed).end(), mot="Merci \x0b<b>&amp; « à bientôt »\n\x1b")


def inside(facture: Facture) -> dict[str, bytes]:
    return {name: files[0] for name, files in PdfReader(BytesIO(facture.pdf)).attachments.items()}


# --- what it carries -----------------------------------------------------------------------------------------


def test_the_schematrons_find_no_error_in_any_shape(people):
    found = [(name, inside(facture)["factur-x.xml"]) for name, facture in shapes(people)]
    assert len(found) == 10
    read = faults(*(xml for _, xml in found))
    assert {name: lines for (name, _), lines in zip(found, read, strict=True) if lines} == {}


def planted(xml: str) -> dict[str, str]:
    """The same, with a fault that each of these rules sees."""
    return {
        "BR-CO-15": xml.replace("<ram:GrandTotalAmount>1171.80", "<ram:GrandTotalAmount>1171.81"),
        "BR-FR-05": re.sub(r"(?s)<ram:IncludedNote>\s*<ram:Content>Indemnité.*?</ram:IncludedNote>", "", xml),
        "BR-FR-16": xml.replace("<ram:RateApplicablePercent>8.50", "<ram:RateApplicablePercent>8.00"),
        "BR-FR-12": re.sub(r"(?s)(.*)<ram:URIUniversalCommunication>.*?</ram:URIUniversalCommunication>", r"\1", xml),
        "BR-S-08": xml.replace("<ram:BasisAmount>1080.00", "<ram:BasisAmount>1070.00"),
    }


def test_the_schematrons_see_the_faults_that_are_planted(people):
    whole = inside(issued(deal(people, Profil.ASSUJETTIE).end()))["factur-x.xml"].decode()
    wrong = planted(whole)
    assert whole not in wrong.values()
    read = faults(*(xml.encode() for xml in wrong.values()))
    for rule, lines in zip(wrong, read, strict=True):
        assert any(rule in line for line in lines), (rule, lines)


def test_it_is_still_an_archive_and_holds_what_was_frozen(people):
    facture = issued(deal(people, Profil.ASSUJETTIE).end())
    assert inside(facture) == {"factur-x.xml": facturx.xml(facture.contenu)}
    root: Any = PdfReader(BytesIO(facture.pdf)).trailer["/Root"]
    marks = root["/Metadata"].get_data().decode()
    for said in ("<pdfaid:part>3</", "<pdfaid:conformance>B</", "<fx:ConformanceLevel>EN 16931</", f"Facture {facture.numero}"):
        assert said in marks
    assert root["/AF"][0]["/AFRelationship"] == "/Data"
    assert "/StructTreeRoot" in root  # what a screen reader reads
    assert root["/Lang"] == "fr-FR"


# --- who has none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profil", "siret", "consumer"),
    [(Profil.ASSUJETTIE, SIRET, True), (Profil.EXONEREE, SIRET, False), (Profil.ASSUJETTIE, "", False)],
)
def test_a_consumer_an_exempt_house_or_a_client_without_siret_has_a_clean_paper(people, profil, siret, consumer):
    affaire = deal(people, profil, consumer=consumer).end()
    affaire.action.demandeur.siret = siret
    facture = affaire.issued()
    assert inside(facture) == {}
    assert document.pdf(facture.contenu) == facture.pdf


def test_what_the_format_refuses_is_said_and_burns_no_number(people, monkeypatch):
    monkeypatch.setattr(facturx, "LEVEL", "en16932")  # a fault of ours
    affaire = deal(people, Profil.ASSUJETTIE).end()
    db.session.commit()
    with pytest.raises(facturx.Malformed):
        affaire.issued()
    db.session.rollback()
    assert db.session.get(Serie, "F") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("12 rue du Moulin\n97434 L’Hermitage", ("12 rue du Moulin", "", "", "97434", "L’Hermitage")),
        ("BP 3\nBât. A\nLot C\n97460 Saint-Paul\nRUN", ("BP 3", "Bât. A", "Lot C, RUN", "97460", "Saint-Paul")),
        ("Chez moi", ("Chez moi", "", "", None, None)),
        ("", ("", "", "", None, None)),
    ],
)  # fmt: skip
def test_an_address_is_read_as_people_write_it(words, said):
    found = facturx._address(words)
    assert tuple(found.get(name) for name in ("addr_l1", "addr_l2", "addr_l3", "postcode", "city")) == said
