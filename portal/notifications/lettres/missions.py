"""Messages about a mission, and about who comes or leaves."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.candidatures import queries as candidatures
from portal.candidatures.models import Etat
from portal.comptes.models import Personne
from portal.config import Settings
from portal.db import db
from portal.missions import calendrier
from portal.missions import queries as missions
from portal.missions.models import Mission
from portal.notifications.genres import AGENDA_NOTE, Context, Facts, first_name, genre, link, still
from portal.notifications.lettres.candidatures import about, about_to_come, personal


@genre("mission_annulee")
def _cancelled(faits: Facts) -> Context:
    """To a candidate; or to whoever held the référent's post by priority, who has no candidature."""
    if "candidature" in faits:
        context = about(faits)
        return context | {"autres": missions.other_open(context["mission"])}
    held = still(missions.place(faits["affectation"]))
    return {"mission": held.mission, "prenom": first_name(held.personne), "autres": []}


@genre("poste_libere")
def _post_freed(faits: Facts) -> Context:
    """To whoever held the référent's post by priority, when an admin freed it."""
    held = still(missions.place(faits["affectation"]))
    still(not held.mission.is_past)
    return {"mission": held.mission, "prenom": first_name(held.personne)}


@genre("mission_deplacee")
def _to_confirm(faits: Facts) -> Context:
    """To whoever holds a place, while that very time to answer runs."""
    context = _now_and_before(faits)
    d_ici = datetime.fromisoformat(faits["d_ici"])
    still(context["place"].a_confirmer_avant == d_ici)
    return context | {"d_ici": d_ici}


@genre("mission_modifiee")
def _changed(faits: Facts) -> Context:
    """To whoever holds a place and has nothing to confirm, or waits for one."""
    context = _now_and_before(faits)
    if "avant" in faits and "place" in context:
        still(not context["place"].a_confirmer_avant)  # it moved again since, and another message asks for an answer
    return context


def _now_and_before(faits: Facts) -> Context:
    context = _of_a_place(faits["affectation"]) if "affectation" in faits else _of_who_waits(faits)
    return context | {"avant": [datetime.fromisoformat(instant) for instant in faits.get("avant", ())]}


def _of_who_waits(faits: Facts) -> Context:
    context = about_to_come(faits)
    still(context["candidature"].etat_dit in candidatures.WAITING)
    return context


def _of_a_place(id: int) -> Context:
    """A place still held on a mission to come, with the page where one answers for it and the slot for an agenda."""
    held = still(missions.place(id))
    mission, personne = held.mission, held.personne
    still(held.libere_le is None and not mission.is_past)
    applied = candidatures.accepted_of(mission, personne.id)
    settings: Settings = current_app.config["PORTAL"]
    return {
        "place": held,
        "mission": mission,
        "action": mission.action,
        "prenom": first_name(personne),
        "suivi": personal(applied) if applied else link("moi.index"),
        "clashes": missions.known_clashes(personne, mission),
        "agenda": calendrier.of_missions([mission], settings.base_url, note=AGENDA_NOTE),
    }


@genre("empechement")
def _prevented(faits: Facts) -> Context:
    """To the référents and the bienveillant: who leaves what at the last moment, how to reach them, where to find cover."""
    context = about_to_come(faits)
    action = context["action"]
    cover = ("equipe.cover", {"mission_id": context["mission"].id})
    team = ("missions.team", {"action_id": action.id})
    endpoint, values = cover if faits["file"] else team
    shown = context["candidature"].personne.telephone if action.shares_team else ""
    return context | {"prenom": "", "telephone": shown, "renfort": link(endpoint, **values)}


@genre("mission_arretee")
def _stopped(faits: Facts) -> Context:
    """To the bienveillant: a mission of theirs that somebody else cancelled."""
    mission = still(db.session.get(Mission, faits["mission"], options=missions.WITH_ACTION))
    par = db.session.get(Personne, faits["par"])
    return {"mission": mission, "par": par, "fiche": link("missions.of_action", action_id=mission.action_id)}


@genre("desistement")
def _stepped_down(faits: Facts) -> Context:
    """To the bienveillant: who left what, and who waits for the place."""
    context = about(faits)
    mission = context["mission"]
    live = candidatures.live_on(mission)
    etats = [c.etat for c in live]
    return context | {
        "prenom": "",  # whoever the action was handed over to since would be greeted in their stead
        "en_tour": any(c.etat is Etat.LISTE_ATTENTE and c.rang_le for c in live),
        "sans_reponse": etats.count(Etat.DEPOSEE),
        "en_attente": etats.count(Etat.LISTE_ATTENTE),
        "file": link("candidatures.index", mission=mission.id, etat="toutes"),
    }


@genre("invitation_mission")
def _asked_to_help(faits: Facts) -> Context:
    """While there is a place, and they neither hold one nor wait for an answer."""
    mission = still(db.session.get(Mission, faits["mission"]))
    personne = still(db.session.get(Personne, faits["personne"]))
    still(mission.accepts_candidatures and not mission.is_full and not missions.active_of(mission, personne))
    still(not candidatures.same_address(mission, personne.adresse))
    return {
        "mission": mission,
        "prenom": personne.prenom,
        "par": still(db.session.get(Personne, faits["par"])),
        "deposer": link("candidatures.deposer", mission_id=mission.id),
        "moi": link("moi.index"),
    }


@genre("sous_le_minimum")
def _short_of_people(faits: Facts) -> Context:
    """To the bienveillant, or to the admins without one, while it lacks people at the date that it was about."""
    mission = still(db.session.get(Mission, faits["mission"]))
    still(mission.lacks_people and mission.debut.isoformat() == faits["debut"])
    return {
        "mission": mission,
        "prenom": "",  # as for a place that is free again
        "orpheline": not (mission.action.bienveillant and mission.action.bienveillant.is_active),
        "attend": sum(c.etat is Etat.DEPOSEE for c in candidatures.live_on(mission)),
        "file": link("candidatures.index", mission=mission.id),
        "renfort": link("equipe.cover", mission_id=mission.id),
    }
