"""The public programme on a visitor's phone, and on a wall, while the référent taps."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.db import db
from portal.jour_j.models import Genre
from tests import services
from tests.jour_j.conftest import at, from_then, tap
from tests.jour_j.test_offline_in_browser import entries

pytestmark = pytest.mark.browser
ASK = "dispatchEvent(new Event('online'))"  # rather than wait for fifteen seconds
LETTERS = """() => [...document.querySelectorAll('.mur :is(p, h1, h2)')].filter((e) => e.checkVisibility() && e.innerText)
  .map((e) => parseFloat(getComputedStyle(e).fontSize)).sort((a, b) => a - b)[0]"""
CUT = """() => [...document.querySelectorAll('.mur :is(.horloge, .suite > li, .maintenant > .quoi, .etat)')].filter((e) => {
  const { bottom, right } = e.getBoundingClientRect(), scene = e.closest('.scene')?.getBoundingClientRect();
  return bottom > (scene?.bottom ?? innerHeight) || right > innerWidth;
}).map((e) => e.outerHTML)"""
LONG = "Atelier de fabrication de fours solaires et de lampes pour toutes les nuits du patrimoine"


@pytest.fixture
def day(saturday):
    saturday.action.en_direct = True
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    with from_then(at(9.11)):
        yield saturday


@pytest.fixture
def visitor(day, visit):
    url, page = f"/actions/{day.action.id}/direct", visit(None)
    db.session.rollback()  # from here on, the portal alone writes
    page.goto(url)
    return page


def test_a_visitor_s_phone_follows_a_tap(day, visitor, visit):
    url, awa = day.url, visit(day.awa)
    expect(visitor.locator(".maintenant")).to_contain_text("Accueil")
    awa.goto(url)
    awa.get_by_role("button", name="Commencer : Visite", exact=True).first.tap()
    services.wait_until(lambda: len(entries(Genre.ETAPE)) == 2, "Awa's tap")
    visitor.evaluate(ASK)
    expect(visitor.locator(".maintenant")).to_contain_text("Visite")
    expect(visitor.locator("[data-etat=en_cours]")).to_have_count(2)  # and the games, all day, that nobody has to start
    assert visitor.evaluate("document.documentElement.scrollWidth") == 360
    assert visitor.context.cookies() == []


def test_it_says_since_when_there_is_no_network_and_nothing_once_it_is_back(visitor):
    visitor.context.set_offline(True)
    visitor.evaluate(ASK)
    expect(visitor.locator("#etat")).to_contain_text("Pas de réseau depuis 9 h 06")
    visitor.context.set_offline(False)
    visitor.evaluate(ASK)
    expect(visitor.locator("#etat")).to_be_hidden()


def test_another_s_answer_is_no_answer(visitor):
    visitor.route("**/direct?v=*", lambda route: route.fulfill(status=200, body="<!doctype html><h1>Wi-Fi gratuit</h1>"))
    visitor.evaluate(ASK)
    expect(visitor.locator("#etat")).to_contain_text("Pas de réseau depuis")
    expect(visitor.locator(".maintenant")).to_contain_text("Accueil")


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1080, 1920)])
def test_a_wall_is_read_from_afar_keeps_its_hour_and_cuts_nothing(day, visitor, size):
    """Even with long names, three things at once, and no network."""
    width, height = size
    day.action.titre = LONG
    for step in day.steps:
        step.titre = LONG
    day.send(*(tap(Genre.ETAPE, day.steps[n].id, "debut") for n in (0, 4)))
    db.session.commit()
    visitor.set_viewport_size({"width": width, "height": height})
    visitor.goto(visitor.url + "?ecran=1")
    expect(visitor.locator(".horloge")).to_have_text("9 h 06")
    expect(visitor.locator(".maintenant > .quoi")).to_have_count(3)
    assert visitor.evaluate(LETTERS) >= max(size) * 0.021  # over two centimetres on a screen of a metre: five metres
    assert visitor.evaluate(CUT) == []
    visitor.context.set_offline(True)
    visitor.evaluate(ASK)
    expect(visitor.locator("#etat")).to_contain_text("Pas de réseau depuis 9 h 06")
    assert visitor.evaluate(CUT) == []
