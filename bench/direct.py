"""Live: how long a tap takes to reach the other phones of a day, and what their questions cost the other pages."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection, HTTPException
from statistics import median, quantiles
from threading import Event, Thread
from time import monotonic, sleep, time
from urllib.parse import urlsplit
from uuid import uuid4

from bench.data import BIENVEILLANT, House, build
from bench.house import ROWS, Site
from bench.load import ROUNDS, Refused, Spread, spread
from bench.results import Result
from bench.servers import Server
from tests.services import PostgresCluster
from tests.support import PostgresDatabase

SCREENS = ((40, 2), (200, 5))  # so many, and the seconds within which each must see a tap
MISSIONS = 500
TAPS = 20
LONGEST = 30  # seconds that one waits for the last screen
SETTLING = 25  # seconds: the pace follows the screens of the last twenty
CALM = 100  # seconds: about as many visits as while one taps, since only the slowest of them are compared
SLOWER = 1.5  # times: what other pages may take while screens are open, and while somebody taps without end
PROBE = 0.1  # seconds between two visits of another page


def direct(site: Site) -> Iterator[Result]:
    for engine, house in _houses(site):
        server = site.serve(house)
        with _probing(server, house) as probe:
            sleep(SETTLING)  # its first visits wait for a server that has served nothing yet
            alone = _calm(probe)
            for many, most in SCREENS:
                with _watching(server, house, many) as screens:
                    sleep(SETTLING)
                    asked = _calm(probe)
                    probe.times.clear()
                    delays = _tapped(server, house, screens)
                    name = f"direct, {engine}, {many} écrans"
                    middle, last = median(delays), quantiles(delays, n=20)[-1]
                    lost = sum(len(screen.lost) for screen in screens)
                    detail = f"{len(delays)} vues, médiane {middle:.2f} s, la pire {max(delays):.2f} s, {lost} sans réponse"
                    yield Result(f"{name} : p95", last, unit="s", most=most, detail=detail)
                    for when, there in (("", asked), (" pendant les gestes", probe.p95())):
                        yield _beside(f"{name} : p95 des autres pages{when}", there, alone)
        server.stop()


def _beside(name: str, there: Spread, alone: Spread) -> Result:
    """It bears a unit so that only its budget judges it: of one code, a tail went from 0.9 to 1.5 times between two runs."""
    ratio = there.value / alone.value
    noise = ratio * (there.noise / there.value + alone.noise / alone.value)
    detail = f"{alone.value * 1000:.0f} ms seul, {there.value * 1000:.0f} avec eux"
    return Result(name, ratio, noise, "fois", most=SLOWER, detail=detail)


def _houses(site: Site) -> Iterator[tuple[str, House]]:
    yield "sqlite", build(site.new_folder(), MISSIONS, ROWS)
    cluster = PostgresCluster()
    try:
        with closing(PostgresDatabase(str(cluster.folder), "portail_bench")) as database:
            yield "postgresql", build(site.new_folder(), MISSIONS, ROWS, url=database.url)
    finally:
        cluster.stop()


@dataclass
class Asker:
    """A client; each question has its own connection, since gunicorn closes those that are silent for two seconds."""

    server: Server
    cookie: str
    over: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._line = HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, str, bytes]:
        """(status, the pace it is told, body). Raises Refused."""
        self._line.request(method, path, body, {"Cookie": self.cookie, "Accept-Encoding": "gzip", **headers})
        answer = self._line.getresponse()
        said = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            said = gzip.decompress(said)
        self._line.close()
        if answer.status >= 400:
            raise Refused(f"{path} : {answer.status}")
        return answer.status, answer.headers.get("X-Toutes", "2"), said


@dataclass
class Screen(Asker):
    """One open screen: when it has seen each version, in seconds of the monotonic clock."""

    seen: dict[int, float] = field(default_factory=dict)
    question: str = "etat?v="  # as its page holds it: the version, and the marks of the blocks that it shows
    lost: list[Exception] = field(default_factory=list)  # questions without an answer; a phone asks again

    def watch(self, path: str) -> None:
        self.over.wait(random.uniform(0, 4))  # phones are not opened together
        while not self.over.is_set():
            try:
                pace = self._look(path)
            except (OSError, HTTPException, Refused) as trouble:
                self.lost.append(trouble)
                pace = 2
            self.over.wait(pace)

    def _look(self, path: str) -> float:
        """Seconds until the next question."""
        status, pace, said = self.ask(f"{path}{self.question}")
        if status == 200 and (found := re.search(r'etat\?v=([0-9]+)-[^"]+', said.decode())):
            self.question = unescape(found[0])
            self.seen.setdefault(int(found[1]), monotonic())
        return float(pace)


@dataclass
class Probe(Asker):
    """Somebody else, on other pages all the while."""

    times: list[float] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)

    def watch(self, paths: tuple[str, ...]) -> None:
        while not self.over.is_set():
            start = monotonic()
            try:
                self.ask(random.choice(paths))
            except (OSError, HTTPException, Refused) as trouble:
                self.lost.append(trouble)
            self.times.append(monotonic() - start)
            self.over.wait(PROBE)

    def p95(self) -> Spread:
        """Of all its visits; its noise is that of its parts, one after the other.

        Raises Refused when a page did not answer, or did so late that too few were visited.
        """
        if self.lost:
            raise Refused(f"d’autres pages n’ont pas répondu : {self.lost[:3]}")
        times, part = list(self.times), len(self.times) // ROUNDS
        if part < 2:
            raise Refused(f"d’autres pages ont répondu trop lentement : {len(times)} visites")
        parts = [quantiles(times[start : start + part], n=20)[-1] for start in range(0, part * ROUNDS, part)]
        return Spread(quantiles(times, n=20)[-1], spread(parts).noise)


@contextmanager
def _watching(server: Server, house: House, many: int) -> Iterator[list[Screen]]:
    screens = [Screen(server, cookie) for cookie in house.phones(many)]
    with _running(screens, f"/jour-j/{house.day}/"):
        yield screens


@contextmanager
def _probing(server: Server, house: House) -> Iterator[Probe]:
    probe = Probe(server, house.cookies[BIENVEILLANT])
    with _running([probe], ("/missions/", "/candidatures/", f"/actions/{house.day}")):
        yield probe


@contextmanager
def _running(askers: list[Screen] | list[Probe], what: object) -> Iterator[None]:
    threads = [Thread(target=asker.watch, args=(what,), daemon=True) for asker in askers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for asker in askers:
            asker.over.set()
        for thread in threads:
            thread.join(30)


def _calm(probe: Probe) -> Spread:
    """The 95th percentile of its visits while nobody taps."""
    probe.times.clear()
    sleep(CALM)
    return probe.p95()


def _tapped(server: Server, house: House, screens: list[Screen]) -> list[float]:
    """Seconds from each tap to each screen that was there to see it."""
    hand, delays = Asker(server, house.cookies[BIENVEILLANT]), list[float]()
    token = json.loads(hand.ask("/jour-j/jeton")[2])
    for _ in range(TAPS):
        before, start = max(max(screen.seen, default=0) for screen in screens), monotonic()
        _tap(hand, house, token)
        delays += [at - start for at in _all_seen(screens, before, start + LONGEST)]
        sleep(random.uniform(2, 4))  # as people come through a door; a tap never falls in step with the questions
    return delays


def _all_seen(screens: list[Screen], before: int, limit: float) -> list[float]:
    """When each screen saw something newer. Raises Refused when one has seen nothing by then."""
    while monotonic() < limit:
        seen = [min((at for version, at in list(screen.seen.items()) if version > before), default=None) for screen in screens]
        if None not in seen:
            return [at for at in seen if at is not None]
        sleep(0.1)
    why = {repr(trouble) for screen in screens for trouble in screen.lost}
    raise Refused(f"{seen.count(None)} écrans sur {len(screens)} n’ont rien vu en {LONGEST} s {why or ''}")


def _tap(hand: Asker, house: House, token: dict[str, object]) -> None:
    said = {"uuid": str(uuid4()), "genre": "jauge", "cible": "", "valeur": "+1", "mot": "", "quand": time()}
    body = {"envoye_le": time(), "entrees": [said | {"compte": token["compte"]}]}
    headers = {"Content-Type": "application/json", "X-CSRFToken": str(token["jeton"])}
    answer = json.loads(hand.ask(f"/jour-j/{house.day}/entrees", "POST", json.dumps(body), **headers)[2])
    if answer["resultats"][0]["statut"] != "reçue":
        raise Refused(f"un geste refusé : {answer}")
