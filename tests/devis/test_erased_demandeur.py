"""A demandeur is erased: no devis says any more who they were, but the one that was accepted and paid."""

from __future__ import annotations

import io
from hashlib import sha256

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from portal.actions import effacement
from portal.actions.models import Action, Demandeur, Etat
from portal.db import STRUCK, db
from portal.devis import accords, commands, envoi, queries
from portal.devis.models import Accord, Devis, LigneDevis, Unite, Voie
from portal.journal import EntreeJournal
from tests import builders

pytestmark = pytest.mark.both
SIGNS = ("Chorale Vwa", "Armelle Gigan", "vwa@example.org", "Bruniquel", "73282932000074", "198.51.100.7")


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def devis(zoe):
    """A version that was replaced, and one that was accepted."""
    action = builders.validated(zoe)
    asks = action.demandeur
    asks.nom, asks.contact, asks.email, asks.siret = "Chorale Vwa", "Armelle Gigan", "vwa@example.org", "73282932000074"
    builders.devis(action, libelle="Pour la Chorale Vwa", detail="Voir avec Armelle Gigan")
    first = builders.sent(action)
    second = commands.draft(action, by=zoe)
    envoi.send(second, by=zoe, force="Armelle Gigan attend")
    signature = accords.Signature("Armelle Gigan", adresse="198.51.100.7")
    accords.accept(second, signature=signature, empreinte=second.empreinte, by=None)
    return first, second


def erase(devis, zoe, etat: Etat) -> None:
    db.session.flush()
    db.session.execute(update(Action).values(etat=etat))
    db.session.expire_all()
    effacement.erase(devis[0].action, by=zoe)
    db.session.flush()
    db.session.expire_all()


def said(of: Devis) -> str:
    """All that the database says in a version, its paper read."""
    assert of.pdf
    paper = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(of.pdf)).pages)
    rows = [of, *of.lignes, *queries.accords_of(of)]
    tables = {Devis: Devis.__table__, LigneDevis: LigneDevis.__table__, Accord: Accord.__table__}
    values = [getattr(row, column.key) for row in rows for column in tables[type(row)].columns if column.key != "pdf"]
    return repr(values) + paper


@pytest.mark.parametrize("etat", [Etat.ANNULEE, Etat.DECLINEE])
def test_of_an_action_that_did_not_take_place_nothing_says_who_asked(devis, zoe, etat):
    assert all(sign in said(devis[1]) for sign in SIGNS)
    erase(devis, zoe, etat)
    for version in devis:
        assert [sign for sign in SIGNS if sign in said(version)] == []
        assert version.empreinte == sha256(version.pdf).hexdigest()
        assert (version.ht, version.contenu["ht"]) == (1080_00, 1080_00)
    asks = devis[0].action.demandeur
    assert (asks.adresse, asks.siret) == ("", "")


def test_nor_does_the_journal_of_its_lines_and_of_who_accepted(zoe):
    """Somebody else of theirs signed, whose name nothing but the agreement knows."""
    action = builders.validated(zoe)
    action.demandeur.nom = "Chorale Vwa"
    devis = builders.sent(action)
    draft = commands.draft(action, by=zoe)
    line = commands.add(draft, by=zoe, libelle="Pour la Chorale Vwa", unite=Unite.FORFAIT, prix=1)
    commands.move(line, by=zoe, up=True)
    commands.remove(line, by=zoe)
    by_phone = accords.Signature("Aimée Técher", voie=Voie.TELEPHONE, preuve="Aimée Técher a rappelé.")
    accords.accept(devis, signature=by_phone, empreinte=devis.empreinte, by=zoe)
    erase([devis], zoe, Etat.ANNULEE)
    said = repr([(e.motif, e.faits) for e in db.session.scalars(select(EntreeJournal))])
    assert "Pour la [effacé]" in said.replace(STRUCK, "[effacé]")
    assert [sign for sign in ("Chorale Vwa", "Aimée Técher") if sign in said] == []


def test_what_was_accepted_and_paid_is_kept_as_it_was(devis, zoe):
    before = devis[1].pdf
    erase(devis, zoe, Etat.SOLDEE)
    assert devis[1].pdf == before
    assert "Armelle Gigan" in said(devis[1])
    assert "Armelle Gigan" not in said(devis[0])
    asks = db.session.get(Demandeur, devis[0].action.demandeur_id)
    assert (asks.is_erased, asks.siret) == (True, "73282932000074")  # as its invoice bears it
