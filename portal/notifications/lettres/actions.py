"""Messages about an action: its day, its hours."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.actions import echeancier
from portal.actions.models import NIGHT, Action
from portal.actions.tache import Tache
from portal.comptes.models import Personne
from portal.contributions import queries as contributions
from portal.contributions.models import Etat as EtatReleve
from portal.contributions.models import Releve
from portal.db import db
from portal.jour_j import queries as jour_j
from portal.jour_j.equipe import concerned
from portal.jour_j.pli import Gravite
from portal.missions.models import Nature
from portal.notifications.genres import Context, Facts, first_name, genre, link, still


@genre("action_sans_suite")
def _nothing_more_to_do(faits: Facts) -> Context:
    """To whoever still had something to do for it; somebody of the house may read its sheet."""
    action = still(db.session.get(Action, faits["action"]))
    return {"action": action, "fiche": link("actions.show", id=action.id) if faits["maison"] else ""}


@genre("action_arretee")
@genre("jour_ouverture")
@genre("jour_fermeture")
def _of_the_action(faits: Facts) -> Context:
    """To the bienveillant: that it was stopped, or what was left open, by whom and why."""
    action = still(db.session.get(Action, faits["action"]))
    par = db.session.get(Personne, faits["par"]) if faits.get("par") else None
    return {
        "action": action,
        "par": par,
        "fiche": link("actions.show", id=action.id),
        "jour_j": link("jour_j.show", id=action.id),
    }


@genre("jour_incident")
def _incident(faits: Facts) -> Context:
    """To the bienveillant: a serious incident of the day, in the words that were noted."""
    entree = still(jour_j.entry(faits["entree"]))
    return _of_the_action(faits) | {"entree": entree, "gravite": Gravite(entree.valeur)}


@genre("point_non_conforme")
def _not_as_it_should_be(faits: Facts) -> Context:
    """To the bienveillant: which line of a checklist, who said so, when, and in what words."""
    return _of_the_action(faits) | {"quand": datetime.fromisoformat(faits["quand"])}


@genre("message_equipe")
def _written_to_the_team(faits: Facts) -> Context:
    """To whoever it still concerns, unless it was taken back or the action is over."""
    message = still(jour_j.entry(faits.get("entree", "")))
    day = jour_j.read(message.jour_id)
    personne = still(next((p for p in concerned(day, message) if p.id == faits["personne"]), None))
    still(clock.now() < day.action.fin + NIGHT)
    return {
        "action": day.action,
        "message": message,
        "prenom": first_name(personne),
        "mission": next((a.mission for a in day.team if str(a.mission_id) == message.cible), None),
        "jour_j": link("jour_j.show", id=day.jour.id) if personne.confirme_le else "",
    }


@genre("taches_en_retard")
def _late_tasks(faits: Facts) -> Context:
    """To whom they are entrusted, or else to the bienveillant: those of them that are still late."""
    action = still(db.session.get(Action, faits["action"]))
    late = [task for task in echeancier.tasks_of(action) if task.id in faits["taches"] and task.is_late]
    still(late and not action.is_stopped)
    return {
        "action": action,
        "prenom": first_name(db.session.get(Personne, faits["personne"])),
        "taches": [(task, link("actions.planning.show", id=action.id, tache_id=task.id)) for task in late],
    }


@genre("tache_confiee")
def _entrusted(faits: Facts) -> Context:
    """To whoever has it now, while it is to do."""
    task = still(db.session.get(Tache, faits.get("tache", 0), options=echeancier.TASK))
    still(task.is_open and task.responsable_id == faits["personne"] and not task.action.is_stopped)
    page = link("actions.planning.show", id=task.action_id, tache_id=task.id)
    return {"tache": task, "action": task.action, "prenom": first_name(task.responsable), "page": page}


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
        "prenom": first_name(releve.personne),
        "gagne": releve.due,
        "payee": releve.mission.nature is Nature.CHARGE_DE_MISSION,
        "mes_heures": link("contributions.index", annee=clock.local(releve.mission.debut).year),
    }
