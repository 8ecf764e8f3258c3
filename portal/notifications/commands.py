"""What the worker writes of a message: taken, gone, to try again, given up. Each is a short transaction of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from portal import clock
from portal.db import apart
from portal.outbox import Message

LEASE = timedelta(minutes=2)  # more than one sending lasts, even when the server takes its ten seconds at each step
DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 240, 240))  # after each failed try but the last
TRIES = len(DELAYS) + 1
SECRETS = frozenset({"code"})  # facts that no reader of the table needs once the message is gone


def claim() -> Message | None:
    """Lease to this worker alone the message that has been due the longest; the answer belongs to no session.

    One at a time, so that a lease covers one sending however slow the ones before it were.
    """
    now = clock.now()
    due = (
        select(Message.id)
        .where(
            Message.envoye_le.is_(None),
            Message.abandonne_le.is_(None),
            Message.du_le <= now,
            or_(Message.bail_jusqu.is_(None), Message.bail_jusqu <= now),
        )
        .order_by(Message.du_le, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    lease = (
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(bail_jusqu=now + LEASE, essais=Message.essais + 1)
        .returning(*Message.__table__.columns)
    )
    with apart() as connection:
        row = connection.execute(lease).one_or_none()
    return Message(**row._mapping) if row else None


def sent(message: Message) -> None:
    """It left, whatever became of the lease meanwhile."""
    kept = {name: value for name, value in message.faits.items() if name not in SECRETS}
    _settle(message, envoye_le=clock.now(), erreur="", faits=kept)


def retry(message: Message, error: str) -> None:
    """A failed try: the next one comes later and later, then no more."""
    if message.essais >= TRIES:
        give_up(message, error)
    else:
        _settle(message, _still_ours(message), du_le=clock.now() + DELAYS[message.essais - 1], erreur=error)


def give_up(message: Message, error: str) -> None:
    _settle(message, _still_ours(message), abandonne_le=clock.now(), erreur=error)


def _still_ours(message: Message) -> ColumnElement[bool]:
    """A lease that ran out may be another worker's by now, who then has the last word."""
    return Message.bail_jusqu == message.bail_jusqu


def _settle(message: Message, *where: ColumnElement[bool], **values: Any) -> None:
    with apart() as connection:
        connection.execute(update(Message).where(Message.id == message.id, *where).values(bail_jusqu=None, **values))
