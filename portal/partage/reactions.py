"""What becomes of a share-out when an invoice or an avoir leaves after its decision, and when somebody is erased."""

from __future__ import annotations

from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import strike
from portal.factures.models import emettre
from portal.partage import commands
from portal.partage.models import Depense, Partage
from portal.workflow import News


@emettre.react
def correct_what_was_given(news: News) -> None:
    """Its action is locked: whoever issues holds it."""
    commands.correct(news.subject.action, by=news.by, motif=news.subject.label)


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """What was paid for stays, under no name of theirs."""
    for personne in people.by_ids(news.facts["personnes"]):
        for column in (Depense.libelle, Partage.motif):
            strike(column, people.signs(personne))
