"""On a phone without network: a fault with its picture is kept, drawn, and leaves by itself, the picture after its entry."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from portal.db import db
from portal.jour_j.models import Entree, Genre, Photo
from portal.jour_j.pli import NON_CONFORME
from tests import services
from tests.jour_j.conftest import at, from_then, open_the_day, tap

pytestmark = pytest.mark.browser

LINE, FAULT = "Robinets fermés", "Celui de la plonge fuit."
KEPT = """async () => {
  const { all, bytes } = await import("/static/sortie.js");
  const said = async ({ uuid, genre, motif }) => [genre, (await bytes(uuid))?.octets.byteLength ?? 0, !!motif];
  return (await Promise.all((await all()).map(said))).sort();
}"""


def picture(size=(3000, 2000), form="JPEG") -> dict:
    """As a camera gives it: too big to travel, and with a grain that weighs."""
    image = Image.effect_noise(size, 40).convert("RGB")
    out = BytesIO()
    image.save(out, form)
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def photos() -> list[tuple[str, int, int]]:
    rows = db.session.execute(select(Entree.mot, Photo.largeur, Photo.hauteur).join(Photo, Photo.entree_uuid == Entree.uuid))
    found = [tuple(row) for row in rows]
    db.session.rollback()  # outside of a request, reading holds SQLite's write lock
    return found


@pytest.fixture
def phone(saturday, visit):
    """Awa's, the site open; it has opened the day and keeps its page."""
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    with from_then(at(9.1)):
        url, page = saturday.url, visit(saturday.awa)
        open_the_day(page, url)
        expect(page.locator("#reseau")).to_have_text("En direct")
        yield page


def line(page):
    return page.locator("#fermeture .verification", has_text=LINE)


def say_what_is_wrong(page, file: dict | None = None) -> None:
    page.locator("#fermeture summary").first.tap()
    line(page).locator("summary").tap()
    line(page).locator("textarea").fill(FAULT)
    if file:
        line(page).locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=f"Non conforme : {LINE}", exact=True).tap()


def arrived(page) -> None:
    expect(page.locator("#reseau")).to_have_text("En direct", timeout=40_000)


def test_a_fault_and_its_picture_wait_offline_over_a_reload_then_arrive_once_made_small(phone):
    phone.context.set_offline(True)
    file = picture()
    say_what_is_wrong(phone, file)
    expect(line(phone)).to_have_attribute("data-etat", NON_CONFORME)
    expect(line(phone).locator("textarea")).to_be_hidden()
    expect(phone.locator("#reseau")).to_contain_text("2 gestes en attente d’envoi")
    phone.reload()
    expect(phone.locator("#attente")).to_contain_text(FAULT)
    [[coche, _, _], [photo, weight, _]] = phone.evaluate(KEPT)
    assert (coche, photo, weight > 0) == ("coche", "photo", True)
    phone.context.set_offline(False)
    arrived(phone)
    services.wait_until(lambda: photos() == [(FAULT, 1600, 1067)], "the picture of the fault")
    phone.locator("#fermeture summary").first.tap()
    expect(line(phone)).to_contain_text(f"Non conforme, Awa, 9 h 06 : {FAULT}")
    assert phone.evaluate(KEPT) == []


def test_a_picture_is_fetched_when_it_is_wanted_and_stays_open_on_the_page(phone):
    asked = []
    phone.context.on("request", lambda r: asked.append(r.url) if r.method == "GET" and r.url.endswith("/photo") else None)
    say_what_is_wrong(phone, picture((200, 100)))
    unfold = line(phone).get_by_text("Voir la photo")
    expect(unfold).to_be_visible()
    assert unfold.bounding_box()["height"] >= 56
    assert asked == []
    unfold.tap()
    image = line(phone).get_by_alt_text("Photo de ce qui est noté")
    phone.wait_for_function("(image) => image.complete && image.naturalWidth === 200", arg=image.element_handle())
    other = phone.locator("#fermeture .verification", has_text="Tables, chaises").locator("button.point")
    other.tap()
    expect(other).to_contain_text("Awa, 9 h 06")  # the page was given anew
    expect(image).to_be_visible()
    assert len(asked) == 1


