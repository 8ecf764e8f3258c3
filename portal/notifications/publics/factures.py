"""Who hears of an invoice: the demandeur, who pays it."""

from __future__ import annotations

from collections.abc import Iterator

from portal.factures.models import Facture
from portal.notifications.commands import Envoi
from portal.workflow import News


def whoever_pays(news: News) -> Iterator[Envoi]:
    """It left, once."""
    facture: Facture = news.subject
    yield Envoi(facture.action.demandeur, f"facture:{facture.id}:emettre", {"facture": facture.id})
