"""What happens to hours when the day ends."""

from __future__ import annotations

from portal.actions import models as actions
from portal.contributions import commands
from portal.workflow import News


@actions.clore.react
def propose_the_hours(news: News) -> None:
    """The site is closed: its presence is told."""
    commands.propose(news.subject)
