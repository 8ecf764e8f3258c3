"""What was passed over stays to be seen; beside the main thread, what nobody started keeps its hours; the words for both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import commands as actions
from portal.db import db
from portal.jour_j.models import Genre
from portal.jour_j.pli import Change, EtatEtape, Run, State
from portal.jour_j.programme import forecast, tracks
from tests.jour_j.conftest import Saturday, at, tap
from tests.jour_j.test_programme import DAY, item, main, running, starts
from tests.jour_j.test_programme import at as minute

# --- started out of order -------------------------------------------------------------------------------------


def test_what_was_passed_over_is_behind_until_somebody_says_what_became_of_it():
    state = running(_2=(30, None))
    assert main(state, 40).behind == (DAY[0],)
    for etat in (EtatEtape.PASSE, EtatEtape.ANNULE, EtatEtape.EN_COURS, EtatEtape.TERMINE):
        run = Run(etat, minute(35) if etat in (EtatEtape.EN_COURS, EtatEtape.TERMINE) else None)
        assert main(State(steps=state.steps | {"1": run}), 40).behind == ()


def test_a_hole_is_no_advance():
    """The last one, of minute 180, starts at minute 25: the day is not two hours and a half early."""
    ahead = main(running(_1=(0, 25), _4=(25, None)), 30)
    assert (ahead.words, ahead.ton) == ("ordre changé", "attente")
    assert main(running(_1=(-5, None)), 0).words == "5\u00a0min d’avance"
    assert main(running(_1=(0, 30), _4=(200, None)), 210).words == "20\u00a0min de retard"


def test_taken_up_again_it_holds_back_what_follows_both():
    five = [*DAY, item(5, 225, 30)]
    state = running(_1=(0, 25), _4=(25, 70), _2=(200, None))
    assert starts(state, 210, five)[5] == 260
    assert starts(running(_1=(0, 25), _4=(25, 70)), 210, five)[5] == 225


# --- beside the main thread -----------------------------------------------------------------------------------

GAMES, FILM = item(8, 0, 480, "toute la journée"), item(9, 480, 30, "toute la journée")
WITH = [*DAY, GAMES, FILM]


@pytest.mark.parametrize("now", [-30, 0, 300, 479, 600])
def test_what_nobody_started_keeps_its_hours_beside_the_main_thread(now):
    slots = forecast(WITH, State(), minute(now))
    assert (slots[8].debut, slots[8].fin) == (GAMES.debut, GAMES.fin)
    assert tracks(WITH, State(), minute(now))[1].words == "à l’heure"


def test_it_is_to_come_until_its_hours_are_over():
    assert [tracks(WITH, State(), minute(now))[1].next for now in (479, 480, 510)] == [GAMES, FILM, None]


def test_somebody_s_tap_moves_it_all_the_same():
    later = State(changes=[Change("decale", "8", "30")])
    assert starts(later, 100, WITH)[8] == 30
    started = running(_8=(40, None))
    assert starts(started, 100, WITH)[9] == 520
    assert tracks(WITH, started, minute(100))[1].words == "40\u00a0min de retard"


def test_the_main_thread_waits_as_before_were_it_a_piste():
    named = [replace(i, piste="Scène") for i in DAY]
    assert starts(State(), 42, named)[1] == 42


# --- the pages ------------------------------------------------------------------------------------------------


@pytest.fixture
def fair(saturday) -> Saturday:
    """An orchestra at half past one and a talk at two, a visit at three; the videos are in the case, from ten to four."""
    saturday.action.en_direct = True
    for titre, start in (("Orchestre", 13.5), ("Ronkozé", 14), ("Visite de trois heures", 15)):
        saturday.steps.append(
            actions.add_step(saturday.action, by=saturday.zoe, titre=titre, debut=at(start), fin=at(start + 0.5))
        )
    saturday.open("Tout est vérifié.")
    saturday.send(*(tap(Genre.ETAPE, s.id, "passe") for s in saturday.steps[1:4]))
    db.session.commit()
    return saturday


def step(day: Saturday, titre: str) -> int:
    return next(s.id for s in day.steps if s.titre == titre)


def soup(as_, day: Saturday) -> BeautifulSoup:
    return BeautifulSoup(as_(day.awa).get(day.url).text, "html5lib")


def words(page: BeautifulSoup, selector: str = "main") -> str:
    found = page.select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


def test_the_card_says_what_has_not_begun_and_the_last_only_when_it_is(fair, as_):
    with clock.freeze(at(11.5)):
        fair.send(tap(Genre.ETAPE, step(fair, "Visite de trois heures"), "debut"))
        page = soup(as_, fair)
        assert words(page, ".oubliees").startswith("Pas commencées 13 h 30 Orchestre Commencer Sauter 14 h Ronkozé")
        now = words(page, "#maintenant")
        assert "ordre changé" in now
        assert "d’avance" not in now
        assert "dernière étape" not in now
        fair.send(*(tap(Genre.ETAPE, step(fair, titre), "passe") for titre in ("Orchestre", "Ronkozé")))
        assert "C’est la dernière étape." in words(soup(as_, fair), "#maintenant")
        assert soup(as_, fair).select_one(".oubliees") is None


def test_who_only_reads_reads_it_without_buttons(fair, as_):
    fair.send(tap(Genre.ETAPE, step(fair, "Visite de trois heures"), "debut"))
    page = BeautifulSoup(as_(fair.lea).get(fair.url).text, "html5lib")
    assert words(page, ".oubliees") == "Pas commencées 13 h 30 Orchestre 14 h Ronkozé"


def test_an_item_that_nobody_started_keeps_its_end_then_is_said_not_to_have_begun(fair, as_, client):
    videos = f"#etape-{fair.steps[4].id}"
    with clock.freeze(at(13)):
        page = soup(as_, fair)
        assert "jusqu’à 16 h" in words(page, videos)
        assert "Vidéos , de 10 h à 16 h, pas commencée" in words(page, "#maintenant")
        public = BeautifulSoup(client.get(f"/actions/{fair.action.id}/direct").text, "html5lib")
        assert "10 h Vidéos jusqu’à 16 h" in words(public)
        wall = words(BeautifulSoup(client.get(f"/actions/{fair.action.id}/direct?ecran=1").text, "html5lib"))
        assert "Vidéos" not in wall
    with clock.freeze(at(17)):
        assert "Pas commencée" in words(soup(as_, fair), videos)
        assert "Vidéos" not in words(soup(as_, fair), "#maintenant")
        public = BeautifulSoup(client.get(f"/actions/{fair.action.id}/direct").text, "html5lib")
        assert "10 h Vidéos Pas commencée" in words(public)


def test_two_threads_do_not_contradict_each_other(fair, as_):
    with clock.freeze(at(12)):
        assert "Fil principal" not in words(soup(as_, fair), "#maintenant .rang")
        fair.send(tap(Genre.ETAPE, fair.steps[4].id, "debut"))
        page = soup(as_, fair)
        assert "Fil principal : à l’heure" in words(page, "#maintenant .rang")
        assert "jusqu’à 18 h, 2 h 00 de retard" in words(page, "#maintenant .a-cote")


def test_the_words_for_what_did_not_run(fair, as_):
    fair.send(tap(Genre.ETAPE, step(fair, "Orchestre"), "annule"))
    page = soup(as_, fair)
    assert "Sautée" in words(page, f"#etape-{step(fair, 'Visite')}")
    assert "Annulée" in words(page, f"#etape-{step(fair, 'Orchestre')}")
    assert "Sautée : Visite" in words(page, "#journal")
    assert "Passée" not in words(page)
    aid = "Sauter : on n’en a pas eu le temps. Annuler : elle n’aura pas lieu."
    assert words(page, f"#etape-{step(fair, 'Ronkozé')} .aide") == aid


def test_the_planned_hour_is_struck_and_both_are_said(fair, as_):
    talk = step(fair, "Ronkozé")
    hour = f"#etape-{talk} .heure"
    with clock.freeze(at(14 + 7 / 60)):
        fair.send(tap(Genre.ETAPE, step(fair, "Orchestre"), "passe"))
        page = soup(as_, fair)
        assert words(page, hour) == "prévu à 14 h , attendu vers 14 h 07"
        fair.send(tap(Genre.ETAPE, talk, "debut"))
        page = soup(as_, fair)
    assert words(page, hour) == "prévu à 14 h , commencé à 14 h 07"
    assert words(page, f"{hour} s:not(.cache)") == "prévu à 14 h"
