"""Every page that a role can reach in the demo: it answers, it fits a phone, and axe finds nothing, light and dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import demo
from portal.comptes.models import Personne
from portal.config import ROOT
from portal.db import db
from tests.support import PHONE

pytestmark = pytest.mark.browser

AXE = (ROOT / "tests/vendor/axe.min.js").read_text()
CONTRAST = {"runOnly": ["color-contrast"]}  # all that a dark page can do that the light one does not
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NARROW = 320  # a screen of 1280 pixels at 400 %
MAIN = ("volontaire", "bienveillant", "admin")  # who reach nearly every page between them
OTHERS = ("", "charge", "referent", "culture", "tresorier")
WALKS = [(role, slice(None)) for role in OTHERS] + [(role, slice(first, None, 2)) for role in MAIN for first in (0, 1)]


@pytest.fixture
def house(app, site, engine):
    """The demo; where a database is a file, loaded once a worker and copied for each test."""
    if engine != "sqlite":
        demo.load()
        db.session.commit()
        return
    kept = site.database.path.with_name("demo.db")
    if not kept.exists():
        demo.load()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
        shutil.copyfile(site.database.path, kept)
    db.engine.dispose()
    shutil.copyfile(kept, site.database.path)


@pytest.fixture(scope="session")
def addresses() -> dict[str, list[str]]:
    """What each role reaches, walked once a worker: the demo is the same for every test."""
    return {}


def person(role: str) -> Personne:
    return db.session.scalars(select(Personne).where(Personne.email == f"{role}@example.org")).one()


def shape(url: str) -> str:
    """Two pages of one template have one shape."""
    parts = urlsplit(url)
    path = re.sub(r"(/reglages/messages)/\w+", r"\1/N", parts.path)  # each message that the house writes is known by its name
    return re.sub(r"\d+(-\d+\.[\w-]+)?", "N", path) + ("?" if parts.query else "")


def reached(client) -> Iterator[str]:
    """The URLs of every shape that can be reached by links from the home page."""
    waiting, known = ["/"], {"/"}
    while waiting:
        url = waiting.pop(0)
        answer = client.get(url)
        if "/comptes/connexion" in answer.headers.get("Location", ""):
            continue
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        if answer.mimetype != "text/html":
            continue
        yield url
        for link in BeautifulSoup(answer.text, "html5lib").select("a[href]"):
            target = urljoin(url, str(link["href"])).partition("#")[0]
            if target.startswith("/") and shape(target) not in known:
                known.add(shape(target))
                waiting.append(target)


def told(violation: dict[str, Any]) -> str:
    where = [node["html"][:120] for node in violation["nodes"][:2]]
    return f"{violation['id']}: {violation['help']} {where}"


@pytest.mark.parametrize(("role", "which"), WALKS)
def test_every_page(house, client, as_, visit, addresses, role, which):
    """One in two of those of whoever reaches the most, so that two workers share them."""

    def walked(whose: str) -> list[str]:
        if whose not in addresses:
            addresses[whose] = list(reached(as_(person(whose)) if whose else client))
        return addresses[whose]

    found = walked(role)[which]
    assert len(found) >= 8
    if role and role not in MAIN:  # the same pages with less on them: what the others reach is looked at there
        others = {shape(url) for main in MAIN for url in walked(main)}
        found = [url for url in found if shape(url) not in others or url in ("/", "/moi/")]
    page = visit(person(role) if role else None, bypass_csp=True, reduced_motion="reduce")
    page.add_init_script(AXE)
    faults = []
    for url in found:
        page.goto(url)
        for width in (NARROW, PHONE["viewport"]["width"]):
            page.set_viewport_size({"width": width, "height": 740})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                faults.append(f"{url} is wider than {width} pixels")
        # As tall as the page, so that no row hides behind the bar while axe measures it.
        page.set_viewport_size({"width": 360, "height": page.evaluate("document.documentElement.scrollHeight")})
        for scheme, rules in (("light", RULES), ("dark", CONTRAST)):
            page.emulate_media(color_scheme=scheme)
            result = page.evaluate("rules => axe.run(document, rules)", rules)
            faults += [f"{url} ({scheme}): {told(violation)}" for violation in result["violations"]]
    assert not faults, "\n".join(faults)
