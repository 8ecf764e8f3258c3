"""The worker: takes the messages that are due, one by one, and sends them. As many as one likes may run at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection
from contextlib import ExitStack
from itertools import cycle
from types import FrameType
from typing import Protocol, Self

from flask import current_app
from sqlalchemy.exc import DBAPIError

from portal.db import db, study
from portal.notifications import commands, delivery, messages, rocketchat, webhook
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Message, Voie, beat

STUDY = 3600.0  # seconds between two looks at how full the tables are
POLL = 1.0  # seconds between two looks at an empty table
TICK = 5.0  # a tick is late by one sending at most, hence 15 seconds when the mail server hangs
FIRST_REST, LONGEST_REST = 5.0, 300.0  # seconds without asking a server that does not answer
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
    """Send, tick and let time pass until `stop.asked`. A database that does not answer is waited for.

    Mail, chat and webhook take turns, a message each, so that none waits for another's server but the time of one try.
    """
    ticked = studied = float("-inf")
    with ExitStack() as closing:
        rounds = [closing.enter_context(round_) for round_ in _rounds()]
        turns, idle = cycle(rounds), 0
        while not stop.asked:
            try:
                if time.monotonic() - ticked >= TICK:
                    beat("worker")
                    pass_time()
                    ticked = time.monotonic()
                if time.monotonic() - studied >= STUDY:
                    study()
                    studied = time.monotonic()
                idle = 0 if next(turns).next() else idle + 1
                if idle == len(rounds):
                    stop.wait(POLL)
                    idle = 0
            except DBAPIError as error:
                current_app.logger.error("the database does not answer: %s", error.orig)
                db.session.rollback()
                stop.wait(PATIENCE)


def run_once() -> None:
    """Do and send all that is due now, then return."""
    delivery.check(current_app.config["PORTAL"])
    beat("worker")
    pass_time()
    for round_ in _rounds():
        with round_:
            while round_.next():
                pass


class Carrier(Protocol):
    """What takes messages to one server. `free_at`: not before that time (of time.monotonic)."""

    @property
    def name(self) -> str: ...
    @property
    def voies(self) -> Collection[Voie]: ...
    @property
    def free_at(self) -> float: ...
    def carry(self, message: Message, letter: messages.Letter) -> None: ...
    def hang_up(self) -> None: ...


def _rounds() -> tuple[Round, ...]:
    settings = current_app.config["PORTAL"]
    return Round(delivery.Courier(settings)), Round(rocketchat.Channel(settings)), Round(webhook.Hook(settings))


class Round:
    """Gives one message after the other to its carrier, and rests longer and longer while the server does not answer."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._rest = 0.0
        self._until = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._carrier.hang_up()

    def next(self) -> bool:
        """Send the message that has been due the longest; False when there is none, or no server to give it to."""
        if time.monotonic() < max(self._until, self._carrier.free_at):
            return False
        try:
            found = send_next(self._carrier)
        except delivery.Unreachable as error:
            self._rest = min(error.rest or 2 * self._rest or FIRST_REST, LONGEST_REST)
            self._until = time.monotonic() + self._rest
            why = type(error.__cause__ or error).__name__
            current_app.logger.warning("no %s, again in %d s: %s", self._carrier.name, self._rest, why)
            return False
        self._rest = 0.0
        if not found:
            self._carrier.hang_up()
        return found


def send_next(carrier: Carrier) -> bool:
    """Send the message that has been due the longest; False when none is. An error is that message's own.

    Raises Unreachable, with the message put back, when there is no server to give it to.
    """
    message = commands.claim(carrier.voies)
    if message is None:
        return False
    if message.doutes > 1:
        commands.give_up(message, "envoyé deux fois sans savoir s’il est arrivé")
        return True
    try:
        letter = _send(message, carrier)
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


def _send(message: Message, carrier: Carrier) -> messages.Letter:
    """What was said."""
    try:
        letter = messages.render(message.genre, message.faits)
    finally:
        db.session.rollback()  # what was read is read: nothing is held while the server takes its time
    carrier.carry(message, letter)
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
