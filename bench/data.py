"""A house to measure: a migrated database filled in bulk, and the five people who look at it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import insert

from bench import argent, devis, process
from portal import clock, create_app, security
from portal.actions import models as actions
from portal.actions.models import Action, Demandeur, Etape
from portal.cache import Version
from portal.candidatures.models import Candidature
from portal.candidatures.models import Etat as EtatCandidature
from portal.comptes import second, totp
from portal.comptes.entree import open_session
from portal.comptes.models import CleAcces, NomRole, Personne, Role, SecondFacteur
from portal.config import ROOT
from portal.contributions.models import Attestation, Constat, Releve
from portal.contributions.models import Etat as EtatReleve
from portal.db import Base, db, study
from portal.jour_j.models import Entree, Jour, Phase, Point
from portal.jour_j.models import Genre as GenreEntree
from portal.journal import EntreeJournal
from portal.missions import lexique
from portal.missions.models import Affectation, Etat, Mission, Nature, Origine
from portal.outbox import Message
from portal.plein_texte import search_key
from portal.poles.models import Adhesion, Espace, Genre, Pole
from portal.reglage import COURRIEL, Reglage

ADMIN, BIENVEILLANT, VOLONTAIRE, TRESORIER, REFERENT = 1, 2, 3, argent.TRESORIER, 5  # who looks; other people come after
NATURES = (Nature.VOLONTAIRE, Nature.REFERENT, Nature.VOLONTAIRE, Nature.CHARGE_DE_MISSION, Nature.VOLONTAIRE)
ROLES = {ADMIN: NomRole.ADMIN, BIENVEILLANT: NomRole.BIENVEILLANT, TRESORIER: NomRole.TRESORIER}
A_BIENVEILLANT = 100  # actions that one bienveillant sets up: a larger house has more of them
ACTION_KEY = search_key("Fête du moulin, La Raffinerie, l’Hermitage")
MISSION_KEY = search_key("Accueil du public", "Accueillir et orienter les personnes, de l’entrée au moulin.")
DAYS = 300  # over which the actions are spread

Row = dict[str, Any]


@dataclass(frozen=True)
class House:
    """An instance folder. `missions` are open and to come, five an action; `rows` is the length of every other list.

    `past` actions are over, with all that they were made of.
    """

    instance: Path
    missions: int
    rows: int
    past: int = 0
    url: str = ""  # of its database, when it is not SQLite in its folder

    @property
    def environ(self) -> dict[str, str]:
        """Settings of a portal of this house: no limits, so that one machine may ask all the time."""
        elsewhere = {"PORTAL_DATABASE_URL": self.url} if self.url else {}
        return {"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(self.instance), "PORTAL_RATE_LIMITS": "off", **elsewhere}

    @cached_property
    def app(self) -> Flask:
        return create_app(self.environ)

    @cached_property
    def cookies(self) -> dict[int, str]:
        """The Cookie header of each of the five people, signed in."""
        return {id: _signed_in(self.app, id) for id in (*ROLES, VOLONTAIRE, REFERENT)}

    def phones(self, many: int) -> Iterator[str]:
        """The Cookie header of so many: one in five is of whoever runs the day, the others of its team."""
        for n in range(many):
            yield _signed_in(self.app, _volunteer(self, n % self.rows) if n % 5 else BIENVEILLANT)

    @property
    def day(self) -> int:
        """The id of the action that takes place now, the last of those with missions."""
        return self.missions // len(NATURES) + 2

    def copy(self, instance: Path) -> House:
        """The same house in another folder, to write in."""
        shutil.copytree(self.instance, instance)
        return replace(self, instance=instance)


def build(instance: Path, missions: int, rows: int, past: int = 0, url: str = "") -> House:
    """A new house; 50,000 missions take some ten seconds."""
    house = House(instance, missions, rows, past, url)
    with house.app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        db.session.remove()
        with db.engine.begin() as connection:
            for model, lines in _tables(house):
                if made := list(lines):
                    connection.execute(insert(model), made)
            lexique.rebuild(connection)
        devis.freeze()
        argent.freeze()
        study()
        db.engine.dispose()
    return house


def _signed_in(app: Flask, id: int) -> str:
    with app.app_context():
        personne = db.session.get(Personne, id)
        assert personne
        token = open_session(personne, agent="bench")
        db.session.commit()
        client = app.test_client()
        with client.session_transaction() as session:
            session.update(_user_id=token, _fresh=True, csrf_token=secrets.token_hex(20))
        name = app.config["SESSION_COOKIE_NAME"]
        cookie = client.get_cookie(name)
        assert cookie
        return f"{name}={cookie.value}"


def _tables(house: House) -> Iterator[tuple[type[Base], Iterable[Row]]]:
    """Rows of every table, in the order of their foreign keys."""
    yield Personne, _people(house)
    yield Role, [{"personne_id": id, "nom": nom} for id, nom in ROLES.items()]
    yield from _proofs()
    yield Pole, [{"id": n, "nom": f"Maison {n}", "genre": Genre.POLE} for n in range(1, min(house.rows, 12) + 1)]
    yield Adhesion, [{"pole_id": 1, "personne_id": who} for who in (BIENVEILLANT, *range(10, 10 + house.rows))]
    yield Espace, [{"nom": f"Halle {n}"} for n in range(house.rows)]
    yield Demandeur, [{"id": 1, "nom": "Association DAL974", "email": "dal@example.org"}]
    yield Action, _actions(house)
    yield Etape, _steps(house)
    yield from process.tables(house)
    yield from devis.tables(house)
    yield from argent.tables(house)
    yield Mission, _missions(house)
    yield Affectation, _places(house)
    yield Candidature, _candidatures(house)
    yield (
        Releve,
        [
            {"affectation_id": n, "propose": 180, "minutes": 180, "constat": Constat.PRESENT, "etat": EtatReleve.VALIDE}
            for n in range(1, house.rows + 1)
        ],
    )
    yield Attestation, [_attestation(n) for n in range(1, house.rows + 1)]
    yield Message, _messages(house)
    yield EntreeJournal, _journal(house)
    yield Jour, [{"action_id": n} for n in range(1, house.day + 1)]
    yield (
        Point,
        [{"jour_id": house.day, "phase": Phase.OUVERTURE, "texte": f"Portail {n}", "ordre": n} for n in range(house.rows)],
    )
    yield Entree, _taps(house)
    yield Reglage, [{"cle": COURRIEL.cle, "texte": "bonjour@example.org"}]
    yield Version, [{"id": 1, "numero": 1}]


def _people(house: House) -> Iterator[Row]:
    for id in range(1, 10 + house.rows + house.missions // 2 + house.past // A_BIENVEILLANT + 1):
        yield {
            "id": id,
            "nom": f"Awa Payet {id}",
            "nom_cle": f"awa payet {id}",
            "email": f"personne{id}@example.org",
            "adresse": f"personne{id}@example.org",
            "telephone": "+262692123456",
            "confirme_le": clock.now(),
            "double_le": clock.now() if id == ADMIN else None,
            "is_pole_member": id == BIENVEILLANT or 10 <= id < 10 + house.rows,
        }


def _proofs() -> Iterator[tuple[type[Base], Iterable[Row]]]:
    """A passkey, recovery codes that are still to be kept; an application that is still to be confirmed."""
    key = {"identifiant": "mesure", "cle_publique": b"0", "compteur": 0, "porteur": "mesure", "nom": "Ordinateur"}
    yield CleAcces, [{"personne_id": ADMIN, **key}]
    secret = security.encrypt(second.KEPT_FOR, totp.new_secret())
    codes = {ADMIN: security.encrypt(second.SHOWN_FROM, "abcde-fghjk"), VOLONTAIRE: ""}
    yield SecondFacteur, [{"personne_id": id, "secret": secret, "a_garder": kept} for id, kept in codes.items()]


def _volunteer(house: House, n: int) -> int:
    """The id of one of the people without a role."""
    return 10 + n % (house.rows + house.missions // 2)


def _holder(house: House, mission: int) -> int:
    """Who holds a place on a mission; one volunteer does on as many actions as a list is long."""
    first_of_action = mission % len(NATURES) == 1
    return VOLONTAIRE if first_of_action and mission <= house.rows * len(NATURES) else _volunteer(house, mission)


def _slot(house: House, action: int) -> tuple[datetime, datetime]:
    """When an action takes place: the last one now, the others from tomorrow on."""
    if action == house.day:
        return clock.now() - timedelta(hours=2), clock.now() + timedelta(hours=10)
    morning = clock.start_of(clock.today() + timedelta(days=1 + action * 7 % DAYS)) + timedelta(hours=8)
    return morning, morning + timedelta(hours=9)


def _actions(house: House) -> Iterator[Row]:
    for id in range(1, house.day + 1):
        etat = actions.Etat.EN_COURS if id == house.day else actions.Etat.CONFIRMEE
        yield _action(house, id, etat, *_slot(house, id))
    for id, etat, debut in (*process.waiting(house), *process.past(house)):
        yield _action(house, id, etat, debut, debut + timedelta(hours=9))


def _action(house: House, id: int, etat: actions.Etat, debut: datetime, fin: datetime) -> Row:
    ours = id <= A_BIENVEILLANT or id == house.day or etat in process.WAITING
    return {
        "id": id,
        "titre": f"Fête du moulin {id}",
        "recherche": f"{ACTION_KEY} {id}",
        "type": actions.TypeAction.MANIFESTATION,
        "etat": etat,
        "canal": actions.Canal.TELEPHONE,
        "demandeur_id": 1,
        "pole_porteur_id": 1 + id % min(house.rows, 12),
        "bienveillant_id": BIENVEILLANT if ours else 4 + id // A_BIENVEILLANT,
        "relais_id": BIENVEILLANT if etat is actions.Etat.VALIDEE else None,
        "avis_avant": clock.now() + timedelta(days=3) if etat is actions.Etat.EN_VALIDATION else None,
        "publique": True,
        "en_direct": True,
        "debut": debut,
        "fin": fin,
        "lieu": "La Raffinerie, l’Hermitage",
        "description": "Une journée *ensemble*, autour du moulin.\n\n- visite\n- atelier\n- repas",
        "valeurs": "Faire vivre le patrimoine.",
    }


def _steps(house: House) -> Iterator[Row]:
    for id in range(1, house.day + 1):
        debut, fin = _slot(house, id)
        count = house.rows if id == house.day else min(house.rows, 4)
        length = (fin - debut) / count
        for n in range(count):
            yield {"action_id": id, "titre": f"Temps {n + 1}", "debut": debut + n * length, "fin": debut + (n + 1) * length}


def _missions(house: House) -> Iterator[Row]:
    """Those to come, then those of the day: one that a whole team holds, and the référent's."""
    of_the_day = {house.missions + 1: Nature.VOLONTAIRE, house.missions + 2: Nature.REFERENT}
    for id in range(1, house.missions + 3):
        today = id in of_the_day
        action = house.day if today else 1 + (id - 1) // len(NATURES)
        nature = of_the_day.get(id, NATURES[(id - 1) % len(NATURES)])
        debut, fin = _slot(house, action)
        alone = nature is Nature.REFERENT
        yield {
            "id": id,
            "action_id": action,
            "nature": nature,
            "etat": Etat.OUVERTE,
            "publiee_le": clock.now(),
            "titre": f"Accueil du public {id}",
            "description": "Accueillir et **orienter** les personnes, de l’entrée au moulin.",
            "recherche": f"{MISSION_KEY} {id}",
            "debut": debut,
            "fin": fin,
            "places": 1 if alone else house.rows if today else 6,
            "prises": int(today) if alone else house.rows if today else 1,
            "fourni": "Repas partagé",
        }


