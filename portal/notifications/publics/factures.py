"""Who hears of an invoice: the demandeur, who pays it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portal.factures.models import Facture
from portal.notifications.commands import Envoi
from portal.workflow import News


def whoever_pays(news: News) -> Iterator[Envoi]:
    """It left, once."""
    facture: Facture = news.subject
    yield Envoi(facture.action.demandeur, f"facture:{facture.id}:emettre", {"facture": facture.id})


def reminded(rang: int) -> Callable[[News], Iterator[Envoi]]:
    """It is late: the reminder of that rank."""

    def read(news: News) -> Iterator[Envoi]:
        relance = next((one for one in news.subject.relances if one.rang == news.facts["rang"] == rang), None)
        if relance:
            said = {"facture": relance.facture_id, "rang": rang}
            yield Envoi(relance.facture.action.demandeur, relance.cle, said)

    return read
