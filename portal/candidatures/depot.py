"""What a candidate sends, mends and proves: the form, the mail's link, the status that a paid mission wants."""

from __future__ import annotations

import secrets

from portal import clock, outbox, security
from portal.candidatures import attente, commands, queries
from portal.candidatures.attente import locked
from portal.candidatures.models import (
    Candidature,
    Demande,
    Etat,
    corriger,
    demander_statut,
    deposer,
    liberer,
    rejoindre,
)
from portal.comptes import commands as comptes
from portal.comptes.models import Personne, Situation
from portal.db import db
from portal.fields import address_key
from portal.missions import commands as missions
from portal.missions import mineurs
from portal.missions import queries as missions_queries
from portal.missions.models import Mineur, Minorite, Mission
from portal.workflow import Refusal, TransitionRefused

MOST_LINKS_AN_HOUR = 3
MINOR = (
    "Cette adresse est aussi celle d’une personne mineure\u00a0: l’accord écrit de son responsable légal est d’abord attendu."
)
TWICE = "Tu avais candidaté deux fois\u00a0: tu gardes ton autre inscription."


class PhaseClosed(Refusal):
    sentence = "Les candidatures à cette mission ne sont pas ouvertes en ce moment."


class FilledUp(Refusal):
    sentence = "Cette mission vient de se remplir. Tu peux rejoindre la liste d’attente."


class NotYours(Refusal):
    status = 403
    sentence = "Cette candidature a rejoint un compte\u00a0: ouvre le lien reçu par e-mail, ou connecte-toi, pour la modifier."


class LinkOver(Refusal):
    status = 410
    sentence = "Cette candidature date de plus d’un an\u00a0: son lien ne s’ouvre plus. Pour tes données, écris à l’équipe."


def apply(mission: Mission, demande: Demande, *, waiting_list: bool, by: Personne | None) -> Candidature:
    """One submission is one candidature: sent again it gives back the first, mended, without a second message.

    The mission is locked, after the person: it may be closing, filling up or being cancelled at this very moment.
    Raises PhaseClosed, FilledUp when the mission is full and the person did not ask for the waiting list, and of a minor
    what `mineurs.check_age` and `mineurs.tell` raise.
    """
    cle = demande.key(mission)
    twins = queries.twins(mission, cle, address_key(demande.email))
    if again := next((id for id, is_this in twins if is_this), None):
        db.session.rollback()  # nothing is written yet, and a candidature is locked in another order
        return _mended(db.session.get_one(Candidature, again), demande, by)
    if not mission.accepts_candidatures:
        raise PhaseClosed
    if mission.is_full and not waiting_list:
        raise FilledUp
    if demande.mineur:
        mineurs.check_age(mission, demande.mineur)
    personne = _applicant(demande, by)
    candidature = Candidature(mission=mission, personne=personne, message=demande.message, cle=cle, en_double=bool(twins))
    db.session.add(candidature)
    if demande.mineur:
        mineurs.tell(mission, personne, demande.mineur)
    deposer.tell(candidature, by=personne)
    return candidature


def _applicant(demande: Demande, by: Personne | None) -> Personne:
    """The signed-in person when the address is theirs; anybody else is provisional until the mail's link is used."""
    if by is None or by.adresse != address_key(demande.email):
        personne = comptes.introduce(
            nom=demande.nom, email=demande.email, telephone=demande.telephone, sollicitable=demande.sollicitable
        )
    else:
        personne = by
        personne.telephone = demande.telephone or personne.telephone
        personne.sollicitable = personne.sollicitable or demande.sollicitable
    if demande.situation:
        comptes.declare(personne, demande.situation, by=personne)
    return personne


def _mended(candidature: Candidature, demande: Demande, by: Personne | None) -> Candidature:
    """Back, a word changed, sent again: the last words count, as long as the sender may still correct them."""
    if candidature.is_open and (candidature.personne.confirme_le is None or candidature.personne is by):
        edit(candidature, nom=demande.nom, telephone=demande.telephone, message=demande.message, mineur=demande.mineur)
        held = missions_queries.active_of(candidature.mission, candidature.personne)
        if demande.mineur is None and candidature.etat is Etat.DEPOSEE and not held:  # ticked by mistake the first time
            mineurs.forget(Mineur.mission_id == candidature.mission_id, Mineur.personne_id == candidature.personne_id)
    return candidature


