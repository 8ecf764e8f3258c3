"""The portal's commands: `python -m portal …`, or `flask --app wsgi portal …`."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DatabaseError
from werkzeug.local import LocalProxy

from portal import clock, copie, mesures, supervise, verrou
from portal.config import ROOT, BadSetting, Settings
from portal.copie import Unusable
from portal.db import commit, db, reading
from portal.notifications import worker

DEMO_INSIDE = (
    "La démonstration est dans cette base, et ses mots de passe sont publics\u00a0: la production n’y démarre pas.\n"
    "Lui donner une base neuve, par PORTAL_INSTANCE_DIR ou PORTAL_DATABASE_URL, ou effacer celle-ci."
)


class Stop(click.ClickException):
    """What ends a command: a sentence for whoever typed it, and nothing else."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


class Commands(AppGroup):
    """Whatever is wrong with the settings or the database, or stopped the command, is said in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (BadSetting, Unusable) as error:
            raise Stop(str(error)) from None
        except (click.Abort, KeyboardInterrupt):
            raise Stop("\nInterrompu.") from None  # on a line of its own, after the question or the ^C
        except DatabaseError as error:
            raise Stop(f"La base de données refuse\u00a0: {str(error.orig).splitlines()[0]}") from None


portal = Commands("portal", help="Commandes du portail.")


def init_app(app: Flask) -> None:
    app.extensions["migrate"] = LocalProxy(lambda: _migrations(app))
    app.cli.add_command(portal)


def _migrations(app: Flask) -> Any:
    """What Flask-Migrate keeps with the application, from the first time it is asked: the site does without Alembic."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    return app.extensions["migrate"]


@portal.command("run")
@click.option("--demo", "with_demo", is_flag=True, help="Charge la démonstration si la base est vide.")
def run(with_demo: bool) -> None:
    """Met la base à jour, puis fait tourner le site et le facteur jusqu’à l’arrêt."""
    from flask_migrate import upgrade

    from portal import demo
    from portal.comptes import second

    settings: Settings = current_app.config["PORTAL"]
    _try_port(settings)
    _hold()
    os.umask(0o077)
    _known_revision()
    upgrade()
    second.encrypt_again()
    if with_demo and demo.is_empty():
        _load_demo()
    is_demo = demo.opens()
    commit()  # looking has taken SQLite's write lock
    if is_demo and settings.is_production:
        raise Stop(DEMO_INSIDE)
    if settings.metrics_port:
        mesures.begin(settings)
    said = supervise.run(
        listen=settings.listen,
        port=settings.port,
        host=settings.authority,
        measured=bool(settings.metrics_port),
        ready=lambda address: _welcome(address, settings, is_demo),
    )
    if said:
        raise Stop(said)
    with suppress(OSError):  # the terminal may be closed
        click.echo("Le portail est arrêté.")


def _hold() -> None:
    """Until this command, which writes, ends, nobody puts a copy back. Raises Unusable while somebody does."""
    click.get_current_context().with_resource(verrou.running(current_app.config["PORTAL"]))


def _known_revision() -> None:
    with reading(), db.engine.connect() as connection:
        copie.refuse_a_later_one(connection)


