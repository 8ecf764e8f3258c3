"""Messages about a devis: to the demandeur, whose link they carry, and to the team."""

from __future__ import annotations

from portal.actions import suivi
from portal.db import db
from portal.devis import envoi, lien, queries
from portal.devis.models import Accord, Devis, Etat
from portal.notifications.genres import Context, Facts, genre, link, still
from portal.poles.models import Pole


def _about(faits: Facts, *etats: Etat) -> Context:
    """The devis, while it is in one of those states."""
    devis = still(queries.fresh(faits["devis"]))
    still(not etats or devis.etat in etats)
    return {"devis": devis, "action": devis.action}


def _to_the_demandeur(faits: Facts, etat: Etat) -> Context:
    """With their link, made when the message leaves."""
    context = _about(faits, etat)
    devis: Devis = context["devis"]
    return context | {
        "prenom": devis.action.demandeur.contact or devis.action.demandeur.nom,
        "lire": link("devis.link", jeton=lien.page_token(devis)),
        "suivi": link("actions.follow", jeton=suivi.page_token(devis.action)),
    }


@genre("devis_envoye")
def _sent(faits: Facts) -> Context:
    return _to_the_demandeur(faits, Etat.ENVOYE) | {"avant": _version_before(faits)}


def _version_before(faits: Facts) -> bool:
    """Whether the demandeur has read another version already."""
    devis = queries.fresh(faits["devis"])
    return devis is not None and any(d.version < devis.version and not d.is_draft for d in queries.of_action(devis.action))


@genre("devis_rappel")
def _expires_soon(faits: Facts) -> Context:
    return _to_the_demandeur(faits, Etat.ENVOYE)


@genre("devis_accord")
def _agreed(faits: Facts) -> Context:
    context = _to_the_demandeur(faits, Etat.ACCEPTE)
    return context | {"accord": still(queries.accord_of(context["devis"]))}


@genre("devis_accord_annule")
def _agreed_no_more(faits: Facts) -> Context:
    return _to_the_demandeur(faits, Etat.ENVOYE) | _undone(faits)


@genre("devis_suspendu")
def _counted_on_no_more(faits: Facts) -> Context:
    """To the team: who had agreed, why it does not hold, which version does, if any."""
    context = _about(faits, Etat.ENVOYE)
    return context | _undone(faits) | {"page": link("devis.show", id=context["devis"].id)}


def _undone(faits: Facts) -> Context:
    return {"accord": still(db.session.get(Accord, faits["accord"])), "rend": faits["rend"]}


@genre("devis_repondu")
def _answered(faits: Facts) -> Context:
    """To the bienveillant, while it is that answer."""
    context = _about(faits)
    devis: Devis = context["devis"]
    still(devis.etat == faits["etat"])
    still(faits["fait"] != "confirmer_lignes" or not envoi.awaited(devis))
    avant = faits.get("avant")  # the version that it replaces, whose missions are there
    to_missions = link("missions.of_action" if avant else "missions.ouvrir.show", action_id=devis.action_id)
    pages = {"page": link("devis.show", id=devis.id), "missions": to_missions}
    pages["echanges"] = link("actions.exchange", id=devis.action_id)
    return context | pages | {"fait": faits["fait"], "accord": queries.accord_of(devis), "avant": avant}


@genre("devis_a_confirmer")
def _to_confirm(faits: Facts) -> Context:
    """To a member, while lines of their pôle wait."""
    context = _about(faits, Etat.BROUILLON)
    pole = still(db.session.get(Pole, faits["pole"]))
    lines = [line for line in context["devis"].lignes if line.pole_id == pole.id and line.confirmee_le is None]
    return context | {"pole": pole, "lignes": still(lines), "page": link("devis.show", id=context["devis"].id)}


@genre("devis_confirme")
def _taken(faits: Facts) -> Context:
    """To a member of a pôle that takes part."""
    context = _about(faits, Etat.ACCEPTE)
    pole = still(db.session.get(Pole, faits["pole"]))
    lines = [line for line in context["devis"].lignes if line.pole_id == pole.id]
    return context | {"pole": pole, "lignes": still(lines), "page": link("devis.show", id=context["devis"].id)}
