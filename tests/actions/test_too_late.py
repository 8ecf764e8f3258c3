"""Two tabs, two people: what comes too late changes nothing, gives the words back, and leads where the action stands."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal.actions.models import Etat
from portal.db import db
from tests import builders

DECIDED = {"favorable": "defavorable", "ou": "reunion", "le": "2022-09-14", "presents": "Culture", "compte_rendu": "Mes mots."}
DOUBTED = {"technique": "reserve", "ethique": "favorable", "organisationnelle": "favorable", "mot_technique": "Mes mots."}


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport")


@pytest.fixture
def decided(house):
    """Validated a moment ago in another tab."""
    action = builders.in_validation(builders.bienveillant(), house["Culture"])
    for voice in house.values():
        builders.opinion(action, voice, builders.favorable())
    builders.validation.close(action, by=house["Culture"].member)
    db.session.commit()
    return action


def too_late(client, path: str, data: dict[str, str], seen_at: str) -> BeautifulSoup:
    answer = client.post(path, data=data, headers={"Referer": f"http://localhost{seen_at}"})
    assert answer.status_code == 409
    return BeautifulSoup(answer.text, "html5lib")


@pytest.mark.parametrize(("path", "words"), [("decision", DECIDED), ("decision?reunion=1", DECIDED), ("avis/{pole}", DOUBTED)])
def test_words_that_come_after_the_decision_are_given_back_with_the_way_there(as_, decided, house, path, words):
    tab = f"/actions/{decided.id}/validation"
    sport = house["Sport"]
    page = too_late(as_(sport.member), f"/actions/{decided.id}/{path.format(pole=sport.pole.id)}", words, tab)
    assert "Mes mots." in [area.get_text() for area in page.select("textarea[readonly]")]
    links = {link.get_text(): link["href"] for link in page.select("main .boutons a")}
    assert links["Voir où en sont les choses"] == f"http://localhost{tab}"
    db.session.expire_all()
    assert decided.etat is Etat.VALIDEE


@pytest.mark.parametrize("elsewhere", ["", "https://ailleurs.example/actions/1", "http://localhost.ailleurs.example/"])
def test_nobody_is_sent_elsewhere(as_, decided, house, elsewhere):
    answer = as_(house["Sport"].member).post(f"/actions/{decided.id}/valider", headers={"Referer": elsewhere})
    assert (answer.status_code, "Voir où en sont" in answer.text) == (409, False)
