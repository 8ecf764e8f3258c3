"""When people were there, as the report tells it: what the day says, and the same as the hours that are proposed."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from portal import clock
from portal.contributions import commands as contributions
from portal.contributions import queries as hours
from portal.contributions.models import Constat
from portal.db import db
from portal.jour_j import bilan, commands
from portal.jour_j.models import Genre
from tests.jour_j.conftest import Saturday, at, tap


def says(saturday: Saturday, *taps: tuple[str, float]) -> None:
    """What was tapped of Léa, who is expected from nine to one in the morning."""
    place = saturday.held_by(saturday.lea)
    for valeur, hour in taps:
        with clock.freeze(at(hour)):
            saturday.send(tap(Genre.PRESENCE, place.id, valeur))


def told(saturday: Saturday) -> tuple[str, str, str, str]:
    [place] = [p for p in bilan.content(saturday.jour, [])["equipe"] if p["nom"] == "Léa Grondin"]
    return tuple(place[key].replace("\u00a0", " ") for key in ("arrivee", "depart", "avant", "absence"))


@pytest.mark.parametrize(
    ("taps", "said"),
    [
        ([("arrive", 9.5)], ("9 h 30", "", "", "")),
        ([("arrive", 9.5), ("parti", 15)], ("9 h 30", "15 h", "", "")),
        ([("arrive", 9.5), ("attendu", 10)], ("", "", "", "")),
        ([("arrive", 9.5), ("parti", 10), ("attendu", 10.5)], ("", "", "", "")),
        ([("arrive", 9.5), ("attendu", 10), ("arrive", 11)], ("11 h", "", "", "")),
        ([("arrive", 9.5), ("parti", 12), ("arrive", 14)], ("14 h", "", "9 h 30 à 12 h", "")),
        ([("arrive", 9.5), ("parti", 12), ("arrive", 14), ("parti", 18)], ("14 h", "18 h", "9 h 30 à 12 h", "")),
        ([("parti", 10), ("arrive", 11)], ("11 h", "", "jusqu’à 10 h", "")),
        ([("arrive", 9.5), ("parti", 12), ("arrive", 14), ("attendu", 14.1)], ("9 h 30", "12 h", "", "")),
        ([("arrive", 9.5), ("absent", 10)], ("", "", "", "Absence")),
        ([("parti", 15), ("parti", 16)], ("", "15 h", "", "")),
    ],
    ids=[
        "came", "came and left", "erased", "wholly erased", "erased and given again", "came back", "came back and left",
        "back, never tapped in", "back by mistake", "absent after all", "left twice",
    ],
)  # fmt: skip
def test_the_report_says_what_the_day_says(saturday, taps, said):
    says(saturday, *taps)
    with clock.freeze(at(20)):
        assert told(saturday) == said


def test_a_departure_that_was_undone_is_none(saturday):
    says(saturday, ("arrive", 9.5))
    left = tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "parti")
    with clock.freeze(at(12)):
        saturday.send(left)
        saturday.send(commands.undoing(left.uuid, at=clock.now()))
        assert told(saturday) == ("9 h 30", "", "", "")


def test_another_morning_has_an_arrival_of_its_own(saturday):
    """Whoever never said that they left was not there all night."""
    saturday.action.fin = at(24 + 18)
    says(saturday, ("arrive", 9.5))
    saturday.open("Tout est vu.")
    with clock.freeze(at(21)):
        saturday.close("Tout va bien.")
    with clock.freeze(at(24 + 9)):
        saturday.open("Tout est vu.")
    says(saturday, ("arrive", 24 + 9.25))
    arrivee, depart, avant, _ = told(saturday)
    assert (arrivee, depart, avant) == ("dim. 22 nov., 9 h 15", "", "sam. 21 nov., 9 h 30")


def test_an_absence_takes_back_nothing_of_the_day_before(saturday):
    saturday.action.fin = at(24 + 18)
    says(saturday, ("arrive", 9.5), ("parti", 15), ("absent", 24 + 9))
    with clock.freeze(at(24 + 10)):
        assert told(saturday) == ("sam. 21 nov., 9 h 30", "sam. 21 nov., 15 h", "", "")


@pytest.mark.parametrize(
    ("taps", "constat", "minutes"),
    [
        ([("arrive", 9), ("attendu", 9.5)], Constat.NON_POINTE, 780),
        ([("arrive", 10), ("parti", 12), ("arrive", 14), ("parti", 18)], Constat.PRESENT, 360),
        ([("arrive", 10), ("attendu", 10.5), ("arrive", 14), ("parti", 18)], Constat.PRESENT, 240),
        ([("arrive", 9), ("parti", 12), ("arrive", 14), ("attendu", 14.1)], Constat.PRESENT, 180),
    ],
    ids=["erased", "came back", "given again", "back by mistake"],
)
def test_the_hours_proposed_agree_with_it(saturday, taps, constat, minutes):
    saturday.open("Tout est vu.")
    says(saturday, *taps)
    with clock.freeze(at(22)):
        saturday.close("Tout va bien.")
    with clock.freeze(at(26)):
        contributions.propose(saturday.action)
        [line] = [r for r in hours.of_action(saturday.action) if r.affectation.personne_id == saturday.lea.id]
    assert (line.constat, line.minutes) == (constat, minutes)


def test_its_page_and_its_paper_tell_the_stay_before(saturday, as_):
    says(saturday, ("arrive", 9.5), ("parti", 12), ("arrive", 14))
    db.session.commit()
    paper = as_(saturday.zoe).get(f"{saturday.url}/bilan.pdf").data
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)
    for said in (text, as_(saturday.zoe).get(f"{saturday.url}/bilan").text):
        assert "déjà là 9 h 30 à 12 h" in " ".join(said.replace("\u00a0", " ").replace("&nbsp;", " ").split())
