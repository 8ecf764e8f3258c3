"""Somebody erased: what they did stays counted, and no attestation nor line of the ledger says who they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions.models import reading
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.comptes.commands import erase
from portal.contributions import commands
from portal.contributions.models import Attestation, Constat, Line, sheet_of
from portal.db import db
from portal.notifications.echeances import pass_time
from tests import builders
from tests.comptes.test_erase import everything
from tests.contributions.conftest import at, words

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


def test_why_the_hours_of_an_address_not_proved_yet_were_mended_is_forgotten_too(past, ada):
    """Accepted as a stranger under the address of Léa, who never followed the link."""
    with clock.freeze(at(-100)):
        mission = builders.mission(past.action, titre="Buvette", debut=at(14), fin=at(18))
        candidature = builders.candidature(mission, nom="Léa", email=past.lea.email.upper())
        candidatures.decide(candidature, accepter, by=past.zoe)
    past.close()
    past.settle()
    past.correct(candidature.personne, 2, motif="Son fils est malade.")
    db.session.commit()
    assert "Son fils" in everything()
    erase(past.lea, by=ada)
    db.session.commit()
    assert "Son fils" not in everything()
    assert past.ledger(candidature.personne) == [("heures", 240), ("heures", -120)]


@pytest.mark.parametrize("now_called", ["Zoé Payet", "Ada Dijoux"], ids=["renamed", "renamed, as somebody else is called"])
def test_a_validator_renamed_since_is_named_no_more_either(closed, ada, now_called):
    closed.settle(Awa=0)
    commands.correct(
        closed.releve(closed.lea), Line(180, Constat.PRESENT), motif="Partie à midi.", by=ada,
        read=reading(sheet_of([closed.releve(closed.lea)])),
    )  # fmt: skip
    lea, before = attest(closed.lea), closed.zoe.nom
    assert lea.contenu["valide_par"] == ["Ada Dijoux", before]
    closed.zoe.nom = now_called
    erase(closed.zoe, by=ada)
    db.session.commit()
    assert lea.contenu["valide_par"] == ["Ada Dijoux", "une personne de l’équipe"]
    assert before not in str(lea.contenu)


def test_an_attestation_of_before_ids_were_kept_knows_its_validator_by_name(closed, ada):
    closed.settle()
    lea = attest(closed.lea)
    lea.contenu = {name: said for name, said in lea.contenu.items() if name != "validateurs"}
    erase(closed.zoe, by=ada)
    db.session.commit()
    assert lea.contenu["valide_par"] == ["une personne de l’équipe"]


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


def test_when_their_time_is_over_the_hours_stay_counted(closed):
    closed.settle()
    before = closed.ledger(closed.lea)
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=4 * 365)):
        pass_time()
    db.session.expire_all()
    assert closed.lea.nom == "Personne effacée"
    assert closed.ledger(closed.lea) == before == [("heures", 240)]
