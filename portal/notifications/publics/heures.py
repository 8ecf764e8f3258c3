"""Who hears of hours: those who look at them, and those who gave them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from portal import clock
from portal.actions.models import Action
from portal.contributions.models import Releve
from portal.missions import queries as missions_queries
from portal.notifications.commands import Envoi
from portal.notifications.publics.bienveillant import its_bienveillant
from portal.workflow import News

PATIENCE = timedelta(days=3)  # left to a référent to look at the hours


def referents_of_the_action(news: News) -> Iterator[Envoi]:
    """Their turn to look at the hours; the bienveillant's without them, or when none moved in three days.

    Once a day: those of a mission that ends later are proposed later.
    """
    action: Action = news.subject
    cle = f"action:{action.id}:heures:{clock.today()}"
    said: dict[str, object] = {"action": action.id}
    referents = missions_queries.referents_of([action.id]).get(action.id, [])
    for personne in referents:
        yield Envoi(personne, f"{cle}:{personne.id}", said)
    if not referents:
        yield from its_bienveillant(news, action, cle, said)
    elif action.bienveillant and action.bienveillant_id not in {personne.id for personne in referents}:
        yield Envoi(action.bienveillant, f"{cle}:sans_nouvelle", {**said, "sans_nouvelle": True}, PATIENCE)


def bienveillant_of_the_hours(news: News) -> Iterator[Envoi]:
    """Once a day for the whole action, whatever the lines; not a référent who sets it up too: the same page says it."""
    releve: Releve = news.subject
    cle = f"action:{releve.action_id}:heures:{clock.today()}"
    yield from its_bienveillant(news, releve.action, cle, {"action": releve.action_id})


def whose_hours(news: News) -> Iterator[Envoi]:
    """Whoever gave them, the first time and at each correction."""
    releve: Releve = news.subject
    said = {"releve": releve.id, "motif": news.motif}
    yield Envoi(releve.personne, f"releve:{releve.id}:{releve.minutes}:{clock.now().timestamp():.0f}", said)
