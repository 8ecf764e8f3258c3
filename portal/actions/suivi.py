"""The page that a demandeur's link opens: whose request it is, and where it stands in plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.exceptions import NotFound

from portal import reglage, security
from portal.actions import chemin, depot, queries
from portal.actions.demandes import ContactForm, GiveUpForm, MessageForm
from portal.actions.models import Action, Etat
from portal.actions.processus import decliner
from portal.poles import queries as poles
from portal.web import Page, render

PURPOSE = "demandeur"
LINE = ("Demande reçue", "Étudiée par les pôles", "Acceptée", "Devis envoyé", "Confirmée", "Le jour même", "Terminée")
STEP = {
    Etat.SOLLICITEE: 0,
    Etat.PROPOSEE: 1,
    Etat.EN_VALIDATION: 1,
    Etat.VALIDEE: 2,
    Etat.DEVIS_ENVOYE: 3,
    Etat.CONFIRMEE: 4,
    Etat.EN_COURS: 5,
    Etat.TERMINEE: 6,
    Etat.FACTUREE: 6,
    Etat.SOLDEE: 6,
}


def page_token(action: Action) -> str:
    return security.seal(PURPOSE, action.id, action.generation)


def followed(jeton: str) -> Action:
    """The action of a personal link. Raises NotFound, LinkReplaced, LinkOver a year after, or RequestErased."""
    id, generation = security.unseal(PURPOSE, jeton) or (0, 0)
    action = queries.followed(id) if id else None
    if action is None or generation > action.generation:
        raise NotFound
    if action.demandeur.is_erased:
        raise depot.RequestErased
    if generation < action.generation:
        raise depot.LinkReplaced
    if not action.link_opens:
        raise depot.LinkOver
    return action


def page(action: Action, jeton: str, status: int = 200, **forms: Any) -> Page:
    """`forms` are those that were refused: `message`, `contact` or `renoncer`; `sentence` says why a gesture was."""
    blank = {"message": MessageForm(formdata=None), "renoncer": GiveUpForm(formdata=None)}
    return render(
        "actions/suivi.html",
        status=status,
        action=action,
        jeton=jeton,
        line=LINE,
        step=STEP.get(action.etat),
        devis=chemin.chiffrage(action),
        motif=queries.why_it_is_so(action) if action.is_stopped or action.etat is Etat.VALIDEE else "",
        echanges=queries.exchange(action),
        souhaits=poles.prestations(action.souhaits),
        reponse_avant=action.cree_le + timedelta(days=reglage.DELAI_REPONSE.valeur),
        may_give_up=decliner.opens_from(action.etat),
        **{"contact": ContactForm.of(action, formdata=None), **blank, **forms},
    )
