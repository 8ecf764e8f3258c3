"""The team on phones of 360 × 740: a volunteer's own page, who is late on an old page, the roll called without network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.db import db
from portal.jour_j.models import Entree, Genre
from tests.jour_j.conftest import at, from_then, open_the_day, tap
from tests.jour_j.test_phone import IN_SIGHT, SMALL

pytestmark = pytest.mark.browser
LATER = "(minutes) => { const real = Date.now; Date.now = () => real() + minutes * 60e3; }"


@pytest.fixture
def phones(saturday, visit):
    """Léa's and Awa's, at six past nine, the site open, Awa there, a line handed to Léa; both keep the page."""
    saturday.open("Tout est vérifié.")
    point, lea = saturday.jour.points[0].id, saturday.held_by(saturday.lea).id
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.awa).id, "arrive"), tap(Genre.CONFIE, point, str(lea)))
    saturday.send(tap(Genre.MESSAGE, mot="Le repas est à midi."))
    with from_then(at(9.1)):
        url, people = saturday.url, (saturday.lea, saturday.awa)
        two = [visit(person) for person in people]  # signing in commits: from here on, the portal alone writes
        for page in two:
            open_the_day(page, url)
            expect(page.locator("#reseau")).to_have_text("En direct")
        yield two


def said(genre: Genre) -> list[tuple[str, str]]:
    found = [(e.valeur, e.personne.nom) for e in db.session.scalars(select(Entree).where(Entree.genre == genre))]
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    return found


def test_a_volunteer_s_page_in_one_glance(phones):
    """What was written to them, what was handed to them, and the one button of theirs, under the thumb."""
    lea, _ = phones
    assert lea.evaluate(IN_SIGHT, ["#messages .mot", "#moi .point", "#geste button"]) == []
    assert lea.evaluate("document.documentElement.scrollWidth") == 360
    assert lea.evaluate(SMALL) == []


def test_a_volunteer_arrives_and_ticks_without_network_and_everybody_sees_it(phones):
    lea, awa = phones
    lea.context.set_offline(True)
    lea.get_by_role("button", name="Je suis là").tap()
    expect(lea.get_by_role("button", name="Je suis là")).to_be_disabled()
    expect(lea.locator("#equipe .en-attente")).to_contain_text("Léa Grondin")
    lea.locator("#moi .point").tap()
    expect(lea.locator("#reseau")).to_contain_text("2 gestes en attente d’envoi")
    lea.reload()
    expect(lea.locator("#moi .point")).to_have_attribute("aria-pressed", "true")
    lea.context.set_offline(False)
    expect(awa.locator("#equipe .chiffres").first).to_contain_text("2 sur 2 sur place", timeout=40_000)
    expect(lea.get_by_role("button", name="Je pars")).to_be_enabled()
    assert ("arrive", "Léa Grondin") in said(Genre.PRESENCE)
    assert said(Genre.COCHE) == [("fait", "Léa Grondin")]


def test_who_is_late_is_right_on_a_page_of_before(phones):
    _, awa = phones
    count = awa.locator("#equipe .chiffres").first
    expect(count).to_have_text("1 sur 2 sur place")
    awa.context.set_offline(True)
    awa.evaluate(LATER, 20)
    expect(count).to_have_text("1 sur 2 sur place, 1 en retard")
    awa.get_by_role("button", name="Arrivée, Léa Grondin").tap()
    expect(count).to_have_text("1 sur 2 sur place")


@pytest.mark.parametrize("minutes", [-300, 300])
def test_a_phone_whose_clock_is_wrong_makes_nobody_late(visit, saturday, minutes):
    with from_then(at(9.1)):
        url, awa = saturday.url, visit(saturday.awa)
        awa.add_init_script(f"({LATER})({minutes})")
        awa.goto(url)
        expect(awa.locator("#reseau")).to_have_text("En direct")
        expect(awa.locator("#equipe .chiffres").first).to_have_text("0 sur 2 sur place")


def test_the_roll_is_called_without_network_and_outlives_a_reload_and_the_others_taps(phones, saturday):
    _, awa = phones
    awa.get_by_role("link", name="Faire l’appel").tap()
    count = awa.locator("#appel [role=status]")
    expect(count).to_have_text("0 sur 1 vus")
    awa.context.set_offline(True)
    awa.locator("#appel .point", has_text="Awa Payet").tap()
    expect(count).to_have_text("1 sur 1 vus")
    awa.reload()
    awa.locator("#appel summary").tap()
    expect(awa.locator("#appel .point", has_text="Awa Payet")).to_have_attribute("aria-pressed", "true")
    awa.context.set_offline(False)
    awa.get_by_role("button", name="Arrivée, Léa Grondin").tap()
    expect(count).to_have_text("1 sur 2 vus", timeout=40_000)
    awa.get_by_role("button", name="Recommencer").tap()
    expect(count).to_have_text("0 sur 2 vus")


AGED = """(hours) => {
  const key = Object.keys(localStorage).find((name) => name.startsWith("appel-"));
  const said = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({ ...said, quand: said.quand - hours * 3600e3 }));
  localStorage.setItem("appel-999", localStorage.getItem(key));
}"""


@pytest.mark.parametrize(("hours", "seen"), [(0.9, 1), (1.1, 0)])
def test_an_hour_later_it_is_another_roll(phones, hours, seen):
    _, awa = phones
    awa.get_by_role("link", name="Faire l’appel").tap()
    name, count = awa.locator("#appel .point", has_text="Awa Payet"), awa.locator("#appel [role=status]")
    name.tap()
    awa.evaluate(AGED, hours)
    awa.reload()
    expect(count).to_have_text(f"{seen} sur 1 vus")
    awa.locator("#appel summary").tap()
    name.tap()
    assert awa.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('appel-')).length") == 1


def test_a_message_is_kept_without_network_and_reaches_the_others(phones):
    lea, awa = phones
    awa.get_by_text("Écrire à l’équipe").tap()
    awa.fill("#mot-message", "On mange à la case.")
    lea.get_by_role("button", name="Je suis là").tap()
    expect(awa.locator("#equipe .chiffres").first).to_contain_text("2 sur 2 sur place")  # what one is typing stays
    awa.context.set_offline(True)
    awa.get_by_role("button", name="Envoyer le message").tap()
    said = "Envoyer le message : Toute l’équipe « On mange à la case. », en attente d’envoi"
    expect(awa.locator("#attente")).to_contain_text(said)
    awa.context.set_offline(False)
    expect(lea.locator("#messages")).to_contain_text("On mange à la case.", timeout=40_000)
    assert awa.input_value("#mot-message") == ""


def test_the_minutes_go_on_without_network(phones, saturday):
    _, awa = phones
    awa.get_by_role("button", name="Commencer : Accueil, petit-déjeuner", exact=True).tap()
    left = awa.locator("#maintenant .quand .rebours")
    expect(left).to_have_text("encore\u00a01\u00a0h")
    awa.context.set_offline(True)
    awa.evaluate(LATER, 7)
    expect(left).to_have_text("encore\u00a053\u00a0min")


def test_a_roll_outlives_its_hour_on_no_open_page(phones):
    _, awa = phones
    awa.get_by_role("link", name="Faire l’appel").tap()
    count = awa.locator("#appel [role=status]")
    awa.locator("#appel .point", has_text="Awa Payet").tap()
    expect(count).to_have_text("1 sur 1 vus")
    awa.evaluate(LATER, 61)
    expect(count).to_have_text("0 sur 1 vus")
