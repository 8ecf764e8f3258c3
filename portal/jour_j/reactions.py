"""What the day does when an action, its missions or their candidatures move."""

from __future__ import annotations

from portal.actions import commands as programme
from portal.actions import models as actions
from portal.candidatures import models as candidatures
from portal.jour_j import commands
from portal.missions import models as missions
from portal.workflow import News


@actions.enregistrer.react
@actions.confirmer.react
@actions.confirmer_sans_devis.react
def prepare_the_day(news: News) -> None:
    commands.prepare(news.subject)


@actions.modifier.react
@actions.annuler.react
@actions.revenir_au_devis.react
@programme.ajouter_etape.react
@programme.modifier_etape.react
@programme.retirer_etape.react
@missions.modifier.react
@missions.annuler.react
@missions.prendre.react
@missions.liberer.react
@candidatures.accepter.react
@candidatures.annuler.react
@candidatures.liberer.react
@candidatures.desister.react
@candidatures.rejoindre.react
def show_the_change(news: News) -> None:
    """Open screens of the day learn that its team or its programme is another."""
    commands.touch(news.subject.action.id)
