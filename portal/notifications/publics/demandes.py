"""Who hears of a request: the demandeur, whoever sets the action up, all the bienveillants while nobody does."""

from __future__ import annotations

from collections.abc import Iterator

from portal import clock, security
from portal.actions.models import Action
from portal.comptes import queries as comptes
from portal.comptes.models import Personne
from portal.fields import address_key
from portal.notifications.commands import Envoi
from portal.notifications.lettres.demandes import turn_end
from portal.workflow import News

MOST_AN_HOUR = 5  # acknowledgements and links to one address: whoever types it, its owner is not flooded
MOST_LINKS_AN_HOUR = 3  # to the addresses that one demandeur types in turn


def asked(news: News) -> Iterator[Envoi]:
    """The demandeur, with their link; not for ever to an address that anybody may have typed."""
    action: Action = news.subject
    if not _is_flooded(action):
        yield Envoi(action.demandeur, f"action:{action.id}:demande", {"action": action.id})


def _is_flooded(action: Action) -> bool:
    """Whether strangers have typed that address too often within the hour, in one request or in many."""
    return security.is_too_much(f"demande:{address_key(action.demandeur.email)}", MOST_AN_HOUR)


def who_may_take_it(news: News) -> Iterator[Envoi]:
    """All the bienveillants, but for whoever recorded it."""
    action: Action = news.subject
    if action.bienveillant is None:
        for personne in comptes.bienveillants():
            if news.by is None or personne.id != news.by.id:
                yield Envoi(personne, f"action:{action.id}:a_prendre:{personne.id}", {"action": action.id})


def linked(news: News) -> Iterator[Envoi]:
    """The demandeur, whose older links may open nothing any more."""
    action: Action = news.subject
    if news.by is None and (security.is_too_much(f"lien:{action.id}", MOST_LINKS_AN_HOUR) or _is_flooded(action)):
        return
    said = {"action": action.id, "generation": news.facts["generation"]}
    yield Envoi(action.demandeur, f"action:{action.id}:lien:{said['generation']}:{address_key(action.demandeur.email)}", said)


def the_other_side(news: News) -> Iterator[Envoi]:
    """The team wrote: the demandeur reads it."""
    action: Action = news.subject
    if news.by:
        yield Envoi(action.demandeur, f"echange:{news.facts['echange']}", _of_the_exchange(news))


def the_team(news: News) -> Iterator[Envoi]:
    """The demandeur wrote: whoever sets it up reads it, or all who may take it, once for all that comes in a few minutes."""
    if news.by is None:
        now = clock.now()
        end = turn_end(now)
        for personne in _readers(news.subject):
            cle = f"action:{news.subject.id}:ecrit:{end:%Y%m%d%H%M}:{personne.id}"
            yield Envoi(personne, cle, _of_the_exchange(news), end - now)


def _of_the_exchange(news: News) -> dict[str, object]:
    return {"action": news.subject.id, "echange": news.facts["echange"]}


def _readers(action: Action) -> list[Personne]:
    """Whoever carries it; all who may take it too, when that is nobody, or an admin who stands in."""
    sets_up = [action.bienveillant] if action.bienveillant and action.bienveillant.is_active else []
    return sets_up if action.is_stopped or action.is_carried else list({*sets_up, *comptes.bienveillants()})


def answered(news: News) -> Iterator[Envoi]:
    """What became of the request, unless the demandeur did it themselves, or it was confirmed as it was recorded.

    Of a decision, the word that was written for them.
    """
    action: Action = news.subject
    if news.by and not news.facts.get("des_l_entree"):
        said = {"action": action.id, "etat": action.etat, "motif": news.facts.get("mot", news.motif)}
        yield Envoi(action.demandeur, f"action:{action.id}:suite:{action.etat}", said)


def told_of_the_move(news: News) -> Iterator[Envoi]:
    """It is another day, or another hour; why, only when whoever moved it wants that said."""
    action, facts = news.subject, news.facts
    motif = news.motif if facts["dire"] else ""
    said = {"action": action.id, "motif": motif, **{name: facts[name] for name in ("avant", "fin_avant", "debut", "fin")}}
    yield Envoi(action.demandeur, f"action:{action.id}:decalee:{_again(action)}", said)


def who_is_offered_it(news: News) -> Iterator[Envoi]:
    """Whoever is asked to set it up instead."""
    action: Action = news.subject
    for personne in comptes.by_ids([news.facts["personne"]]):
        said = {"action": action.id, "relais": personne.id, "par": news.by.id}
        yield Envoi(personne, f"action:{action.id}:relais:{_again(action)}:{personne.id}", said)


def who_handed_it_over(news: News) -> Iterator[Envoi]:
    """Whoever set it up before: somebody else does now."""
    if before := news.facts["personne"]:
        yield from _told_of_the_relay(news, before, accepte=True)


def who_keeps_it(news: News) -> Iterator[Envoi]:
    """It was declined: whoever sets it up still does. Taken back by themselves, they know."""
    action: Action = news.subject
    if news.by.id == news.facts["personne"] and action.bienveillant_id:
        yield from _told_of_the_relay(news, action.bienveillant_id, accepte=False)


def _told_of_the_relay(news: News, reader: int, *, accepte: bool) -> Iterator[Envoi]:
    action: Action = news.subject
    for personne in comptes.by_ids([reader]):
        said = {"action": action.id, "accepte": accepte, "par": news.by.id}
        yield Envoi(personne, f"action:{action.id}:relais_suite:{_again(action)}:{personne.id}", said, sur=news.by)


def _again(action: Action) -> str:
    """The same relay may be proposed once more later."""
    return f"{clock.now():%Y%m%d%H%M%S}"
