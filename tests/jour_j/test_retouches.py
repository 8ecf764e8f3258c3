"""What the day makes of its programme: longer, shorter, put off, exchanged; the plan stays as it was printed. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.jour_j.pli import Change, EtatEtape, Run, State
from portal.jour_j.programme import forecast, in_words, tracks
from portal.jour_j.retouches import Plan, is_said, promised
from tests.jour_j.test_programme import DAY, NINE, Item, at, item, running

# A, B and C without a pause, half an hour of pause, the meal at a fixed hour, then D which must end on time
MORNING = [
    item(1, 0, 30), item(2, 30, 60), item(3, 90, 30), item(4, 150, 60, ancre=True), Item(5, at(210), at(240), butoir=True),
]  # fmt: skip


def duree(cible: int, minutes: int) -> Change:
    return Change("duree", str(cible), str(minutes))


def decale(cible: int, minutes: int) -> Change:
    return Change("decale", str(cible), str(minutes))


def echange(cible: int, other: int) -> Change:
    return Change("echange", str(cible), str(other))


def hours(*changes: Change, state: State | None = None, now: float = 0, programme: list[Item] = MORNING) -> dict[int, tuple]:
    """(start, end) in minutes, as expected."""
    state = State(steps=state.steps if state else {}, changes=list(changes))
    slots = forecast(programme, state, at(now))
    return {id: tuple(int((t - NINE).total_seconds() / 60) for t in (slot.debut, slot.fin)) for id, slot in slots.items()}


def order(*changes: Change) -> list[int]:
    return [i.id for row in Plan(MORNING, changes).rows.values() for i in row]


# --- longer, shorter -----------------------------------------------------------------------------------------


def test_a_longer_item_pushes_those_that_follow_and_the_pause_absorbs_it():
    assert hours(duree(2, 80)) == {1: (0, 30), 2: (30, 110), 3: (110, 140), 4: (150, 210), 5: (210, 240)}


def test_a_shorter_item_takes_a_delay_back_and_nothing_begins_before_its_hour():
    late = running(_1=(10, None))
    assert hours(state=late, now=20)[2] == (40, 100)
    assert hours(duree(1, 20), state=late, now=20)[2] == (30, 90)
    assert hours(duree(1, 10), state=late, now=15)[2] == (30, 90)


def test_the_last_word_on_a_length_wins():
    assert hours(duree(1, 45), duree(1, 20))[1] == (0, 20)


def test_an_item_that_runs_past_its_new_length_ends_when_it_ends():
    assert hours(duree(1, 10), state=running(_1=(0, None)), now=25)[1] == (0, 25)


def test_a_fixed_item_made_longer_ends_later():
    state = running(_4=(155, None))
    assert hours(duree(4, 75), state=state, now=160)[4] == (155, 225)
    assert hours(duree(4, 75), state=state, now=160)[5] == (225, 255)


# --- put off -------------------------------------------------------------------------------------------------


def test_what_follows_without_a_pause_moves_along_and_the_fixed_hour_stays():
    assert hours(decale(2, 10)) == {1: (0, 30), 2: (40, 100), 3: (100, 130), 4: (150, 210), 5: (210, 240)}


def test_delays_add_up_and_some_of_it_may_be_taken_back():
    assert hours(decale(2, 10), decale(2, 15), decale(2, -5))[2] == (50, 110)
    assert hours(decale(2, 10), decale(2, -10)) == hours()


def test_put_off_past_the_fixed_hour_it_says_so_and_the_fixed_hour_stays():
    assert hours(decale(3, 60))[3] == (150, 180)
    assert hours(decale(3, 60))[4] == (150, 210)


def test_a_fixed_item_is_never_put_off():
    assert hours(decale(4, 10)) == hours()


def test_brought_forward_it_waits_for_the_one_before():
    assert hours(decale(2, -10))[2] == (30, 90)
    assert hours(duree(1, 20), decale(2, -10))[2] == (20, 80)


# --- exchanged -----------------------------------------------------------------------------------------------


def test_two_items_change_places_each_with_its_length():
    assert order(echange(1, 2)) == [2, 1, 3, 4, 5]
    assert hours(echange(1, 2)) == {2: (0, 60), 1: (60, 90), 3: (90, 120), 4: (150, 210), 5: (210, 240)}


def test_said_by_two_phones_it_is_done_once():
    assert order(echange(1, 2), echange(1, 2)) == [2, 1, 3, 4, 5]


def test_and_back():
    assert hours(echange(1, 2), echange(2, 1)) == hours()


@pytest.mark.parametrize("change", [echange(1, 3), echange(2, 1), echange(3, 4), echange(4, 5), echange(1, 99), echange(99, 1)])
def test_what_does_not_follow_or_holds_to_its_hour_stays(change):
    assert order(change) == [1, 2, 3, 4, 5]


def test_an_item_that_must_end_on_time_is_not_made_to_come_second():
    programme = [Item(1, at(0), at(30), butoir=True), item(2, 30, 30)]
    assert not Plan(programme).may_swap(programme[0], programme[1])
    assert Plan(programme[::-1]).following(programme[1]) is None


def test_the_next_item_and_the_delay_follow_the_exchange():
    state = State(changes=[echange(1, 2)])
    track = tracks(MORNING, state, at(10))[0]
    assert (track.next, track.words) == (MORNING[1], "10\u00a0min de retard")
    state.steps["2"] = Run(EtatEtape.EN_COURS, at(0))
    track = tracks(MORNING, state, at(10))[0]
    assert (track.current, track.next, track.words) == (MORNING[1], MORNING[0], "à l’heure")


def test_delays_are_counted_from_what_was_printed():
    """Making it longer on purpose does not make it on time."""
    state = State(steps=running(_1=(0, None)).steps, changes=[duree(1, 40)])
    assert tracks(MORNING, state, at(10))[0].words == in_words(timedelta(minutes=10))
    assert promised(MORNING, state.changes).slots[1].fin == MORNING[0].fin


# --- what may be said ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("valeur", ["0", "-5", "5.5", "٥", "1441", "", "x", "+5", "05", "99999"])
def test_a_length_that_is_none(valeur):
    assert not is_said("duree", valeur)


@pytest.mark.parametrize("valeur", ["0", "-0", "721", "1000", "", "x", "+5", "--5", "5\n"])
def test_a_delay_that_is_none(valeur):
    assert not is_said("decale", valeur)


def test_lengths_and_delays():
    assert is_said("duree", "1440")
    assert is_said("decale", "-15")


CHANGES = st.one_of(
    st.builds(duree, st.integers(1, 6), st.integers(1, 300)),
    st.builds(decale, st.integers(1, 6), st.integers(-60, 60)),
    st.builds(echange, st.integers(1, 6), st.integers(1, 6)),
)


@given(st.lists(CHANGES, max_size=20), st.integers(-60, 400))
def test_whatever_is_made_of_it_the_fixed_hour_stays_and_nothing_of_a_row_overlaps_but_on_it(changes, now):
    plan = Plan(MORNING, changes)
    slots = forecast(MORNING, State(changes=changes), at(now))
    row = next(iter(plan.rows.values()))
    assert sorted(i.id for i in row) == [1, 2, 3, 4, 5]
    assert slots[4].debut == at(150)
    for before, after in pairwise(row):
        assert after.ancre or slots[before.id].fin <= slots[after.id].debut
    assert all(slots[i.id].debut >= at(now) for i in row if not i.ancre)


def test_the_printed_programme_is_never_touched():
    before = [(i.debut, i.fin) for i in DAY]
    Plan(DAY, [duree(1, 5), decale(2, 30), echange(1, 2)])
    assert [(i.debut, i.fin) for i in DAY] == before
