"""A form of the day that is refused without JavaScript: the page gives back all that was typed, where it was typed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from bs4 import BeautifulSoup

from portal.jour_j.models import Genre
from portal.jour_j.refus import LONGEST, PLACE
from tests.jour_j.conftest import at, kept, tap

NOTED = {"valeur": "serieux", "lieu": "La scène", "heure": "08:30", "mesures": "Zone fermée."}


@pytest.fixture
def refuse(saturday, as_):
    """`refuse(genre, **typed)`: the page that answers Awa."""

    def post(genre: str, **typed: str):
        answer = as_(saturday.awa).post(
            f"{saturday.url}/entrees", data={"uuid": str(uuid4()), "genre": genre, "mot": ""} | typed
        )
        assert answer.status_code == 422
        return BeautifulSoup(answer.text, "html5lib")

    return post


def typed_in(form) -> dict[str, str]:
    """What would be sent again."""
    said = {field["name"]: field.get("value", "") for field in form.select("input:not([type=radio]):not([type=file])")}
    said |= {field["name"]: field["value"] for field in form.select("input[type=radio][checked]")}
    return said | {field["name"]: field.text.lstrip("\n") for field in form.select("textarea")}


def test_an_incident_without_its_words_keeps_its_gravity_its_place_its_hour_and_what_was_done(refuse):
    page = refuse("incident", **NOTED)
    form = page.select_one("#incident form")
    assert {name: typed_in(form)[name] for name in NOTED} == NOTED
    assert form.details.has_attr("open")
    assert page.select("[autofocus]") == [form.select_one("#mot-incident")]


def test_one_too_long_keeps_every_letter(refuse):
    too_long = {"mot": "M" * (LONGEST + 1), "lieu": "L" * (PLACE + 1), "mesures": "x" * (LONGEST + 1)}
    said = typed_in(refuse("incident", **NOTED | too_long).select_one("#incident form"))
    assert {name: said[name] for name in too_long} == too_long


def test_sent_again_with_its_words_it_is_noted_as_it_was_typed(refuse, saturday, as_):
    again = typed_in(refuse("incident", **NOTED).select_one("#incident form")) | {"mot": "Vitre cassée."}
    del again["csrf_token"]  # of another session
    assert as_(saturday.awa).post(f"{saturday.url}/entrees", data=again).status_code == 303
    e = kept(tap("x", uuid=again["uuid"]))
    assert (e.mot, e.valeur, e.lieu, e.mesures) == ("Vitre cassée.", "serieux", "La scène", "Zone fermée.")
    assert e.quand == at(8.5)


def test_the_fold_of_a_page_that_refuses_nothing_is_closed_and_its_first_gravity_is_chosen(saturday, as_):
    form = BeautifulSoup(as_(saturday.awa).get(saturday.url).text, "html5lib").select_one("#incident form")
    assert not form.details.has_attr("open")
    typed = {name: value for name, value in typed_in(form).items() if value and name not in ("csrf_token", "uuid")}
    assert typed == {"genre": "incident", "valeur": "leger"}


def test_a_message_keeps_to_whom_it_goes(refuse, saturday):
    mission = saturday.held_by(saturday.lea).mission
    chosen = refuse("message", cible=str(mission.id)).select("#message-a option[selected]")
    assert [option["value"] for option in chosen] == [str(mission.id)]


def test_what_followed_an_incident_keeps_its_words_in_sight(refuse, saturday):
    noted = tap(Genre.INCIDENT, mot="Vitre cassée.")
    saturday.send(noted)
    page = refuse("suite", cible=noted.uuid, mot="x" * (LONGEST + 1))
    fold = page.select_one(f"#incident-{noted.uuid} details[data-saisie]")
    assert fold.has_attr("open")
    assert fold.select_one("textarea").text == "x" * (LONGEST + 1)
