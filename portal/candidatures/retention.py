"""Whoever applied is kept no longer than the house said: candidatures without an outcome, then people nobody heard of again.

A candidature that was not accepted loses its words, and its candidate their name, so many months after the action; so does
whoever answers for a minor, accepted or not; anybody else goes so many years after their last contact. Counts and the safety
register stay.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from portal import clock, journal, outbox
from portal.actions.models import Action
from portal.candidatures.models import Candidature, Etat
from portal.comptes import commands as comptes
from portal.comptes.models import NOWHERE, Jeton, Personne, Role, Session
from portal.db import db, lock, lock_one
from portal.journal import EntreeJournal, subject_key
from portal.missions.models import Affectation, Mineur, Mission
from portal.poles.models import Adhesion
from portal.reglage import GARDE_CANDIDATURE, GARDE_PERSONNE
from portal.workflow import Event

oublier = Event("candidature.oublier", "Effacer ses mots", "mots effacés, le délai est passé", "trash-2")
oublier_mineur = Event(
    "mission.oublier_mineur", "Effacer un responsable légal", "responsable légal effacé, le délai est passé", "trash-2"
)


# --- since when ------------------------------------------------------------------------------------------------


def _unanswered_since() -> datetime:
    return clock.months_ago(GARDE_CANDIDATURE.valeur)


def _unheard_since() -> datetime:
    return clock.months_ago(12 * GARDE_PERSONNE.valeur)


# --- candidatures ----------------------------------------------------------------------------------------------


def _wordy(candidature: type[Candidature]) -> ColumnElement[bool]:
    """Whether it still says something that somebody typed."""
    typed = or_(EntreeJournal.motif != "", EntreeJournal.faits["mot"].as_string() != "")
    said = exists().where(EntreeJournal.sujet == literal("candidature:").concat(cast(candidature.id, Text)), typed)
    return or_(candidature.message != "", said)


def candidatures_due(*where: ColumnElement[bool]) -> Select[int]:
    """Those that were not accepted, of actions long over, and that still say something."""
    over = Candidature.etat != Etat.ACCEPTEE, Action.fin < _unanswered_since()
    query = select(Candidature.id).join(Candidature.mission).join(Mission.action).where(*over, _wordy(Candidature), *where)
    return query.order_by(Candidature.id)


def forget(candidature_id: int) -> None:
    """Its words go, and its link opens no more; that it was sent, and what became of it, stays counted."""
    candidature = lock_one(db.session.get_one(Candidature, candidature_id))
    if not db.session.scalar(candidatures_due(Candidature.id == candidature_id)):
        return
    candidature.message = ""
    candidature.generation += 1
    journal.forget(EntreeJournal.sujet == subject_key(candidature))
    outbox.forget_words(candidature.id)
    oublier.tell(candidature, by=None)


# --- whoever answers for a minor --------------------------------------------------------------------------------


def minors_due(*where: ColumnElement[bool]) -> Select[int]:
    """What minors said of themselves for actions long over, whatever became of their candidature."""
    query = select(Mineur.id).join(Mineur.mission).join(Mission.action).where(Action.fin < _unanswered_since(), *where)
    return query.order_by(Mineur.id)


def forget_minor(mineur_id: int) -> None:
    """Their age, and who answers for them; that they came stays."""
    for mineur in lock(Mineur, mineur_id) if db.session.scalar(minors_due(Mineur.id == mineur_id)) else []:
        oublier_mineur.tell(mineur.mission, by=None)
        db.session.delete(mineur)


# --- people ----------------------------------------------------------------------------------------------------


def _heard_of(who: type[Personne], since: datetime) -> ColumnElement[bool]:
    """Whether this person came, applied, did anything or signed in since then; each list is read once for everybody."""
    places = select(Affectation.personne_id).join(Affectation.mission).join(Mission.action).where(Action.fin >= since)
    applied = select(Candidature.personne_id).join(Candidature.mission).join(Mission.action).where(Action.fin >= since)
    deeds = select(EntreeJournal.personne_id).where(EntreeJournal.personne_id.is_not(None), EntreeJournal.quand >= since)
    came = select(Session.personne_id).where(Session.vue_le >= since)
    entered = select(Jeton.personne_id).where(Jeton.personne_id.is_not(None), Jeton.utilise_le >= since)
    known = who.cree_le >= since, func.coalesce(who.confirme_le, who.cree_le) >= since
    return or_(*known, *(who.id.in_(ids) for ids in (places, applied, deeds, came, entered)))


def _belongs(who: type[Personne]) -> ColumnElement[bool]:
    """Whoever has a role or a pôle is of the house as long as their account is open."""
    member = or_(who.id.in_(select(Role.personne_id)), who.id.in_(select(Adhesion.personne_id)))
    return and_(who.desactive_le.is_(None), member)


def _is_due(who: type[Personne]) -> ColumnElement[bool]:
    """Nobody of the house, and not heard of for as long as was said: sooner for whoever never proved an address nor came."""
    stranger = and_(who.confirme_le.is_(None), who.id.not_in(select(Affectation.personne_id)))
    late = or_(~_heard_of(who, _unheard_since()), and_(stranger, ~_heard_of(who, _unanswered_since())))
    return and_(~_belongs(who), late)


def people_due(*where: ColumnElement[bool]) -> Select[int]:
    """The first row of each address of which every row is due: they are erased together."""
    other = aliased(Personne)
    kept = exists().where(other.adresse == Personne.adresse, ~_is_due(other))
    known = ~Personne.adresse.endswith(NOWHERE, autoescape=True)
    query = select(func.min(Personne.id)).where(known, _is_due(Personne), ~kept, *where).group_by(Personne.adresse)
    return query.order_by(func.min(Personne.id))


def erase(personne_id: int) -> None:
    """Looked at again under lock: somebody may have come back meanwhile."""
    personne = db.session.get_one(Personne, personne_id)
    comptes.lock_address(personne.adresse)
    if db.session.scalar(people_due(Personne.id == personne_id)):
        comptes.erase(personne, by=None)