def test_it_leaves_the_phone_smaller_than_it_was_taken(phone):
    file = picture()
    with phone.expect_request("**/photo?*", timeout=40_000) as sent:
        say_what_is_wrong(phone, file)
    assert 0 < len(sent.value.post_data_buffer) < len(file["buffer"]) / 2
    arrived(phone)


def test_mended_in_one_tap_offline_too(phone):
    say_what_is_wrong(phone)
    expect(line(phone)).to_contain_text("Non conforme, Awa")
    phone.context.set_offline(True)
    line(phone).locator("button.point").tap()
    expect(line(phone).locator("button.point")).to_have_attribute("aria-pressed", "true")
    phone.context.set_offline(False)
    arrived(phone)
    expect(line(phone)).not_to_contain_text("Non conforme, Awa")


@pytest.mark.parametrize("answer", ["lost", "500"])
def test_an_answer_that_names_nothing_proves_nothing_of_a_picture_either(phone, answer):
    seen = []

    def between(route):
        seen.append(1)
        if len(seen) > 2:
            return route.continue_()
        route.fetch()
        return route.abort() if answer == "lost" else route.fulfill(status=500, body="{}", content_type="application/json")

    phone.context.route("**/photo?*", between)
    say_what_is_wrong(phone, picture((200, 100)))
    expect(line(phone)).to_have_attribute("data-etat", NON_CONFORME)  # it is kept
    services.wait_until(lambda: phone.evaluate(KEPT) == [], "the picture gone from the phone", seconds=40)
    arrived(phone)
    assert len(seen) > 2
    assert photos() == [(FAULT, 200, 100)]
    assert phone.evaluate(KEPT) == []


def test_what_is_no_picture_is_said_and_drops_nothing_else(phone):
    say_what_is_wrong(phone, {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": b"<svg onload='alert(1)'></svg>"})
    expect(phone.locator("#attente")).to_contain_text("Refusé : Ce fichier n’est pas une photo")
    expect(line(phone)).to_contain_text("Non conforme, Awa")
    assert photos() == []
    phone.fill("#mot-incident", "Vitre cassée.")
    phone.locator("#photo-incident").set_input_files(picture((200, 100)))
    phone.get_by_role("button", name="Noter l’incident").tap()
    services.wait_until(lambda: photos() == [("Vitre cassée.", 200, 100)], "the other picture")
    expect(phone.locator("#journal").get_by_text("Voir la photo")).to_be_visible()
    assert phone.input_value("#photo-incident") == ""
    phone.get_by_role("button", name="Retirer", exact=True).tap()
    expect(phone.locator("#attente")).to_be_hidden()


def test_a_picture_whose_entry_is_refused_is_shown_with_it(phone):
    phone.locator("#fermeture summary").first.tap()
    line(phone).locator("summary").tap()
    line(phone).locator("textarea").fill(FAULT)
    line(phone).locator("input[type=file]").set_input_files(picture((200, 100)))
    button = phone.get_by_role("button", name=f"Non conforme : {LINE}", exact=True)
    button.evaluate("(button) => { button.form.elements.cible.value = '999'; }")
    button.tap()
    expect(phone.locator("#attente")).to_contain_text("ce qu’elle accompagne est refusé")
    expect(phone.locator("#attente")).to_contain_text("Cette ligne ne fait plus partie de la journée")
    assert [refused for _, _, refused in phone.evaluate(KEPT)] == [True, True]
    assert photos() == []


def test_what_one_types_and_the_picture_one_chose_stay_while_the_others_act(phone, saturday):
    phone.locator("#fermeture summary").first.tap()
    line(phone).locator("summary").tap()
    line(phone).locator("textarea").fill("Celui de la")
    line(phone).locator("input[type=file]").set_input_files(picture((200, 100)))
    other = phone.locator("#fermeture .verification", has_text="Tables, chaises").locator("button.point")
    other.tap()
    expect(other).to_contain_text("Awa, 9 h 06")  # the page was given anew
    assert line(phone).locator("textarea").input_value() == "Celui de la"
    assert line(phone).locator("input[type=file]").evaluate("(input) => input.files.length") == 1
    expect(line(phone).locator("textarea")).to_be_visible()
