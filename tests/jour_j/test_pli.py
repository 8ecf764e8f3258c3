"""The fold of the day: pure, so no database and no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.actions.programme import Lane
from portal.jour_j.models import VALEURS, Genre
from portal.jour_j.pli import Change, EtatEtape, Presence, Run, Site, correct, fold, undone

NINE = datetime(2022, 10, 29, 5, 0, tzinfo=UTC)  # nine in the morning at La Réunion
MAIN: Lane = ("", "")
LANES: dict[str, Lane] = {"1": MAIN, "2": MAIN, "3": MAIN, "9": ("jeux", "")}


@dataclass(frozen=True)
class Tap:
    """What the fold reads of an entry."""

    uuid: str
    genre: str
    cible: str
    valeur: str
    quand: datetime
    personne_id: int = 1
    mot: str = ""


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def tap(genre: str, cible: str, valeur: str, minutes: float, number: int = 0, par: int = 1) -> Tap:
    return Tap(str(UUID(int=number or int(minutes * 10) + 1)), genre, cible, valeur, at(minutes), par)


TAPS = st.builds(
    lambda number, genre, cible, valeur, minute, par: tap(genre, cible, valeur, minute, number, par),
    st.integers(1, 10**6),
    st.just(""), st.sampled_from(["1", "2", "3", "9"]), st.just(""), st.integers(0, 12), st.integers(1, 3),
)  # fmt: skip


@st.composite
def journals(draw: st.DrawFn) -> list[Tap]:
    """A journal as phones may send it: many equal times, undoings of what is there and of what never comes."""
    taps: dict[str, Tap] = {}
    for base in draw(st.lists(TAPS, max_size=25)):
        genre = draw(st.sampled_from(list(Genre)))
        valeur = draw(st.sampled_from(sorted(VALEURS.get(genre, ("1", "2", "9")))))
        cible = draw(st.sampled_from([*taps, str(UUID(int=0))])) if genre is Genre.ANNULE else base.cible
        taps[base.uuid] = replace(base, genre=genre, valeur=valeur, cible="" if genre is Genre.SITE else cible)
    return list(taps.values())


@settings(max_examples=300)
@given(journals(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_makes_the_same_day(journal, chance):
    want = fold(journal, LANES)
    for _ in range(6):
        shuffled = journal[:]
        chance.shuffle(shuffled)
        assert fold(shuffled, LANES) == want


@settings(max_examples=300)
@given(journals())
def test_never_two_items_of_one_lane_at_once(journal):
    state = fold(journal, LANES)
    running = [LANES[cible] for cible, run in state.steps.items() if run.etat is EtatEtape.EN_COURS]
    assert len(running) == len(set(running))


@settings(max_examples=300)
@given(journals())
def test_what_is_undone_is_as_if_it_had_never_been(journal):
    gone = undone(journal)
    kept = [t for t in journal if t.uuid not in gone and t.genre != Genre.ANNULE]
    assert fold(journal, LANES) == fold(kept, LANES)


def test_the_first_opening_keeps_its_time_and_a_second_says_nothing():
    state = fold([tap("site", "", "ouvrir", 1), tap("site", "", "ouvrir", 5, par=2)], LANES)
    assert state.site is Site.OUVERT
    assert state.opened
    assert state.opened == state.moved
    assert (state.opened.quand, state.opened.par) == (at(1), 1)


def test_a_site_closes_once_open_and_may_reopen():
    closing, opening = tap("site", "", "fermer", 60), tap("site", "", "ouvrir", 1)
    assert fold([closing], LANES).site is Site.FERME
    assert fold([closing, opening], LANES).site is Site.CLOS
    again = fold([closing, opening, tap("site", "", "ouvrir", 90)], LANES)
    assert again.opened
    assert again.moved
    assert (again.site, again.opened.quand, again.moved.quand) == (Site.OUVERT, at(1), at(90))


def test_an_opening_is_never_undone():
    opening = tap("site", "", "ouvrir", 1)
    assert fold([tap("annule", opening.uuid, "", 2), opening], LANES).site is Site.OUVERT


def test_the_first_tick_keeps_its_author_and_a_later_untick_wins():
    first, second = tap("coche", "1", "fait", 10, par=1), tap("coche", "1", "fait", 12, par=2)
    assert fold([second, first], LANES).ticks["1"].par == 1
    assert "1" not in fold([tap("coche", "1", "defait", 13), second, first], LANES).ticks
    assert fold([first, tap("coche", "1", "sans_objet", 14, par=3)], LANES).ticks["1"].valeur == "sans_objet"


def test_an_undoing_may_come_before_what_it_undoes():
    tick = tap("coche", "1", "fait", 10)
    assert fold([tap("annule", tick.uuid, "", 5), tick], LANES).ticks == {}


def test_undoing_an_undoing_changes_nothing():
    tick = tap("coche", "1", "fait", 10)
    undo = tap("annule", tick.uuid, "", 11)
    assert fold([tick, undo, tap("annule", undo.uuid, "", 12)], LANES).ticks == {}


def test_the_last_word_on_a_person_wins_and_the_first_to_say_it_keeps_the_time():
    day = [tap("presence", "7", "arrive", 5), tap("presence", "7", "arrive", 30, par=2)]
    assert fold(day, LANES).presence(7) is Presence.ARRIVE
    assert fold(day, LANES).presences["7"].quand == at(5)
    assert fold([*day, tap("presence", "7", "parti", 40)], LANES).presence(7) is Presence.PARTI
    assert fold([], LANES).presence(7) is Presence.ATTENDU


def test_starting_an_item_ends_the_running_one_of_its_own_lane_only():
    state = fold([tap("etape", "9", "debut", 0), tap("etape", "1", "debut", 1), tap("etape", "2", "debut", 30)], LANES)
    assert state.steps == {
        "9": Run(EtatEtape.EN_COURS, at(0)),
        "1": Run(EtatEtape.TERMINE, at(1), at(30)),
        "2": Run(EtatEtape.EN_COURS, at(30)),
    }


def test_items_that_left_the_programme_run_alone():
    state = fold([tap("etape", "77", "debut", 0), tap("etape", "78", "debut", 5)], LANES)
    assert [run.etat for run in state.steps.values()] == [EtatEtape.EN_COURS, EtatEtape.EN_COURS]


def test_an_item_started_by_mistake_goes_back_and_starts_again():
    day = [tap("etape", "1", "debut", 1), tap("etape", "1", "a_venir", 2)]
    assert fold(day, LANES).step(1) == Run()
    assert fold([*day, tap("etape", "1", "debut", 20)], LANES).step(1).debut == at(20)


def test_a_start_told_later_moves_the_start_and_the_end_of_the_one_before():
    day = [tap("etape", "1", "debut", 0), tap("etape", "2", "debut", 40), tap("etape", "2", "debut", 30, 999)]
    state = fold(day, LANES)
    assert state.step(1).fin == at(30)
    assert state.step(2).debut == at(30)


def test_ending_passing_and_cancelling():
    day = [
        tap("etape", "1", "debut", 0),
        tap("etape", "1", "fin", 9),
        tap("etape", "2", "passe", 10),
        tap("etape", "3", "annule", 11),
    ]
    assert [run.etat for run in fold(day, LANES).steps.values()] == [EtatEtape.TERMINE, EtatEtape.PASSE, EtatEtape.ANNULE]
    assert fold([tap("etape", "1", "fin", 9)], LANES).step(1) == Run()


def test_two_items_change_places_unless_one_has_begun_whenever_that_is_learnt():
    swap, begun = tap("echange", "1", "2", 10), tap("etape", "1", "debut", 5)
    assert fold([swap], LANES).changes == [Change("echange", "1", "2")]
    assert fold([swap, begun], LANES).changes == []
    assert fold([swap, begun, tap("annule", begun.uuid, "", 12)], LANES).changes == [Change("echange", "1", "2")]
    assert fold([swap, tap("etape", "2", "debut", 15)], LANES).changes == [Change("echange", "1", "2")]


def test_changes_of_the_programme_keep_the_order_of_their_taps_and_are_undone():
    day = [tap("decale", "2", "10", 7), tap("duree", "1", "45", 5), tap("decale", "2", "-5", 9)]
    assert [c.valeur for c in fold(day, LANES).changes] == ["45", "10", "-5"]
    assert [c.valeur for c in fold([*day, tap("annule", day[0].uuid, "", 11)], LANES).changes] == ["45", "-5"]


def test_incidents_add_up_in_the_order_they_happened():
    day = [tap("incident", "", "", 30), tap("incident", "", "", 10, par=2)]
    assert [mark.par for mark in fold(day, LANES).incidents] == [2, 1]


# --- the clock of a phone ------------------------------------------------------------------------------------


def corrected(tapped: float, sent: float, received: float, earliest: float = -1e6) -> float:
    instant = correct(at(tapped), sent=at(sent), received=at(received), earliest=at(earliest))
    return (instant - NINE).total_seconds() / 60


def test_a_phone_that_is_an_hour_slow_is_put_right():
    assert corrected(tapped=-50, sent=-40, received=20) == 10


def test_a_phone_that_is_right_keeps_the_time_of_the_tap_not_of_the_sending():
    assert corrected(tapped=-30, sent=0, received=0.03) == -30


def test_never_in_the_future_nor_before_the_day():
    assert corrected(tapped=90, sent=0, received=0) == 0
    assert corrected(tapped=-5000, sent=0, received=0, earliest=-60) == -60
    assert corrected(tapped=-10, sent=0, received=0, earliest=600) == 0


def test_another_evening_begins_anew():
    """What was checked is to be checked again, and everybody is expected anew; not when it reopens the same evening."""
    day = [
        tap("coche", "1", "fait", 1), tap("site", "", "ouvrir", 2), tap("presence", "7", "arrive", 3),
        tap("presence", "8", "absent", 4), tap("jauge", "", "+10", 5), tap("site", "", "fermer", 60),
        tap("coche", "2", "fait", 1439),
    ]  # fmt: skip
    same, later = fold([*day, tap("site", "", "ouvrir", 61)], LANES), fold([*day, tap("site", "", "ouvrir", 1440)], LANES)
    assert (set(same.ticks), set(same.presences), sum(n for _, n in same.passages)) == ({"1", "2"}, {"7", "8"}, 10)
    assert (set(later.ticks), set(later.presences), sum(n for _, n in later.passages)) == ({"2"}, set(), 0)
    assert later.opened == later.moved
