"""Who hears of missions: those who hold a place, those who wait for one, whoever sets the action up."""

from __future__ import annotations

from collections.abc import Iterator

from portal.candidatures import queries as candidatures_queries
from portal.comptes import queries as comptes
from portal.missions import queries as missions_queries
from portal.missions.models import Affectation, Mission, Origine
from portal.notifications.commands import Envoi
from portal.notifications.publics.bienveillant import its_bienveillant
from portal.workflow import News


def who_held_the_post(news: News) -> Iterator[Envoi]:
    """A post held by priority that somebody else freed; whoever held it by candidature hears of that one."""
    if held := missions_queries.place(news.facts["affectation"]):
        yield from _by_priority(news, held, "liberee")


def who_holds_the_post(news: News) -> Iterator[Envoi]:
    """The référent's priority left no candidature to answer: whoever holds the post that way is told too."""
    mission: Mission = news.subject
    for held in missions_queries.active_on(mission):
        if held.personne is not mission.action.bienveillant or not mission.action.is_stopped:
            yield from _by_priority(news, held, "annulee")


def bienveillant_of_the_mission(news: News) -> Iterator[Envoi]:
    """Somebody else cancelled it; not said twice to whoever hears of the whole action, or holds that very post."""
    mission: Mission = news.subject
    holders = {a.personne_id for a in missions_queries.active_on(mission) if a.origine is Origine.PRIORITE}
    if not mission.action.is_stopped and mission.action.bienveillant_id not in holders:
        said = {"mission": mission.id, "par": news.by and news.by.id, "motif": news.motif}
        yield from its_bienveillant(news, mission.action, f"mission:{mission.id}:annulee", said)


def who_must_confirm(news: News) -> Iterator[Envoi]:
    """The slot moved under these: each is given a time to say whether they still come."""
    for held in _who_holds(news):
        if held.id in news.facts["a_confirmer"] and held.a_confirmer_avant:
            said = {"affectation": held.id, "avant": news.facts["avant"], "d_ici": held.a_confirmer_avant.isoformat()}
            yield Envoi(held.personne, f"affectation:{held.id}:deplacee:{held.mission.sequence}", said)


def who_still_comes(news: News) -> Iterator[Envoi]:
    """The slot is another, within what these had accepted."""
    for held in _who_holds(news):
        if held.id not in news.facts["a_confirmer"]:
            said = {"affectation": held.id, "avant": news.facts["avant"]}
            yield Envoi(held.personne, f"affectation:{held.id}:modifiee:{held.mission.sequence}", said)


def _who_holds(news: News) -> Iterator[Affectation]:
    """Those who know of their place on a mission whose slot changed, but for whoever changed it."""
    mission: Mission = news.subject
    if "avant" in news.facts and not mission.is_past:
        yield from (a for a in missions_queries.active_on(mission) if a.is_told and a.personne is not news.by)


def who_waits(news: News) -> Iterator[Envoi]:
    """The mission moved: those who asked for another hour hear of it, and have nothing to confirm."""
    mission: Mission = news.subject
    if not news.facts.get("deplacee") or mission.is_past:
        return
    for candidature in candidatures_queries.live_on(mission):
        if candidature.etat_dit in candidatures_queries.WAITING and candidature.personne is not news.by:
            said = {"candidature": candidature.id, "avant": news.facts["avant"]}
            yield Envoi(candidature.personne, f"candidature:{candidature.id}:modifiee:{mission.sequence}", said)


def who_comes_to_that_place(news: News) -> Iterator[Envoi]:
    """The action is elsewhere: its team hears of it, once each."""
    if "lieu" not in news.facts["champs"]:
        return
    comes = {a.personne: a for a in missions_queries.team_of(news.subject) if a.is_told and not a.mission.is_past}
    for personne, held in comes.items():
        if personne is not news.by:
            said = {"affectation": held.id, "lieu": news.facts["lieu_avant"]}
            yield Envoi(personne, f"affectation:{held.id}:lieu:{held.mission.sequence}", said)


def _by_priority(news: News, held: Affectation, what: str) -> Iterator[Envoi]:
    if held.origine is Origine.PRIORITE and held.personne is not news.by:
        yield Envoi(held.personne, f"affectation:{held.id}:{what}", {"affectation": held.id, "motif": news.motif})


def who_is_asked_to_help(news: News) -> Iterator[Envoi]:
    """Those whom the bienveillant chose, and nobody else."""
    mission: Mission = news.subject
    for personne in comptes.by_ids(news.facts["personnes"]):
        said = {"mission": mission.id, "personne": personne.id, "par": news.by.id}
        yield Envoi(personne, f"mission:{mission.id}:invitation:{personne.id}", said)
