"""Who the demandeur is, corrected whatever has become of the action: an invoice wants their address, and their SIRET."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal.actions.models import Action
from portal.actions.processus import clore, ouvrir
from portal.db import db
from portal.workflow import fire
from tests import builders
from tests.actions.test_routes import shown
from tests.cells import fingerprint


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def rita(app):
    return builders.personne("Rita Payet", [builders.TRESORIER])


@pytest.fixture
def over(zoe) -> Action:
    action = builders.action(zoe)
    for step in (ouvrir, clore):
        fire(step, action, by=zoe)
    db.session.commit()
    return action


@pytest.mark.both
def test_whoever_keeps_the_money_adds_the_address_and_goes_back_where_they_were(as_, rita, over):
    page, url = as_(rita), f"/actions/{over.id}/client?next=/factures/"
    form = shown(page, url) | {
        "demandeur_adresse": "12 rue du Four\n97434 Saint-Gilles",
        "demandeur_siret": "130 025 265 00013",
    }
    answer = page.post(f"/actions/{over.id}/client", data=form)
    assert (answer.status_code, answer.location) == (303, "/factures/")
    db.session.expire_all()
    assert (over.demandeur.adresse, over.demandeur.siret) == ("12 rue du Four\n97434 Saint-Gilles", "13002526500013")


def test_the_sheet_of_what_is_over_leads_there(as_, zoe, over):
    assert f"/actions/{over.id}/client" in as_(zoe).get(f"/actions/{over.id}").text
    assert as_(zoe).get(f"/actions/{over.id}/modifier").status_code == 409


def test_what_is_wrong_is_said_and_what_was_typed_stays(as_, rita, over):
    page, url = as_(rita), f"/actions/{over.id}/client"
    form = shown(page, url) | {"demandeur_adresse": "12 rue <du> Four", "demandeur_siret": "123"}
    before = fingerprint()
    answer = page.post(url, data=form)
    found = BeautifulSoup(answer.text, "html5lib")
    assert (answer.status_code, fingerprint()) == (422, before)
    assert found.select_one("[name=demandeur_adresse]").get_text().strip() == "12 rue <du> Four"
    assert found.select_one("[name=demandeur_siret]")["aria-invalid"] == "true"


def test_two_who_write_at_once_lose_nothing(as_, zoe, rita, over):
    url = f"/actions/{over.id}/client"
    hers, his = ({**shown(as_(who), url), "csrf_token": ""} for who in (rita, zoe))  # the client of the tests has its own
    assert as_(zoe).post(url, data=his | {"demandeur_adresse": "1 rue Haute"}).status_code == 303
    answer = as_(rita).post(url, data=hers | {"demandeur_adresse": "2 rue Basse"})
    assert answer.status_code == 409
    assert "1 rue Haute" in answer.text
    assert "2 rue Basse" in answer.text


def test_whoever_was_erased_is_given_nothing_back(as_, rita, over):
    over.demandeur.contact = "(effacé)"
    over.demandeur.email = over.demandeur.telephone = ""
    db.session.commit()
    expected = 409 if over.demandeur.is_erased else 200
    assert as_(rita).get(f"/actions/{over.id}/client").status_code == expected == 409
