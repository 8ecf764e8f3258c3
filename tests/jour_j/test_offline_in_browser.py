"""Two phones on a Saturday, one of which loses its network: what is tapped is kept, arrives once, and both show the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.db import db
from portal.jour_j.models import Entree, Genre
from tests.jour_j.conftest import at, from_then, tap

pytestmark = pytest.mark.browser


def entries(genre: Genre) -> list[tuple[str, str, int]]:
    db.session.rollback()
    rows = db.session.scalars(select(Entree).where(Entree.genre == genre).order_by(Entree.quand))
    return [(e.cible, e.valeur, e.personne_id) for e in rows]


@pytest.fixture
def phones(saturday, visit):
    """Awa's and Zoé's, the site open; both have opened the day, and keep its page."""
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    with from_then(at(9.1)):
        url, people = saturday.url, (saturday.awa, saturday.zoe)
        two = [visit(person) for person in people]  # signing in commits: from here on, the portal alone writes
        for page in two:
            page.goto(url)
            page.wait_for_function("async () => !!(await caches.match(location.pathname))")
        yield two


def test_what_one_taps_offline_is_kept_arrives_once_and_both_show_the_same(phones, saturday):
    awa, zoe = phones
    expect(awa.locator("#reseau")).to_have_text("En direct")
    awa.context.set_offline(True)
    awa.locator("#fermeture summary").first.tap()
    names = ("Robinets fermés", "Tables, chaises et matériel rangés", "Déchets triés et sortis, sols balayés")
    for name in names:
        awa.get_by_role("button", name=name, exact=True).tap()
        expect(awa.locator("#fermeture .point[aria-pressed=true]", has_text=name)).to_be_visible()
    awa.get_by_role("button", name="Commencer : Visite", exact=True).tap()
    awa.fill("#mot-incident", "Verre cassé près du four, balayé.")
    awa.get_by_role("button", name="Noter l’incident").tap()
    expect(awa.locator("#reseau")).to_contain_text("5 gestes en attente d’envoi")
    awa.reload()
    expect(awa.locator("#reseau")).to_contain_text("Hors ligne depuis")
    expect(awa.locator("#reseau")).to_contain_text("5 gestes en attente d’envoi")
    expect(awa.locator("#attente")).to_contain_text("Verre cassé près du four")
    zoe.locator("#fermeture summary").first.tap()
    zoe.get_by_role("button", name=names[0], exact=True).tap()
    expect(zoe.locator("#fermeture .point[aria-pressed=true]", has_text=names[0])).to_contain_text("Zoé")
    awa.context.set_offline(False)
    expect(awa.locator("#reseau")).to_have_text("En direct", timeout=40_000)
    for page in (awa, zoe):
        expect(page.locator("#maintenant .quoi")).to_contain_text("Visite")
        expect(page.locator("#journal")).to_contain_text("Verre cassé")
        expect(page.locator("#fermeture .point[aria-pressed=true]")).to_have_count(3)
    assert len(entries(Genre.COCHE)) == 4  # both ticks of the same line are kept
    assert len(entries(Genre.INCIDENT)) == 1
    assert [valeur for _, valeur, _ in entries(Genre.ETAPE)] == ["debut", "debut"]
