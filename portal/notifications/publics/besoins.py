"""Who hears of needs: the pôle that is asked, and whoever sets the action up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from portal import clock
from portal.besoins import queries
from portal.besoins.models import Besoin, Etat
from portal.besoins.occupations import FIRM
from portal.notifications.commands import NOW, Envoi
from portal.poles import queries as house
from portal.workflow import News

TOGETHER = timedelta(minutes=10)  # in which a bienveillant writes several needs


def pole_that_is_asked(news: News) -> Iterator[Envoi]:
    """Its members, in one message for all that an action asks of them in a few minutes."""
    besoin: Besoin = news.subject
    turn = int(clock.now().timestamp() // TOGETHER.total_seconds())
    cle = f"action:{besoin.action_id}:pole:{besoin.pole_id}:besoins:{turn}"
    yield from _members(news, cle, {"action": besoin.action_id, "pole": besoin.pole_id}, TOGETHER)


def pole_that_still_answers(news: News) -> Iterator[Envoi]:
    """It was asked for another hour: the same message says for which one now."""
    if news.subject.etat is Etat.A_CONFIRMER:
        yield from pole_that_is_asked(news)


def pole_that_had_promised(news: News) -> Iterator[Envoi]:
    """What they keep for an action is not awaited any more, or at another hour."""
    besoin: Besoin = news.subject
    if news.facts.get("promis") or besoin.is_promised:
        said = {"motif": news.motif, "fait": news.event.slug} | _as_it_was(besoin)
        yield from _members(news, f"besoin:{besoin.id}:{news.event.slug}:{_now()}", said)


def _as_it_was(besoin: Besoin) -> dict[str, Any]:
    """Enough to say which promise it was, once the need has changed or is gone."""
    slot = {"debut": besoin.debut.isoformat(), "fin": besoin.fin.isoformat()}
    return {"besoin": besoin.id, "action": besoin.action_id, "pole": besoin.pole_id, "titre": besoin.titre, **slot}


def bienveillant_of_the_need(news: News) -> Iterator[Envoi]:
    """What a pôle answered, or that time did."""
    besoin: Besoin = news.subject
    yield from _bienveillant(news, besoin, f"besoin:{besoin.id}:{news.event.slug}:{_now()}", {"etat": besoin.etat})


def both_bienveillants(news: News) -> Iterator[Envoi]:
    """Two actions are promised one space: each hears of the other, but one that has it firmly; once who sets up both."""
    besoin, other = news.subject, queries.need(news.facts["autre"])
    assert other
    told = [(one, two) for one, two in ((besoin, other), (other, besoin)) if one.action.etat not in FIRM]
    if besoin.action.bienveillant_id == other.action.bienveillant_id:
        del told[1:]
    for one, two in told:
        yield from _bienveillant(news, one, f"besoin:{one.id}:avec:{two.id}:{_now()}", {"autre": two.id})


def _bienveillant(news: News, besoin: Besoin, cle: str, said: dict[str, Any]) -> Iterator[Envoi]:
    sets_up = besoin.action.bienveillant
    if sets_up and sets_up is not news.by:
        yield Envoi(sets_up, cle, {"besoin": besoin.id, **said})


def _members(news: News, cle: str, said: dict[str, Any], delay: timedelta = NOW) -> Iterator[Envoi]:
    besoin: Besoin = news.subject
    for member in house.with_members(besoin.pole).members if besoin.pole else ():
        if member.is_active and member is not news.by:
            yield Envoi(member, f"{cle}:{member.id}", said, delay)


def _now() -> str:
    return f"{clock.now().timestamp():.0f}"
