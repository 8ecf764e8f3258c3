"""The worker: takes the messages that are due, one by one, and sends them. As many as one likes may run at once."""

from __future__ import annotations

import signal
import time
from types import FrameType

from flask import current_app
from sqlalchemy.exc import DBAPIError

from portal.db import db, study
from portal.notifications import commands, delivery, messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Message, beat

STUDY = 3600.0  # seconds between two looks at how full the tables are
POLL = 1.0  # seconds between two looks at an empty table
TICK = 5.0  # a tick is late by one sending at most, hence 15 seconds when the mail server hangs
PATIENCE = 5.0  # seconds left to a database that does not answer
GRACE = 0.8  # seconds left to the message under way when asked to stop


class Interrupted(BaseException):
    """Asked to stop, and the message under way took too long: its lease will bring it back, under the same Message-ID."""


class Stop:
    """TERM and INT, heard between two messages, or in the middle of one that hangs."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGALRM, self._cut)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    def _cut(self, _number: int, _frame: FrameType | None) -> None:
        raise Interrupted

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.asked and time.monotonic() < deadline:
            time.sleep(0.1)


def run() -> None:
    """Send until TERM or INT, which end it within a second. Raises BadSetting at once when no message could leave."""
    delivery.check(current_app.config["PORTAL"])
    stop = Stop()
    try:
        loop(stop)
    except Interrupted:
        current_app.logger.warning("stopped in the middle of a message: it will be sent again")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def loop(stop: Stop) -> None:
    """Send and tick until `stop.asked`. A database that does not answer is waited for: what else could be done?"""
    ticked = studied = float("-inf")
    while not stop.asked:
        try:
            if time.monotonic() - ticked >= TICK:
                beat("worker")
                pass_time()
                ticked = time.monotonic()
            if time.monotonic() - studied >= STUDY:
                study()
                studied = time.monotonic()
            if not send_next():
                stop.wait(POLL)
        except DBAPIError as error:
            current_app.logger.error("the database does not answer: %s", error.orig)
            db.session.rollback()
            stop.wait(PATIENCE)


def run_once() -> None:
    """Send all that is due now, then return."""
    delivery.check(current_app.config["PORTAL"])
    beat("worker")
    pass_time()
    while send_next():
        pass


def send_next() -> bool:
    """Send the message that has been due the longest; False when none is. An error is that message's own."""
    message = commands.claim()
    if message is None:
        return False
    try:
        _send(message)
    except Outdated:
        commands.give_up(message, "périmé")
    except Exception as error:
        _fail(message, error)
    else:
        commands.sent(message)
    return True


def _send(message: Message) -> None:
    try:
        mail = messages.compose(message)
    finally:
        db.session.rollback()  # what was read is read: nothing is held while the server takes its time
    delivery.send(mail, message, current_app.config["PORTAL"])


def _fail(message: Message, error: Exception) -> None:
    """Tried again later, or given up. The log names the row, never the person; what the server said is in the row."""
    said = (message.id, message.genre, message.essais, type(error).__name__)
    expected = isinstance(error, OSError)
    current_app.logger.warning("message %s (%s), try %s: %s", *said, exc_info=None if expected else error)
    reason = delivery.reason(error, current_app.config["PORTAL"])
    if delivery.is_final(error):
        commands.give_up(message, reason)
    else:
        commands.retry(message, reason)
