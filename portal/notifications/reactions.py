"""Who hears of what: one row for each thing that happens. A sign-in link, owed at once, is posted by `comptes` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import current_app

from portal import clock, outbox, security
from portal.actions import avis
from portal.actions import models as actions
from portal.actions.models import Action, Avis, Sens
from portal.besoins import models as besoins
from portal.candidatures import models as candidatures
from portal.candidatures import queries as candidatures_queries
from portal.candidatures.models import Candidature
from portal.comptes import queries as comptes
from portal.comptes.models import Personne
from portal.contributions import models as contributions
from portal.contributions.models import Releve
from portal.missions import models as missions
from portal.missions import queries as missions_queries
from portal.missions.models import UNDO, Affectation, Mission, Nature, Origine
from portal.notifications import demandes
from portal.notifications.commands import Envoi, send
from portal.notifications.lettres.canal import CANAL, CHAT
from portal.notifications.publics import besoins as of_needs
from portal.outbox import Poids, Voie
from portal.poles import queries as poles
from portal.workflow import Event, News

ESSENTIEL, PRESSANT, ORDINAIRE = Poids.ESSENTIEL, Poids.PRESSANT, Poids.ORDINAIRE
PATIENCE = timedelta(days=3)  # left to a référent to look at the hours
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
    yield from _bienveillant(news, candidature.action, f"candidature:{candidature.id}:place_prise", said, candidature.personne)


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
    yield from _bienveillant(news, candidature.action, f"candidature:{candidature.id}:desistement", said, candidature.personne)


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


def bienveillant_of_the_action(news: News) -> Iterator[Envoi]:
    """Somebody else stopped it: whoever sets it up hears of it."""
    action: Action = news.subject
    said = {"action": action.id, "par": news.by and news.by.id, "fait": news.event.done, "motif": news.motif}
    yield from _bienveillant(news, action, f"action:{action.id}:{news.event.slug}", said)


def bienveillant_of_the_move(news: News) -> Iterator[Envoi]:
    """Somebody else moved it to another date."""
    action: Action = news.subject
    said = {"action": action.id, "par": news.by and news.by.id, "fait": news.event.done, "motif": ""}
    yield from _bienveillant(news, action, f"action:{action.id}:decaler:{clock.now().timestamp():.0f}", said)


def pole_that_is_asked(news: News) -> Iterator[Envoi]:
    """The members of the pôle that an action is proposed to, or passed to."""
    action: Action = news.subject
    pole = news.facts["a" if news.event is actions.passer else "pole"]
    for personne in poles.present_in(pole) if pole else ():
        if personne is not news.by:
            cle = f"action:{action.id}:proposee:{pole}:{clock.now():%Y%m%d%H%M%S}:{personne.id}"
            yield Envoi(personne, cle, {"action": action.id, "pole": pole, "motif": news.motif})


def bienveillant_who_proposed(news: News) -> Iterator[Envoi]:
    """The pôle that was asked does not carry it: to another, or to nobody, and then it waits for them."""
    action: Action = news.subject
    said = {"action": action.id, "pole": news.facts["pole"], "a": news.facts["a"], "motif": news.motif}
    cle = f"action:{action.id}:passee:{news.facts['pole']}:{clock.now():%Y%m%d%H%M%S}"
    yield from _bienveillant(news, action, cle, said)


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
        yield from _bienveillant(news, opinion.action, cle, {"avis": opinion.id}, opinion.personne)


def _bienveillant(
    news: News, action: Action, cle: str, said: dict[str, object], sur: Personne | None = None
) -> Iterator[Envoi]:
    if action.bienveillant and action.bienveillant is not news.by:
        yield Envoi(action.bienveillant, cle, said, sur=sur)


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
        yield from _bienveillant(news, mission.action, f"mission:{mission.id}:annulee", said)


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


def referents_of_the_action(news: News) -> Iterator[Envoi]:
    """Their turn to look at the hours; the bienveillant's without them, or when none moved in three days.

    Once a day: those of a mission that ends later are proposed later.
    """
    action: Action = news.subject
    cle = f"action:{action.id}:heures:{clock.today()}"
    said: dict[str, object] = {"action": action.id}
    referents = missions_queries.referents_of([action.id]).get(action.id, [])
    for personne in referents:
        yield Envoi(personne, f"{cle}:{personne.id}", said)
    if not referents:
        yield from _bienveillant(news, action, cle, said)
    elif action.bienveillant and action.bienveillant_id not in {personne.id for personne in referents}:
        yield Envoi(action.bienveillant, f"{cle}:sans_nouvelle", {**said, "sans_nouvelle": True}, PATIENCE)


def bienveillant_of_the_hours(news: News) -> Iterator[Envoi]:
    """Once a day for the whole action, whatever the lines; not a référent who sets it up too: the same page says it."""
    releve: Releve = news.subject
    cle = f"action:{releve.action_id}:heures:{clock.today()}"
    yield from _bienveillant(news, releve.action, cle, {"action": releve.action_id})


def whose_hours(news: News) -> Iterator[Envoi]:
    """Whoever gave them, the first time and at each correction."""
    releve: Releve = news.subject
    said = {"releve": releve.id, "motif": news.motif}
    yield Envoi(releve.personne, f"releve:{releve.id}:{releve.minutes}:{clock.now().timestamp():.0f}", said)


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
    Row(candidatures.proposer,          offered,                          "place_offerte",       ESSENTIEL),
    Row(candidatures.avancer,           offered,                          "place_offerte",       ESSENTIEL),
    Row(candidatures.expirer,           offered,                          "offre_expiree",       ORDINAIRE),
    Row(candidatures.prendre_place,     candidate,                        "candidature_reponse", ESSENTIEL),
    Row(candidatures.prendre_place,     bienveillant_of_whoever_comes,    "place_prise",         ORDINAIRE),
    Row(candidatures.liberer,           bienveillant_of_the_unconfirmed,  "desistement",         PRESSANT),
    Row(candidatures.desister,          bienveillant_in_time,             "desistement",         ORDINAIRE),
    Row(candidatures.desister,          who_finds_cover,                  "empechement",         ESSENTIEL),
    Row(missions.modifier,              who_must_confirm,                 "mission_deplacee",    ESSENTIEL),
    Row(missions.modifier,              who_still_comes,                  "mission_modifiee",    ESSENTIEL),
    Row(missions.modifier,              who_waits,                        "mission_modifiee",    ESSENTIEL),
    Row(actions.modifier,               who_comes_to_that_place,          "mission_modifiee",    ESSENTIEL),
    Row(actions.proposer,               pole_that_is_asked,               "action_proposee",     ORDINAIRE),
    Row(actions.reproposer,             pole_that_is_asked,               "action_proposee",     ORDINAIRE),
    Row(actions.passer,                 pole_that_is_asked,               "action_proposee",     ORDINAIRE),
    Row(actions.passer,                 bienveillant_who_proposed,        "action_passee",       PRESSANT),
    Row(actions.prendre_en_charge,      voices_of_the_interpole,          "avis_demande",        ORDINAIRE),
    Row(actions.donner,                 bienveillant_of_whoever_is_against, "avis_defavorable",  PRESSANT),
    Row(actions.valider,                bienveillant_of_the_action,       "action_validee",      PRESSANT),
    Row(besoins.demander,               of_needs.pole_that_is_asked,       "besoin_a_confirmer", ORDINAIRE),
    Row(besoins.confirmer,              of_needs.bienveillant_of_the_need, "besoin_repondu",     ORDINAIRE),
    Row(besoins.refuser,                of_needs.bienveillant_of_the_need, "besoin_repondu",     ORDINAIRE),
    Row(besoins.chevaucher,             of_needs.both_bienveillants,       "besoin_chevauche",   PRESSANT),
    Row(besoins.expirer,                of_needs.bienveillant_of_the_need, "option_expiree",     PRESSANT),
    Row(besoins.reprendre,              of_needs.pole_that_had_promised,   "besoin_libere",      ORDINAIRE),
    Row(besoins.liberer,                of_needs.pole_that_had_promised,   "besoin_libere",      ORDINAIRE),
    Row(besoins.deplacer,               of_needs.pole_that_had_promised,   "besoin_deplace",     ORDINAIRE),
    Row(contributions.proposer,         referents_of_the_action,          "heures_a_valider",    ORDINAIRE),
    Row(contributions.transmettre,      bienveillant_of_the_hours,        "heures_a_valider",    ORDINAIRE),
    Row(contributions.valider,          whose_hours,                      "heures_validees",     ORDINAIRE),
    Row(contributions.corriger,         whose_hours,                      "heures_validees",     ORDINAIRE),
    Row(candidatures.demander_statut,   asked_of_the_candidate,           "statut_a_preciser",   PRESSANT),
    Row(missions.liberer,               who_held_the_post,                "poste_libere",        ESSENTIEL),
    Row(missions.annuler,               who_holds_the_post,               "mission_annulee",     ESSENTIEL),
    Row(missions.inviter,               who_is_asked_to_help,             "invitation_mission",  PRESSANT),
    Row(missions.annuler,               bienveillant_of_the_mission,      "mission_arretee",     ESSENTIEL),
    Row(actions.solliciter,             demandes.asked,                   "demande_recue",       ESSENTIEL),
    Row(actions.solliciter,             demandes.who_may_take_it,         "demande_a_prendre",   ORDINAIRE),
    Row(actions.creer,                  demandes.who_may_take_it,         "demande_a_prendre",   ORDINAIRE),
    Row(actions.renouveler,             demandes.linked,                  "demande_lien",        ESSENTIEL),
    Row(actions.ecrire,                 demandes.the_other_side,          "demande_message",     ESSENTIEL),
    Row(actions.ecrire,                 demandes.the_team,                "message_du_demandeur", PRESSANT),
    Row(actions.valider,                demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.refuser,                demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.decliner,               demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.annuler,                demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.confier,                demandes.who_is_offered_it,       "relais_propose",      PRESSANT),
    Row(actions.accepter_relais,        demandes.who_handed_it_over,      "relais_suite",        ORDINAIRE),
    Row(actions.laisser_relais,         demandes.who_keeps_it,            "relais_suite",        ORDINAIRE),
    Row(actions.decaler,                bienveillant_of_the_move,         "action_arretee",      ESSENTIEL),
    Row(actions.annuler,                bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.refuser,                bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.decliner,               bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
)  # fmt: skip


def tell(news: News, *, row: Row) -> None:
    for envoi in row.audience(news):
        send(row.genre, envoi, row.poids, by=news.by)


for row in TABLE:
    row.event.react(partial(tell, row=row))


def tell_the_channel(news: News) -> None:
    """The channel of the interpôle hears of what awaits its opinion, and of what came of it."""
    action: Action = news.subject
    decided = news.avant is actions.Etat.EN_VALIDATION or news.event is actions.prendre_en_charge
    if decided and current_app.config["PORTAL"].rocketchat_url:
        cle = f"interpole:{action.id}:{news.event.slug}:{clock.now():%Y%m%d%H%M%S}"
        par_id = news.by.id if news.by else None
        outbox.post(CHAT, cle, to=CANAL, par_id=par_id, voie=Voie.ROCKETCHAT, action=action.id, fait=news.event.slug)


for event in (actions.prendre_en_charge, actions.valider, actions.refuser):
    event.react(tell_the_channel)