def _try_port(settings: Settings) -> None:
    port, command = settings.port, "serve" if settings.is_production else "run"
    try:
        if settings.metrics_port:
            supervise.try_port("127.0.0.1", settings.metrics_port)
    except OSError as error:
        raise Stop(f"PORTAL_METRICS_PORT={settings.metrics_port} ne s’ouvre pas ({error.strerror}).") from None
    try:
        supervise.try_port(settings.listen, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Stop(f"Le port {port} ne s’ouvre pas ({error.strerror}).") from None
        other = 8080 if port != 8080 else 8000
        raise Stop(f"Le port {port} est déjà pris\u00a0: PORT={other} make {command}") from None


def _welcome(address: str, settings: Settings, is_demo: bool) -> None:
    click.echo(f"\nLe portail répond à {settings.base_url}")
    if settings.base_url != address:
        click.echo(f"Le mandataire (nginx, Caddy…) appelle {address} avec l’en-tête Host\u00a0: {settings.authority}")
    if is_demo:
        from portal import demo

        click.echo(f"Mot de passe de la démonstration\u00a0: {demo.PASSWORD}")
        for email, who in demo.ACCOUNTS.items():
            click.echo(f"  {email:<28} {who}")
    click.echo("Ctrl-C pour arrêter.\n")


@portal.command("metrics")
def serve_metrics() -> None:
    """Donne les mesures du portail à Prometheus, sur la machine elle-même ; `run` le lance quand un port est dit."""
    from portal import prometheus

    settings: Settings = current_app.config["PORTAL"]
    if not settings.metrics_port:
        raise Stop("PORTAL_METRICS_PORT manque\u00a0: le port où Prometheus les lira.")
    _hold()
    prometheus.serve(current_app._get_current_object(), settings.metrics_port)  # type: ignore[attr-defined]


@portal.command("worker")
@click.option("--once", is_flag=True, help="Envoie ce qui est dû maintenant, puis s’arrête.")
def run_worker(once: bool) -> None:
    """Le facteur : envoie les messages dus, l’un après l’autre, jusqu’à l’arrêt."""
    _known_revision()
    _hold()
    worker.run_once() if once else worker.run()


@portal.command("demo")
def load_demo() -> None:
    """Remplit une base vide avec la démonstration : des gens inventés, des actions autour d’aujourd’hui."""
    from portal import demo

    _hold()
    if not demo.is_empty():
        raise Stop("Cette base n’est pas vide\u00a0: la démonstration ne se charge que dans une base neuve.")
    _load_demo()
    click.echo(f"La démonstration est chargée. Mot de passe\u00a0: {demo.PASSWORD}")


def _load_demo() -> None:
    from portal import demo

    if current_app.config["PORTAL"].is_production:
        raise Stop("La démonstration ne se charge jamais en production\u00a0: ses mots de passe sont connus.")
    demo.load()
    commit()


@portal.command("create-admin")
@click.option("--nom", prompt="Nom", help="Son nom, comme les autres le liront.")
@click.option("--email", prompt="Adresse e-mail", help="L’adresse avec laquelle se connecter.")
@click.option(
    "--mot-de-passe",
    prompt="Mot de passe",
    hide_input=True,
    confirmation_prompt="Encore une fois",
    help="Son mot de passe\u00a0; mieux vaut attendre la question, l’historique du terminal le garderait.",
)
def create_admin(nom: str, email: str, mot_de_passe: str) -> None:
    """Ajoute une personne qui administre le portail\u00a0: la première, avant qu’elle n’ajoute les autres."""
    from portal.comptes.commands import AddressTaken, add_person
    from portal.comptes.entree import EasyPassword
    from portal.comptes.facile import is_easy
    from portal.comptes.models import NomRole
    from portal.fields import is_address, one_line
    from portal.security import MIN_PASSWORD

    _hold()
    nom, email = one_line(nom), one_line(email)
    if not nom or not is_address(email):
        raise Stop("Un nom et une adresse e-mail complète sont attendus.")
    if len(mot_de_passe) < MIN_PASSWORD:
        raise Stop(f"Le mot de passe doit avoir au moins {MIN_PASSWORD} caractères.")
    if is_easy(mot_de_passe, nom, email):
        raise Stop(EasyPassword.sentence)
    try:
        add_person(nom=nom, email=email, roles=[NomRole.ADMIN], password=mot_de_passe, by=None)
    except AddressTaken:
        raise Stop(f"Quelqu’un a déjà l’adresse {email}\u00a0: ses rôles se donnent dans les réglages du portail.") from None
    commit()
    click.echo(f"{nom} peut se connecter avec {email}.")


@portal.command("give-role")
@click.argument("email")
@click.argument("role", type=click.Choice(["bienveillant", "tresorier", "admin"]))
def give_role(email: str, role: str) -> None:
    """Donne un rôle à une personne connue, quand l’administration ne peut pas\u00a0: personne ne s’en donne à soi-même."""
    from portal.comptes.commands import set_roles
    from portal.comptes.models import NomRole
    from portal.comptes.queries import confirmed

    _hold()
    personne = confirmed(email)
    if personne is None:
        raise Stop(f"Personne n’a l’adresse {email}.")
    set_roles(personne, {held.nom for held in personne.roles} | {NomRole(role)}, by=None)
    commit()
    click.echo(f"{personne.nom} a le rôle {NomRole(role).label}.")


@portal.command("remove-second-factor")
@click.argument("email")
def remove_second_factor(email: str) -> None:
    """Retire l’application et les clés d’accès de cette personne, qui a perdu son téléphone et ses codes de secours."""
    from portal.comptes import cles, second
    from portal.comptes.queries import confirmed

    _hold()
    personne = confirmed(email)
    if personne is None or not (personne.double_le or cles.has_any(personne)):
        raise Stop(f"Il n’y a ni application ni clé d’accès pour l’adresse {email}.")
    second.lift(personne, by=None)
    commit()
    click.echo(f"{personne.nom} peut se connecter sans code ni clé d’accès.")


# --- copies ------------------------------------------------------------------------------------------------------


@portal.command("backup")
@click.option(
    "--dossier", type=click.Path(path_type=Path, file_okay=False), help="Où la mettre\u00a0; à défaut, PORTAL_BACKUP_DIR."
)
@click.option("--ranger", is_flag=True, help="Ne garde ensuite que la dernière de chaque jour, semaine et mois récents.")
def make_backup(dossier: Path | None, ranger: bool) -> None:
    """Sauvegarde le portail, pendant qu’il tourne, et vérifie la copie."""
    from portal import sauvegarde

    settings: Settings = current_app.config["PORTAL"]
    os.umask(0o077)
    _end_cleanly()
    folder = dossier or settings.backup_dir
    made = sauvegarde.make(folder, recipient=settings.backup_recipient)
    click.echo(f"{made.path}\u00a0: {made.rows} lignes, version {made.revision}, vérifiée.")
    if not settings.backup_recipient:
        click.echo("Elle n’est pas chiffrée\u00a0: PORTAL_BACKUP_RECIPIENT le ferait.")
    for gone in sauvegarde.sort_out(folder, sauvegarde.signature(settings), clock.today()) if ranger else ():
        click.echo(f"{gone.name}\u00a0: retirée.")


def _end_cleanly() -> None:
    """Told to stop, or its terminal closed, a command removes what it has in the clear, as it does on Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))


@portal.command("doctor")
@click.option("--sauvegardes", type=click.Path(path_type=Path), help="Où elles sont\u00a0; à défaut, PORTAL_BACKUP_DIR.")
def examine(sauvegardes: Path | None) -> None:
    """Dit ce qui ne va pas, et quoi faire ; sort en erreur si quelque chose ne va pas."""
    from portal import diagnostic

    settings: Settings = current_app.config["PORTAL"]
    found = set()
    for constat in diagnostic.examine(settings, sauvegardes or settings.backup_dir):
        click.echo(f"{constat.ton.value} {constat.dit}{f'{chr(10)}  → {constat.faire}' if constat.faire else ''}")
        found.add(constat.ton)
    if diagnostic.Ton.MAL in found:
        raise SystemExit(1)


@portal.command("backup-key")
def make_backup_key() -> None:
    """Fait la paire de clés des sauvegardes : la privée se garde hors du serveur, la publique va dans les réglages."""
    from portal import sauvegarde

    private, public = sauvegarde.new_key()
    click.echo(f"# À garder hors du serveur\u00a0: sans elle, aucune sauvegarde ne s’ouvre.\n{private}")
    click.echo(f"# Dans .env\u00a0:\nPORTAL_BACKUP_RECIPIENT={public}")


@portal.command("restore")
@click.argument("fichier", type=click.Path(path_type=Path))
@click.option("--cle", type=click.Path(path_type=Path), help="Le fichier de la clé privée, si elle est chiffrée.")
@click.option("--essai", is_flag=True, help="L’ouvre et la vérifie, sans toucher au portail.")
@click.option("--remplacer", is_flag=True, help="Garde la base actuelle à côté, sous un autre nom.")
def restore_backup(fichier: Path, cle: Path | None, essai: bool, remplacer: bool) -> None:
    """Remet le portail, arrêté, tel qu’il était à cette sauvegarde, une fois vérifiée."""
    from portal import restauration

    os.umask(0o077)
    _end_cleanly()
    keys = restauration.keys_in(cle) if cle else []
    if essai:
        found = restauration.rehearse(fichier, keys=keys)
    else:
        found = restauration.put_back(fichier, keys=keys, replacing=remplacer)
    fiche, done = found.fiche, "se remettrait" if essai else "est remise"
    click.echo(f"{fiche.path.name}, version {fiche.revision}, {fiche.rows} lignes\u00a0: vérifiée, elle {done}.")
    if found.dernier:
        last = f"{clock.local(found.dernier):%d/%m/%Y à %H:%M}"
        click.echo(f"Son journal s’arrête le {last}\u00a0: ce qui s’est fait depuis n’y est pas.")
    if found.dus:
        click.echo(f"Messages à envoyer\u00a0: {found.dus}, qui partiront au démarrage, même déjà partis depuis.")
    if found.plus_tard:
        click.echo(f"Messages à envoyer plus tard\u00a0: {found.plus_tard}.")


@portal.command("move")
@click.argument("adresse")
def move_to(adresse: str) -> None:
    """Copie le portail, arrêté, dans une base PostgreSQL neuve (postgresql://…), et vérifie chaque ligne."""
    from portal import restauration

    settings: Settings = current_app.config["PORTAL"]
    if not settings.is_sqlite:
        raise Stop("Le portail est déjà sur PostgreSQL.")
    if not adresse.startswith("postgresql"):
        raise Stop("Une adresse postgresql://… est attendue.")
    _known_revision()
    rows = restauration.move(adresse)
    click.echo(f"{sum(rows.values())} lignes de {len(rows)} tables copiées, et relues une à une.")
    click.echo("Mettre cette adresse dans PORTAL_DATABASE_URL, puis démarrer le portail. L’ancienne base reste où elle est.")


@portal.command("retention")
@click.option("--essai", is_flag=True, help="Dit ce qui serait effacé, et n’efface rien.")
def run_retention(essai: bool) -> None:
    """Efface ce dont le délai de garde est passé ; le facteur le fait aussi, chaque nuit."""
    from portal.notifications import nuit

    _hold()
    if essai:
        for cle, sorte in nuit.SORTES.items():
            ids = sorte.due()
            click.echo(f"{sorte.label}\u00a0: {len(ids)}{''.join(f' {cle}:{id}' for id in ids)}")
        click.echo("C’est un essai\u00a0: rien n’est effacé.")
        return
    for cle, number in nuit.run_now().items():
        click.echo(f"{nuit.SORTES[cle].label}\u00a0: {number}")
    commit()
