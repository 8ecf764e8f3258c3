"""What awaits a person, from the real state of the house: nothing there that they cannot act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select

from portal.actions import avis
from portal.actions import queries as actions
from portal.actions.models import Action
from portal.besoins import queries as besoins
from portal.besoins.models import Etat as EtatBesoin
from portal.candidatures import offres
from portal.candidatures import queries as candidatures
from portal.comptes.models import Personne
from portal.db import counts
from portal.missions import queries as missions
from portal.notifications import queries as mail
from portal.policy import can


@dataclass(frozen=True)
class Attente:
    """One kind of thing that awaits somebody: how it is said of one and of many, why, and the page where one acts."""

    cle: str
    un: str
    plusieurs: str
    detail: str
    page: str  # an endpoint
    sur: dict[str, str] = field(default_factory=dict)  # the rest of its address


ATTENTES = (
    Attente(
        "offre",
        "place libre, elle est pour toi",
        "places libres, elles sont pour toi",
        "À prendre ou à laisser, avant l’heure dite",
        "moi.index",
    ),
    Attente(
        "creneau",
        "créneau à confirmer",
        "créneaux à confirmer",
        "La mission a bougé, dis si tu viens toujours",
        "moi.index",
    ),
    Attente(
        "relais",
        "action que l’on te confie",
        "actions que l’on te confie",
        "À prendre, ou à laisser",
        "actions.index",
        {"qui": "toutes"},
    ),
    Attente(
        "candidature",
        "candidature à valider",
        "candidatures à valider",
        "Réponds en un geste, la plus ancienne d’abord",
        "candidatures.index",
    ),
    Attente(
        "demande",
        "demande à prendre",
        "demandes à prendre",
        "Quelqu’un attend une première réponse",
        "actions.index",
        {"qui": "a_prendre"},
    ),
    Attente(
        "a_porter",
        "action à porter",
        "actions à porter",
        "Ton pôle dit s’il la porte",
        "poles.index",
    ),
    Attente(
        "avis",
        "avis à donner",
        "avis à donner",
        "L’interpôle attend ton pôle",
        "poles.index",
    ),
    Attente(
        "besoin",
        "besoin à confirmer",
        "besoins à confirmer",
        "Ton pôle ou ton groupe dit oui, non, ou autrement",
        "besoins.index",
    ),
    Attente(
        "reponse",
        "besoin refusé ou changé",
        "besoins refusés ou changés",
        "À revoir avec le pôle",
        "actions.index",
    ),
    Attente(
        "tache",
        "tâche à faire",
        "tâches à faire",
        "En retard, ou dans la semaine",
        "actions.index",
    ),
    Attente(
        "envoi",
        "réponse à envoyer",
        "réponses à envoyer",
        "Personne n’est encore au courant",
        "notifications.answers",
    ),
    Attente(
        "courrier",
        "message non distribué",
        "messages non distribués",
        "À renvoyer, ou à écarter",
        "notifications.courrier",
    ),
)


def awaiting(personne: Personne) -> list[tuple[Attente, int]]:
    """What awaits this person, and how many; one query, whatever their roles."""
    found = counts(dict(_asked(personne)))
    return [(attente, found[attente.cle]) for attente in ATTENTES if attente.cle in found]


def _asked(personne: Personne) -> Iterator[tuple[str, Select[*tuple[Any, ...]]]]:
    """Only what concerns their roles."""
    yield "offre", offres.held_for(personne)
    yield "creneau", missions.to_confirm(personne)
    yield "tache", actions.tasks_due(personne)
    if can(personne, "action.creer"):
        yield "relais", actions.relays_to(personne)
        yield "candidature", candidatures.to_answer(personne)
        yield "demande", actions.to_take()
        yield "reponse", besoins.answered_otherwise(personne)
        yield "envoi", candidatures.kept_back(personne)
    if personne.is_pole_member:
        yield "a_porter", avis.to_carry_by(personne).with_only_columns(Action.id)
        yield "avis", avis.owed_by(personne).with_only_columns(Action.id)
        yield "besoin", besoins.asked_of(personne, EtatBesoin.A_CONFIRMER)
    if can(personne, "outbox.lister"):
        yield "courrier", mail.given_up()
