"""The commands that whoever runs the portal types."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.comptes import queries
from portal.comptes.models import Personne
from portal.db import db

PASSWORD = "trois mots au hasard"


@pytest.fixture
def run(app):
    """`run("create-admin", …)`: the command's result, in a transaction of its own."""

    def run(*arguments: str, typed: str = ""):
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["portal", *arguments], input=typed)

    return run


def create_admin(run, nom="Ada Robert", email="ada@example.org", password=PASSWORD):
    return run("create-admin", "--nom", nom, "--email", email, "--mot-de-passe", password)


@pytest.mark.both
def test_the_first_admin_is_made_from_the_command_line(run, client):
    result = create_admin(run)
    assert (result.exit_code, result.output) == (0, "Ada Robert peut se connecter avec ada@example.org.\n")
    assert PASSWORD not in result.output
    assert client.post("/comptes/connexion", data={"email": "ada@example.org", "mot_de_passe": PASSWORD}).status_code == 303
    assert client.get("/reglages/").status_code == 200


def test_what_is_not_given_is_asked(run):
    result = run("create-admin", typed=f"Ada Robert\nada@example.org\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output  # nor is it shown while it is typed
    assert queries.confirmed("ada@example.org").has_role("admin")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"password": "onze signes"}, "au moins 12 caractères"),
        ({"email": "ada"}, "une adresse e-mail complète"),
        ({"email": ""}, "une adresse e-mail complète"),
        ({"nom": " \t"}, "Un nom"),
    ],
)
def test_what_could_not_sign_in_is_not_made(run, given, sentence):
    result = create_admin(run, **given)
    assert result.exit_code == 1
    assert sentence in result.output
    assert db.session.scalar(select(func.count(Personne.id))) == 0


def test_an_address_is_one_person_s(run):
    create_admin(run)
    result = create_admin(run, nom="Une autre", email="ADA@example.org")
    assert result.exit_code == 1
    assert "déjà connue" in result.output
    assert db.session.scalar(select(func.count(Personne.id))) == 1
