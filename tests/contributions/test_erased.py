"""Somebody erased: what they did stays counted, and no attestation nor line of the ledger says who they were."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.comptes.commands import erase
from portal.contributions import commands
from portal.contributions.models import Attestation
from portal.db import db
from tests import builders
from tests.comptes.test_erase import everything
from tests.contributions.test_routes import words

pytestmark = pytest.mark.both


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


def attest(who) -> Attestation:
    made = commands.attest(who, annee=2026, publisher="La Raffinerie")
    db.session.commit()
    return made


def test_their_attestation_names_nobody_and_says_that_it_is_not_verified_any_more(closed, ada, client):
    closed.settle()
    closed.correct(closed.lea, 3, motif="Léa Grondin est partie à midi.")
    theirs = attest(closed.lea)
    before = closed.ledger(closed.lea)
    erase(closed.lea, by=ada)
    db.session.commit()
    assert "grondin" not in everything().lower()
    assert closed.ledger(closed.lea) == before == [("heures", 240), ("heures", -60)]
    said = words(client.get(f"/contributions/attestation/{theirs.code}").text)
    assert "ne se vérifie plus" in said
    assert "L. G." not in said
    assert "authentique" not in said


def test_whoever_validated_is_somebody_of_the_team_in_the_attestations_of_others(closed, ada):
    closed.settle()
    lea = attest(closed.lea)
    zoe = closed.zoe.nom
    assert lea.contenu["valide_par"] == [zoe]
    erase(closed.zoe, by=ada)
    db.session.commit()
    assert lea.contenu["valide_par"] == ["une personne de l’équipe"]
    assert lea.contenu["nom"] == "Léa Grondin"
    assert attest(closed.lea) is lea  # asked again, it is the same one
    assert db.session.scalars(select(Attestation.rang)).all() == [1]
    assert zoe not in everything()
