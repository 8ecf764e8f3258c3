"""Writing to a person; then what the worker writes of a message, each in a short transaction of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, case, exists, or_, select, update

from portal import clock, outbox
from portal.actions import avis
from portal.actions.models import Action, Demandeur, Etat
from portal.comptes import queries as comptes
from portal.comptes.models import Personne, Reception
from portal.db import apart, db, lock, lock_one
from portal.fields import combine
from portal.journal import Person
from portal.missions import queries as missions
from portal.missions.models import Mission
from portal.notifications import queries, rappels
from portal.outbox import Message, Poids, Voie
from portal.workflow import Event, Refusal

NOW = timedelta()
DIGEST = time(18)  # before the evening, when people decide
LEASE = timedelta(minutes=2)  # more than one sending lasts, even when the server takes its ten seconds at each step
DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 240, 240))  # after each failed try but the last
TRIES = len(DELAYS) + 1
SECRETS = frozenset({"code"})  # facts that no reader of the table needs once the message is gone
reprendre = Event("outbox.reprendre", "Renvoyer", "renvoyé", "send")
ecarter = Event("outbox.ecarter", "Écarter", "écarté", "x")


class Discarded(Refusal):
    status = 409
    sentence = "Ce message a été écarté entre-temps\u00a0: il n’est plus à renvoyer."


REMINDERS = {"semaine": Poids.ORDINAIRE, "veille": Poids.ESSENTIEL, "bientot": Poids.PRESSANT}


@dataclass(frozen=True)
class Envoi:
    """A message for one person, or for a demandeur: its key in the outbox, what it is about, when it leaves."""

    personne: Personne | Demandeur
    cle: str
    faits: dict[str, Any] = field(default_factory=dict)
    delay: timedelta = NOW
    retenu: bool = False  # until whoever decided sends it
    sur: Personne | None = None  # of whom it speaks, when that is not its reader


def send(genre: str, envoi: Envoi, poids: Poids, *, by: Person | None) -> bool:
    """Queue it in the present transaction, by the way that the person chose; False when it already is."""
    personne = envoi.personne
    if isinstance(personne, Demandeur):
        return _send_out(genre, personne, envoi, poids, by)
    if personne.is_erased:
        return False
    voie, due = _voie(personne.reception, poids), clock.now() + envoi.delay
    return outbox.post(
        genre,
        envoi.cle,
        to=personne.email,
        personne_id=personne.id,
        par_id=by.id if by else None,
        sur_id=envoi.sur.id if envoi.sur else None,
        voie=voie,
        poids=poids,
        due=_next_digest(due) if voie is Voie.RESUME else due,
        retenu=envoi.retenu,
        **envoi.faits,
    )


def _send_out(genre: str, demandeur: Demandeur, envoi: Envoi, poids: Poids, by: Person | None) -> bool:
    """Somebody outside has no account and nothing to choose: by mail or not at all."""
    if not demandeur.email:
        return False
    par, due = by.id if by else None, clock.now() + envoi.delay
    return outbox.post(genre, envoi.cle, to=demandeur.email, par_id=par, poids=poids, due=due, **envoi.faits)


def _voie(reception: Reception, poids: Poids) -> Voie:
    if poids is Poids.ESSENTIEL or reception is Reception.AUSSITOT:
        return Voie.COURRIER
    if reception is Reception.ESSENTIEL:
        return Voie.PORTAIL
    return Voie.COURRIER if poids is Poids.PRESSANT else Voie.RESUME


def reroute(personne: Personne) -> None:
    """They chose otherwise: what waits for them, reminders to come among it, leaves by the new way."""
    mine = (Message.personne_id == personne.id, *outbox.waiting(), Message.essais == 0, Message.resume_id.is_(None))
    for message in db.session.scalars(select(Message).where(*mine).with_for_update()):
        before, message.voie = message.voie, _voie(personne.reception, message.poids)
        if message.voie is Voie.RESUME is not before:
            message.du_le = _next_digest(message.du_le)


def _next_digest(instant: datetime) -> datetime:
    today = combine(clock.local(instant).date(), DIGEST)
    return today if instant <= today else clock.same_hour(today, 1)


def plan_reminders(affectation_id: int) -> None:
    """Put the reminders of a place in the outbox, due at their instants; a mission that moves gets others.

    Under a key by start: planned again, restarted, moved away and back, each is sent once. One that is no longer true when
    it falls due is set aside by the worker.
    """
    held = missions.place(affectation_id)
    assert held
    mission = lock_one(held.mission)
    held.rappels_pour = mission.debut
    for rappel, at in rappels.to_come(mission.debut):
        cle = f"rappel:{held.id}:{rappel.nom}:{mission.debut:%Y%m%d%H%M}"
        facts = {"action": mission.action_id, "affectation": held.id, "rappel": rappel.nom, "debut": mission.debut.isoformat()}
        send("rappel", Envoi(held.personne, cle, facts, at - clock.now()), REMINDERS[rappel.nom], by=None)


def tell_it_is_short(mission_id: int) -> None:
    """To its bienveillant, or to the admins when that one has left; once for each date that the mission has."""
    mission = lock(Mission, mission_id)[0]
    sets_up = mission.action.bienveillant
    if mission.lacks_people and sets_up:
        facts = {"action": mission.action_id, "mission": mission_id, "debut": mission.debut.isoformat()}
        cle = queries.short_key(mission)
        for nth, reader in enumerate([sets_up] if sets_up.is_active else comptes.admins()):
            envoi = Envoi(reader, f"{cle}:{reader.id}" if nth else cle, facts)
            send("sous_le_minimum", envoi, Poids.ESSENTIEL, by=None)


def tell_it_is_unanswered(action_id: int) -> None:
    """To whoever sets it up, or to all the bienveillants while nobody does; once."""
    action = lock(Action, action_id)[0]
    if not action.is_unanswered:
        return
    cle = queries.unanswered_key(action)
    sets_up = None if action.is_to_take else action.bienveillant
    for nth, reader in enumerate([sets_up] if sets_up else comptes.bienveillants()):
        envoi = Envoi(reader, f"{cle}:{reader.id}" if nth else cle, {"action": action_id})
        send("demande_sans_reponse", envoi, Poids.PRESSANT, by=None)


def remind_of_an_opinion(action_id: int) -> None:
    """To the members of the pôles that have said nothing of it, once each."""
    action = lock(Action, action_id)[0]
    if action.etat is Etat.EN_VALIDATION:
        for personne in avis.silent_members(action):
            facts = {"action": action.id, "personne": personne.id}
            send("avis_rappel", Envoi(personne, queries.opinion_key(action, personne), facts), Poids.PRESSANT, by=None)


def gather(personne_id: int) -> None:
    """One mail a day: the lines that wait are given to a digest, which leaves now."""
    lock(Personne, personne_id)
    personne = db.session.get_one(Personne, personne_id)
    lines = (Message.personne_id == personne_id, *queries.lines_to_gather())
    if not db.session.scalar(select(exists().where(*lines))):
        return  # another worker was faster
    cle = f"resume:{personne_id}:{clock.now():%Y%m%d%H%M%S}"
    outbox.post("resume", cle, to=personne.email, personne_id=personne_id, resume=cle)
    digest = db.session.scalar(select(Message.id).where(Message.cle == cle))
    db.session.execute(update(Message).where(*lines).values(resume_id=digest), execution_options={"synchronize_session": False})


def claim(voies: Collection[Voie] = (Voie.COURRIER, Voie.PORTAIL)) -> Message | None:
    """Lease to this worker alone the message that has been due these ways the longest; the answer belongs to no session.

    One at a time, so that a lease covers one sending however slow the ones before it were. A lease that nobody ended is a
    doubt: its worker died, before the server took the message or after.
    """
    now = clock.now()
    free = or_(
        Message.bail_jusqu.is_(None),
        Message.bail_jusqu <= now,
        Message.bail_jusqu > now + 2 * LEASE,  # the clock was set back since
    )
    due = (
        select(Message.id)
        .where(
            *outbox.waiting(),
            *outbox.due(),
            Message.voie.in_(voies),
            free,
        )
        .order_by(Message.du_le, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    lease = (
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(
            bail_jusqu=now + LEASE,
            essais=Message.essais + 1,
            doutes=Message.doutes + case((Message.bail_jusqu.is_(None), 0), else_=1),
        )
        .returning(*Message.__table__.columns)
    )
    with apart() as connection:
        row = connection.execute(lease).one_or_none()
    return Message(**row._mapping) if row else None


Words = tuple[str, str]  # subject and text


def sent(message: Message, said: Words = ("", ""), lines: Mapping[int, Words | None] | None = None) -> None:
    """It left in these words, whatever became of the lease meanwhile; so did the lines of a digest, but those without words."""
    with apart() as connection:
        outbox.said(connection, message.id, said)
        now = connection.scalar(select(Message.faits).where(Message.id == message.id)) or {}  # an erasure may have emptied them
        kept = {name: value for name, value in now.items() if name not in SECRETS}
        connection.execute(update(Message).where(Message.id == message.id).values(faits=kept, erreur=""))
        for id, words in (lines or {}).items():
            if words:
                outbox.said(connection, id, words)
            else:
                connection.execute(update(Message).where(Message.id == id).values(ecarte_le=clock.now()))
        connection.execute(_give_up_lines(message, "ne s’écrit pas"))


def _give_up_lines(message: Message, error: str) -> Update:
    """What a digest has not carried waits for an admin, line by line."""
    lines = (Message.resume_id == message.id, *outbox.waiting())
    return update(Message).where(*lines).values(abandonne_le=clock.now(), erreur=error)


def retry(message: Message, error: str, *, doubtful: bool = False) -> None:
    """A failed try: the next one comes later and later, then no more. After a second doubt neither: it may have come twice."""
    doubts = message.doutes + doubtful
    if message.essais >= TRIES or doubts > 1:
        give_up(message, error, doutes=doubts)
    else:
        later = clock.now() + DELAYS[message.essais - 1]
        _settle(message, _still_ours(message), du_le=later, erreur=error, doutes=doubts)


def put_back(message: Message, error: str) -> None:
    """Nothing was tried: the server itself does not answer."""
    _settle(message, _still_ours(message), essais=Message.essais - 1, erreur=error)


def give_up(message: Message, error: str, **more: int) -> None:
    """It waits for an admin, who retries or discards it; of a digest, its lines do."""
    if message.genre == "resume":
        with apart() as connection:
            connection.execute(_give_up_lines(message, error))
        set_aside(message, error)
    else:
        _settle(message, _still_ours(message), abandonne_le=clock.now(), erreur=error, **more)


def set_aside(message: Message, why: str) -> None:
    """It has no object any more, nor have the lines of such a digest: nobody needs to look."""
    _settle(message, _still_ours(message), ecarte_le=clock.now(), erreur=why)
    with apart() as connection:
        lines = (Message.resume_id == message.id, *outbox.waiting())
        connection.execute(update(Message).where(*lines).values(ecarte_le=clock.now()))


def _still_ours(message: Message) -> ColumnElement[bool]:
    """A lease that ran out may be another worker's by now, who then has the last word."""
    return Message.bail_jusqu == message.bail_jusqu


