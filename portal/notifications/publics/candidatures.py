"""Who hears of candidatures: whoever sent them, and those who count on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal import clock, security
from portal.candidatures.models import Candidature
from portal.missions import models as missions
from portal.missions import queries as missions_queries
from portal.missions.models import UNDO, Nature
from portal.notifications.commands import Envoi
from portal.notifications.publics.bienveillant import its_bienveillant
from portal.workflow import News

MOST_AN_HOUR = 10  # acknowledgements to an address that nobody proved: whoever types it, its owner is not flooded


def applicant(news: News) -> Iterator[Envoi]:
    """Whoever has just applied; not for ever to an address that nobody proved."""
    candidature: Candidature = news.subject
    personne = candidature.personne
    if personne.confirme_le or not security.is_too_much(f"recue:{personne.adresse}", MOST_AN_HOUR):
        yield Envoi(personne, f"candidature:{candidature.id}:recue", {"candidature": candidature.id})


def candidate(news: News) -> Iterator[Envoi]:
    """The candidature's author, at once."""
    if news.subject.mission.etat is not missions.Etat.ANNULEE:
        yield _answer(news)


def candidate_within_undo(news: News) -> Iterator[Envoi]:
    """The same in two minutes, during which the answer is taken back; or when its bienveillant sends it."""
    if news.subject.mission.etat is not missions.Etat.ANNULEE:
        yield _answer(news, delay=UNDO, retenu=news.subject.dite_le is None)


def candidate_of_a_cancelled_mission(news: News) -> Iterator[Envoi]:
    """The same when the whole mission fell: it is told as such, at once."""
    if news.subject.mission.etat is missions.Etat.ANNULEE:
        yield _answer(news)


def _answer(news: News, **when: Any) -> Envoi:
    """Under a key by which the answer is taken back."""
    candidature: Candidature = news.subject
    said = {"candidature": candidature.id, "etat": candidature.etat, "motif": news.motif, "mot": news.facts.get("mot", "")}
    return Envoi(candidature.personne, candidature.answer_key, said, **when)


def asked_of_the_candidate(news: News) -> Iterator[Envoi]:
    """What the acceptance waits for; asked again, at most once a day."""
    candidature: Candidature = news.subject
    cle = f"candidature:{candidature.id}:statut:{clock.today()}"
    yield Envoi(candidature.personne, cle, {"candidature": candidature.id})


def offered(news: News) -> Iterator[Envoi]:
    """Whoever a place is held for: that it is, until when, or that it was."""
    candidature: Candidature = news.subject
    said = {"candidature": candidature.id, "etat": candidature.etat, "offre": news.facts["offre"], "fait": news.event.slug}
    cle = f"offre:{news.facts['offre']}:{news.event.slug}:{news.facts['jusqu_a']}"
    yield Envoi(candidature.personne, cle, said)


def bienveillant_of_whoever_comes(news: News) -> Iterator[Envoi]:
    """Somebody of the waiting list took the place that was held for them."""
    candidature: Candidature = news.subject
    said = {"candidature": candidature.id, "etat": candidature.etat}
    yield from its_bienveillant(
        news, candidature.action, f"candidature:{candidature.id}:place_prise", said, candidature.personne
    )


def bienveillant_in_time(news: News) -> Iterator[Envoi]:
    """A place is free again: whoever sets the action up hears of it, unless they freed it themselves."""
    if not news.facts["tardif"]:
        yield from _bienveillant_of_the_candidature(news)


def bienveillant_of_the_unconfirmed(news: News) -> Iterator[Envoi]:
    """The same when nobody answered for that place in time."""
    if news.facts.get("sans_reponse"):
        yield from _bienveillant_of_the_candidature(news)


def _bienveillant_of_the_candidature(news: News) -> Iterator[Envoi]:
    candidature: Candidature = news.subject
    said = {"candidature": candidature.id, "motif": news.motif}
    yield from its_bienveillant(
        news, candidature.action, f"candidature:{candidature.id}:desistement", said, candidature.personne
    )


def who_finds_cover(news: News) -> Iterator[Envoi]:
    """Somebody steps down late: the référents of the action and its bienveillant, all at once."""
    if not news.facts["tardif"]:
        return
    candidature: Candidature = news.subject
    action = candidature.action
    team = missions_queries.team_of(action)
    runs = {a.personne: False for a in team if a.mission.nature is Nature.REFERENT and a.is_told}
    if action.bienveillant:
        runs[action.bienveillant] = True
    for personne, sets_up in runs.items():
        if personne is not news.by:
            said = {"candidature": candidature.id, "motif": news.motif, "file": sets_up}
            yield Envoi(personne, f"candidature:{candidature.id}:empechement:{personne.id}", said, sur=candidature.personne)
