"""What happens to the words about an invoice when its demandeur is erased; the invoice itself is kept (E1 of legal.md 5.5)."""

from __future__ import annotations

from sqlalchemy import select

from portal.actions import effacement, processus
from portal.db import strike
from portal.factures.models import Depot, Facture, Relance
from portal.workflow import News


@processus.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    of_it = select(Facture.id).where(Facture.action_id == news.subject.id)
    known = effacement.signs(news.subject.demandeur)
    strike(Relance.mot, known, Relance.facture_id.in_(of_it))
    strike(Depot.motif, known, Depot.facture_id.in_(of_it))
