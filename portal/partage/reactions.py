"""What becomes of a share-out when an invoice or an avoir leaves after its decision."""

from __future__ import annotations

from portal.factures.models import emettre
from portal.partage import commands
from portal.workflow import News


@emettre.react
def correct_what_was_given(news: News) -> None:
    """Its action is locked: whoever issues holds it."""
    commands.correct(news.subject.action, by=news.by, motif=news.subject.label)
