"""The paper that says what somebody gave, and the code by which anybody verifies it."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from portal import clock, reglage
from portal.contributions import queries
from portal.contributions.models import Attestation, Contribution, transmettre, valider
from portal.db import db
from tests.contributions.conftest import at, words


def ask(client, **data: object):
    return client.post("/contributions/attestations", data=data)


def only() -> Attestation:
    return db.session.query(Attestation).order_by(Attestation.id.desc()).first()


@pytest.fixture
def lea(closed, as_):
    """Léa, with four validated hours."""
    closed.settle(valider)
    db.session.commit()
    return as_(closed.lea)


def test_an_attestation_says_who_what_when_and_a_code(closed, lea):
    reglage.change(reglage.NOM, "Association La Fabrik", by=closed.lea)
    assert ask(lea, annee=2026, action=closed.action.id).status_code == 303
    answer = lea.get(f"/contributions/attestations/{only().id}.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).replace("\u00a0", " ")
    said = "Association La Fabrik atteste"
    for word in (said, "Léa Grondin", "Fête du moulin", "Volontaire", "21 novembre 2026", "4 h", only().code):
        assert word in text
    assert lea.get(f"/contributions/attestations/{only().id}.pdf").data == answer.data


def test_words_are_never_read_as_the_document_s_own_language(closed, lea):
    closed.lea.nom = '#panic("x") $x$ #read("/etc/passwd")'
    db.session.commit()
    ask(lea, annee=2026)
    text = PdfReader(BytesIO(lea.get(f"/contributions/attestations/{only().id}.pdf").data)).pages[0].extract_text()
    assert "#panic(" in text


def test_anybody_verifies_a_code_and_reads_initials_only(closed, lea, client):
    ask(lea, annee=2026, action=closed.action.id)
    page = client.get(f"/contributions/attestation/{only().code.lower().replace('-', ' ')}")
    said = words(page.text)
    assert page.status_code == 200
    assert "L. G." in said
    assert "4 h" in said
    assert "Fête du moulin" in said
    assert "Grondin" not in said


def test_asked_again_it_is_the_same_one_until_the_hours_change(closed, lea, client):
    for _ in range(2):
        ask(lea, annee=2026)
    first = only()
    assert db.session.query(Attestation).count() == 1
    with clock.freeze(at(21)):
        closed.correct(closed.lea, 6)
    db.session.commit()
    said = words(client.get(f"/contributions/attestation/{first.code}").text)
    assert "authentique" not in said
    assert "les heures ont été corrigées depuis, le 21 novembre 2026" in said
    with clock.freeze(clock.now() + timedelta(days=3)):
        ask(lea, annee=2026)
        assert (only().rang, only().minutes) == (2, 360)
        said = words(client.get(f"/contributions/attestation/{first.code}").text)
    assert "Attestation remplacée" in said
    assert "24 novembre 2026" in said
    assert "authentique" in client.get(f"/contributions/attestation/{only().code}").text


def test_hours_mended_back_to_what_they_were_are_what_it_says(closed, lea, client):
    ask(lea, annee=2026)
    for minute, hours in enumerate((3, 4), start=1):
        with clock.freeze(at(20) + timedelta(minutes=minute)):
            closed.correct(closed.lea, hours)
    db.session.commit()
    assert "authentique" in client.get(f"/contributions/attestation/{only().code}").text


def test_an_attestation_keeps_the_words_of_its_day(closed, lea, client):
    """A title reworded, another validator's name: it is the same one; one's own name mended makes another."""
    ask(lea, annee=2026, action=closed.action.id)
    closed.action.titre = "Autre titre"
    closed.zoe.nom = "Zoé Hoareau-Payet"
    db.session.commit()
    ask(lea, annee=2026, action=closed.action.id)
    assert (only().rang, only().objet) == (1, "Fête du moulin")
    assert "Fête du moulin" in client.get(f"/contributions/attestation/{only().code}").text
    closed.lea.nom = "Léa Grondin-Boyer"
    db.session.commit()
    ask(lea, annee=2026, action=closed.action.id)
    assert (only().rang, only().objet) == (2, "Autre titre")


def test_an_action_over_new_year_has_one_attestation_whatever_the_year_on_screen(closed, lea):
    for annee in (2026, 2027):
        assert ask(lea, annee=annee, action=closed.action.id).status_code == 303
    assert (db.session.query(Attestation).count(), only().annee) == (1, 2026)
    closed.correct(closed.lea, 2)
    db.session.commit()
    ask(lea, annee=2027, action=closed.action.id)
    assert only().rang == 2
    assert len(queries.attestations(closed.lea)) == 1


def test_a_code_that_is_none_is_said_so(client):
    answer = client.get("/contributions/attestation/AAAAA-BBBBB")
    assert (answer.status_code, "Aucune attestation" in answer.text) == (404, True)


def test_trying_codes_is_slowed_down(client, settings):
    settings(rate_limits=True)
    found = [client.get("/contributions/attestation/AAAAA-BBBBB").status_code for _ in range(61)]
    assert (found[0], found[-1]) == (404, 429)


def test_there_is_nothing_to_attest_before_the_hours_are_validated(closed, as_):
    closed.settle(transmettre, by=closed.awa)
    db.session.commit()
    assert ask(as_(closed.lea), annee=2026).status_code == 409
    assert ask(as_(closed.lea), annee=2026, action=closed.action.id).status_code == 404


def test_nobody_downloads_the_attestation_of_another(closed, lea, as_):
    ask(lea, annee=2026)
    assert as_(closed.zoe).get(f"/contributions/attestations/{only().id}.pdf").status_code == 404


def test_a_charge_de_mission_paid_in_points_has_no_hours_to_attest(closed, lea, as_):
    assert queries.lines(Contribution.personne_id == closed.noe.id)
    assert ask(as_(closed.noe), annee=2026).status_code == 409
