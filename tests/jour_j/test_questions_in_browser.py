"""What an open screen asks when the network is slow, or when what one may do has changed: it never stays wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal import clock
from portal.db import db
from portal.jour_j import commands
from portal.jour_j.models import Genre
from portal.missions.models import Affectation
from tests import builders
from tests.jour_j.conftest import at, from_then, tap

pytestmark = pytest.mark.browser

# The first answer from then on is late; a question waits behind it.
HOLD = """() => {
  const real = window.fetch.bind(window);
  let held = false;
  window.fetch = async (url, options) => {
    const answer = await real(url, options);
    if (String(url).includes("/etat") && answer.status === 200 && !held) {
      held = true;
      await new Promise((go) => (window.go = go));
    }
    return answer;
  };
}"""

WRITTEN = """(id) => {
  window.written = [];
  new MutationObserver(() => written.push(document.getElementById(id).dataset.etat))
    .observe(document.getElementById("equipe"), { subtree: true, attributeFilter: ["data-etat"] });
}"""


@pytest.fixture
def awa(saturday, visit):
    """Her phone, the site open; she holds a place besides the référent's post."""
    with from_then(at(9.1)):
        builders.hold(builders.mission(saturday.action, fin=at(25)), saturday.awa)
        saturday.open("Tout est vérifié.")
        db.session.commit()
        page, url = visit(saturday.awa), saturday.url
        db.session.commit()  # opening the page writes down that she sees the team's numbers
        page.goto(url)
        expect(page.locator("#reseau")).to_have_text("En direct")
        yield page


def test_a_question_that_waited_asks_for_what_the_last_answer_left(saturday, awa):
    lea = saturday.held_by(saturday.lea).id
    saturday.send(tap(Genre.JAUGE, "", "+1"))
    db.session.commit()
    awa.wait_for_function("() => document.getElementById('direct').getAttribute('hx-get').includes('vu=')")
    awa.evaluate(HOLD)
    saturday.send(tap(Genre.PRESENCE, lea, "arrive"))
    db.session.commit()
    awa.wait_for_function("() => window.go")
    awa.wait_for_timeout(1500)  # the next question is waiting
    saturday.send(tap(Genre.PRESENCE, lea, "attendu"))
    db.session.commit()
    awa.evaluate(WRITTEN, f"place-{lea}")
    awa.evaluate("() => window.go()")
    awa.wait_for_function("() => written.length > 1")
    assert awa.evaluate("written") == ["arrive", "attendu"]


def test_whoever_runs_the_day_no_more_has_another_page_even_with_a_tap_refused_meanwhile(saturday, awa):
    lea, held = saturday.held_by(saturday.lea).id, saturday.held_by(saturday.awa).id
    db.session.get(Affectation, held).libere_le = clock.now()
    db.session.commit()
    awa.locator(f"#place-{lea} button.point").tap()
    expect(awa.locator("#attente")).to_contain_text("Refusé")
    commands.touch(saturday.action.id)
    db.session.commit()
    expect(awa.locator("#incident")).to_have_count(0)
    expect(awa.locator("#attente")).to_contain_text("Refusé")