def take_up(message: Message, *, by: Personne) -> None:
    """An admin has it sent again, with all its tries before it. Raises Discarded when another admin put it aside."""
    message = lock_one(message)
    if message.ecarte_le:
        raise Discarded
    if message.abandonne_le:
        message.abandonne_le, message.du_le, message.essais, message.doutes, message.erreur = None, clock.now(), 0, 0, ""
        message.resume_id = None
        message.voie = message.voie if message.voie in (Voie.ROCKETCHAT, Voie.WEBHOOK) else Voie.COURRIER
        reprendre.tell(message, by=by)


def take_up_all(*, by: Personne) -> int:
    """All that could not leave, after a bad night; says how many."""
    messages = lock(Message, *db.session.scalars(queries.given_up().with_only_columns(Message.id)))
    messages = [message for message in messages if message.abandonne_le and not message.ecarte_le]
    for message in messages:
        take_up(message, by=by)
    return len(messages)


def discard(message: Message, *, by: Personne) -> None:
    """An admin has looked: it is not to be sent."""
    message = lock_one(message)
    if message.abandonne_le and not message.ecarte_le:
        message.ecarte_le = clock.now()
        ecarter.tell(message, by=by)


def _settle(message: Message, *where: ColumnElement[bool], **values: Any) -> None:
    with apart() as connection:
        connection.execute(update(Message).where(Message.id == message.id, *where).values(bail_jusqu=None, **values))
