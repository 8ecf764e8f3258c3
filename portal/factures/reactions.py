"""What invoices say to an action that is settled without one, and what becomes of their words when its demandeur is erased."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from portal.actions import effacement, processus
from portal.actions.models import Action
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import strike
from portal.factures import queries
from portal.factures.models import Depot, Etat, Facture, LigneFacture, Relance
from portal.workflow import News, Refusal


class Invoiced(Refusal):
    def __init__(self, facture: Facture):
        what = "émets-la ou abandonne-la d’abord" if facture.is_draft else "elle se solde par le partage"
        super().__init__(f"{facture.label}\u00a0: cette action n’est pas sans facture, {what}.")


class NotPaid(Refusal):
    def __init__(self, facture: Facture):
        still = "encaisser" if facture.reste > 0 else "rendre"
        super().__init__(f"{facture.label}\u00a0: il reste de l’argent à {still}, le demandeur doit pouvoir être joint.")


@processus.solder_sans_facture.react
def refuse_what_is_invoiced(news: News) -> None:
    """What avoirs took back whole counts for nothing. Raises Invoiced."""
    there = queries.of_action(news.subject)
    if facture := next((one for one in there if not one.is_credit and not queries.is_void(one, there)), None):
        raise Invoiced(facture)


@processus.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    """What was issued is kept as it is (E1 of legal.md 5.5). Raises NotPaid while money is due, either way."""
    _refuse_what_is_not_paid(news.subject)
    _strike_out(effacement.signs(news.subject.demandeur), Facture.action_id == news.subject.id)


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """The same of somebody of the house."""
    for personne in people.by_ids(news.facts["personnes"]):
        _strike_out(people.signs(personne))


def _strike_out(known: list[str], *of: ColumnElement[bool]) -> None:
    """In what is still written of these invoices, and around those that left."""
    of_it, drafts = select(Facture.id).where(*of), select(Facture.id).where(*of, Facture.etat == Etat.BROUILLON)
    strike(Relance.mot, known, Relance.facture_id.in_(of_it))
    for column in (Depot.motif, Depot.reference):
        strike(column, known, Depot.facture_id.in_(of_it))
    for column in (Facture.mot, Facture.livraison):
        strike(column, known, Facture.id.in_(drafts))
    for column in (LigneFacture.libelle, LigneFacture.detail, LigneFacture.motif):
        strike(column, known, LigneFacture.facture_id.in_(drafts))


def _refuse_what_is_not_paid(action: Action) -> None:
    due = (one for one in queries.of_action(action) if not one.is_draft and not one.is_credit and one.reste)
    if facture := next(due, None):
        raise NotPaid(facture)
