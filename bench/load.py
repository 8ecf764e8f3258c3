"""Pressing a page with wrk, on the loopback only, and what comes out: a rate, a latency, the processor's time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles

from bench.servers import Server
from tools import systeme

SCRIPT = Path(__file__).with_name("charge.lua")
ROUNDS = 5
SECONDS = 2  # of one round; wrk counts whole ones
TRIES = 5  # at a press that falls on each of the processes, or on several
CROWD = 64  # connections, which rarely leave a process without one
WARM = 0.3  # seconds of a process's work, after which its pages cost no more than the next ones


@dataclass(frozen=True)
class Load:
    """What one press gave: seconds, for one request where it says so."""

    requests: int
    seconds: float
    latency: float  # the median
    spent: list[float]  # of the processor, by each process of the server

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu(self) -> float:
        """Of the processor, a request."""
        return sum(self.spent) / self.requests


class Refused(Exception):
    """Something answered 400 or worse, or did not answer: the figures would not be those of the work."""


@dataclass
class Target:
    """A page of a server. In path and body, {n} is a number never sent before, {id} one of `ids` in turn."""

    server: Server
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    ids: int = 1
    clients: int = 16  # one where the processor's time is told: processes that take turns on it spend more
    sent: int = 0  # numbers used, those of requests still under way when wrk stopped included
    counted: int = 0  # requests answered

    def press(self, seconds: int = SECONDS, *, clients: int | None = None) -> Load:
        """Ask a server that has all of its processes again and again for that long. Raises Refused."""
        clients = clients or self.clients
        before = self.server.cpu()
        said = self._wrk(seconds, clients)
        if said["refused"] or said["broken"] or not said["requests"]:
            raise Refused(f"{self.path} : {said['refused']} refus, {said['broken']} sans réponse sur {said['requests']}")
        spent = [now - then for now, then in zip(self.server.cpu(), before, strict=True)]
        self.server.rest()  # wrk does not wait for what it last asked
        self.sent += said["requests"] + clients
        self.counted += said["requests"]
        return Load(said["requests"], said["microseconds"] / 1e6, said["median"] / 1e6, spent)

    def warm(self) -> None:
        """Press until each process of the server has worked: the first pages that it makes cost more. Raises Refused."""
        for _ in range(TRIES):
            self.press(1, clients=CROWD)
            if min(self.server.cpu()[1:]) > WARM:
                break

    def press_shared(self, seconds: int = SECONDS) -> Load:
        """Press until several processes answer, where several people ask. Raises Refused.

        wrk opens its connections at once: one time in five, one process takes them all and the rate is half of itself.
        """
        for _ in range(TRIES):
            load = self.press(seconds)
            if self.clients == 1 or max(load.spent) < 0.9 * sum(load.spent):
                break
        return load

    def _wrk(self, seconds: int, clients: int) -> dict[str, int]:
        program = systeme.WRK.find()
        assert program
        headers = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        options = ["-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), *headers]
        arguments = [str(self.sent), str(self.ids), self.path, self.body]
        done = subprocess.run(
            [program, *options, self.server.url, "--", *arguments], check=True, capture_output=True, text=True
        )
        answer: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
        return answer


@dataclass(frozen=True)
class Spread:
    """The median of several rounds, and its noise: half of what lies between their quartiles."""

    value: float
    noise: float


def spread(values: list[float]) -> Spread:
    first, _, third = quantiles(values, n=4, method="inclusive")
    return Spread(median(values), (third - first) / 2)


@dataclass(frozen=True)
class Comparison:
    """Ours divided by theirs, round by round, and both medians."""

    ratio: Spread
    ours: float
    theirs: float


def compare(ours: Target, theirs: Target, figure: Callable[[Load], float], seconds: int = SECONDS) -> Comparison:
    """Press both in turn, there and back, each first every other time, once they are warm.

    Each round has servers that have just started: between two of the same program there is more than between two rounds.
    There and back: what slows the whole machine for some seconds falls on both.
    """
    pairs = []
    for number in range(ROUNDS):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        for target in order:
            target.server.restart()
            target.warm()
        found = [(target, figure(target.press_shared(seconds))) for target in (*order, *order[::-1])]
        mine, other = (mean(value for target, value in found if target is one) for one in (ours, theirs))
        pairs.append((mine, other))
    return compared(pairs)


def compared(pairs: list[tuple[float, float]]) -> Comparison:
    """Of each round, ours and theirs."""
    ratio = spread([mine / other for mine, other in pairs])
    return Comparison(ratio, median(mine for mine, _ in pairs), median(other for _, other in pairs))
