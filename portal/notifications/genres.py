"""What each message is about: from a genre and its facts to what its template reads, true when it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app

from portal import clock, security
from portal.actions.models import Action
from portal.candidatures import offres
from portal.candidatures import queries as candidatures
from portal.candidatures.models import Candidature, Etat
from portal.comptes import queries as comptes
from portal.comptes.models import Personne
from portal.config import Settings
from portal.contributions import queries as contributions
from portal.contributions.models import Etat as EtatReleve
from portal.contributions.models import Releve
from portal.db import db
from portal.missions import calendrier
from portal.missions import queries as missions
from portal.missions.models import Etat as EtatMission
from portal.missions.models import Mission, Nature
from portal.notifications.rappels import still_true

T = TypeVar("T")
Facts = dict[str, Any]
Context = dict[str, Any]

AGENDA_NOTE = "Pour prévenir si tu ne peux plus venir : le lien de l’e-mail qui t’annonce la réponse."


class Outdated(Exception):
    """What the message is about is gone, or is no more what it says: it is dropped rather than sent."""


def link(endpoint: str, **values: Any) -> str:
    """The absolute address of a page, from PORTAL_BASE_URL: no request and no Host has a say in it."""
    base = urlsplit(current_app.config["PORTAL"].base_url)
    site = current_app.url_map.bind(base.netloc, base.path or "/", url_scheme=base.scheme)
    return site.build(endpoint, values, force_external=True)


GENRES: dict[str, Callable[[Facts], Context]] = {}


def genre(name: str) -> Callable[[Callable[[Facts], Context]], Callable[[Facts], Context]]:
    def register(function: Callable[[Facts], Context]) -> Callable[[Facts], Context]:
        GENRES[name] = function
        return function

    return register


def still(found: T | None) -> T:
    if not found:
        raise Outdated
    return found


def _first_name(personne: Personne | None) -> str:
    """How to greet: a name that a stranger typed for an address is not repeated to whoever owns it."""
    return personne.prenom if personne and personne.confirme_le else ""


@genre("connexion")
def _sign_in(faits: Facts) -> Context:
    """Only while its link still opens."""
    jeton = still(comptes.pending(faits["jeton"]))
    personne = still(db.session.get(Personne, still(jeton.personne_id), options=comptes.WITH_ROLES))
    return {
        "jeton": jeton,
        "personne": personne,
        "prenom": _first_name(personne),
        "entrer": link("comptes.lien", jeton=security.seal("connexion", jeton.id, jeton.generation)),
    }


@genre("invitation")
def _asked_in(faits: Facts) -> Context:
    """The same, from whoever opens the portal to them; from the team, when they were erased since."""
    context, par = _sign_in(faits), still(db.session.get(Personne, faits["par"]))
    return context | {"par": "L’équipe" if par.is_erased else par.nom}


def _about(faits: Facts) -> Context:
    """A candidature that is still in the state the message speaks of, with its personal link, which proves the address."""
    candidature = still(candidatures.followed(faits["candidature"]))
    if candidature.etat != faits.get("etat", candidature.etat):
        raise Outdated
    return {
        "candidature": candidature,
        "mission": candidature.mission,
        "action": candidature.action,
        "prenom": _first_name(candidature.personne),
        "suivi": _personal(candidature),
    }


def _personal(candidature: Candidature) -> str:
    """The link of a candidature that proves its address: for mails to that address only."""
    return link("candidatures.suivi", jeton=security.seal("candidature.mail", candidature.id, candidature.generation))


@genre("mes_liens")
def _links(faits: Facts) -> Context:
    """All that was sent with an address, to that address: the links prove it, and nobody else reads them."""
    found = still(candidatures.of_address(faits["adresse"]))
    return {
        "prenom": next((_first_name(c.personne) for c in found if c.personne.confirme_le), ""),
        "liens": [(c, _personal(c)) for c in found],
    }


def _about_to_come(faits: Facts) -> Context:
    """The same, of a mission that is not over: hope for a past one would be a lie."""
    context = _about(faits)
    still(not context["mission"].is_past)
    return context


@genre("candidature_recue")
def _received(faits: Facts) -> Context:
    """Said even after the answer, since it carries the link; not to someone who has taken it back."""
    context = _about_to_come(faits)
    still(context["candidature"].is_live or context["candidature"].etat is Etat.REFUSEE)
    return context


@genre("candidature_reponse")
def _answered(faits: Facts) -> Context:
    hopeful = faits["etat"] in {Etat.ACCEPTEE, Etat.LISTE_ATTENTE}
    context = _about_to_come(faits) if hopeful else _about(faits)
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
        "suivi": _personal(candidature) if candidature else link("moi.index"),
    }


@genre("candidature_cedee")
@genre("candidature_rendue")
def _moved_by_the_priority(faits: Facts) -> Context:
    context = _about_to_come(faits)
    return context | {"autres": missions.other_open(context["mission"])}


@genre("place_offerte")
def _offered(faits: Facts) -> Context:
    """While it is held for them: its deadline is the present one."""
    context = _about(faits)
    offre = still(offres.by_id(faits["offre"]))
    still(offre.is_open)
    return context | {"offre": offre}


@genre("offre_expiree")
def _lapsed(faits: Facts) -> Context:
    """While the mission is to come, and they have not come back by themselves."""
    context = _about(faits)
    still(context["candidature"].rang_le is None and not context["mission"].has_started)
    return context | {"autres": missions.other_open(context["mission"])}


@genre("place_prise")
def _taken(faits: Facts) -> Context:
    """To the bienveillant: who of the waiting list comes."""
    context = _about_to_come(faits)
    return context | {"prenom": "", "equipe": link("missions.team", action_id=context["action"].id)}


@genre("mission_annulee")
def _cancelled(faits: Facts) -> Context:
    """To a candidate; or to whoever held the référent's post by priority, who has no candidature."""
    if "candidature" in faits:
        context = _about(faits)
        return context | {"autres": missions.other_open(context["mission"])}
    held = still(missions.place(faits["affectation"]))
    return {"mission": held.mission, "prenom": _first_name(held.personne), "autres": []}


