"""Whoever sets an action up, when somebody else did something to it."""

from __future__ import annotations

from collections.abc import Iterator

from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.notifications.commands import Envoi
from portal.workflow import News


def its_bienveillant(
    news: News, action: Action, cle: str, said: dict[str, object], sur: Personne | None = None
) -> Iterator[Envoi]:
    if action.bienveillant and action.bienveillant is not news.by:
        yield Envoi(action.bienveillant, cle, said, sur=sur)
