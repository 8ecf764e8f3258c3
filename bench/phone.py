"""A phone on a slow network, in Chromium: the first look at a page, then the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from bench.data import BIENVEILLANT
from bench.house import Site
from bench.load import spread
from bench.results import Result
from tests.services import chromium
from tests.support import PHONE

LOADS = 5
NETWORK = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # ms; bytes a second
SLOWER = 4  # the phone's processor
# What the page itself saw: seconds from the navigation to its largest paint and to when a day keeps taps; its shifts, summed.
VITALS = """() => new Promise((done) => {
  const found = { lcp: 0, cls: 0 };
  new PerformanceObserver((list) => { for (const e of list.getEntries()) found.lcp = e.startTime / 1000; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) found.cls += e.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done({ ...found, ready: (performance.getEntriesByName("prêt")[0]?.startTime ?? Infinity) / 1000 }), 200);
})"""
# Seconds from a tap to the first paint of what htmx put in the page.
TAP = """(selector) => new Promise((done) => {
  const start = performance.now();
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() => requestAnimationFrame(
    () => done((performance.now() - start) / 1000))), { once: true });
  const element = document.querySelector(selector);
  if (element.matches("select")) {
    element.selectedIndex = 1;
    element.dispatchEvent(new Event("change", { bubbles: true }));
  } else element.click();
})"""


@dataclass
class Wire:
    """What went over the network: by request, when it left and when its answer began (seconds), its bytes with its headers."""

    left: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)

    def watch(self, session: CDPSession) -> None:
        for event, found, key in (
            ("requestWillBeSent", self.left, "timestamp"),
            ("responseReceived", self.answered, "timestamp"),
            ("loadingFinished", self.weights, "encodedDataLength"),
        ):
            session.on(f"Network.{event}", lambda said, found=found, key=key: found.update({said["requestId"]: said[key]}))

    def before(self, seconds: float) -> tuple[int, int]:
        """(requests that had left, bytes of the answers that had begun, each counted whole), so long after the first."""
        instant = min(self.left.values()) + seconds
        begun = [request for request, start in self.answered.items() if start < instant]
        return sum(start < instant for start in self.left.values()), sum(self.weights.get(request, 0) for request in begun)


@dataclass(frozen=True)
class Look:
    """One cold load. Seconds, bytes."""

    lcp: float
    cls: float
    ready: float
    requests: int
    weight: int
    whole: int


def phone(site: Site) -> Iterator[Result]:
    with chromium() as browser:
        for name, path in (("liste", "/missions/"), ("formulaire", "/candidatures/deposer/1")):
            looks = [_look(browser, site, path) for _ in range(LOADS)]
            yield _result(f"{name}, à froid : LCP", looks, lambda look: look.lcp, "s", 1.5)
            yield _result(f"{name}, à froid : poids avant LCP", looks, lambda look: look.weight / 1000, "ko", 50)
            yield _result(f"{name}, à froid : requêtes avant LCP", looks, lambda look: look.requests, "req.", 6)
            yield _result(f"{name}, à froid : CLS", looks, lambda look: look.cls, "d’écran", 0)
        yield from _the_day(browser, site)
        for name, selector in (("page suivante", 'a[rel="next"]'), ("filtre", "#nature")):
            yield from _taps(browser, site, name, selector)


def _the_day(browser: Browser, site: Site) -> Iterator[Result]:
    """The first use of the day page, by its bienveillant."""
    cookie = site.house.cookies[BIENVEILLANT]
    path = f"/jour-j/{site.house.day}"
    first = [_look(browser, site, path, cookie) for _ in range(LOADS)]
    yield _result("jour J, à froid : poids", first, lambda look: look.whole / 1000, "ko", 100)
    for when, looks, most in (("à froid", first, 3), ("ensuite", _again(browser, site, path, cookie), 1)):
        yield _result(f"jour J, {when} : LCP", looks, lambda look: look.lcp, "s", most)
        yield _result(f"jour J, {when} : prêt aux gestes", looks, lambda look: look.ready, "s", most)


def _again(browser: Browser, site: Site, path: str, cookie: str) -> list[Look]:
    """Later looks, by the same browser, which has kept what it needs."""
    with _slow_page(browser, site, cookie) as (page, session):
        page.goto(path, wait_until="networkidle")
        page.evaluate("navigator.serviceWorker.ready.then(() => new Promise((done) => setTimeout(done, 3000)))")
        return [_timed(page, session, path) for _ in range(LOADS)]


def _taps(browser: Browser, site: Site, name: str, selector: str) -> Iterator[Result]:
    times, requests, weights = list[float](), list[float](), list[float]()
    for _ in range(LOADS):
        with _slow_page(browser, site) as (page, session):
            page.goto("/missions/", wait_until="networkidle")
            wire = Wire()
            wire.watch(session)
            times.append(page.evaluate(TAP, selector))
            page.wait_for_load_state("networkidle")
            requests.append(len(wire.left))
            weights.append(sum(wire.weights.values()) / 1000)
    for what, found, unit, most in (
        ("temps", times, "s", 0.8),
        ("poids", weights, "ko", 6),
        ("requêtes", requests, "req.", 1),
    ):
        middle = spread(found)
        yield Result(f"{name}, htmx : {what}", middle.value, middle.noise, unit, most=most)


def _look(browser: Browser, site: Site, path: str, cookie: str = "") -> Look:
    """One load by a browser that has never been here."""
    with _slow_page(browser, site, cookie) as (page, session):
        return _timed(page, session, path)


def _timed(page: Page, session: CDPSession, path: str) -> Look:
    wire = Wire()
    wire.watch(session)
    page.goto(path, wait_until="networkidle")
    vitals = page.evaluate(VITALS)
    return Look(vitals["lcp"], vitals["cls"], vitals["ready"], *wire.before(vitals["lcp"]), sum(wire.weights.values()))


@contextmanager
def _slow_page(browser: Browser, site: Site, cookie: str = "") -> Iterator[tuple[Page, CDPSession]]:
    """A page of a new window, an empty cache behind it."""
    settings: dict[str, Any] = {**PHONE, "base_url": site.portal.url}
    context = browser.new_context(**settings)
    if cookie:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": site.portal.url}])
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", NETWORK)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        yield page, session
    finally:
        context.close()


def _result(name: str, looks: list[Look], figure: Callable[[Look], float], unit: str, most: float) -> Result:
    middle = spread([figure(look) for look in looks])
    return Result(name, middle.value, middle.noise, unit, most=most)