def _places(house: House) -> Iterator[Row]:
    """One on each mission that has several places, a whole team on the day, and its référent."""
    yesterday = clock.now() - timedelta(days=1)
    origine = {"origine": Origine.CANDIDATURE, "cree_le": yesterday, "connue_le": yesterday}
    for id in range(1, house.missions + 1):
        if NATURES[(id - 1) % len(NATURES)] is not Nature.REFERENT:
            yield {"mission_id": id, "personne_id": _holder(house, id), **origine}
    for n in range(house.rows):
        yield {"mission_id": house.missions + 1, "personne_id": _volunteer(house, n), **origine}
    yield {"mission_id": house.missions + 2, "personne_id": REFERENT, **origine}


def _candidatures(house: House) -> Iterator[Row]:
    """Two on each mission: one that waits for an answer, one that was accepted long ago."""
    ago = timedelta(days=2)
    for id in range(1, 2 * house.missions + 1):
        mission, waits = 1 + (id - 1) // 2, id % 2
        yield {
            "id": id,
            "mission_id": mission,
            "personne_id": _volunteer(house, id) if waits else _holder(house, mission),
            "etat": EtatCandidature.DEPOSEE if waits else EtatCandidature.ACCEPTEE,
            "message": "Je viens avec plaisir, et j’ai déjà tenu l’accueil l’an passé.",
            "cle": f"cle-{id}",
            "deposee_le": clock.now() - ago,
            "decidee_le": None if waits else clock.now() - ago,
            "dite_le": None if waits else clock.now() - ago,
        }


