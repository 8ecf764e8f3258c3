"""Who hears of a task of a rétroplanning: whoever it is entrusted to."""

from __future__ import annotations

from collections.abc import Iterator

from portal import clock
from portal.comptes import queries as comptes
from portal.notifications.commands import Envoi
from portal.workflow import News


def its_owner(news: News) -> Iterator[Envoi]:
    """Somebody gave it to them, unless they took it themselves."""
    tache = news.facts["tache"]
    for personne in comptes.by_ids([news.facts["personne"]]):
        if personne is not news.by:
            cle = f"tache:{tache}:confiee:{personne.id}:{clock.now().timestamp():.0f}"
            yield Envoi(personne, cle, {"tache": tache, "personne": personne.id})
