"""What happens to candidatures when their mission moves."""

from __future__ import annotations

from sqlalchemy import select

from portal.actions import effacement
from portal.actions import processus as actions
from portal.candidatures import attente, commands, queries
from portal.candidatures.models import LIVE, Candidature, Etat, ceder, liberer, refuser, rendre, retirer
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import lock, strike
from portal.journal import EntreeJournal, forget, subject_key
from portal.missions import commands as missions_commands
from portal.missions import models as missions
from portal.missions import queries as missions_queries
from portal.missions.models import Mission
from portal.workflow import News, fire

ERASED = "personne effacée"


@comptes.effacer.react
def forget_the_candidate(news: News) -> None:
    """What they wrote goes, for every row of theirs; those that live are taken back, and nobody waits for them.

    A post held by priority, which has no candidature, is given back too. All locks are taken first, in order.
    """
    ids = news.facts["personnes"]
    sent, places = queries.all_of(ids), missions_queries.places_to_come(ids)
    lock(Mission, *{c.mission_id for c in sent} | {held.mission_id for held in places})
    forget(EntreeJournal.sujet.in_([subject_key(candidature) for candidature in sent]))
    for candidature in sent:
        if candidature.etat in LIVE and not candidature.mission.is_past:
            commands.leave(candidature, motif=ERASED)
        candidature.message = ""
        candidature.generation += 1  # its link is of no use any more
    for held in places:
        if held.libere_le is None:
            missions_commands.free_post(held, by=None, motif=ERASED)
    for personne in people.by_ids(ids):
        strike(Candidature.message, people.signs(personne))  # « je viens avec… », in those of others


@actions.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    theirs = select(Mission.id).where(Mission.action_id == news.subject.id)
    strike(Candidature.message, effacement.signs(news.subject.demandeur), Candidature.mission_id.in_(theirs))


@missions.prendre.react
def yield_to_the_priority(news: News) -> None:
    """Those waiting move to the waiting list and are told why; the taker's own candidature has no object any more."""
    waiting = queries.waiting_for(news.subject)
    lock(Candidature, *(c.id for c in waiting))
    for candidature in waiting:
        if candidature.personne_id == news.by.id:
            fire(retirer, candidature, by=news.by, motif="poste pris par priorité")
        else:
            commands.close(candidature, ceder, by=None, motif="")


@missions.liberer.react
def return_to_the_queue(news: News) -> None:
    """Those moved by the priority were never judged: they come back; a référent accepted by candidature has stepped down."""
    if stepped_down := queries.accepted_of(news.subject, news.facts["personne"]):
        if news.by and news.by.id == stepped_down.personne_id:
            commands.step_down(stepped_down, motif=news.motif)
        elif not commands.take_back(stepped_down, by=news.by):
            commands.close(stepped_down, liberer, by=news.by, motif=news.motif)  # told, with the reason
    returning = queries.yielded_on(news.subject)
    lock(Candidature, *(c.id for c in returning))
    for candidature in returning:
        commands.close(candidature, rendre, by=None, motif="")


@missions.modifier.react
def hurry_the_offers(news: News) -> None:
    """An offer leaves half the time before the start: moved earlier, it leaves less."""
    if "debut" in news.facts["champs"]:
        attente.shorten(news.subject)


@missions.annuler.react
def close_with_the_mission(news: News) -> None:
    """A cancelled mission tells everyone who waits or was accepted."""
    concerned = queries.live_on(news.subject)
    lock(Candidature, *(c.id for c in concerned))
    for candidature in concerned:
        commands.take_back(candidature, by=None)
        end = liberer if candidature.etat is Etat.ACCEPTEE else refuser
        commands.close(candidature, end, by=news.by, motif=news.motif)
