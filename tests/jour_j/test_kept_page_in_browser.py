"""The page that a phone keeps: always its reader's own, as the portal last gave it, and never the page of something else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from portal import clock
from portal.db import db
from portal.jour_j import commands
from portal.jour_j.models import Genre
from portal.missions.models import Affectation
from tests import services
from tests.jour_j.conftest import at, from_then, open_the_day, tap

pytestmark = pytest.mark.browser
KEPT = "async () => (await (await caches.match(location.pathname)).text())"
KEYS = """async () => {
  const kept = (await (await caches.open("jour")).keys()).map((request) => new URL(request.url));
  return kept.map(({ pathname, search }) => pathname + search);
}"""
CONTROLLED = "() => !!navigator.serviceWorker.controller"
LATER = "(minutes) => { const real = Date.now; Date.now = () => real() + minutes * 60e3; }"
SLOW = """([what, ms]) => {
  const real = window.fetch.bind(window), later = () => new Promise((done) => setTimeout(done, ms));
  window.fetch = async (asked, said) => {
    const answer = await real(asked, said);
    if (String(asked.url ?? asked).includes(what)) await later();
    return answer;
  };
}"""
SHOWN = """([selector, attribute]) => {
  window.shown = [];
  const look = () => {
    const there = document.querySelector(selector);
    const said = attribute ? there?.getAttribute(attribute) : there?.textContent;
    if (there && shown.at(-1) !== said) shown.push(said);
    requestAnimationFrame(look);
  };
  look();
}"""  # what is seen: each frame, not each change; once it is not there, nothing more
NUMBER = ["#jauge [data-nombre]", None]


SLOW_TO_FORGET = """(ms) => {
  const open = indexedDB.open.bind(indexedDB), fetch = window.fetch.bind(window);
  let acknowledged = false;
  window.fetch = async (asked, said) => {
    const answer = await fetch(asked, said);
    acknowledged ||= String(asked.url ?? asked).includes("/entrees");
    return answer;
  };
  indexedDB.open = (...named) => {
    if (!acknowledged) return open(...named);
    acknowledged = false;
    const request = { get result() { return this.real.result; } };
    setTimeout(() => (request.real = Object.assign(open(...named), { onsuccess: () => request.onsuccess() })), ms);
    return request;
  };
}"""


@pytest.fixture
def awa(saturday, visit):
    """Her phone: the site open, the page kept, the worker at its post."""
    saturday.open("Tout est vérifié.")
    db.session.commit()
    with from_then(at(9.1)):
        url, page = saturday.url, visit(saturday.awa)  # signing in commits: from here on, the portal alone writes
        open_the_day(page, url)
        services.wait_until(lambda: page.evaluate(CONTROLLED), "the worker")
        expect(page.locator("#reseau")).to_have_text("En direct")
        yield page


def one_more(saturday, page) -> None:
    """Somebody else taps, and the screen shows it."""
    number = page.locator("#jauge [data-nombre]").first
    before = int(number.text_content())
    saturday.send(tap(Genre.JAUGE, "", "+1"))
    db.session.commit()
    expect(number).to_have_text(str(before + 1))


def test_what_no_block_says_is_renewed_for_the_next_opening(awa, saturday):
    saturday.action.titre = "Le moulin en fête"
    db.session.commit()
    for _ in range(2):
        one_more(saturday, awa)
        awa.reload()
        expect(awa.locator("#reseau")).to_have_text("En direct")
    expect(awa.get_by_role("heading", level=1)).to_have_text("Le moulin en fête")


def test_the_tab_of_whoever_was_there_before_never_writes_over_the_page_of_the_next_one(awa, saturday, visit):
    url, mine, place = saturday.url, str(saturday.zoe.id), f"#place-{saturday.held_by(saturday.lea).id}"
    zoe = visit(saturday.zoe)
    cookies = zoe.context.cookies()
    other = awa.context.new_page()
    other.goto("/missions/")
    other.evaluate("caches.delete('jour')")  # as signing in does
    awa.context.clear_cookies()
    awa.context.add_cookies(cookies)
    other.goto(url)
    expect(other.locator("[data-jour]")).to_have_attribute("data-compte", mine)
    expect(awa.locator("[data-jour]")).to_have_attribute("data-compte", mine)  # it noticed, and opened anew
    services.wait_until(lambda: f'data-compte="{mine}"' in other.evaluate(KEPT), "Zoé's page")
    other.locator(f"{place} button.point").tap()
    expect(other.locator(f"{place} button.point")).to_have_attribute("aria-pressed", "true")
    expect(other.locator("#reseau")).to_have_text("En direct")


def test_whatever_link_led_to_a_day_it_is_one_page(awa, saturday):
    url = saturday.url
    awa.goto(f"{url}?fbclid=abc")
    expect(awa.locator("#reseau")).to_have_text("En direct")
    assert awa.evaluate(KEYS) == [url]
    awa.goto(url)
    one_more(saturday, awa)
    services.wait_until(lambda: 'data-nombre="1"' in awa.evaluate(KEPT), "the page written anew")
    awa.context.set_offline(True)
    awa.goto(url)
    expect(awa.locator("#jauge [data-nombre]").first).to_have_text("1")


def test_whoever_loses_their_place_after_such_a_link_is_told_once(saturday, visit):
    with from_then(at(9.1)):
        page, held = visit(saturday.lea), saturday.held_by(saturday.lea).id
        page.goto(f"{saturday.url}?fbclid=abc")
        services.wait_until(lambda: page.evaluate(KEYS), "the page on the phone")
        db.session.get(Affectation, held).libere_le = clock.now()
        commands.touch(saturday.action.id)
        db.session.commit()
        expect(page.get_by_role("heading", level=1)).to_have_text("Cette page n’existe pas")
        assert page.evaluate(KEYS) == []


def test_before_its_script_is_there_a_kept_page_takes_no_tap(awa, saturday):
    one_more(saturday, awa)
    services.wait_until(lambda: " inert" in awa.evaluate(KEPT), "the page written anew")
    session = awa.context.new_cdp_session(awa)
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    awa.reload()
    assert awa.evaluate("document.querySelector('.jour').inert")
    session.send("Emulation.setScriptExecutionDisabled", {"value": False})
    awa.reload()
    expect(awa.locator("#reseau")).to_have_text("En direct")
    assert not awa.evaluate("document.querySelector('.jour').inert")


PLAIN = """() => fetch(`${location.pathname}/entrees`, {
  method: "POST",
  redirect: "manual",
  headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
  body: new URLSearchParams({ genre: "jauge", valeur: "+1", uuid: crypto.randomUUID() }),
})"""


def test_a_word_of_the_portal_waits_for_a_page_that_is_read(awa, saturday):
    awa.evaluate(PLAIN)  # as a form without its script: the word is for the page that follows
    awa.reload()
    expect(awa.locator("#jauge [data-nombre]").first).to_have_text("1")
    assert "toast" not in re.search(r'id="toasts".*', awa.evaluate(KEPT))[0].replace('"toasts"', "")
    awa.goto("/missions/")
    expect(awa.locator("#toasts")).to_contain_text("Annuler")


def test_what_stands_before_the_portal_forgets_nothing(awa, saturday):
    awa.context.route("**/*", lambda route: route.fulfill(status=404, body="404 page not found", content_type="text/plain"))
    expect(awa.locator("#reseau")).to_contain_text("Hors ligne depuis")
    awa.context.unroute("**/*")
    expect(awa.locator("#reseau")).to_have_text("En direct", timeout=15_000)
    assert len(awa.evaluate(KEYS)) == 1


def test_hours_go_on_behind_a_captive_network(saturday, awa):
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    left = awa.locator("#maintenant .quand .rebours")
    expect(left).to_have_text("encore\u00a01\u00a0h")
    awa.context.route("**/etat*", lambda route: route.fulfill(body="<html><body>wifi</body></html>", content_type="text/html"))
    expect(awa.locator("#reseau")).to_contain_text("Hors ligne depuis")
    awa.evaluate(LATER, 40)
    expect(left).to_have_text("encore\u00a020\u00a0min", timeout=15_000)


@pytest.mark.parametrize("what", ["/entrees", "/etat"])
def test_a_count_is_never_seen_to_go_back_nor_twice(awa, what):
    awa.evaluate(SLOW, [what, 1500])
    awa.evaluate(SHOWN, NUMBER)
    awa.get_by_role("button", name="Une personne de plus").tap()
    awa.wait_for_timeout(5000)
    assert awa.evaluate("shown") == ["0", "1"]


def test_nor_while_the_phone_is_slow_to_forget_what_was_acknowledged(awa):
    awa.evaluate(SLOW_TO_FORGET, 3000)
    awa.evaluate(SHOWN, NUMBER)
    awa.get_by_role("button", name="Une personne de plus").tap()
    awa.wait_for_timeout(6000)
    assert awa.evaluate("shown") == ["0", "1"]


@pytest.mark.parametrize("what", ["a count", "somebody there", "what waits"])
def test_an_answer_that_was_on_its_way_before_a_tap_never_hides_it(awa, saturday, what):
    place = f"#place-{saturday.held_by(saturday.lea).id}"
    name = awa.locator(f"{place} button.point")
    looked_at, tapped, seen = {
        "a count": (NUMBER, awa.get_by_role("button", name="Une personne de plus"), ["0", "1"]),
        "somebody there": ([f"{place} button.point", "aria-pressed"], name, ["false", "true"]),
        "what waits": ([place, "class"], name, ["presence", "presence en-attente", "presence"]),
    }[what]
    awa.evaluate(SLOW, ["/etat", 1500])
    awa.evaluate(SHOWN, looked_at)
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    with awa.expect_response(lambda answer: "/etat" in answer.url and answer.status == 200):
        pass
    tapped.tap()
    awa.wait_for_timeout(5000)
    assert awa.evaluate("shown") == seen


def test_a_refused_tap_is_no_more_shown_as_done(awa, saturday):
    place = f"#place-{saturday.held_by(saturday.lea).id} button.point"
    one_more(saturday, awa)

    def refuse(route):
        uuid = route.request.post_data_json["entrees"][0]["uuid"]
        route.fulfill(json={"resultats": [{"uuid": uuid, "statut": "refusée", "motif": "Ta place a changé."}]})

    awa.context.route("**/entrees", refuse)
    awa.locator(place).tap()
    expect(awa.locator("#attente")).to_contain_text("Refusé : Ta place a changé.")
    expect(awa.locator(place)).to_have_attribute("aria-pressed", "false")
