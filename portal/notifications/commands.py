"""Writing to a person; then what the worker writes of a message, each in a short transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update

from portal import clock, outbox
from portal.comptes.models import Personne, Reception
from portal.db import apart
from portal.outbox import Message, Voie

NOW = timedelta()
LEASE = timedelta(minutes=2)  # more than one sending lasts, even when the server takes its ten seconds at each step
DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 240, 240))  # after each failed try but the last
TRIES = len(DELAYS) + 1
SECRETS = frozenset({"code"})  # facts that no reader of the table needs once the message is gone


class Poids(Enum):
    """How pressing a message is, for those who asked to be written to less."""

    ESSENTIEL = "essentiel"  # at once, whatever they chose
    PRESSANT = "pressant"  # tomorrow is too late: at once, but for those who want the essential only
    ORDINAIRE = "ordinaire"


@dataclass(frozen=True)
class Envoi:
    """A message for one person: its key in the outbox, what it is about, when it leaves."""

    personne: Personne
    cle: str
    faits: dict[str, Any] = field(default_factory=dict)
    delay: timedelta = NOW
    retenu: bool = False


def send(genre: str, envoi: Envoi, poids: Poids) -> bool:
    """Queue it in the present transaction, by the way that the person chose; False when it already is."""
    personne = envoi.personne
    return outbox.post(
        genre,
        envoi.cle,
        to=personne.email,
        personne_id=personne.id,
        voie=_voie(personne.reception, poids),
        due=clock.now() + envoi.delay,
        retenu=envoi.retenu,
        **envoi.faits,
    )


def _voie(reception: Reception, poids: Poids) -> Voie:
    if poids is Poids.ESSENTIEL or reception is Reception.AUSSITOT:
        return Voie.COURRIER
    if reception is Reception.ESSENTIEL:
        return Voie.PORTAIL
    return Voie.COURRIER if poids is Poids.PRESSANT else Voie.RESUME


def claim() -> Message | None:
    """Lease to this worker alone the message that has been due the longest; the answer belongs to no session.

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
            *waiting(),
            Message.voie != Voie.RESUME,
            Message.retenu.is_(False),
            Message.du_le <= now,
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


def waiting() -> tuple[ColumnElement[bool], ...]:
    """Neither gone, nor given up, nor set aside."""
    return Message.envoye_le.is_(None), Message.abandonne_le.is_(None), Message.ecarte_le.is_(None)


def sent(message: Message, objet: str = "", texte: str = "") -> None:
    """It left, in these words, whatever became of the lease meanwhile."""
    kept = {name: value for name, value in message.faits.items() if name not in SECRETS}
    _settle(message, envoye_le=clock.now(), erreur="", faits=kept, objet=objet, texte=texte)


def retry(message: Message, error: str, *, doubtful: bool = False) -> None:
    """A failed try: the next one comes later and later, then no more. After a second doubt neither: it may have come twice."""
    doubts = message.doutes + doubtful
    if message.essais >= TRIES or doubts > 1:
        _settle(message, _still_ours(message), abandonne_le=clock.now(), erreur=error, doutes=doubts)
    else:
        later = clock.now() + DELAYS[message.essais - 1]
        _settle(message, _still_ours(message), du_le=later, erreur=error, doutes=doubts)


def put_back(message: Message, error: str) -> None:
    """Nothing was tried: the server itself does not answer."""
    _settle(message, _still_ours(message), essais=Message.essais - 1, erreur=error)


def give_up(message: Message, error: str) -> None:
    """It waits for an admin, who retries or discards it."""
    _settle(message, _still_ours(message), abandonne_le=clock.now(), erreur=error)


def set_aside(message: Message, why: str) -> None:
    """It has no object any more: nobody needs to look."""
    _settle(message, _still_ours(message), ecarte_le=clock.now(), erreur=why)


def _still_ours(message: Message) -> ColumnElement[bool]:
    """A lease that ran out may be another worker's by now, who then has the last word."""
    return Message.bail_jusqu == message.bail_jusqu


def _settle(message: Message, *where: ColumnElement[bool], **values: Any) -> None:
    with apart() as connection:
        connection.execute(update(Message).where(Message.id == message.id, *where).values(bail_jusqu=None, **values))
