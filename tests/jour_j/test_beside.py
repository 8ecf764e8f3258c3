"""What runs beside the others all day: nobody starts an exhibition, so nobody is told that it is late."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from portal.jour_j.commands import undoing
from portal.jour_j.models import Genre
from portal.jour_j.pli import Change, EtatEtape, Run, State
from portal.jour_j.programme import forecast, tracks
from tests.jour_j.conftest import Saturday, at, tap
from tests.jour_j.test_programme import NINE, Track, item, running, starts
from tests.jour_j.test_programme import at as minute

SHOW, TALK, MEAL = item(1, 0, 480), item(2, 0, 60), item(3, 60, 60)
DAY = [SHOW, TALK, MEAL]


def beside(state: State, now: float, programme=DAY) -> Track:
    return tracks(programme, state, minute(now))[1]


# --- the rule -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [-30, 0, 90, 479, 600])
def test_it_is_taken_to_begin_at_its_hour_and_never_drifts(now):
    assert starts(State(), now, DAY)[SHOW.id] == 0
    assert forecast(DAY, State(), minute(now))[SHOW.id].fin == SHOW.fin
    assert beside(State(), now).words == "à l’heure"


@pytest.mark.parametrize(
    ("now", "runs", "to_come"), [(-1, False, True), (0, True, True), (479, True, True), (480, False, False)]
)
def test_it_runs_during_its_hours_and_is_to_come_no_more_after_them(now, runs, to_come):
    track = beside(State(), now)
    assert (track.running == SHOW, track.next == SHOW, track.current) == (runs, to_come, None)


def test_the_others_of_its_piste_are_late_as_before():
    assert starts(State(), 90, DAY) == {1: 0, 2: 90, 3: 150}


def test_once_it_was_started_it_is_what_was_tapped():
    started = beside(running(_1=(40, None)), 90)
    assert (started.current, started.by_itself, started.words) == (SHOW, None, "40\u00a0min de retard")
    assert beside(running(_1=(40, 70)), 90).running is None


@pytest.mark.parametrize("etat", [EtatEtape.PASSE, EtatEtape.ANNULE])
def test_one_that_was_passed_or_cancelled_does_not_run(etat):
    assert beside(State(steps={"1": Run(etat)}), 90).running is None


def test_one_that_is_held_to_its_hour_waits_for_somebody():
    kept = [replace(SHOW, ancre=True), TALK, MEAL]
    assert (beside(State(), 90, kept).running, starts(State(), 90, kept)[1]) == (None, 0)


def test_put_off_it_begins_by_itself_at_its_new_hour():
    later = State(changes=[Change("decale", "1", "30")])
    assert [beside(later, now).running for now in (29, 30)] == [None, SHOW]
    assert (forecast(DAY, later, minute(90))[1].debut - NINE).total_seconds() == 1800


# --- a real day -----------------------------------------------------------------------------------------------


@pytest.fixture
def fair(saturday) -> Saturday:
    """Jeux lontan until half past five, beside the rest; the site is open, and nobody has started anything."""
    saturday.action.en_direct = True
    saturday.steps[0].responsable_id = saturday.lea.id
    saturday.open("Tout est vérifié.")
    db.session.commit()
    return saturday


def words(html: str, selector: str = "main") -> str:
    found = BeautifulSoup(html, "html5lib").select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


def test_the_public_reads_that_it_is_on_and_until_when(fair, client):
    with clock.freeze(at(15)):
        page = client.get(f"/actions/{fair.action.id}/direct").text
        assert "En ce moment Jeux lontan jusqu’à 17 h 30" in words(page)
        assert "9 h Jeux lontan jusqu’à 17 h 30" in words(page, ".programme")
        wall = words(client.get(f"/actions/{fair.action.id}/direct?ecran=1").text, ".scene")
        assert "En ce moment Jeux lontan jusqu’à 17 h 30" in wall
        assert "Jeux" not in wall.split("Ensuite")[1]
    with clock.freeze(at(18)):
        assert "Jeux" not in words(client.get(f"/actions/{fair.action.id}/direct?ecran=1").text, ".scene")


@pytest.mark.both
def test_the_team_reads_the_same_and_nobody_is_told_that_it_is_late(fair, as_):
    awa, lea = as_(fair.awa), as_(fair.lea)
    with clock.freeze(at(15)):
        now = words(awa.get(fair.url).text, "#maintenant")
        assert "Jeux lontan , jusqu’à 17 h 30" in now
        assert "« Jeux lontan »" not in now
        assert "Ton étape" not in words(lea.get(fair.url).text, "#maintenant")
    with clock.freeze(at(18)):
        assert "Jeux lontan" not in words(awa.get(fair.url).text, "#maintenant")


def test_whoever_wants_to_start_it_still_may(fair, as_):
    start = f'#etape-{fair.steps[0].id} button[aria-label="Commencer\u00a0: Jeux lontan"]'
    with clock.freeze(at(15)):
        assert BeautifulSoup(as_(fair.awa).get(fair.url).text, "html5lib").select_one(start)
        began = tap(Genre.ETAPE, fair.steps[0].id, "debut")
        fair.send(began)
        assert fair.day().tracks[-1].words == "6\u00a0h\u00a000 de retard"
        fair.send(undoing(began.uuid, at=clock.now()))
        assert fair.day().tracks[-1].by_itself == fair.steps[0]


def test_what_follows_is_put_off_from_what_has_not_begun(fair, as_):
    with clock.freeze(at(9.1)):
        said = words(as_(fair.awa).get(fair.url).text, "#programme .decaler")
    assert "À partir de Accueil" in said
    assert "Jeux lontan" not in said
