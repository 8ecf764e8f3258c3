"""The worker: takes the messages that are due, one by one, and sends them. As many as one likes may run at once."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Self

from flask import current_app
from sqlalchemy.exc import DBAPIError

from portal.db import db, study
from portal.notifications import commands, delivery, messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Message, Voie, beat

STUDY = 3600.0  # seconds between two looks at how full the tables are
POLL = 1.0  # seconds between two looks at an empty table
TICK = 5.0  # a tick is late by one sending at most, hence 15 seconds when the mail server hangs
FIRST_REST, LONGEST_REST = 5.0, 300.0  # seconds without asking a mail server that does not answer
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
    """Send, tick and let time pass until `stop.asked`. A database that does not answer is waited for."""
    ticked = studied = float("-inf")
    with Round(delivery.Courier(current_app.config["PORTAL"])) as round_:
        while not stop.asked:
            try:
                if time.monotonic() - ticked >= TICK:
                    beat("worker")
                    pass_time()
                    ticked = time.monotonic()
                if time.monotonic() - studied >= STUDY:
                    study()
                    studied = time.monotonic()
                if not round_.next():
                    stop.wait(POLL)
            except DBAPIError as error:
                current_app.logger.error("the database does not answer: %s", error.orig)
                db.session.rollback()
                stop.wait(PATIENCE)


def run_once() -> None:
    """Do and send all that is due now, then return."""
    delivery.check(current_app.config["PORTAL"])
    beat("worker")
    pass_time()
    with Round(delivery.Courier(current_app.config["PORTAL"])) as round_:
        while round_.next():
            pass


class Round:
    """Sends one message after the other, and rests longer and longer while the mail server does not answer."""

    def __init__(self, courier: delivery.Courier) -> None:
        self._courier = courier
        self._rest = 0.0
        self._until = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._courier.hang_up()

    def next(self) -> bool:
        """Send the message that has been due the longest; False when there is none, or no server to give it to."""
        if time.monotonic() < self._until:
            return False
        try:
            found = send_next(self._courier)
        except delivery.Unreachable as error:
            self._rest = min(2 * self._rest or FIRST_REST, LONGEST_REST)
            self._until = time.monotonic() + self._rest
            current_app.logger.warning("no mail server, again in %d s: %s", self._rest, type(error.__cause__).__name__)
            return False
        self._rest = 0.0
        if not found:
            self._courier.hang_up()
        return found


def send_next(courier: delivery.Courier) -> bool:
    """Send the message that has been due the longest; False when none is. An error is that message's own.

    Raises Unreachable, with the message put back, when there is no server to give it to.
    """
    message = commands.claim()
    if message is None:
        return False
    if message.doutes > 1:
        commands.give_up(message, "envoyé deux fois sans savoir s’il est arrivé")
        return True
    try:
        letter = _send(message, courier)
    except Outdated:
        commands.set_aside(message, "périmé")
    except delivery.Unreachable as error:
        commands.put_back(message, delivery.reason(error, current_app.config["PORTAL"]))
        raise
    except Exception as error:
        _fail(message, error)
    else:
        lines = {id: messages.words(line) if line else None for id, line in letter.lines.items()}
        commands.sent(message, messages.words(letter, message.faits), lines)
    return True


def _send(message: Message, courier: delivery.Courier) -> messages.Letter:
    """What was said. A message that its person reads on the portal alone is written, and goes nowhere."""
    try:
        letter = messages.render(message.genre, message.faits)
        mail = messages.compose(message, letter)
    finally:
        db.session.rollback()  # what was read is read: nothing is held while the server takes its time
    if message.voie is not Voie.PORTAIL:
        courier.send(mail, message)
    return letter


def _fail(message: Message, error: Exception) -> None:
    """Tried again later, or given up. The log names the row, never the person; what the server said is in the row."""
    said = (message.id, message.genre, message.essais, type(error).__name__)
    expected = isinstance(error, OSError)
    current_app.logger.warning("message %s (%s), try %s: %s", *said, exc_info=None if expected else error)
    reason = delivery.reason(error, current_app.config["PORTAL"])
    if delivery.is_final(error):
        commands.give_up(message, reason)
    else:
        commands.retry(message, reason, doubtful=isinstance(error, delivery.Doubtful))
