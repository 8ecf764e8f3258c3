"""Who hears of what: one row for each thing that happens. A sign-in link, owed at once, is posted by `comptes` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from portal import security
from portal.actions import models as actions
from portal.actions.models import Action
from portal.candidatures import models as candidatures
from portal.candidatures.models import Candidature
from portal.comptes import queries as comptes
from portal.missions import models as missions
from portal.missions import queries as missions_queries
from portal.missions.models import UNDO, Affectation, Mission, Origine
from portal.notifications.commands import Envoi, Poids, send
from portal.workflow import Event, News

ESSENTIEL, PRESSANT, ORDINAIRE = Poids.ESSENTIEL, Poids.PRESSANT, Poids.ORDINAIRE
MOST_AN_HOUR = 10  # acknowledgements to an address that nobody proved: whoever types it, its owner is not flooded

Audience = Callable[[News], Iterable[Envoi]]


# --- who, and what they are told -----------------------------------------------------------------------------


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


def bienveillant_of_the_candidature(news: News) -> Iterator[Envoi]:
    """A place is free again: whoever sets the action up hears of it, unless they freed it themselves."""
    candidature: Candidature = news.subject
    said = {"candidature": candidature.id, "motif": news.motif}
    yield from _bienveillant(news, candidature.action, f"candidature:{candidature.id}:desistement", said)


def bienveillant_of_the_action(news: News) -> Iterator[Envoi]:
    """Somebody else stopped it: whoever sets it up hears of it."""
    action: Action = news.subject
    said = {"action": action.id, "par": news.by and news.by.id, "fait": news.event.done, "motif": news.motif}
    yield from _bienveillant(news, action, f"action:{action.id}:{news.event.slug}", said)


def _bienveillant(news: News, action: Action, cle: str, said: dict[str, object]) -> Iterator[Envoi]:
    if action.bienveillant and action.bienveillant is not news.by:
        yield Envoi(action.bienveillant, cle, said)


def who_held_the_post(news: News) -> Iterator[Envoi]:
    """A post held by priority that somebody else freed; whoever held it by candidature hears of that one."""
    if held := missions_queries.place(news.facts["affectation"]):
        yield from _by_priority(news, held, "liberee")


def who_holds_the_post(news: News) -> Iterator[Envoi]:
    """The référent's priority left no candidature to answer: whoever holds the post that way is told too."""
    mission: Mission = news.subject
    for held in missions_queries.active_on(mission):
        yield from _by_priority(news, held, "annulee")


def _by_priority(news: News, held: Affectation, what: str) -> Iterator[Envoi]:
    if held.origine is Origine.PRIORITE and held.personne is not news.by:
        yield Envoi(held.personne, f"affectation:{held.id}:{what}", {"affectation": held.id, "motif": news.motif})


def who_is_asked_to_help(news: News) -> Iterator[Envoi]:
    """Those whom the bienveillant chose, and nobody else."""
    mission: Mission = news.subject
    for personne in comptes.by_ids(news.facts["personnes"]):
        said = {"mission": mission.id, "personne": personne.id, "par": news.by.id}
        yield Envoi(personne, f"mission:{mission.id}:invitation:{personne.id}", said)


# --- the table -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """`poids`: what reaches the person at once whatever they chose to receive, and what may wait for the day's digest."""

    event: Event
    audience: Audience
    genre: str  # templates/messages/<genre>.txt and .html
    poids: Poids


TABLE = (
    #   what happened                   who hears of it                   what they read         how pressing
    Row(candidatures.deposer,           applicant,                        "candidature_recue",   ESSENTIEL),
    Row(candidatures.accepter,          candidate_within_undo,            "candidature_reponse", ESSENTIEL),
    Row(candidatures.mettre_en_attente, candidate_within_undo,            "candidature_reponse", ESSENTIEL),
    Row(candidatures.refuser,           candidate_within_undo,            "candidature_reponse", ESSENTIEL),
    Row(candidatures.refuser,           candidate_of_a_cancelled_mission, "mission_annulee",     ESSENTIEL),
    Row(candidatures.liberer,           candidate,                        "candidature_reponse", ESSENTIEL),
    Row(candidatures.liberer,           candidate_of_a_cancelled_mission, "mission_annulee",     ESSENTIEL),
    Row(candidatures.ceder,             candidate,                        "candidature_cedee",   ESSENTIEL),
    Row(candidatures.rendre,            candidate,                        "candidature_rendue",  ESSENTIEL),
    Row(candidatures.desister,          bienveillant_of_the_candidature,  "desistement",         ORDINAIRE),
    Row(missions.liberer,               who_held_the_post,                "poste_libere",        ESSENTIEL),
    Row(missions.annuler,               who_holds_the_post,               "mission_annulee",     ESSENTIEL),
    Row(missions.inviter,               who_is_asked_to_help,             "invitation_mission",  PRESSANT),
    Row(actions.annuler,                bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.refuser,                bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.decliner,               bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
)  # fmt: skip


def tell(news: News, *, row: Row) -> None:
    for envoi in row.audience(news):
        send(row.genre, envoi, row.poids, by=news.by)


for row in TABLE:
    row.event.react(partial(tell, row=row))
