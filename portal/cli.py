"""The portal's commands: `flask --app wsgi portal …`."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import Migrate, upgrade

from portal import demo, supervise
from portal.config import ROOT, BadSetting, Settings
from portal.db import commit, db
from portal.notifications import worker

portal = AppGroup("portal", help="Commandes du portail.")


def init_app(app: Flask) -> None:
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    app.cli.add_command(portal)


@portal.command("run")
@click.option("--demo", "with_demo", is_flag=True, help="Charge la démonstration si la base est vide.")
def run(with_demo: bool) -> None:
    """Met la base à jour, puis fait tourner le site et le facteur jusqu’à l’arrêt."""
    upgrade()
    if with_demo and demo.is_empty():
        _load_demo()
    commit()  # looking has taken SQLite's write lock
    settings: Settings = current_app.config["PORTAL"]
    raise SystemExit(
        supervise.run(port=settings.port, host=settings.authority, ready=lambda address: _welcome(address, with_demo))
    )


def _welcome(address: str, with_demo: bool) -> None:
    click.echo(f"\nLe portail répond à {address}")
    if with_demo:
        click.echo(f"Mot de passe de la démonstration : {demo.PASSWORD}")
        for email, who in demo.ACCOUNTS.items():
            click.echo(f"  {email:<28} {who}")
    click.echo("Ctrl-C pour arrêter.\n")


@portal.command("worker")
@click.option("--once", is_flag=True, help="Envoie ce qui est dû maintenant, puis s’arrête.")
def run_worker(once: bool) -> None:
    """Le facteur : envoie les messages dus, l’un après l’autre, jusqu’à l’arrêt."""
    try:
        worker.run_once() if once else worker.run()
    except BadSetting as error:
        raise click.ClickException(str(error)) from None


@portal.command("demo")
def load_demo() -> None:
    """Remplit une base vide avec la démonstration : des gens inventés, des actions autour d’aujourd’hui."""
    if not demo.is_empty():
        raise click.ClickException("Cette base n’est pas vide : la démonstration ne se charge que dans une base neuve.")
    _load_demo()
    click.echo(f"La démonstration est chargée. Mot de passe : {demo.PASSWORD}")


def _load_demo() -> None:
    if current_app.config["PORTAL"].is_production:
        raise click.ClickException("La démonstration ne se charge jamais en production : ses mots de passe sont connus.")
    demo.load()
    commit()


@portal.command("create-admin")
@click.option("--nom", prompt="Nom")
@click.option("--email", prompt="Adresse e-mail")
@click.option("--mot-de-passe", prompt="Mot de passe", hide_input=True, confirmation_prompt="Encore une fois")
def create_admin(nom: str, email: str, mot_de_passe: str) -> None:
    """Crée la première personne qui administre le portail."""
    from portal.comptes.commands import AddressTaken, add_person
    from portal.comptes.models import NomRole
    from portal.fields import is_address, one_line
    from portal.security import MIN_PASSWORD

    nom, email = one_line(nom), one_line(email)
    if not nom or not is_address(email):
        raise click.ClickException("Un nom et une adresse e-mail complète sont attendus.")
    if len(mot_de_passe) < MIN_PASSWORD:
        raise click.ClickException(f"Le mot de passe doit avoir au moins {MIN_PASSWORD} caractères.")
    try:
        add_person(nom=nom, email=email, roles=[NomRole.ADMIN], password=mot_de_passe, by=None)
    except AddressTaken as refusal:
        raise click.ClickException(refusal.sentence) from None
    commit()
    click.echo(f"{nom} peut se connecter avec {email}.")
