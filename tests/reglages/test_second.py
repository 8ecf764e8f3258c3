"""Where a second proof is wanted of its admins, the settings lead first to where it is set up."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal import clock
from portal.comptes import second, totp
from portal.comptes.models import Personne
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.cells import fingerprint
from tests.test_routes import rules, takes, url

PASSWORD = "trois mots au hasard"


@pytest.fixture
def ada(app) -> Personne:
    return builders.personne("Ada Robert", [builders.ADMIN])


def protect(personne) -> None:
    second.prepare(personne, by=personne)
    secret = second.waiting(personne)
    second.confirm(personne, totp.code(secret, totp.step_at(clock.now())), by=personne)


def test_without_one_no_page_of_the_settings_opens(app, as_, ada, settings):
    settings(admin_second_factor=True)
    client = as_(ada)
    db.session.commit()
    before = fingerprint()
    for rule in rules(app):
        if rule.endpoint.startswith("reglages."):
            answer = client.open(url(rule), method="GET" if takes(rule, "GET") else "POST")
            assert (answer.status_code, answer.location) == (303, "/moi/securite"), rule
    assert fingerprint() == before
    fragment = client.get("/reglages/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == "/moi/securite"
    assert "D’abord, une clé ou un code" in client.get("/moi/securite").text


def test_the_rest_of_the_portal_does(as_, ada, settings):
    settings(admin_second_factor=True)
    client = as_(ada)
    assert [client.get(path).status_code for path in ("/", "/moi/", "/actions/")] == [200, 200, 200]


def test_with_one_they_open_as_ever(as_, ada, settings):
    settings(admin_second_factor=True)
    protect(ada)
    client = as_(ada)
    assert client.get("/reglages/").status_code == 200
    assert "D’abord, une clé ou un code" not in client.get("/moi/securite").text


def test_whoever_may_not_enter_them_is_told_so_as_ever(client, as_, settings):
    settings(admin_second_factor=True)
    zoe = as_(builders.bienveillant())
    assert zoe.get("/reglages/").status_code == 403
    assert "D’abord, une clé ou un code" not in zoe.get("/moi/securite").text
    assert client.get("/reglages/").location.startswith("/comptes/connexion")


def test_where_none_is_wanted_the_password_is_enough(as_, ada):
    assert as_(ada).get("/reglages/").status_code == 200


# --- lost ------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_somebody_else_of_the_administration_takes_it_away(client, as_, ada):
    zoe = builders.personne("Zoé Hoarau", [builders.ADMIN], email="zoe@example.org", password=PASSWORD)
    protect(zoe)
    page = as_(ada)
    assert "Retirer son application et ses clés" in page.get(f"/reglages/personnes/{zoe.id}").text
    assert page.post(f"/reglages/personnes/{zoe.id}/application/retirer").status_code == 303
    assert "Retirer son application et ses clés" not in page.get(f"/reglages/personnes/{zoe.id}").text
    assert client.post("/comptes/connexion", data={"email": zoe.email, "mot_de_passe": PASSWORD}).location == "/"
    line = db.session.scalars(select(EntreeJournal).order_by(EntreeJournal.id.desc())).first()
    assert (line.evenement, line.sujet, line.personne_id) == ("personne.second_retirer", f"personne:{zoe.id}", ada.id)


def test_nobody_takes_their_own_away_so(as_, ada):
    protect(ada)
    client = as_(ada)
    assert "Retirer son application et ses clés" not in client.get(f"/reglages/personnes/{ada.id}").text
    assert client.post(f"/reglages/personnes/{ada.id}/application/retirer").status_code == 403
    db.session.refresh(ada)
    assert ada.double_le


def test_the_machine_s_own_command_does_for_the_last_of_them(app, ada):
    protect(ada)
    ada_s, run = ada.email, app.test_cli_runner().invoke
    db.session.commit()
    assert "peut se connecter sans code ni clé d’accès" in run(args=["portal", "remove-second-factor", ada_s]).output
    db.session.refresh(ada)
    assert ada.double_le is None
    assert "ni application ni clé d’accès" in run(args=["portal", "remove-second-factor", ada_s]).output
