"""How long is left: the phone counts on without the portal, by the same rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.filters import rebours
from tests.jour_j.conftest import at

pytestmark = pytest.mark.browser

ROOM = '<p id="direct"></p><p id="essai" data-avant="encore" data-apres="dépasse de"></p>'
# What heures.js writes for each [until, now], as if the portal had just said that hour.
WORDS = """async ([room, pairs]) => {
  document.body.insertAdjacentHTML("beforeend", room);
  const { drawHours } = await import("/static/heures.js"), real = Date.now();
  const [here, place] = ["direct", "essai"].map((id) => document.getElementById(id));
  Date.now = () => real;
  return pairs.map(([until, now]) => {
    Object.assign(here.dataset, { heure: now, recu: real });
    place.dataset.rebours = until;
    drawHours();
    return place.textContent;
  });
}"""


def test_two_instants_of_one_minute_are_as_far_and_the_phone_says_what_the_portal_does(nine, page):
    page.goto("/")
    pairs = [
        (at(10) + timedelta(seconds=until), at(hour) + timedelta(seconds=now))
        for hour in (8, 9, 10, 10.1, 23)
        for now in (0, 25, 59)
        for until in (0, 20, 40, 59)
    ]
    said = []
    for until, now in pairs:
        with clock.freeze(now):
            said.append(rebours(until, "encore", "dépasse de"))
    stamps = [[int(until.timestamp()), int(now.timestamp())] for until, now in pairs]
    assert page.evaluate(WORDS, [ROOM, stamps]) == said
    assert len(set(said)) == 5  # one for each hour, whatever the seconds
