"""What admins prove where two proofs are wanted of them: a passkey is both, their password alone opens no settings."""

from __future__ import annotations

import pytest

from portal.comptes.models import Personne
from portal.db import db
from tests import builders
from tests.cells import fingerprint
from tests.comptes.test_cles import PASSWORD, add, awa, device, enter, kept, phone
from tests.comptes.test_second import is_in

__all__ = ["awa", "device", "phone"]  # fixtures


@pytest.fixture
def ada(app) -> Personne:
    return builders.personne("Ada Robert", [builders.ADMIN], email="ada@example.org", password=PASSWORD)


def opens(client) -> bool:
    return client.get("/reglages/").status_code == 200


@pytest.mark.both
def test_the_settings_open_to_whoever_enters_with_one_and_not_to_their_password(app, as_, ada, device, settings):
    settings(admin_second_factor=True)
    first, phone = as_(ada), device()
    assert not opens(first)
    assert "D’abord, une clé ou un code" in first.get("/moi/securite").text
    add(first, phone)
    assert opens(first)
    with_it, without = app.test_client(), app.test_client()
    enter(with_it, phone)
    assert opens(with_it)
    without.post("/comptes/connexion", data={"email": ada.email, "mot_de_passe": PASSWORD})
    assert not opens(without)
    assert "Entrer avec ma clé d’accès" in without.get("/moi/securite").text
    assert enter(without, phone, suite="/reglages/").location == "/reglages/"
    assert opens(without)


@pytest.mark.both
def test_a_stolen_password_changes_nothing_of_what_proves_an_admin(client, as_, ada, device, settings):
    settings(admin_second_factor=True)
    add(as_(ada), device())
    [cle] = kept()
    client.post("/comptes/connexion", data={"email": ada.email, "mot_de_passe": PASSWORD})
    db.session.commit()
    before = fingerprint()
    for path in (f"cles/{cle.id}", f"cles/{cle.id}/retirer", "cles", "cles/defi", "application", "application/confirmer"):
        answer = client.post(f"/moi/securite/{path}", data={"nom": "La mienne", "reponse": "x", "code": "123456"})
        assert (answer.status_code, "Entre d’abord avec une de tes clés" in answer.text) == (403, True), path
    assert fingerprint() == before
    assert "Ajouter une clé d’accès" not in client.get("/moi/securite").text
    assert not opens(client)


@pytest.mark.both
def test_the_last_one_removed_closes_them_until_another(as_, ada, device, settings):
    settings(admin_second_factor=True)
    mine = as_(ada)
    add(mine, device())
    [cle] = kept()
    assert mine.post(f"/moi/securite/cles/{cle.id}/retirer").status_code == 303
    assert is_in(mine)
    assert not opens(mine)
    add(mine, device())
    assert opens(mine)


@pytest.mark.both
def test_somebody_else_of_the_administration_takes_all_of_them_away(app, as_, ada, awa, phone):
    mine = as_(ada)
    assert "Retirer son application et ses clés" in mine.get(f"/reglages/personnes/{awa.id}").text
    assert mine.post(f"/reglages/personnes/{awa.id}/application/retirer").status_code == 303
    assert "Retirer son application et ses clés" not in mine.get(f"/reglages/personnes/{awa.id}").text
    assert kept() == []
    assert enter(app.test_client(), phone).status_code == 422


def test_the_machine_s_own_command_does_too(app, awa, phone):
    email, run = awa.email, app.test_cli_runner().invoke
    db.session.commit()
    assert "sans code ni clé d’accès" in run(args=["portal", "remove-second-factor", email]).output
    assert kept() == []
    db.session.rollback()
    assert "ni application ni clé d’accès" in run(args=["portal", "remove-second-factor", email]).output