def _attestation(n: int) -> Row:
    """One a year, of a volunteer."""
    contenu = {"nom": "Awa Payet", "objet": "Année", "maison": "La Raffinerie", "valide_par": [], "lignes": []}
    about = {"personne_id": VOLONTAIRE, "annee": 2000 + n, "rang": 1, "initiales": "A. P.", "minutes": 180}
    return {"code": f"ABCDE-{n}", "contenu": contenu, **about}


def _messages(house: House) -> Iterator[Row]:
    """What was sent for each candidature, and one answer."""
    sent: Row = {"adresse": "personne1@example.org", "envoye_le": clock.now(), "personne_id": None, "objet": ""}
    said: Row = {"cle": "candidature:1:reponse:0", "genre": "candidature_reponse", "faits": {"candidature": 1}}
    yield sent | said
    for id in range(1, 2 * house.missions + 1):
        said = {"personne_id": VOLONTAIRE, "objet": "Candidature reçue"} if id <= house.rows else {}
        cle = f"candidature:{id}:recue"
        sent = {"adresse": f"personne{id}@example.org", "envoye_le": clock.now(), "personne_id": None, "objet": "", **said}
        yield {"cle": cle, "genre": "candidature_recue", "faits": {"candidature": id}, **sent}


def _journal(house: House) -> Iterator[Row]:
    for id in range(1, 2 * house.missions + 1):
        action = 1 + (id - 1) // (2 * len(NATURES))
        yield {"sujet": f"candidature:{id}", "action_id": action, "evenement": "candidature.deposer", "personne_id": VOLONTAIRE}
    for _ in range(house.rows):
        yield {"sujet": "action:1", "action_id": 1, "evenement": "action.modifier", "personne_id": BIENVEILLANT}


def _taps(house: House) -> Iterator[Row]:
    for n in range(house.rows):
        quand = clock.now() - timedelta(hours=1) + timedelta(seconds=n)
        instants = {"quand": quand, "saisi_le": quand, "recu_le": quand}
        tap = {"uuid": f"tap-{n}", "jour_id": house.day, "personne_id": BIENVEILLANT, "genre": GenreEntree.INCIDENT}
        yield {**tap, "mot": f"Une table manque {n}", **instants}
