"""What awaits a person, from the real state of the house: nothing there that they cannot act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select

from portal.actions import avis, echeancier
from portal.actions import queries as actions
from portal.actions.models import Action
from portal.besoins import queries as besoins
from portal.besoins.models import Etat as EtatBesoin
from portal.candidatures import offres
from portal.candidatures import queries as candidatures
from portal.comptes.models import NomRole, Personne
from portal.db import Found, counts
from portal.devis import listes as devis
from portal.devis import queries as quotes
from portal.factures import queries as factures
from portal.missions import ouverture, revue
from portal.missions import queries as missions
from portal.notifications import queries as mail
from portal.partage import queries as partages
from portal.policy import can
from portal.reglages import queries as reglages


@dataclass(frozen=True)
class Page:
    """Where one acts: an endpoint and the rest of its address, in which `{id}` and `{action}` are those of the one thing."""

    endpoint: str
    sur: dict[str, str] = field(default_factory=dict)

    def of(self, found: Found) -> Page:
        known = {"{id}": str(found.id), "{action}": str(found.action_id)}
        return Page(self.endpoint, {name: _filled(value, known) for name, value in self.sur.items()})


def _filled(value: str, known: dict[str, str]) -> str:
    for name, number in known.items():
        value = value.replace(name, number)
    return value


@dataclass(frozen=True)
class Attente:
    """One kind of thing that awaits somebody: how it is said of one and of many, why, and the page where one acts."""

    cle: str
    un: str
    plusieurs: str
    detail: str
    page: Page  # of all of them
    seul: Page | None = None  # of the only one


THEIRS, QUEUE, POLES = Page("moi.index"), Page("candidatures.index"), Page("poles.index")
SHEET = Page("actions.show", {"id": "{action}"})

ATTENTES = (
    Attente(
        "debut",
        "maison à mettre en route",
        "maisons à mettre en route",
        "Du nom du lieu à la première mission publiée",
        Page("reglages.begin"),
    ),
    Attente(
        "offre",
        "place libre, elle est pour toi",
        "places libres, elles sont pour toi",
        "À prendre ou à laisser, avant l’heure dite",
        THEIRS,
    ),
    Attente(
        "creneau",
        "créneau à confirmer",
        "créneaux à confirmer",
        "La mission a bougé, dis si tu viens toujours",
        THEIRS,
    ),
    Attente(
        "relais",
        "action que l’on te confie",
        "actions que l’on te confie",
        "À prendre, ou à laisser",
        Page("actions.index", {"qui": "relais"}),
        SHEET,
    ),
    Attente(
        "candidature",
        "candidature à valider",
        "candidatures à valider",
        "Réponds en un geste, la plus ancienne d’abord",
        QUEUE,
    ),
    Attente(
        "demande",
        "demande à prendre",
        "demandes à prendre",
        "Quelqu’un attend une première réponse",
        Page("actions.index", {"qui": "a_prendre"}),
        SHEET,
    ),
    Attente(
        "sans_reponse",
        "demandeur sans réponse",
        "demandeurs sans réponse",
        "Sans nouvelles depuis plusieurs jours",
        Page("actions.index"),
        Page("actions.exchange", {"id": "{action}"}),
    ),
    Attente(
        "a_proposer",
        "action à proposer à un pôle",
        "actions à proposer à un pôle",
        "Aucun pôle ne s’en charge encore",
        Page("actions.index"),
        Page("actions.validation", {"id": "{action}", "_anchor": "porteur"}),
    ),
    Attente(
        "a_porter",
        "action à porter",
        "actions à porter",
        "La réponse de ton pôle est attendue",
        POLES,
        Page("actions.validation", {"id": "{action}", "_anchor": "porteur"}),
    ),
    Attente(
        "avis",
        "avis à donner",
        "avis à donner",
        "L’interpôle attend ton pôle",
        POLES,
        Page("actions.validation", {"id": "{action}", "_anchor": "avis"}),
    ),
    Attente(
        "besoin",
        "besoin à confirmer",
        "besoins à confirmer",
        "Ton pôle ou ton groupe dit oui, non, ou autrement",
        Page("besoins.index"),
        Page("besoins.index", {"_anchor": "besoin-{id}"}),
    ),
    Attente(
        "a_chiffrer",
        "action à chiffrer",
        "actions à chiffrer",
        "Le devis est à préparer, ou à envoyer",
        Page("actions.index"),
        Page("devis.of_action", {"action_id": "{action}"}),
    ),
    Attente(
        "lignes",
        "devis à confirmer",
        "devis à confirmer",
        "Ton pôle ou ton groupe dit oui à ses lignes, ou ce qui ne va pas",
        POLES,
        Page("devis.show", {"id": "{id}", "_anchor": "nos-lignes"}),
    ),
    Attente(
        "revoir",
        "mission à revoir",
        "missions à revoir",
        "Un autre devis est accepté, qui change quelque chose",
        Page("missions.ouvrir.index", {"_anchor": "revoir"}),
        Page("missions.of_action", {"action_id": "{action}", "_anchor": "mission-{id}"}),
    ),
    Attente(
        "ouvrir",
        "équipe à réunir",
        "équipes à réunir",
        "C’est confirmé, ouvre les missions",
        Page("missions.ouvrir.index", {"_anchor": "ouvrir"}),
        Page("missions.ouvrir.show", {"action_id": "{action}"}),
    ),
    Attente(
        "reponse",
        "besoin refusé ou changé",
        "besoins refusés ou changés",
        "À revoir avec le pôle",
        Page("besoins.answers"),
        Page("besoins.of_action", {"action_id": "{action}", "_anchor": "besoin-{id}"}),
    ),
    Attente(
        "devis_a_revoir",
        "devis à revoir",
        "devis à revoir",
        "Refus, expiration, ou changement demandé",
        Page("devis.index", {"etat": "a_revoir"}),
        Page("devis.show", {"id": "{id}"}),
    ),
    Attente(
        "devis_a_relancer",
        "devis à relancer",
        "devis à relancer",
        "Sans réponse depuis longtemps, ou près d’expirer",
        Page("devis.index", {"etat": "a_relancer"}),
        Page("devis.show", {"id": "{id}"}),
    ),
    Attente(
        "remise",
        "remise à approuver",
        "remises à approuver",
        "Une deuxième personne y regarde, puis le devis part",
        Page("devis.index", {"etat": "a_approuver", "qui": "toutes"}),
        Page("devis.show", {"id": "{id}"}),
    ),
    Attente(
        "a_preparer",
        "facture à préparer",
        "factures à préparer",
        "L’acompte est promis, ou le site est fermé",
        Page("factures.index", {"vue": "a_preparer"}),
        Page("factures.of_action", {"action_id": "{id}"}),
    ),
    Attente(
        "facture",
        "facture à émettre",
        "factures à émettre",
        "À relire, puis à faire partir",
        Page("factures.index", {"vue": "a_emettre"}),
        Page("factures.show", {"id": "{id}"}),
    ),
    Attente(
        "retard",
        "facture en retard de paiement",
        "factures en retard de paiement",
        "La date limite est passée, relance ou note ce qui est arrivé",
        Page("factures.index", {"vue": "en_retard"}),
        Page("factures.show", {"id": "{id}"}),
    ),
    Attente(
        "partage",
        "partage à décider",
        "partages à décider",
        "Tout est payé, dis ce que chacun reçoit",
        Page("partage.index"),
        Page("partage.show", {"action_id": "{id}"}),
    ),
    Attente(
        "tache",
        "tâche à faire",
        "tâches à faire",
        "En retard, ou dans la semaine",
        Page("actions.planning.mine"),
        Page("actions.planning.show", {"id": "{action}", "tache_id": "{id}"}),
    ),
    Attente(
        "envoi",
        "réponse à envoyer",
        "réponses à envoyer",
        "Personne n’est encore au courant",
        Page("notifications.answers"),
    ),
    Attente(
        "courrier",
        "message non distribué",
        "messages non distribués",
        "À renvoyer, ou à écarter",
        Page("notifications.courrier"),
    ),
)


def awaiting(personne: Personne) -> list[tuple[Attente, int, Page]]:
    """What awaits this person, how many, and where they act on it; one query, whatever their roles."""
    found = counts(dict(_asked(personne)))
    return [(attente, *_where(attente, found[attente.cle])) for attente in ATTENTES if attente.cle in found]


def _where(attente: Attente, found: Found) -> tuple[int, Page]:
    """One leads to itself, several to their list."""
    alone = attente.seul if found.number == 1 else None
    return found.number, alone.of(found) if alone else attente.page


def _asked(personne: Personne) -> Iterator[tuple[str, Select[*tuple[Any, ...]]]]:
    """Only what concerns their roles."""
    yield "offre", offres.held_for(personne)
    yield "creneau", missions.to_confirm(personne)
    yield "tache", echeancier.tasks_due(personne)
    if can(personne, "action.creer"):
        yield "relais", actions.relays_to(personne)
        yield "candidature", candidatures.to_answer(personne)
        yield "demande", actions.to_take()
        yield "sans_reponse", actions.unanswered_by(personne)
        yield "a_proposer", actions.to_propose(personne)
        yield "revoir", revue.to_review(personne)
        yield "ouvrir", ouverture.to_open(personne)
        yield "reponse", besoins.answered_otherwise(personne)
        yield "envoi", candidatures.kept_back(personne)
        yield "a_chiffrer", devis.to_prepare(personne)
        yield "devis_a_revoir", devis.to_look_at_again(personne)
        yield "devis_a_relancer", devis.to_follow_up(personne)
        yield "a_preparer", factures.to_prepare(of=personne)
    if personne.is_pole_member:
        yield "a_porter", avis.to_carry_by(personne).with_only_columns(Action.id)
        yield "avis", avis.owed_by(personne).with_only_columns(Action.id)
        yield "besoin", besoins.asked_of(personne, EtatBesoin.A_CONFIRMER)
        yield "lignes", quotes.to_confirm_by(personne)
    if can(personne, "devis.approuver"):
        yield "remise", devis.to_approve(personne)
    if personne.has_role(NomRole.TRESORIER):
        yield "a_preparer", factures.to_prepare()  # of everybody: it takes the place of their own
        yield "facture", factures.waiting("a_emettre")
        yield "retard", factures.waiting("en_retard")
        yield "partage", partages.to_decide()
    if can(personne, "reglages.voir"):
        yield "debut", reglages.to_begin(personne)
    if can(personne, "outbox.lister"):
        yield "courrier", mail.given_up()
