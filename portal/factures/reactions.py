"""What invoices say to an action that is settled without one, to an agreement that is undone, and to whoever is erased."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select, true

from portal.actions import effacement, processus
from portal.actions.models import Action
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import strike
from portal.devis import models as devis
from portal.factures import queries
from portal.factures.models import Depot, Etat, Facture, LigneFacture, Nature, Relance
from portal.workflow import News, Refusal


class Invoiced(Refusal):
    def __init__(self, facture: Facture):
        if facture.is_draft:
            what = "émets ce brouillon, ou abandonne-le d’abord"
        elif any(avoir.is_draft for avoir in facture.avoirs):
            what = "émets l’avoir qui se prépare, ou abandonne-le"
        elif facture.nature is Nature.ACOMPTE:
            what = "fais la facture, ou un avoir de tout cet acompte"
        else:
            what = "elle se solde par le partage"
        super().__init__(f"{facture.label}\u00a0: cette action n’est pas sans facture, {what}.")


class NotPaid(Refusal):
    def __init__(self, facture: Facture, then: str):
        still = "encaisser" if facture.reste > 0 else "rendre"
        super().__init__(f"{facture.label}\u00a0: il reste de l’argent à {still}{then}.")


class InvoicedOnIt(Refusal):
    def __init__(self, facture: Facture):
        super().__init__(f"{facture.label} suit ce devis\u00a0: fais d’abord un avoir de tout ce qu’elle demande.")


@processus.solder_sans_facture.react
def refuse_what_is_invoiced(news: News) -> None:
    """What avoirs took back whole counts for nothing, once it was given back; nor does a draft that leaves no more.

    Raises Invoiced, NotPaid.
    """
    action: Action = news.subject
    there = queries.of_action(action)
    for one in there:
        if one.is_credit or queries.is_void(one, there):
            continue
        if not one.is_draft or action.etat in queries.ASKED_IN[one.nature]:
            raise Invoiced(one)
    _refuse_what_is_not_paid(there)


def _refuse_what_is_not_paid(there: Iterable[Facture], then: str = "") -> None:
    if facture := next((one for one in there if not one.is_draft and not one.is_credit and one.reste), None):
        raise NotPaid(facture, then)


@devis.annuler_accord.react
def keep_what_an_invoice_follows(news: News) -> None:
    """An agreement holds as long as something is asked on it. Raises InvoicedOnIt."""
    for nature in (Nature.FACTURE, Nature.ACOMPTE):
        for facture in queries.standing(news.subject.action, nature):
            if facture.devis_id == news.subject.id:
                raise InvoicedOnIt(facture)


@effacement.bears_the_name
def _has_left(action: Action) -> bool:
    """An invoice is kept ten years as it left (code de commerce, art. L123-22)."""
    return bool(queries.left_for(action))


@processus.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    """What was issued is kept as it is (code de commerce, art. L123-22). Raises NotPaid while money is due, either way."""
    action: Action = news.subject
    _refuse_what_is_not_paid(queries.of_action(action), ", le demandeur doit pouvoir être joint")
    of_it = Facture.action_id == action.id
    _forget(effacement.signs(action.demandeur), of_it)


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    for personne in people.by_ids(news.facts["personnes"]):
        _forget(people.signs(personne), true())


def _forget(known: list[str], which: ColumnElement[bool]) -> None:
    """Words beside these invoices, and those of the drafts among them."""
    every, drafts = select(Facture.id).where(which), select(Facture.id).where(which, Facture.etat == Etat.BROUILLON)
    strike(Relance.mot, known, Relance.facture_id.in_(every))
    for column in (Depot.motif, Depot.reference):
        strike(column, known, Depot.facture_id.in_(every))
    for column in (Facture.mot, Facture.livraison, Facture.commande, Facture.service):
        strike(column, known, Facture.id.in_(drafts))
    for column in (LigneFacture.libelle, LigneFacture.detail, LigneFacture.motif):
        strike(column, known, LigneFacture.facture_id.in_(drafts))
