"""Who hears of a devis: the demandeur, whoever sets the action up, the pôles whose lines it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from portal import clock
from portal.devis import envoi
from portal.devis.models import Devis
from portal.notifications.commands import Envoi
from portal.poles import queries as house
from portal.workflow import News


def demandeur(news: News) -> Iterator[Envoi]:
    """What left for them, that it expires soon, that their agreement is noted."""
    devis: Devis = news.subject
    yield Envoi(devis.action.demandeur, f"devis:{devis.id}:{news.event.slug}:{_now()}", {"devis": devis.id})


def bienveillant_who_is_answered(news: News) -> Iterator[Envoi]:
    """The demandeur, or time, said something; whoever recorded it themselves knows."""
    devis: Devis = news.subject
    sets_up = devis.action.bienveillant
    if sets_up and sets_up is not news.by:
        said = {"devis": devis.id, "etat": devis.etat, "fait": news.event.slug, "motif": news.motif}
        said |= {"avant": news.facts.get("avant")}  # the version that it replaces, accepted too
        yield Envoi(sets_up, f"devis:{devis.id}:{news.event.slug}:{_now()}:equipe", said)


def demandeur_who_agreed(news: News) -> Iterator[Envoi]:
    """What the house had noted from them is undone."""
    for told in demandeur(news):
        yield replace(told, faits=_undone(news))


def who_counted_on_it(news: News) -> Iterator[Envoi]:
    """Whoever sets the action up, unless they did it, and the members of the pôles and groupes that take part, each once."""
    told = [*bienveillant_who_is_answered(news), *poles_that_take_part(news)]
    for each in {one.personne.id: one for one in reversed(told)}.values():
        yield replace(each, faits=_undone(news) | {"motif": news.motif})


def _undone(news: News) -> dict[str, Any]:
    """`rend`: the version that holds instead, if any."""
    return {"devis": news.subject.id, "accord": news.facts["accord"], "rend": news.facts["rend"]}


def bienveillant_of_what_is_whole(news: News) -> Iterator[Envoi]:
    """The last pôle that was awaited has confirmed its lines: the devis may leave."""
    if not envoi.awaited(news.subject):
        yield from bienveillant_who_is_answered(news)


def poles_that_are_asked(news: News) -> Iterator[Envoi]:
    """The members of the pôles and groupes whose lines wait for their yes."""
    yield from _members(news, [line.pole_id for line in news.subject.lignes if line.confirmee_le is None])


def poles_that_take_part(news: News) -> Iterator[Envoi]:
    """Those of all its lines: it is accepted."""
    yield from _members(news, [line.pole_id for line in news.subject.lignes])


def _members(news: News, ids: list[int | None]) -> Iterator[Envoi]:
    devis: Devis = news.subject
    for pole in sorted({id for id in ids if id}):
        for member in house.present_in(pole):
            if member is not news.by:
                cle = f"devis:{devis.id}:{news.event.slug}:{pole}:{member.id}:{_now()}"
                yield Envoi(member, cle, {"devis": devis.id, "pole": pole})


def _now() -> str:
    return f"{clock.now().timestamp():.0f}"