@genre("poste_libere")
def _post_freed(faits: Facts) -> Context:
    """To whoever held the référent's post by priority, when an admin freed it."""
    held = still(missions.place(faits["affectation"]))
    still(not held.mission.is_past)
    return {"mission": held.mission, "prenom": _first_name(held.personne)}


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
    context = _about_to_come(faits)
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
        "prenom": _first_name(personne),
        "suivi": _personal(applied) if applied else link("moi.index"),
        "clashes": missions.known_clashes(personne, mission),
        "agenda": calendrier.of_missions([mission], settings.base_url, note=AGENDA_NOTE),
    }


@genre("empechement")
def _prevented(faits: Facts) -> Context:
    """To the référents and the bienveillant: who leaves what at the last moment, how to reach them, where to find cover."""
    context = _about_to_come(faits)
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
    context = _about(faits)
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


@genre("action_arretee")
@genre("jour_ouverture")
@genre("jour_fermeture")
def _of_the_action(faits: Facts) -> Context:
    """To the bienveillant: that it was stopped, or what was left open, by whom and why."""
    action = still(db.session.get(Action, faits["action"]))
    par = db.session.get(Personne, faits["par"]) if "par" in faits else None
    return {
        "action": action,
        "par": par,
        "fiche": link("actions.show", id=action.id),
        "jour_j": link("jour_j.show", id=action.id),
    }


@genre("heures_a_valider")
def _hours_to_settle(faits: Facts) -> Context:
    """To the référent, then to the bienveillant, while there is something left to validate."""
    action = still(db.session.get(Action, faits["action"]))
    left = [r for r in contributions.of_action(action) if not r.is_settled]
    still(any(r.etat is EtatReleve.PROPOSE for r in left) if faits.get("sans_nouvelle") else left)
    return {
        "action": action,
        "combien": len({r.personne.id for r in left}),
        "heures": link("contributions.show", action_id=action.id),
    }


@genre("heures_validees")
def _hours_settled(faits: Facts) -> Context:
    """To whoever gave them: what this place came to, and nothing of other actions, since whoever validated reads it too."""
    releve = still(db.session.get(Releve, faits["releve"], options=contributions.WITH_PLACE))
    return {
        "releve": releve,
        "mission": releve.mission,
        "prenom": _first_name(releve.personne),
        "gagne": releve.due,
        "payee": releve.mission.nature is Nature.CHARGE_DE_MISSION,
        "mes_heures": link("contributions.index", annee=clock.local(releve.mission.debut).year),
    }


@genre("statut_a_preciser")
def _status_wanted(faits: Facts) -> Context:
    """To a candidate for a paid mission, while neither the answer nor the status is known."""
    context = _about_to_come(faits)
    candidature: Candidature = context["candidature"]
    still(candidature.wants_statut)
    return context
