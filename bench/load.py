"""Pressing a page with wrk, on the loopback only, and what comes out: a rate, a latency, the processor's time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench.servers import Server
from tools import systeme

SCRIPT = Path(__file__).with_name("charge.lua")
ROUNDS = 5
SECONDS = 2  # of one round; wrk counts whole ones
TRIES = 5  # at a press that several processes answer


@dataclass(frozen=True)
class Load:
    """What one press gave: seconds, for one request where it says so."""

    requests: int
    seconds: float
    latency: float  # the median
    cpu: float  # of the processor, a request
    busiest: float  # the part of the work that one of the server's processes did, at most

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


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
    clients: int = 16
    sent: int = 0  # numbers used, those of requests still under way when wrk stopped included
    counted: int = 0  # requests answered

    def press(self, seconds: int = SECONDS) -> Load:
        """Ask again and again for that long. Raises Refused."""
        before = self.server.cpu()
        said = self._wrk(seconds)
        if said["refused"] or said["broken"]:
            raise Refused(f"{self.path} : {said['refused']} refus, {said['broken']} sans réponse sur {said['requests']}")
        spent = [now - then for now, then in zip(self.server.cpu(), before, strict=True)]
        self.sent += said["requests"] + self.clients
        self.counted += said["requests"]
        cpu, busiest = sum(spent) / said["requests"], max(spent) / sum(spent)
        return Load(said["requests"], said["microseconds"] / 1e6, said["median"] / 1e6, cpu, busiest)

    def press_shared(self, seconds: int = SECONDS) -> Load:
        """Press until several processes answer, where several people ask. Raises Refused.

        wrk opens its connections at once: one time in five, one process takes them all and the rate is half of itself.
        """
        for _ in range(TRIES):
            load = self.press(seconds)
            if load.busiest < 0.9 or self.clients == 1:
                break
        return load

    def _wrk(self, seconds: int) -> dict[str, int]:
        program = systeme.WRK.find()
        assert program
        headers = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        options = ["-t1", f"-c{self.clients}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), *headers]
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
    """Press both in turn, each first every other time, after a press that only warms up.

    Each round has servers that have just started: between two of the same program there is more than between two rounds.
    """
    pairs = []
    for number in range(ROUNDS):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        for target in order:
            target.server.stop()
            target.server.start()
            target.press(1)
        found = {id(target): figure(target.press_shared(seconds)) for target in order}
        pairs.append((found[id(ours)], found[id(theirs)]))
    ratio = spread([mine / other for mine, other in pairs])
    return Comparison(ratio, median(mine for mine, _ in pairs), median(other for _, other in pairs))
