"""What happens to the devis of a demandeur who is erased, whose action moves, or whose needs are promised no more."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from sqlalchemy import select

from portal.actions import effacement, processus
from portal.actions import models as actions
from portal.actions.decalage import Line, Part, tells
from portal.actions.models import Action
from portal.actions.programme import Slot
from portal.besoins import models as besoins
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import STRUCK, strike, struck
from portal.devis import document, papier, queries
from portal.devis.models import Accord, Devis, Etat, LigneDevis
from portal.workflow import News

LINE = (LigneDevis.libelle, LigneDevis.detail, LigneDevis.motif, LigneDevis.reserve)


def _kept(action: Action) -> list[Devis]:
    """The one that was accepted, then paid, as its invoice is."""
    if action.etat is not actions.Etat.SOLDEE:
        return []
    return [devis for devis in queries.of_action(action) if devis.etat is Etat.ACCEPTE]


@effacement.bears_the_name
def _is_kept(action: Action) -> bool:
    return bool(_kept(action))


@processus.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    """Amounts stay, and the paper says no more to whom, but on what is kept."""
    kept, known = _kept(news.subject), effacement.signs(news.subject.demandeur)
    for devis in queries.of_action(news.subject):
        if devis not in kept:
            _forget(devis, known)


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """Somebody of the house, in what is still written and in the house's own words; a paper that left stays what was sent."""
    drafts = select(Devis.id).where(Devis.etat == Etat.BROUILLON)
    for personne in people.by_ids(news.facts["personnes"]):
        known = people.signs(personne)
        for column in LINE:
            strike(column, known, LigneDevis.devis_id.in_(drafts))
        strike(Devis.mot, known, Devis.id.in_(drafts))
        for column in (Devis.force, Accord.motif):
            strike(column, known)


@besoins.reprendre.react
@besoins.desister.react
@besoins.expirer.react
@besoins.perdre.react
def ask_for_its_line_again(news: News) -> None:
    """The yes to a line was for a need that its pôle no longer promises."""
    for line in queries.drafted_for(news.subject):
        line.confirmee_le, line.confirmee_par_id = None, None


@tells
def which_devis_says_another_time(action: Action, avant: Slot) -> Part | None:
    """What left does not move with its action."""
    devis = queries.in_state(action, Etat.ENVOYE, Etat.ACCEPTE)
    if devis is None or not papier.moved_to(devis):
        return None
    kept = Line(f"Devis {devis.numero}", avant, avant, "garde l’ancienne date")
    return Part("Le devis", [kept], "Une nouvelle version est à envoyer, et à accepter.")


def _forget(devis: Devis, known: list[str]) -> None:
    for accord in queries.accords_of(devis):
        accord.nom, accord.adresse, accord.preuve = STRUCK, "", STRUCK if accord.preuve else ""
    for column in LINE:
        strike(column, known, LigneDevis.devis_id == devis.id)
    for column in (Devis.mot, Devis.force):
        strike(column, known, Devis.id == devis.id)
    strike(Accord.motif, known, Accord.devis_id == devis.id)
    if devis.contenu:
        devis.contenu = struck(devis.contenu, known) | {"client": _nobody(devis.contenu["client"])}
        devis.pdf = document.pdf(devis.contenu)
        devis.empreinte = sha256(devis.pdf).hexdigest()


def _nobody(client: dict[str, Any]) -> dict[str, Any]:
    return client | dict.fromkeys(("contact", "email", "telephone", "adresse", "siret"), "") | {"nom": STRUCK}
