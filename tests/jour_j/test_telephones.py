"""Whose number one reads on the day, and on the sheet that is printed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from tests import builders
from tests.jour_j.conftest import at
from tests.jour_j.test_routes import one, said_in, soup


def numbers(client, path: str) -> set[str]:
    return {str(a["href"]) for a in soup(client.get(path).text).select('#contenu a[href^="tel:"]')} - {"tel:112"}


ZOE, AWA, LEA = "tel:+262692111111", "tel:+262692123456", "tel:+262692222222"
DAYS = [(-3, "before"), (-2, "near"), (0, "near"), (7, "near"), (8, "after")]


@pytest.mark.parametrize(("days", "when"), DAYS)
def test_who_has_whose_number_and_when(saturday, as_, days, when):
    """The team's to référent and bienveillant from J-2 to J+7; the référent's to the team until J+7."""
    with clock.freeze(at(9) + timedelta(days=days)):
        near, before = when == "near", when == "before"
        assert numbers(as_(saturday.zoe), saturday.url) == ({AWA, LEA} if near else set())
        assert numbers(as_(saturday.awa), saturday.url) == ({LEA, ZOE} if near else set())
        assert numbers(as_(saturday.lea), saturday.url) == ({AWA} if near or before else set())
        assert numbers(as_(builders.personne("Ada", [builders.ADMIN])), saturday.url) == ({AWA, LEA} if near else set())
        assert numbers(as_(builders.bienveillant("Max")), saturday.url) == set()


def test_the_window_is_whole_days_at_la_reunion(saturday, as_):
    zoe = as_(saturday.zoe)
    for hour, seen in ((-48.1, False), (-47.9, True), (24 * 8 - 0.1, True), (24 * 8 + 0.1, False)):
        with clock.freeze(at(hour)):
            assert (LEA in numbers(zoe, saturday.url)) == seen


def test_the_sheet_has_the_same_numbers(saturday, as_):
    assert numbers(as_(saturday.zoe), f"{saturday.url}/feuille") == {AWA, LEA, ZOE}
    assert numbers(as_(saturday.awa), f"{saturday.url}/feuille") == {AWA, LEA, ZOE}
    assert numbers(as_(saturday.lea), f"{saturday.url}/feuille") == {AWA}
    page = soup(as_(builders.bienveillant("Max")).get(f"{saturday.url}/feuille").text)
    assert "Téléphone" not in said_in(page, "table")


def test_the_sheet_holds_the_day(saturday, as_):
    text = soup(as_(saturday.lea).get(f"{saturday.url}/feuille").text).get_text()
    for words in ("Awa Payet", "Léa Grondin", "Repas, carry poulet", "Issues de secours", "Plus personne sur le site"):
        assert words in text


def test_the_sheet_on_paper_begins_with_whom_to_call_and_ends_with_its_date(saturday, as_):
    page = soup(as_(saturday.awa).get(f"{saturday.url}/feuille").text)
    calls = [" ".join(li.get_text(" ", strip=True).split()) for li in one(page, "#contenu section").select("li")]
    assert [c.split(" ,")[0] for c in calls] == ["Référent : Awa Payet", "Bienveillant : Zoé Hoarau", "Secours : 112"]
    text = said_in(page, "#contenu")
    assert "aujourd’hui" not in text
    assert "C’est mon patrimoine, 21 novembre 2037. Feuille imprimée le 21 novembre 2037 à 9 h." in text
