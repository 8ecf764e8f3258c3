"""Who hears of what: one row for each thing that happens. A sign-in link, owed at once, is posted by `comptes` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from flask import current_app

from portal import clock, outbox
from portal.actions import processus as actions
from portal.actions import retroplanning
from portal.actions.deliberation import donner
from portal.actions.models import Action, Etat
from portal.besoins import models as besoins
from portal.candidatures import models as candidatures
from portal.contributions import models as contributions
from portal.devis import models as devis
from portal.factures import models as factures
from portal.jour_j.models import ecrire
from portal.journal import subject_key
from portal.missions import models as missions
from portal.notifications.commands import Envoi, send
from portal.notifications.lettres.canal import CANAL, CHAT, STOPPED
from portal.notifications.lettres.transition import TRANSITION, WEBHOOK
from portal.notifications.publics import arrets, demandes
from portal.notifications.publics import besoins as of_needs
from portal.notifications.publics import devis as of_devis
from portal.notifications.publics import factures as of_invoices
from portal.notifications.publics import taches as of_tasks
from portal.notifications.publics.actions import (
    bienveillant_of_the_action,
    bienveillant_of_the_move,
    bienveillant_of_whoever_is_against,
    bienveillant_who_is_answered,
    bienveillant_who_proposed,
    pole_that_is_asked,
    voices_of_the_interpole,
)
from portal.notifications.publics.candidatures import (
    applicant,
    asked_of_the_candidate,
    bienveillant_in_time,
    bienveillant_of_the_unconfirmed,
    bienveillant_of_whoever_comes,
    candidate,
    candidate_of_a_cancelled_mission,
    candidate_within_undo,
    offered,
    who_finds_cover,
)
from portal.notifications.publics.heures import bienveillant_of_the_hours, referents_of_the_action, whose_hours
from portal.notifications.publics.jour import team_that_is_written_to
from portal.notifications.publics.missions import (
    bienveillant_of_the_mission,
    who_comes_to_that_place,
    who_held_the_post,
    who_holds_the_post,
    who_is_asked_to_help,
    who_must_confirm,
    who_still_comes,
    who_waits,
)
from portal.outbox import Poids, Voie
from portal.workflow import Event, News

ESSENTIEL, PRESSANT, ORDINAIRE = Poids.ESSENTIEL, Poids.PRESSANT, Poids.ORDINAIRE

Audience = Callable[[News], Iterable[Envoi]]


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
    Row(actions.prendre_en_charge,      bienveillant_who_is_answered,     "action_portee",       ORDINAIRE),
    Row(actions.prendre_en_charge,      voices_of_the_interpole,          "avis_demande",        ORDINAIRE),
    Row(donner,                     bienveillant_of_whoever_is_against, "avis_defavorable",  PRESSANT),
    Row(actions.valider,                bienveillant_of_the_action,       "action_validee",      PRESSANT),
    Row(retroplanning.confier_tache,    of_tasks.its_owner,               "tache_confiee",       ORDINAIRE),
    Row(besoins.demander,               of_needs.pole_that_is_asked,       "besoin_a_confirmer", ORDINAIRE),
    Row(besoins.confirmer,              of_needs.bienveillant_of_the_need, "besoin_repondu",     ORDINAIRE),
    Row(besoins.refuser,                of_needs.bienveillant_of_the_need, "besoin_repondu",     ORDINAIRE),
    Row(besoins.chevaucher,             of_needs.both_bienveillants,       "besoin_chevauche",   PRESSANT),
    Row(besoins.desister,               of_needs.bienveillant_of_the_need, "besoin_perdu",       PRESSANT),
    Row(besoins.perdre,                 of_needs.bienveillant_of_the_need, "besoin_perdu",       PRESSANT),
    Row(besoins.perdre,                 of_needs.pole_that_is_asked,       "besoin_a_confirmer", ORDINAIRE),
    Row(besoins.expirer,                of_needs.bienveillant_of_the_need, "option_expiree",     PRESSANT),
    Row(besoins.expirer,                of_needs.pole_that_is_asked,       "besoin_a_confirmer", ORDINAIRE),
    Row(besoins.reprendre,              of_needs.pole_that_had_promised,   "besoin_libere",      ORDINAIRE),
    Row(besoins.liberer,                of_needs.pole_that_had_promised,   "besoin_libere",      ORDINAIRE),
    Row(besoins.deplacer,               of_needs.pole_that_had_promised,   "besoin_deplace",     ORDINAIRE),
    Row(besoins.deplacer,               of_needs.pole_that_still_answers,  "besoin_a_confirmer", ORDINAIRE),
    Row(devis.demander,                 of_devis.poles_that_are_asked,    "devis_a_confirmer",   ORDINAIRE),
    Row(devis.envoyer,                  of_devis.demandeur,               "devis_envoye",        ESSENTIEL),
    Row(devis.rappeler,                 of_devis.demandeur,               "devis_rappel",        ESSENTIEL),
    Row(devis.accepter,                 of_devis.demandeur,               "devis_accord",        ESSENTIEL),
    Row(devis.accepter,                 of_devis.bienveillant_who_is_answered, "devis_repondu",  PRESSANT),
    Row(devis.accepter,                 of_devis.poles_that_take_part,    "devis_confirme",      ORDINAIRE),
    Row(devis.annuler_accord,           of_devis.demandeur_who_agreed,    "devis_accord_annule", ESSENTIEL),
    Row(devis.annuler_accord,           of_devis.who_counted_on_it,       "devis_suspendu",      PRESSANT),
    Row(devis.refuser,                  of_devis.bienveillant_who_is_answered, "devis_repondu",  PRESSANT),
    Row(devis.expirer,                  of_devis.bienveillant_who_is_answered, "devis_repondu",  PRESSANT),
    Row(devis.reserver,                 of_devis.bienveillant_who_is_answered, "devis_repondu",  PRESSANT),
    Row(devis.confirmer_lignes,         of_devis.bienveillant_of_what_is_whole, "devis_repondu", PRESSANT),
    Row(devis.demander_un_changement,   of_devis.bienveillant_who_is_answered, "devis_repondu",  PRESSANT),
    Row(factures.emettre,               of_invoices.whoever_pays,         "facture_emise",       ESSENTIEL),
    Row(factures.relancer,              of_invoices.reminded(1),          "facture_rappel",      ESSENTIEL),
    Row(factures.relancer,              of_invoices.reminded(2),          "facture_relance",     ESSENTIEL),
    Row(factures.relancer,              of_invoices.reminded(3),          "facture_mise_en_demeure", ESSENTIEL),
    Row(ecrire,                         team_that_is_written_to,          "message_equipe",      PRESSANT),
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
    Row(actions.enregistrer,            demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.confirmer,              demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.confirmer_sans_devis,   demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.refuser,                demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.decliner,               demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.annuler,                demandes.answered,                "demande_suite",       ESSENTIEL),
    Row(actions.confier,                demandes.who_is_offered_it,       "relais_propose",      PRESSANT),
    Row(actions.accepter_relais,        demandes.who_handed_it_over,      "relais_suite",        ORDINAIRE),
    Row(actions.laisser_relais,         demandes.who_keeps_it,            "relais_suite",        ORDINAIRE),
    Row(actions.decaler,                demandes.told_of_the_move,        "demande_decalee",     ESSENTIEL),
    Row(actions.decaler,                bienveillant_of_the_move,         "action_arretee",      ESSENTIEL),
    Row(actions.annuler,                bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.refuser,                bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.decliner,               bienveillant_of_the_action,       "action_arretee",      ESSENTIEL),
    Row(actions.annuler,                arrets.who_has_no_more_to_do,     "action_sans_suite",   ORDINAIRE),
    Row(actions.refuser,                arrets.who_has_no_more_to_do,     "action_sans_suite",   ORDINAIRE),
    Row(actions.decliner,               arrets.who_has_no_more_to_do,     "action_sans_suite",   ORDINAIRE),
)  # fmt: skip


def tell(news: News, *, row: Row) -> None:
    """Each message says of which action it speaks: an erasure finds it by that."""
    about = {"action": news.subject.action_id}
    for envoi in row.audience(news):
        send(row.genre, replace(envoi, faits=about | envoi.faits), row.poids, by=news.by)


for row in TABLE:
    row.event.react(partial(tell, row=row))


def tell_the_channel(news: News) -> None:
    """The channel of the interpôle hears of what awaits its opinion, and of what came of it."""
    action: Action = news.subject
    asked = news.avant is Etat.EN_VALIDATION or news.event is actions.prendre_en_charge
    decided = news.event is actions.prendre_en_charge or "ou" in news.facts
    if asked and current_app.config["PORTAL"].rocketchat_url:
        cle = f"interpole:{action.id}:{news.event.slug}:{clock.now():%Y%m%d%H%M%S}"
        par_id = news.by.id if news.by else None
        fait = news.event.slug if decided else STOPPED
        outbox.post(CHAT, cle, to=CANAL, par_id=par_id, voie=Voie.ROCKETCHAT, action=action.id, fait=fait)


@devis.accepter.react
def tell_the_channel_of_an_agreement(news: News) -> None:
    """The house hears that an action is sure; that its devis is accepted anew, after a change, is between those concerned."""
    action: Action = news.subject.action
    if news.facts["avant"] is None and current_app.config["PORTAL"].rocketchat_url:
        cle = f"devis:{news.subject.id}:{news.event.slug}:{clock.now():%Y%m%d%H%M%S}"
        par_id, fait = news.by.id if news.by else None, news.event.slug
        outbox.post(CHAT, cle, to=CANAL, par_id=par_id, voie=Voie.ROCKETCHAT, action=action.id, fait=fait)


for event in (actions.prendre_en_charge, actions.valider, actions.refuser, actions.decliner, actions.annuler):
    event.react(tell_the_channel)


def tell_the_webhook(news: News) -> None:
    """Another program hears of each move that it asked for, under an id of its own."""
    settings = current_app.config["PORTAL"]
    if settings.webhook_url and news.event.key.startswith(settings.webhook_events):
        instant, id = clock.local(clock.now()).isoformat(timespec="seconds"), str(uuid4())
        said = {"evenement": news.event.key, "instant": instant, "avant": news.avant, "apres": news.subject.etat}
        said |= {"id": id, "sujet": subject_key(news.subject)}
        outbox.post(TRANSITION, f"webhook:{id}", to=WEBHOOK, voie=Voie.WEBHOOK, **said)


for transition in (*actions.WORKFLOW, *missions.WORKFLOW):
    transition.react(tell_the_webhook)
