"""A house for the walks in the browser: what its settings hold before anybody asks for anything."""

from __future__ import annotations

from dataclasses import dataclass

from portal.comptes.models import Personne
from portal.db import db
from portal.poles import commands as poles
from portal.poles.models import Genre, Ressource
from tests import builders


@dataclass
class House:
    """Who works there; each pôle and groupe is called by the name of its member."""

    zoe: Personne
    bruno: Personne
    culture: Personne
    jardin: Personne
    communs: Personne
    cuisine: Personne
    mobilier: Personne


def furnished() -> House:
    """People, teams, spaces, chairs, and what is offered."""
    voices = builders.interpole("Culture", "Jardin", "Communs")
    gina, paul = builders.personne("Gina Payet"), builders.personne("Paul Maillot")
    cuisine = builders.pole("Cuisine", Genre.GROUPE, members=[gina])
    mobilier = builders.pole("Mobilier", Genre.GROUPE, members=[paul])
    site = builders.espace("Le site", capacite=400)
    case = builders.espace("La case", site, capacite=120, avant_min=30, apres_min=30)
    builders.espace("La cuisine", site, capacite=12)
    poles.save_equipment(None, nom="Chaises", stock=80, pole=mobilier, by=None)
    offered = (
        ("La case", Ressource.ESPACE, voices["Communs"].pole, case),
        ("Un repas créole", Ressource.CONSOMMABLE, cuisine, None),
        ("Une visite du jardin", Ressource.HUMAIN, voices["Jardin"].pole, None),
    )
    for titre, ressource, of, espace in offered:
        poles.save_prestation(None, titre=titre, ressource=ressource, pole=of, espace=espace, by=None)
    people = builders.bienveillant(), builders.bienveillant("Bruno Ozoux"), *(voice.member for voice in voices.values())
    made = House(*people, gina, paul)
    db.session.commit()
    return made
