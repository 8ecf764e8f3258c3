"""The programme changed with a thumb, with and without network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.db import db
from portal.jour_j.models import Genre
from tests import services
from tests.jour_j.conftest import at, from_then, open_the_day, tap
from tests.jour_j.test_offline_in_browser import entries
from tests.jour_j.test_phone import IN_SIGHT, SMALL, press

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(saturday, visit):
    """Awa's phone, the site open and the welcome begun at nine; it has kept the page."""
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    with from_then(at(9.11)):
        url, page = saturday.url, visit(saturday.awa)
        open_the_day(page, url)
        yield page


def item(phone, titre: str):
    return phone.locator("#programme li", has=phone.get_by_role("heading", name=titre))


def unfold(phone, titre: str) -> None:
    item(phone, titre).locator(".plus > summary").tap()


def test_five_minutes_twice_without_network_are_ten_and_arrive_once(phone, saturday):
    phone.context.set_offline(True)
    for _ in range(2):
        unfold(phone, "Visite")
        press(phone, "5 min de plus : Visite")
        expect(item(phone, "Visite")).to_have_class("en-attente")
        phone.wait_for_timeout(700)  # a second tap sooner than that is one of the same thumb
    expect(phone.locator("#attente")).to_contain_text("5 min de plus : Visite, en attente d’envoi")
    phone.context.set_offline(False)
    expect(phone.locator("#reseau")).to_have_text("En direct", timeout=40_000)
    assert [valeur for _, valeur, _ in entries(Genre.DUREE)] == ["65", "70"]
    expect(item(phone, "Visite")).to_contain_text("jusqu’à 11 h 10, prévu 11 h")


def test_put_off_and_taken_back_from_the_word_at_the_bottom(phone, saturday):
    phone.locator(".decaler > summary").tap()
    press(phone, "10 min plus tard, à partir de Visite")
    expect(item(phone, "Visite")).to_contain_text("vers 10 h 10")
    expect(phone.locator(".decaler")).to_have_attribute("open", "")
    phone.locator(".toast").get_by_role("button", name="Annuler", exact=True).tap()
    expect(item(phone, "Visite")).not_to_contain_text("vers")


def test_what_was_made_impossible_meanwhile_stays_in_sight_with_its_reason(phone, saturday):
    """Another phone has exchanged them while this one had no network."""
    from portal.actions import commands as actions

    talk = actions.add_step(saturday.action, by=saturday.zoe, titre="Ronkozé", debut=at(11), fin=at(11.5))
    db.session.commit()
    phone.reload()
    expect(item(phone, "Ronkozé")).to_be_visible()
    phone.context.set_offline(True)
    saturday.send(tap(Genre.ECHANGE, saturday.steps[2].id, str(talk.id)), by=saturday.zoe)
    db.session.commit()
    unfold(phone, "Visite")
    press(phone, "Passer après Ronkozé : Visite")
    expect(phone.locator("#attente")).to_contain_text("Passer après Ronkozé")
    phone.context.set_offline(False)
    expect(phone.locator("#attente")).to_contain_text("Refusé : Ces deux étapes ne s’échangent plus", timeout=40_000)
    services.wait_until(lambda: len(entries(Genre.ECHANGE)) == 1, "the other's")


def test_all_of_it_under_the_thumb_and_the_warning_in_sight(phone, saturday):
    saturday.send(tap(Genre.DUREE, saturday.steps[2].id, "150"))
    db.session.commit()
    expect(phone.locator("#maintenant .alerte")).to_contain_text("heure fixe")
    phone.evaluate("scrollTo(0, 0)")
    assert phone.evaluate(IN_SIGHT, ["#maintenant .alerte", "#maintenant .quand", "#maintenant .bas", "#geste button"]) == []
    phone.locator(".decaler > summary").tap()
    unfold(phone, "Visite")
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    assert phone.evaluate(SMALL) == []
