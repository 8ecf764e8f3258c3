"""Two phones on a Saturday, one of which loses its network: what is tapped is kept, arrives once, and both show the same."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import expect
from sqlalchemy import select

from portal import clock
from portal.db import db
from portal.jour_j import commands
from portal.jour_j.models import Entree, Genre
from portal.missions.models import Affectation
from tests import services
from tests.jour_j.conftest import at, from_then, open_the_day, tap

pytestmark = pytest.mark.browser


def entries(genre: Genre) -> list[tuple[str, str, int]]:
    rows = db.session.scalars(select(Entree).where(Entree.genre == genre).order_by(Entree.quand))
    found = [(e.cible, e.valeur, e.personne_id) for e in rows]
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    return found


@pytest.fixture
def phones(saturday, visit):
    """Awa's and Zoé's, the site open; both have opened the day, and keep its page."""
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    with from_then(at(9.1)):
        url, people = saturday.url, (saturday.awa, saturday.zoe)
        two = [visit(person) for person in people]  # signing in commits: from here on, the portal alone writes
        for page in two:
            open_the_day(page, url)
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


# --- what a network does to a phone --------------------------------------------------------------------------


@pytest.fixture
def awa(phones):
    return phones[0]


def tick(page, name: str = "Robinets fermés") -> None:
    fold = page.locator("#fermeture details").first
    if not fold.get_attribute("open"):
        page.locator("#fermeture summary").first.tap()
    page.get_by_role("button", name=name, exact=True).tap()


def lend(phone, other) -> None:
    """Whoever holds the other phone signs in on this one, away from the day, whose page would open itself anew meanwhile."""
    phone.evaluate("caches.delete('jour')")
    phone.goto("about:blank")
    phone.context.clear_cookies()
    phone.context.add_cookies(other.context.cookies())
    phone.context.set_offline(False)


def arrived(page) -> None:
    expect(page.locator("#reseau")).to_have_text("En direct", timeout=40_000)


@pytest.mark.parametrize("answer", ["lost", "a sign-in page", "500", "another's words"])
def test_an_answer_that_names_nothing_proves_nothing(awa, answer):
    """The portal wrote it, and the phone does not know: it is sent again, and counts once."""
    seen = []

    def between(route):
        seen.append(route.request)
        if len(seen) > 2:
            return route.continue_()
        route.fetch()
        if answer == "lost":
            return route.abort()
        said = {"a sign-in page": (200, "<!doctype html><h1>Wi-Fi gratuit</h1>"), "500": (500, "{}")}
        status, body = said.get(answer, (200, '{"resultats": [{"uuid": "x", "statut": "reçue"}]}'))
        return route.fulfill(status=status, body=body, content_type="text/html" if status == 200 else "application/json")

    awa.context.route("**/entrees", between)
    tick(awa)
    expect(awa.locator("#reseau")).to_contain_text("1 geste en attente d’envoi")
    arrived(awa)
    assert len(seen) > 2
    assert len(entries(Genre.COCHE)) == 1


def test_a_refused_tap_stays_in_sight_with_its_reason_and_blocks_nothing(awa, saturday):
    form = awa.locator("#programme form[data-geste]").first
    form.evaluate("(form) => { form.elements.cible.value = '999'; form.requestSubmit() }")
    expect(awa.locator("#attente")).to_contain_text("Refusé : Cette ligne ne fait plus partie de la journée")
    tick(awa)
    services.wait_until(lambda: len(entries(Genre.COCHE)) == 1, "the other tap")
    awa.reload()
    expect(awa.locator("#attente")).to_contain_text("Refusé")
    awa.get_by_role("button", name="Retirer", exact=True).tap()
    expect(awa.locator("#attente")).to_be_hidden()


def test_a_session_that_ended_meanwhile_keeps_the_taps_for_when_one_signs_in(awa, saturday):
    cookies = awa.context.cookies()
    awa.context.clear_cookies()
    tick(awa)
    expect(awa.locator("#reseau")).to_contain_text(
        "Session expirée : reconnecte-toi, rien n’est perdu · 1 geste en attente d’envoi"
    )
    assert entries(Genre.COCHE) == []
    with awa.expect_response(lambda answer: "/etat" in answer.url and answer.status == 401):
        awa.evaluate("document.getElementById('direct').dispatchEvent(new Event('rafraichir'))")  # the screen asks: it stays
    door = awa.locator("#reseau").get_by_role("link", name="Se reconnecter")
    assert door.get_attribute("href") == f"/comptes/connexion?next={urlsplit(awa.url).path}"
    awa.context.add_cookies(cookies)
    awa.evaluate("dispatchEvent(new Event('online'))")
    arrived(awa)
    expect(door).to_have_count(0)
    assert len(entries(Genre.COCHE)) == 1


def test_two_tabs_of_one_phone_send_each_tap_once(awa, saturday):
    url = awa.url
    awa.context.set_offline(True)
    other = awa.context.new_page()
    other.goto(url)
    for page, name in ((awa, "Robinets fermés"), (other, "Tables, chaises et matériel rangés")):
        tick(page, name)
        expect(page.locator("#reseau")).to_contain_text("en attente d’envoi")
    awa.context.set_offline(False)
    for page in (awa, other):
        arrived(page)
    assert len(entries(Genre.COCHE)) == 2


def test_the_next_person_on_that_phone_neither_sends_nor_reads_the_taps_of_the_one_before(phones, visit, saturday):
    awa, zoe = phones
    url = awa.url
    awa.context.set_offline(True)
    tick(awa)
    expect(awa.locator("#reseau")).to_contain_text("1 geste en attente")
    lend(awa, zoe)
    awa.goto(url)
    expect(awa.locator("#reseau")).to_contain_text("1 geste d’une autre personne sur ce téléphone")
    expect(awa.locator("#fermeture .point[aria-pressed=true]")).to_have_count(0)
    assert entries(Genre.COCHE) == []


def test_leaving_says_what_waits_and_forgets_the_page(awa, saturday):
    url = awa.url
    awa.context.set_offline(True)
    tick(awa)
    expect(awa.locator("#reseau")).to_contain_text("1 geste en attente")
    awa.get_by_role("button", name="Se déconnecter", exact=True).first.tap()
    expect(awa.locator("#toasts")).to_contain_text("Un geste n’est pas encore parti")
    assert awa.evaluate("async () => (await caches.keys()).includes('jour')") is False
    awa.goto(url)
    expect(awa.get_by_text("n’a pas encore été ouverte sur ce téléphone")).to_be_visible()


LEFT = """() => new Promise((done) => { indexedDB.open("jour").onsuccess = ({ target }) => {
  const rows = target.result.transaction("sortie").objectStore("sortie").getAll();
  rows.onsuccess = () => done(rows.result.map(({ compte }) => compte));
}; })"""


def test_who_leaves_erases_their_own_taps_and_nobody_elses(phones):
    awa, zoe = phones
    url, first = awa.url, int(awa.locator("body").get_attribute("data-compte") or 0)
    awa.context.set_offline(True)
    tick(awa)
    expect(awa.locator("#reseau")).to_contain_text("1 geste en attente")
    lend(awa, zoe)
    awa.goto(url)
    expect(awa.locator("#reseau")).to_contain_text("1 geste d’une autre personne")
    awa.context.set_offline(True)
    tick(awa)
    expect(awa.locator("#reseau")).to_contain_text("1 geste en attente")
    awa.get_by_role("button", name="Se déconnecter", exact=True).first.tap()
    expect(awa.locator("#toasts")).to_contain_text("Un geste n’est pas encore parti")
    with pytest.raises(BrowserError, match="ERR_INTERNET_DISCONNECTED"), awa.expect_navigation():  # erased, then sent
        awa.get_by_role("button", name="L’effacer, et se déconnecter").tap()
    awa.context.set_offline(False)
    awa.goto(f"{url}/../../hors-ligne")
    assert awa.evaluate(LEFT) == [first]


def test_whoever_loses_their_place_loses_the_page_on_their_phone_too(saturday, visit):
    with from_then(at(9.1)):
        url, held = saturday.url, saturday.held_by(saturday.lea).id
        lea = visit(saturday.lea)
        open_the_day(lea, url)
        expect(lea.locator("#reseau")).to_have_text("En direct")
        db.session.get(Affectation, held).libere_le = clock.now()
        commands.touch(saturday.action.id)
        db.session.commit()
        expect(lea.get_by_role("heading", level=1)).to_have_text("Cette page n’existe pas")
        assert not lea.evaluate("async (path) => !!(await caches.match(path))", url)


@pytest.mark.parametrize("path", ["/feuille", "/journal"])
def test_without_network_any_page_says_so_and_leads_back_to_the_day(awa, path):
    there, day = f"{awa.url}{path}", urlsplit(awa.url).path
    awa.context.set_offline(True)
    awa.goto(there)
    expect(awa.get_by_role("heading", name="Hors ligne")).to_be_visible()
    awa.get_by_role("link", name="C’est mon patrimoine").tap()
    expect(awa.locator("#reseau")).to_contain_text("Hors ligne depuis")
    assert urlsplit(awa.url).path == day


AGED = """async (path) => {
  const cache = await caches.open("jour"), kept = await cache.match(path), headers = new Headers(kept.headers);
  headers.set("X-Oubli", "1");
  await cache.put(path, new Response(await kept.text(), { headers }));
}"""


def test_the_page_of_a_first_visit_travels_once_and_is_kept_as_it_came(saturday, visit):
    with from_then(at(9.1)):
        page, asked = visit(saturday.lea), []
        page.on("request", lambda request: asked.append(request.method) if request.url.endswith(saturday.url) else None)
        came = open_the_day(page, saturday.url)
        kept = page.evaluate("async () => Object.fromEntries((await caches.match(location.pathname)).headers)")
        assert asked.count("GET") == 1
        for name in ("content-security-policy", "x-oubli", "content-type"):
            assert kept[name] == came.headers[name]
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("#equipe")).to_contain_text("Awa")
        expect(page.locator("#reseau")).to_contain_text("Hors ligne depuis")


def test_two_days_after_an_action_the_phone_holds_its_page_no_more(awa):
    path = urlsplit(awa.url).path
    held = "async () => (await (await caches.open('jour')).keys()).map((request) => new URL(request.url).pathname)"
    services.wait_until(lambda: path in awa.evaluate(held), "the page in the cache")
    awa.evaluate(AGED, path)
    awa.goto("/missions/")
    services.wait_until(lambda: path not in awa.evaluate(held), "the page forgotten")
