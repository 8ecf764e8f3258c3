"""What becomes of a share-out when an invoice leaves or is paid after its decision, when nobody invoices, and when somebody is
erased.
"""

from __future__ import annotations

from sqlalchemy import select

from portal.actions import effacement, processus
from portal.actions.models import Action
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import strike
from portal.factures.models import emettre, payer
from portal.partage import commands
from portal.partage.models import Depense, Ecriture, Partage
from portal.workflow import News


@emettre.react
@payer.react
def correct_what_was_given(news: News) -> None:
    """Its action is locked: whoever issues, or notes a payment, holds it."""
    commands.correct(news.subject.action, by=news.by, motif=news.subject.label)


@processus.solder_sans_facture.react
def settle_what_nobody_invoices(news: News) -> None:
    commands.settle(news.subject, by=news.by, motif=news.motif)


@processus.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    action: Action = news.subject
    known, shared = effacement.signs(action.demandeur), select(Partage.id).where(Partage.action_id == action.id)
    strike(Depense.libelle, known, Depense.action_id == action.id)
    strike(Partage.motif, known, Partage.action_id == action.id)
    strike(Ecriture.motif, known, Ecriture.partage_id.in_(shared))


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """What was paid for stays, under no name of theirs."""
    for personne in people.by_ids(news.facts["personnes"]):
        for column in (Depense.libelle, Partage.motif, Ecriture.motif):
            strike(column, people.signs(personne))
