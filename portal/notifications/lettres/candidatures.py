"""Messages to whoever applied: received, answered, offered, reminded."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal import security
from portal.candidatures import offres
from portal.candidatures import queries as candidatures
from portal.candidatures.models import Candidature, Etat
from portal.config import Settings
from portal.missions import calendrier
from portal.missions import queries as missions
from portal.missions.models import Etat as EtatMission
from portal.missions.models import Nature
from portal.notifications.genres import AGENDA_NOTE, Context, Facts, Outdated, first_name, genre, link, still
from portal.notifications.rappels import still_true


def about(faits: Facts) -> Context:
    """A candidature that is still in the state the message speaks of, with its personal link, which proves the address."""
    candidature = still(candidatures.followed(faits["candidature"]))
    if candidature.etat != faits.get("etat", candidature.etat):
        raise Outdated
    return {
        "candidature": candidature,
        "mission": candidature.mission,
        "action": candidature.action,
        "prenom": first_name(candidature.personne),
        "suivi": personal(candidature),
    }


def personal(candidature: Candidature) -> str:
    """The link of a candidature that proves its address: for mails to that address only."""
    return link("candidatures.suivi", jeton=security.seal("candidature.mail", candidature.id, candidature.generation))


@genre("mes_liens")
def _links(faits: Facts) -> Context:
    """All that was sent with an address, to that address: the links prove it, and nobody else reads them."""
    found = still(candidatures.of_address(faits["adresse"]))
    return {
        "prenom": next((first_name(c.personne) for c in found if c.personne.confirme_le), ""),
        "liens": [(c, personal(c)) for c in found],
    }


def about_to_come(faits: Facts) -> Context:
    """The same, of a mission that is not over: hope for a past one would be a lie."""
    context = about(faits)
    still(not context["mission"].is_past)
    return context


@genre("candidature_recue")
def _received(faits: Facts) -> Context:
    """Said even after the answer, since it carries the link; not to someone who has taken it back."""
    context = about_to_come(faits)
    still(context["candidature"].is_live or context["candidature"].etat is Etat.REFUSEE)
    return context


@genre("candidature_reponse")
def _answered(faits: Facts) -> Context:
    hopeful = faits["etat"] in {Etat.ACCEPTEE, Etat.LISTE_ATTENTE}
    context = about_to_come(faits) if hopeful else about(faits)
    candidature: Candidature = context["candidature"]
    if candidature.etat is Etat.ACCEPTEE:
        return context | _rendezvous(candidature)
    return context | {"autres": missions.other_open(candidature.mission)}


def _rendezvous(candidature: Candidature) -> Context:
    """What an accepted person comes with: whom to call, and the slot for their agenda."""
    mission = candidature.mission
    contacts = missions.contacts_of([mission.action]).get(mission.action_id, [])
    settings: Settings = current_app.config["PORTAL"]
    return {
        "contacts": [p for p in contacts if p.id != candidature.personne_id],
        "clashes": missions.known_clashes(candidature.personne, mission),
        "is_referent": mission.nature is Nature.REFERENT,
        "agenda": calendrier.of_missions([mission], settings.base_url, note=AGENDA_NOTE),
    }


@genre("rappel")
def _reminder(faits: Facts) -> Context:
    """Of a place that is still theirs, at the hour that was said; with their personal link to step back."""
    held = still(missions.place(faits["affectation"]))
    mission = held.mission
    still(held.libere_le is None and mission.etat is not EtatMission.ANNULEE and not mission.has_started)
    still(mission.debut == datetime.fromisoformat(faits["debut"]) and still_true(faits["rappel"], mission.debut))
    candidature = candidatures.accepted_of(mission, held.personne_id)
    contacts = missions.contacts_of([mission.action]).get(mission.action_id, [])
    return {
        "mission": mission,
        "prenom": held.personne.prenom,
        "contacts": [p for p in contacts if p.id != held.personne_id],
        "suivi": personal(candidature) if candidature else link("moi.index"),
    }


@genre("candidature_cedee")
@genre("candidature_rendue")
def _moved_by_the_priority(faits: Facts) -> Context:
    context = about_to_come(faits)
    return context | {"autres": missions.other_open(context["mission"])}


@genre("place_offerte")
def _offered(faits: Facts) -> Context:
    """While it is held for them: its deadline is the present one."""
    context = about(faits)
    offre = still(offres.by_id(faits["offre"]))
    still(offre.is_open)
    return context | {"offre": offre}


@genre("offre_expiree")
def _lapsed(faits: Facts) -> Context:
    """While the mission is to come, and they have not come back by themselves."""
    context = about(faits)
    still(context["candidature"].rang_le is None and not context["mission"].has_started)
    return context | {"autres": missions.other_open(context["mission"])}


@genre("place_prise")
def _taken(faits: Facts) -> Context:
    """To the bienveillant: who of the waiting list comes."""
    context = about_to_come(faits)
    return context | {"prenom": "", "equipe": link("missions.team", action_id=context["action"].id)}


@genre("statut_a_preciser")
def _status_wanted(faits: Facts) -> Context:
    """To a candidate for a paid mission, while neither the answer nor the status is known."""
    context = about_to_come(faits)
    candidature: Candidature = context["candidature"]
    still(candidature.wants_statut)
    return context
