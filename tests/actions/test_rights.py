"""What the matrix does not say of an action (tests/matrix): no token, numbers that are none, the tabs of each."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests import builders
from tests.cells import fingerprint


@pytest.fixture
def action(app):
    return builders.action(builders.bienveillant())


@pytest.fixture
def around(action):
    return builders.cast(action)


def test_without_its_token_no_post_passes(as_, action):
    zoe = as_(action.bienveillant)
    before = fingerprint()
    for path in ("nouvelle", f"{action.id}/modifier", f"{action.id}/programme", f"{action.id}/annuler"):
        assert zoe.post(f"/actions/{path}", csrf=False, data={"motif": "pluie"}).status_code == 400
    assert fingerprint() == before


@pytest.mark.parametrize("id", ["0", "-1", "１", "1_000", "9" * 30, "1%00", "abc"])
def test_a_number_that_is_none_is_absent(as_, action, id):
    zoe = as_(action.bienveillant)
    assert zoe.get(f"/actions/{id}").status_code == 404
    assert zoe.post(f"/actions/{id}/annuler", data={"motif": "pluie"}).status_code == 404


TABS = ["Fiche", "Échanges", "Validation", "Besoins", "Devis", "Programme", "Rétroplanning", "Missions"]
WITHOUT_EXCHANGE = [tab for tab in TABS if tab != "Échanges"]


@pytest.mark.parametrize(
    ("who", "tabs"),
    [
        ("RF", [*(tab for tab in WITHOUT_EXCHANGE if tab != "Devis"), "Équipe", "Jour J"]),
        (
            "BA",
            [
                "Fiche",
                "Échanges",
                "Validation",
                "Besoins",
                "Devis",
                "Programme",
                "Rétroplanning",
                "Missions",
                "Équipe",
                "Jour J",
                "Facture",
                "Journal",
            ],
        ),
        ("BO", [*TABS, "Jour J"]),
        ("TR", [*WITHOUT_EXCHANGE, "Facture"]),
        (
            "AD",
            [
                "Fiche",
                "Échanges",
                "Validation",
                "Besoins",
                "Devis",
                "Programme",
                "Rétroplanning",
                "Missions",
                "Équipe",
                "Jour J",
                "Facture",
                "Journal",
            ],
        ),
    ],
)
def test_the_tabs_are_those_that_open(as_, action, around, who, tabs):
    visitor = as_(around[who])
    links = BeautifulSoup(visitor.get(f"/actions/{action.id}").text, "html5lib").select('nav[aria-label="L’action"] a')
    assert [a.get_text(strip=True) for a in links] == tabs
    assert {visitor.get(a["href"]).status_code for a in links} == {200}
