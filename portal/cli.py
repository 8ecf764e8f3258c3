"""The portal's commands: `flask --app wsgi portal …`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import Migrate

from portal.config import ROOT
from portal.db import commit, db

portal = AppGroup("portal", help="Commandes du portail.")


def init_app(app: Flask) -> None:
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    app.cli.add_command(portal)


@portal.command("create-admin")
@click.option("--nom", prompt="Nom")
@click.option("--email", prompt="Adresse e-mail")
@click.option("--mot-de-passe", prompt="Mot de passe", hide_input=True, confirmation_prompt="Encore une fois")
def create_admin(nom: str, email: str, mot_de_passe: str) -> None:
    """Crée la première personne qui administre le portail."""
    from portal.comptes.commands import AddressTaken, add_person
    from portal.comptes.models import NomRole
    from portal.security import MIN_PASSWORD

    if len(mot_de_passe) < MIN_PASSWORD:
        raise click.ClickException(f"Le mot de passe doit avoir au moins {MIN_PASSWORD} caractères.")
    try:
        add_person(nom=nom, email=email, roles=[NomRole.ADMIN], password=mot_de_passe, by=None)
    except AddressTaken as refusal:
        raise click.ClickException(refusal.sentence) from None
    commit()
    click.echo(f"{nom} peut se connecter avec {email}.")