def edit(candidature: Candidature, *, message: str, nom: str = "", telephone: str = "", mineur: Minorite | None = None) -> None:
    """What the candidate may mend while it is alive: not the address, which the link proves.

    From a link, the name and phone of a confirmed person are not touched: they are their account's. Raises TooLate, and of a
    minor what `mineurs.check_age` and `mineurs.tell` raise.
    """
    candidature = locked(candidature)
    if not candidature.is_open:
        raise commands.TooLate("Cette candidature est close\u00a0: elle ne se modifie plus.")
    personne, known = candidature.personne, candidature.mineur
    if mineur and (known is None or known.age != mineur.age):
        mineurs.check_age(candidature.mission, mineur)
    minor_changed = mineur is not None and _say_minor(candidature, mineur)
    if personne.confirme_le:
        nom, telephone = personne.nom, personne.telephone
    changed = [
        name
        for name, old, new in (
            ("nom", personne.nom, nom),
            ("telephone", personne.telephone, telephone),
            ("message", candidature.message, message),
        )
        if old != new
    ]
    personne.nom, personne.telephone, candidature.message = nom, telephone, message
    if minor_changed:
        changed.append("responsable")
    if changed:
        corriger.tell(candidature, by=personne, champs=changed)


def _say_minor(candidature: Candidature, said: Minorite) -> bool:
    """Whether that changes anything; an acceptance that nobody was told yet goes back to the queue first."""
    try:
        return mineurs.tell(candidature.mission, candidature.personne, said)
    except mineurs.PlaceGiven:
        if not commands.take_back(candidature, by=None):
            raise
        return mineurs.tell(candidature.mission, candidature.personne, said)


def join(candidature: Candidature) -> None:
    """The mail's link was used: the address is proved, the candidature joins its one Personne.

    Accepted twice under one address, it is one place: the second candidature is freed, and told.
    """
    if candidature.personne.confirme_le:
        return
    comptes.lock_address(candidature.personne.adresse)
    db.session.refresh(candidature)
    if candidature.personne.confirme_le:  # the same tap, twice at once
        return
    candidature = locked(candidature)
    provisional = candidature.personne
    personne = comptes.confirm(provisional)
    if personne is not provisional:
        held = missions_queries.active_of(candidature.mission, provisional)
        if held and not missions.hand_to(held, personne):
            commands.close(candidature, liberer, by=None, motif=TWICE)
        outbox.hand_over(provisional.id, personne.id)
        candidature.personne_id = personne.id
        mineurs.join(candidature.mission, provisional, personne)
        personne.telephone = personne.telephone or provisional.telephone
        personne.sollicitable = personne.sollicitable or provisional.sollicitable
        if provisional.situation and not personne.situation:
            comptes.declare(personne, provisional.situation, by=personne)
        provisional.desactive_le = clock.now()
        db.session.flush()
        db.session.refresh(candidature)
        attente.keep_one(candidature.mission, personne)
        _keep_what_a_minor_may(candidature.mission, personne)
    rejoindre.tell(candidature, by=personne, depuis=provisional.id)


def _keep_what_a_minor_may(mission: Mission, personne: Personne) -> None:
    """A place that is now known to be a minor's, whom nobody authorised, is freed, and told."""
    held = missions_queries.active_of(mission, personne)
    try:
        mineurs.check_place(mission, personne.id)
    except (mineurs.AdultsOnly, mineurs.AutorisationMissing):
        if held and (accepted := queries.accepted_of(mission, personne.id)):
            commands.close(accepted, liberer, by=None, motif=MINOR)
            missions.release(held, motif=MINOR)


def declare(candidature: Candidature, situation: Situation) -> None:
    """The candidate says as what they would be paid, while it is open."""
    candidature = locked(candidature)
    if not candidature.is_open:
        raise commands.TooLate("Cette candidature est close\u00a0: elle ne se modifie plus.")
    comptes.declare(candidature.personne, situation, by=candidature.personne)


def ask_statut(candidature: Candidature, *, by: Personne) -> None:
    """Write to the candidate that their status is wanted; raises TransitionRefused when it is not any more."""
    candidature = locked(candidature)
    if not (candidature.wants_statut and candidature.is_open):
        raise TransitionRefused
    demander_statut.tell(candidature, by=by)


def send_links(email: str) -> None:
    """« Renvoyez-moi mes liens »: the same work whoever asks, so that nobody learns who has applied.

    The worker finds out what there is to send, nothing perhaps; an address is written to three times an hour at most.
    """
    adresse = address_key(email)
    if not security.is_too_much(f"liens:{adresse}", MOST_LINKS_AN_HOUR):
        outbox.post("mes_liens", f"liens:{secrets.token_hex(8)}", to=adresse, adresse=adresse)
