"""Who hears of the day: the team, when somebody writes to it."""

from __future__ import annotations

from collections.abc import Iterator

from portal.jour_j import queries
from portal.jour_j.equipe import concerned
from portal.missions.models import UNDO
from portal.notifications.commands import Envoi
from portal.workflow import News


def team_that_is_written_to(news: News) -> Iterator[Envoi]:
    """Each once; it leaves when it can no more be taken back in time."""
    message = queries.entry(news.facts["entree"])
    assert message
    for personne in concerned(queries.read(message.jour_id), message):
        if personne is not news.by:
            said = {"entree": message.uuid, "personne": personne.id}
            yield Envoi(personne, f"jour:{message.uuid}:{personne.id}", said, UNDO)
