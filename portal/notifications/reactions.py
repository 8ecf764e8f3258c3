"""Who hears by mail of what happened. A message that another package owes at once, it posts itself: a sign-in link."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from portal import clock, outbox, security
from portal.actions import models as actions
from portal.candidatures.models import (
    Candidature,
    accepter,
    ceder,
    deposer,
    desister,
    liberer,
    mettre_en_attente,
    refuser,
    rendre,
)
from portal.missions import models as missions
from portal.missions import queries as missions_queries
from portal.missions.models import UNDO
from portal.workflow import News

NOW = timedelta()
MOST_AN_HOUR = 10  # acknowledgements to an address that nobody proved: whoever types it, its owner is not flooded

# What others do to a candidature, the message that its author receives, and when it leaves.
ANSWERS = (
    (accepter, "candidature_reponse", UNDO),
    (mettre_en_attente, "candidature_reponse", UNDO),
    (refuser, "candidature_reponse", UNDO),
    (liberer, "candidature_reponse", NOW),
    (ceder, "candidature_cedee", NOW),
    (rendre, "candidature_rendue", NOW),
)


def answer(news: News, *, genre: str, delay: timedelta) -> None:
    """One message an answer, under a key by which it is taken back. A cancelled mission is told as such, at once."""
    candidature: Candidature = news.subject
    if candidature.mission.etat is missions.Etat.ANNULEE:
        genre, delay = "mission_annulee", NOW
    outbox.post(
        genre,
        candidature.answer_key,
        to=candidature.personne.email,
        due=clock.now() + delay,
        candidature=candidature.id,
        etat=candidature.etat,
        motif=news.motif,
        mot=news.facts.get("mot", ""),
    )


for event, genre, delay in ANSWERS:
    event.react(partial(answer, genre=genre, delay=delay))


@deposer.react
def acknowledge(news: News) -> None:
    candidature: Candidature = news.subject
    personne = candidature.personne
    if personne.confirme_le or not security.is_too_much(f"recue:{personne.adresse}", MOST_AN_HOUR):
        key = f"candidature:{candidature.id}:recue"
        outbox.post("candidature_recue", key, to=personne.email, candidature=candidature.id)


@desister.react
def tell_the_bienveillant(news: News) -> None:
    """A place is free again: whoever sets the action up hears of it, unless they freed it themselves."""
    candidature: Candidature = news.subject
    bienveillant = candidature.action.bienveillant
    if bienveillant and bienveillant is not news.by:
        key = f"candidature:{candidature.id}:desistement"
        outbox.post("desistement", key, to=bienveillant.email, candidature=candidature.id, motif=news.motif)


@actions.annuler.react
@actions.refuser.react
@actions.decliner.react
def tell_whose_action_stops(news: News) -> None:
    """Somebody else stopped it: whoever sets it up hears of it."""
    bienveillant = news.subject.bienveillant
    if bienveillant and bienveillant is not news.by:
        said = {"action": news.subject.id, "par": news.by.id, "fait": news.event.done, "motif": news.motif}
        outbox.post("action_arretee", f"action:{news.subject.id}:{news.event.slug}", to=bienveillant.email, **said)


@missions.liberer.react
def tell_who_lost_the_post(news: News) -> None:
    """A post held by priority that somebody else freed; whoever held it by candidature hears of that one."""
    held = missions_queries.place(news.facts["affectation"])
    if held and held.origine is missions.Origine.PRIORITE and held.personne is not news.by:
        key = f"affectation:{held.id}:liberee"
        outbox.post("poste_libere", key, to=held.personne.email, affectation=held.id, motif=news.motif)


@missions.annuler.react
def tell_the_post_holder(news: News) -> None:
    """The référent's priority left no candidature to answer: whoever holds the post that way is told too."""
    for held in missions_queries.active_on(news.subject):
        if held.origine is missions.Origine.PRIORITE and held.personne is not news.by:
            key = f"affectation:{held.id}:annulee"
            outbox.post("mission_annulee", key, to=held.personne.email, affectation=held.id, motif=news.motif)
