"""An action of several days: on its second morning the house is to be looked at as on the first, before it opens again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import clock
from portal.db import db
from portal.jour_j import refus
from portal.jour_j.commands import Statut, undoing
from portal.jour_j.models import Genre, Phase
from portal.jour_j.pli import NON_CONFORME, EtatEtape, Presence, Run, Site, begin_another_day, fold, undone
from tests.jour_j.conftest import Saturday, at, tap
from tests.jour_j.test_pli import LANES, Tap, journals
from tests.jour_j.test_pli import tap as said

REASON = "Le contrôle finit dans cinq minutes."


@pytest.fixture
def saturday_night(saturday) -> Saturday:
    """An action until Sunday evening: everything was checked, Awa and Léa came, the site closed at nine in the evening."""
    saturday.action.fin = at(24 + 18)
    saturday.tick_all(Phase.OUVERTURE)
    saturday.open()
    saturday.send(*(tap(Genre.PRESENCE, saturday.held_by(who).id, "arrive") for who in (saturday.awa, saturday.lea)))
    with clock.freeze(at(21)):
        saturday.tick_all(Phase.FERMETURE)
        saturday.close("Léa dort sur place.")
        db.session.commit()
    return saturday


@pytest.fixture
def sunday(saturday_night):
    with clock.freeze(at(24 + 8)):
        yield saturday_night


def part(as_, day: Saturday, selector: str, who=None) -> str:
    found = BeautifulSoup(as_(who or day.awa).get(day.url).text, "html5lib").select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


# --- what is to be checked again ------------------------------------------------------------------------------


@pytest.mark.both
def test_reopening_asks_why_the_important_checks_were_not_looked_at_today(sunday, outbox):
    refused = sunday.open()
    assert isinstance(refused.refusal, refus.ReasonWanted)
    critical = [p for p in sunday.day().points(Phase.OUVERTURE) if p.critique]
    assert refused.refusal.left == critical
    assert sunday.open(REASON).statut is Statut.RECUE
    told = next(m for m in outbox() if m.genre == "jour_ouverture")
    assert (told.faits["lignes"], told.faits["motif"]) == ([p.label for p in critical], REASON)


def test_once_they_are_it_reopens_in_one_tap_and_what_was_ticked_stays(sunday):
    sunday.tick_all(Phase.OUVERTURE)
    assert sunday.day().left(Phase.OUVERTURE) == []
    assert sunday.open().statut is Statut.RECUE
    day = sunday.day()
    assert (day.left(Phase.OUVERTURE), day.forgotten) == ([], [])
    assert {clock.local(mark.quand).day for mark in day.state.ticks.values()} == {22}


def test_what_is_taken_back_this_morning_is_to_be_done(sunday):
    first = sunday.day().points(Phase.OUVERTURE)[0]
    said = tap(Genre.COCHE, first.id, "fait")
    sunday.send(said, undoing(said.uuid, at=clock.now()))
    assert first in sunday.day().left(Phase.OUVERTURE)
    sunday.send(tap(Genre.COCHE, first.id, NON_CONFORME, "La porte coince."))
    assert sunday.day().unsafe[0] == first
    sunday.open(REASON)
    assert sunday.day().is_wrong(first)


def test_until_four_the_evening_is_not_over(saturday_night):
    for hour, left in ((21.5, 0), (24 + 3.9, 0), (24 + 4.1, len(saturday_night.day().points(Phase.OUVERTURE)))):
        with clock.freeze(at(hour)):
            assert len(saturday_night.day().left(Phase.OUVERTURE)) == left
    with clock.freeze(at(24 + 3.9)):
        assert saturday_night.open().statut is Statut.RECUE


def test_once_the_action_is_over_its_lists_stay_as_they_were(saturday_night):
    with clock.freeze(at(48 + 8)):
        day = saturday_night.day()
        assert [day.left(phase) for phase in Phase] == [[], []]
        assert day.is_to_open is False


# --- who is there ---------------------------------------------------------------------------------------------


def test_nobody_is_on_site_in_the_morning_until_they_come(sunday):
    assert sunday.day().people_present == []
    lea = sunday.held_by(sunday.lea)
    sunday.send(tap(Genre.PRESENCE, lea.id, "arrive", when=at(24 + 7.75)))
    assert sunday.day().people_present == [sunday.lea]
    sunday.open(REASON)
    assert sunday.day().people_present == [sunday.lea]
    assert sunday.day().state.presences[str(lea.id)].quand == at(24 + 7.75)


def test_who_left_or_was_absent_the_evening_before_is_expected_anew(sunday):
    lea = sunday.held_by(sunday.lea)
    with clock.freeze(at(20)):
        sunday.send(tap(Genre.PRESENCE, lea.id, "parti", when=at(20)))
    assert sunday.day().state.presence(lea.id) is Presence.ATTENDU


@pytest.mark.parametrize("hour", [5.5, 9])
def test_a_market_that_is_set_up_before_dawn_was_opened_today(saturday, hour):
    saturday.action.debut, saturday.action.fin = at(7), at(13)
    with clock.freeze(at(hour)):
        saturday.open("Tout est vu.")
    with clock.freeze(at(hour + 1)):
        day = saturday.day()
        assert (day.is_open_since_before, day.was_today(at(hour))) == (False, True)
    with clock.freeze(at(12)):
        saturday.close("Plus personne.")
        assert saturday.day().is_to_open is False


# --- what runs ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_what_still_ran_when_the_site_closed_ended_then_and_does_not_run_on_the_next_day(sunday):
    _, welcome, visit, *_ = sunday.steps
    closed = sunday.day().state.moved
    with clock.freeze(at(20)):
        sunday.send(tap(Genre.ETAPE, welcome.id, "debut", when=at(20)))
    sunday.send(tap(Genre.ETAPE, visit.id, "debut", when=at(24 + 7.9)))  # begun this morning, before the site opens
    sunday.open(REASON)
    state = sunday.day().state
    assert state.step(welcome.id) == Run(EtatEtape.TERMINE, at(20), closed.quand)
    assert state.step(visit.id).etat is EtatEtape.EN_COURS


def test_where_nobody_closed_nobody_knows_when_what_ran_ended(saturday):
    saturday.action.fin = at(24 + 18)
    _, welcome, visit, *_ = saturday.steps
    saturday.open(REASON)
    with clock.freeze(at(20)):
        saturday.send(tap(Genre.ETAPE, welcome.id, "debut", when=at(20)))
    with clock.freeze(at(24 + 9)):
        saturday.open("On continue.")
    with clock.freeze(at(24 + 9.1)):
        saturday.send(tap(Genre.ETAPE, visit.id, "debut", when=at(24 + 9.1)))
        day = saturday.day()
        told = next(row for row in day.deroule.realise if row.titre == welcome.titre)
    assert day.state.step(welcome.id) == Run(EtatEtape.TERMINE, at(20), None)
    assert (told.reelle, told.ecart.split(", ")[1:]) == ("20\u00a0h", ["fin pas notée"])


# --- what the page shows --------------------------------------------------------------------------------------


def test_the_page_is_that_of_an_opening(sunday, as_):
    points = sunday.day().points(Phase.OUVERTURE)
    critical = [p for p in points if p.critique]
    assert part(as_, sunday, "#ouverture:not([hidden]) > .rang") == f"Ouverture 0 sur {len(points)}"
    assert part(as_, sunday, "#geste a") == f"Encore {len(critical)} vérifications importantes"
    assert "Léa dort sur place." in part(as_, sunday, "#derniere")
    assert f"Ouverture {len(critical)} importantes 0/{len(points)}" in part(as_, sunday, "#maintenant nav")
    page = BeautifulSoup(as_(sunday.awa).get(sunday.url).text, "html5lib")
    assert page.select("#fermeture .points, #fermeture form") == []
    assert page.select_one(f'#fermeture a[href="{sunday.url}/bilan"]')
    sunday.tick_all(Phase.OUVERTURE)
    assert part(as_, sunday, "#geste button") == "Rouvrir le site"


def test_a_form_without_a_word_is_asked_for_one(sunday, as_):
    answer = as_(sunday.awa).post(f"{sunday.url}/entrees", data={"uuid": tap("x").uuid, "genre": "site", "valeur": "ouvrir"})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.select_one("#passage[open] #mot-ouvrir[autofocus]")


def test_who_only_reads_sees_that_nothing_is_checked_yet(sunday, as_):
    count = len(sunday.day().points(Phase.OUVERTURE))
    assert part(as_, sunday, "#ouverture summary", sunday.lea) == f"Ouverture 0 sur {count}"
    assert "Fermé par Awa Payet à 21 h" in part(as_, sunday, "#fermeture", sunday.lea)


# --- the fold -------------------------------------------------------------------------------------------------

CLOSED, AGAIN = 13, 24 * 60 + 13  # minutes


@st.composite
def nights(draw: st.DrawFn) -> list[Tap]:
    """A day that closes, and what is said the next morning, before the site opens again."""
    evening = [t for t in draw(journals()) if t.genre != Genre.SITE]
    site = [site_tap("ouvrir", 0, "0"), site_tap("fermer", CLOSED, "1")]
    day_after = timedelta(days=1)
    morning = [replace(t, uuid=f"m{t.uuid[1:]}", quand=t.quand + day_after) for t in draw(journals()) if t.genre != Genre.SITE]
    return [*evening, *site, *morning]


def site_tap(valeur: str, minutes: float, uuid: str) -> Tap:
    return replace(said("site", "", valeur, minutes), uuid=uuid * 36)


@settings(max_examples=300)
@given(nights(), st.randoms(use_true_random=False))
def test_what_is_shown_before_the_site_opens_again_is_what_the_opening_keeps(journal, chance):
    before = begin_another_day(fold(journal, LANES))
    chance.shuffle(journal)
    after = fold([site_tap("ouvrir", AGAIN, "2"), *journal], LANES)
    assert (before.site, after.site) == (Site.CLOS, Site.OUVERT)
    assert (before.ticks, before.presences, before.steps) == (after.ticks, after.presences, after.steps)


@settings(max_examples=300)
@given(nights())
def test_no_check_and_nobody_on_site_outlives_the_night_and_all_of_the_morning_stays(journal):
    state = begin_another_day(fold(journal, LANES))
    counts = [t for t in journal if t.uuid not in undone(journal)]
    morning = sorted((t for t in counts if t.uuid.startswith("m")), key=lambda t: (t.quand, t.uuid))
    last = {t.cible: t.valeur for t in morning if t.genre == Genre.COCHE}
    assert {cible: mark.valeur for cible, mark in state.ticks.items()} == {c: v for c, v in last.items() if v != "defait"}
    there = {t.cible: t.valeur for t in morning if t.genre == Genre.PRESENCE}
    present = {cible for cible, mark in state.presences.items() if mark.valeur == Presence.ARRIVE}
    assert present == {cible for cible, valeur in there.items() if valeur == Presence.ARRIVE}


def test_a_look_on_another_day_is_a_look_and_not_the_same_evening_s_again():
    day = [said("coche", "1", "fait", 1), said("site", "", "ouvrir", 2), said("site", "", "fermer", 60)]
    again = said("coche", "1", "fait", 1439, par=2)
    assert fold([*day, again], LANES).ticks["1"].par == 2
    assert fold([*day, again, said("site", "", "ouvrir", 1440)], LANES).ticks["1"].quand == again.quand
