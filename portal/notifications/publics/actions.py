"""Who hears of an action on its way: the pôles that are asked, whoever sets it up."""

from __future__ import annotations

from collections.abc import Iterator

from portal import clock
from portal.actions import avis
from portal.actions import processus as actions
from portal.actions.deliberation import Avis, Sens
from portal.actions.models import Action
from portal.notifications.commands import Envoi
from portal.notifications.publics.bienveillant import its_bienveillant
from portal.poles import queries as poles
from portal.workflow import News


def bienveillant_of_the_action(news: News) -> Iterator[Envoi]:
    """Somebody else stopped it: whoever sets it up hears of it."""
    action: Action = news.subject
    said = {"action": action.id, "par": news.by and news.by.id, "fait": news.event.done, "motif": news.motif}
    yield from its_bienveillant(news, action, f"action:{action.id}:{news.event.slug}", said)


def bienveillant_of_the_move(news: News) -> Iterator[Envoi]:
    """Somebody else moved it to another date."""
    action: Action = news.subject
    said = {"action": action.id, "par": news.by and news.by.id, "fait": news.event.done, "motif": news.motif}
    yield from its_bienveillant(news, action, f"action:{action.id}:decaler:{clock.now().timestamp():.0f}", said)


def pole_that_is_asked(news: News) -> Iterator[Envoi]:
    """The members of the pôle that an action is proposed to, or passed to."""
    action: Action = news.subject
    pole = news.facts["a" if news.event is actions.passer else "pole"]
    for personne in poles.present_in(pole) if pole else ():
        if personne is not news.by:
            cle = f"action:{action.id}:proposee:{pole}:{clock.now():%Y%m%d%H%M%S}:{personne.id}"
            yield Envoi(personne, cle, {"action": action.id, "pole": pole, "motif": news.motif})


def bienveillant_who_proposed(news: News) -> Iterator[Envoi]:
    """The pôle that was asked does not carry it: to another, or to nobody, and then it waits for them.

    While nobody sets it up, whoever proposed it hears of it.
    """
    action: Action = news.subject
    said = {"action": action.id, "pole": news.facts["pole"], "a": news.facts["a"], "motif": news.motif}
    cle = f"action:{action.id}:passee:{news.facts['pole']}:{clock.now():%Y%m%d%H%M%S}"
    reader = avis.who_proposed(action) if action.is_to_take else action.bienveillant
    if reader and reader is not news.by:
        yield Envoi(reader, cle, said)


def bienveillant_who_is_answered(news: News) -> Iterator[Envoi]:
    """A pôle carries it."""
    action: Action = news.subject
    said: dict[str, object] = {"action": action.id, "pole": news.facts["pole"]}
    yield from its_bienveillant(news, action, f"action:{action.id}:portee", said)


def voices_of_the_interpole(news: News) -> Iterator[Envoi]:
    """A pôle carries it: the members of all those that have a voice, once each."""
    action: Action = news.subject
    for personne in avis.silent_members(action):
        if personne is not news.by:
            yield Envoi(personne, f"action:{action.id}:avis:{personne.id}", {"action": action.id, "personne": personne.id})


def bienveillant_of_whoever_is_against(news: News) -> Iterator[Envoi]:
    """A pôle is against it, on some criterion."""
    opinion: Avis = news.subject
    if opinion.sens is Sens.DEFAVORABLE:
        cle = f"avis:{opinion.id}:defavorable:{opinion.donne_le:%Y%m%d%H%M%S}"
        yield from its_bienveillant(news, opinion.action, cle, {"avis": opinion.id}, opinion.personne)
