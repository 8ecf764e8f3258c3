"""Messages about a request: to the demandeur, whose link they carry, and to whoever sets the action up."""

from __future__ import annotations

from datetime import UTC, datetime

from portal import reglage
from portal.actions import queries as actions
from portal.actions import suivi
from portal.actions.models import Echange, Etat
from portal.comptes.models import Personne
from portal.db import db
from portal.notifications.genres import Context, Facts, genre, link, still

TOGETHER = 600  # seconds: what a demandeur writes in them is one message to whoever reads it
MOST = 5  # messages that are quoted whole


def turn_end(instant: datetime) -> datetime:
    """When the minutes that hold this instant are over."""
    return datetime.fromtimestamp((instant.timestamp() // TOGETHER + 1) * TOGETHER, UTC)


def to_the_demandeur(faits: Facts) -> Context:
    """With the personal link, which is made when the message leaves: it is always the present one."""
    action = still(actions.followed(faits["action"]))
    return {
        "action": action,
        "prenom": action.demandeur.contact or action.demandeur.nom,
        "suivi": link("actions.follow", jeton=suivi.page_token(action)),
        "delai": reglage.DELAI_REPONSE.valeur,
    }


def to_the_team(faits: Facts) -> Context:
    action = still(actions.followed(faits["action"]))
    par = db.session.get(Personne, faits["par"]) if faits.get("par") else None
    return {
        "action": action,
        "prenom": "",
        "par": par,
        "delai": reglage.DELAI_REPONSE.valeur,
        "fiche": link("actions.show", id=action.id),
        "echanges": link("actions.exchange", id=action.id),
    }


@genre("demande_recue")
def _received(faits: Facts) -> Context:
    """Said even once somebody has taken it, since it carries the link; not when it was given up."""
    context = to_the_demandeur(faits)
    still(not context["action"].is_stopped)
    return context | {"prenom": ""}  # a stranger may have typed the address: nothing that they typed is repeated to it


@genre("demande_lien")
def _link(faits: Facts) -> Context:
    """Only the last one that was asked for."""
    context = to_the_demandeur(faits)
    still(context["action"].generation == faits["generation"])
    return context | {"prenom": ""}  # as for the first


@genre("demande_message")
def _from_the_team(faits: Facts) -> Context:
    return to_the_demandeur(faits) | {"echange": _words(faits)}


@genre("demande_suite")
def _what_became_of_it(faits: Facts) -> Context:
    """While it is still so."""
    context = to_the_demandeur(faits)
    still(context["action"].etat == faits["etat"])
    return context | {"oui": faits["etat"] == Etat.VALIDEE, "confirmee": faits["etat"] == Etat.CONFIRMEE}


@genre("demande_decalee")
def _moved(faits: Facts) -> Context:
    """From when to when, as it was said then: each of two moves is told."""
    context = to_the_demandeur(faits)
    still(not context["action"].is_stopped)
    return context | {name: datetime.fromisoformat(faits[name]) for name in ("avant", "fin_avant", "debut", "fin")}


@genre("demande_a_prendre")
def _to_take(faits: Facts) -> Context:
    """While nobody has taken it."""
    context = to_the_team(faits)
    still(context["action"].is_to_take)
    return context


@genre("message_du_demandeur")
def _from_the_demandeur(faits: Facts) -> Context:
    """All that they wrote from that message on, within its few minutes."""
    context, first = to_the_team(faits), _words(faits)
    written = actions.written_by_the_demandeur(first, turn_end(first.ecrit_le))
    return context | {"ecrits": written[:MOST], "autres": len(written[MOST:])}


def _words(faits: Facts) -> Echange:
    return still(db.session.get(Echange, faits["echange"]))


@genre("demande_sans_reponse")
def _unanswered(faits: Facts) -> Context:
    """While it waits."""
    context = to_the_team(faits)
    still(context["action"].is_unanswered)
    return context


@genre("relais_propose")
def _relay_offered(faits: Facts) -> Context:
    """While it is still offered to this reader."""
    context = to_the_team(faits)
    still(context["action"].relais_id == faits["relais"])
    return context


@genre("relais_suite")
def _relay_answered(faits: Facts) -> Context:
    return to_the_team(faits)
