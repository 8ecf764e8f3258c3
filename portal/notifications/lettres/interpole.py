"""Messages about the way of an action to its pôle, and its validation."""

from __future__ import annotations

from portal import reglage
from portal.actions import avis
from portal.actions.deliberation import Avis, Sens
from portal.actions.models import Action, Etat
from portal.comptes.models import Personne
from portal.db import db
from portal.notifications.genres import Context, Facts, genre, link, still
from portal.poles.models import Pole


def _about(faits: Facts, etat: Etat) -> Context:
    """The action, while it is in that state, and the page where one answers."""
    action = still(db.session.get(Action, faits["action"]))
    still(action.etat is etat)
    return {"action": action, "page": link("actions.validation", id=action.id)}


@genre("action_proposee")
def _proposed(faits: Facts) -> Context:
    """To the members of a pôle, while it is the one that is asked."""
    context = _about(faits, Etat.PROPOSEE)
    still(context["action"].pole_porteur_id == faits["pole"])
    return context | {"pole": context["action"].pole_porteur}


@genre("action_portee")
def _carried(faits: Facts) -> Context:
    """To the bienveillant, while the interpôle gives its opinion."""
    return _about(faits, Etat.EN_VALIDATION) | {"pole": still(db.session.get(Pole, faits["pole"]))}


@genre("action_sans_porteur")
def _carried_by_nobody(faits: Facts) -> Context:
    """To the bienveillant, while the same pôle is asked, or none."""
    context = _about(faits, Etat.PROPOSEE)
    still(context["action"].pole_porteur_id == faits["pole"])
    return context | {"pole": context["action"].pole_porteur, "delai": reglage.DELAI_AVIS.valeur}


@genre("action_passee")
def _passed_on(faits: Facts) -> Context:
    """To the bienveillant, while no pôle carries it."""
    context = _about(faits, Etat.PROPOSEE)
    to = db.session.get(Pole, faits["a"]) if faits["a"] else None
    return context | {"pole": still(db.session.get(Pole, faits["pole"])), "vers": to}


@genre("avis_demande")
@genre("avis_rappel")
def _opinion_wanted(faits: Facts) -> Context:
    """To a member, while a pôle of theirs has said nothing."""
    context = _about(faits, Etat.EN_VALIDATION)
    personne = still(db.session.get(Personne, faits["personne"]))
    owed = [pole for action, pole in avis.awaiting_opinion_of(personne) if action is context["action"]]
    return context | {"poles": still(owed), "prenom": personne.prenom}


@genre("avis_defavorable")
def _against(faits: Facts) -> Context:
    """To the bienveillant, while that pôle is against it."""
    opinion = still(db.session.get(Avis, faits["avis"]))
    still(opinion.sens is Sens.DEFAVORABLE)
    return _about({"action": opinion.action_id}, Etat.EN_VALIDATION) | {"avis": opinion}


@genre("action_validee")
def _validated(faits: Facts) -> Context:
    """To the bienveillant: where it was decided, by whom it was noted, what comes next."""
    action = still(db.session.get(Action, faits["action"]))
    decision = still(avis.decision_of(action))
    return {"action": action, "decision": decision, "page": link("actions.validation", id=action.id)}
