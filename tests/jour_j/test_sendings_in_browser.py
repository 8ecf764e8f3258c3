"""A sending that is too heavy for what stands between the phone and the portal: it goes by halves, and nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.db import db
from portal.jour_j.models import Entree, Genre
from tests.jour_j.conftest import at, from_then, open_the_day, tap

pytestmark = pytest.mark.browser

LINES = ("Robinets fermés", "Tables, chaises et matériel rangés", "Déchets triés et sortis, sols balayés")


@pytest.fixture
def awa(saturday, visit):
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    with from_then(at(9.1)):
        url, page = saturday.url, visit(saturday.awa)  # signing in commits: from here on, the portal alone writes
        open_the_day(page, url)
        page.locator("#fermeture summary").first.tap()
        yield page


def arrived() -> list[str]:
    found = list(db.session.scalars(select(Entree.mot).where(Entree.genre.in_((Genre.COCHE, Genre.INCIDENT)))))
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    return sorted(found)


def tap_them(page, mot: str) -> None:
    """Without network: three lines, and an incident in these words."""
    page.context.set_offline(True)
    for line in LINES:
        page.get_by_role("button", name=line, exact=True).tap()
    page.fill("#mot-incident", mot)
    page.get_by_role("button", name="Noter l’incident").tap()
    expect(page.locator("#reseau")).to_contain_text("4 gestes en attente d’envoi")


def a_proxy_that_takes(page, is_light) -> list[int]:
    """How many taps each sending held; those that it finds too heavy never reach the portal."""
    seen = []

    def between(route):
        rows = route.request.post_data_json["entrees"]
        seen.append(len(rows))
        return route.continue_() if is_light(rows) else route.fulfill(status=413, body="<h1>413</h1>", content_type="text/html")

    page.context.route("**/entrees", between)
    return seen


def test_it_goes_by_halves_until_it_passes(awa):
    tap_them(awa, "Verre cassé.")
    seen = a_proxy_that_takes(awa, lambda rows: len(rows) < 2)
    awa.context.set_offline(False)
    expect(awa.locator("#reseau")).to_have_text("En direct", timeout=20_000)
    assert arrived() == ["", "", "", "Verre cassé."]
    assert seen == [4, 2, 1, 1, 1, 1]


def test_a_tap_too_heavy_alone_is_refused_in_sight_and_blocks_nothing(awa):
    tap_them(awa, "Trop lourd.")
    a_proxy_that_takes(awa, lambda rows: all(row["mot"] != "Trop lourd." for row in rows))
    awa.context.set_offline(False)
    expect(awa.locator("#reseau")).to_have_text("En direct", timeout=20_000)
    assert arrived() == ["", "", ""]
    expect(awa.locator("#attente p")).to_have_count(1)
    expect(awa.locator("#attente")).to_contain_text("« Trop lourd. ». Refusé : ce texte est trop lourd pour partir.")
