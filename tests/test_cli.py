"""The commands that whoever runs the portal types."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from portal import demo
from portal.comptes import commands as comptes
from portal.comptes import queries
from portal.comptes.models import Personne
from portal.config import ROOT
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


def test_a_command_that_is_given_up_says_so_in_french(run):
    result = run("create-admin", typed="Ada Robert\n")
    assert (result.exit_code, result.stderr) == (1, "\nInterrompu.\n")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"password": "onze signes"}, "au moins 12 caractères"),
        ({"password": "azertyuiop12"}, "Ce mot de passe se devine"),
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
    assert (
        result.output
        == "Quelqu’un a déjà l’adresse ADA@example.org\u00a0: ses rôles se donnent dans les réglages du portail.\n"
    )
    assert db.session.scalar(select(func.count(Personne.id))) == 1


@pytest.mark.parametrize("command", ["--help", "create-admin --help"])
def test_help_needs_no_setting(command):
    """Not even a good one: this PORTAL_ENV would stop any command."""
    done = typed("-m", "portal", *command.split(), PORTAL_ENV="?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: python -m portal" in done.stdout


def typed(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """What a Python program answers, the settings being these alone."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")} | environ
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("command", ["-m portal run", "-m flask --app wsgi portal run"])
def test_a_bad_setting_is_one_line(command):
    done = typed(*command.split(), PORTAL_ENV="?")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "PORTAL_ENV vaut '?'\u00a0: choisir parmi production, development, test.\n"


def test_a_bad_setting_stops_gunicorn():
    done = typed("-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app", PORTAL_ENV="?")
    assert done.returncode != 0
    assert "PORTAL_ENV vaut '?'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_one_line(tmp_path):
    nowhere = {
        "PORTAL_ENV": "test",
        "PORTAL_INSTANCE_DIR": str(tmp_path),
        "PORTAL_DATABASE_URL": "postgresql://a@127.0.0.1:1/a",
    }
    done = typed("-m", "portal", "run", PORT="65531", **nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("La base de données refuse\u00a0: ")
    assert done.stderr.count("\n") == 1


def test_a_database_without_its_tables_is_one_line(tmp_path):
    done = typed(
        *("-m", "portal", "create-admin", "--nom", "Ada", "--email", "ada@example.org", "--mot-de-passe", PASSWORD),
        PORTAL_ENV="test",
        PORTAL_INSTANCE_DIR=str(tmp_path),
    )
    assert (done.returncode, done.stderr) == (1, "La base de données refuse\u00a0: no such table: personne\n")


@pytest.mark.parametrize(
    ("email", "password", "active", "opens"),
    [
        ("admin@example.org", demo.PASSWORD, True, True),
        ("volontaire@example.org", demo.PASSWORD, True, True),
        ("admin@example.org", demo.PASSWORD, False, False),
        ("admin@example.org", PASSWORD, True, False),
        ("admin@example.org", "", True, False),
        ("ada@example.org", demo.PASSWORD, True, False),
    ],
)
def test_the_demo_is_known_by_a_password_that_still_opens(app, email, password, active, opens):
    person = comptes.add_person(nom="Ada Robert", email=email, password=password, by=None)
    comptes.set_active(person, active, by=person)
    assert demo.opens() is opens
