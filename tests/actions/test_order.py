"""The programme as it is planned: who follows whom, what moves along, what never moves. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from portal.actions.programme import (
    Slot,
    at_once,
    beside,
    chain,
    is_fixed,
    neighbour,
    overlaps,
    shifted,
    slot_of,
    swapped,
)

NINE = datetime(2022, 10, 29, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Item:
    id: int
    debut: datetime
    fin: datetime
    piste: str = ""
    ancre: bool = False
    butoir: bool = False


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def item(id: int, start: float, minutes: float, piste: str = "", *, ancre: bool = False, butoir: bool = False) -> Item:
    return Item(id, at(start), at(start + minutes), piste, ancre, butoir)


def placed(programme: list[Item], slots: dict[int, Slot]) -> list[Item]:
    return [replace(i, debut=slots[i.id].debut, fin=slots[i.id].fin) if i.id in slots else i for i in programme]


def length(i: Item) -> timedelta:
    return i.fin - i.debut


items = st.builds(
    item,
    st.just(0),
    st.integers(0, 40).map(lambda n: n * 15),
    st.integers(1, 8).map(lambda n: n * 15),
    st.sampled_from(["", "", "jardin"]),
    ancre=st.sampled_from([False, False, False, True]),
    butoir=st.sampled_from([False, False, False, True]),
)
programmes = st.lists(items, min_size=2, max_size=9).map(lambda found: [replace(i, id=n) for n, i in enumerate(found, 1)])


# --- changing places -----------------------------------------------------------------------------------------


def test_two_items_change_places_in_the_time_they_had_together():
    welcome, visit = item(1, 0, 30), item(2, 40, 60)  # with a pause of ten minutes between them
    assert swapped(welcome, visit) == {2: Slot(at(0), at(60)), 1: Slot(at(70), at(100))}


@given(programmes, st.data())
def test_a_swap_keeps_each_length_the_total_and_everybody_else(programme, data):
    lane = beside(data.draw(st.sampled_from(programme)), programme)
    assume(len(lane) > 1)
    n = data.draw(st.integers(0, len(lane) - 2))
    first, second = lane[n], lane[n + 1]
    after = {i.id: i for i in placed(programme, swapped(first, second))}
    assert [length(after[i.id]) for i in programme] == [length(i) for i in programme]
    assert after[second.id].debut == first.debut
    assert after[first.id].fin == second.fin
    assert after[second.id].debut < after[first.id].debut  # the order is the other one
    assert all(after[i.id] == i for i in programme if i not in (first, second))


@given(programmes, st.data())
def test_a_swap_taken_back_gives_the_same_programme(programme, data):
    here = data.draw(st.sampled_from(programme))
    other = neighbour(here, programme, up=False)
    assume(other)
    after = placed(programme, swapped(here, other))
    moved = {i.id: i for i in after}
    assert placed(after, swapped(moved[other.id], moved[here.id])) == programme


def test_an_item_that_covers_others_has_no_neighbour():
    stand, welcome, visit = item(1, 0, 500), item(2, 0, 30), item(3, 30, 60)
    programme = [stand, welcome, visit]
    assert [neighbour(i, programme, up=False) for i in programme] == [None, visit, None]
    assert [neighbour(i, programme, up=True) for i in programme] == [None, None, welcome]


def test_neighbours_are_of_one_piste():
    programme = [item(1, 0, 30), item(2, 30, 60, "jardin"), item(3, 90, 30)]
    assert neighbour(programme[0], programme, up=False) == programme[2]


# --- what follows --------------------------------------------------------------------------------------------


def test_what_comes_right_after_moves_along_up_to_a_fixed_hour():
    programme = [item(1, 0, 30), item(2, 30, 60), item(3, 90, 30), item(4, 120, 60, ancre=True), item(5, 180, 30)]
    assert [i.id for i in chain(programme[0], programme)] == [2, 3]


def test_a_hard_end_holds_as_a_fixed_hour_does():
    programme = [item(1, 0, 30), item(2, 30, 60, butoir=True), item(3, 90, 30)]
    assert chain(programme[0], programme) == []


def test_a_pause_or_another_piste_stops_the_chain():
    programme = [item(1, 0, 30), item(2, 30, 30, "jardin"), item(3, 31, 30)]
    assert chain(programme[0], programme) == []


@given(programmes, st.integers(-120, 120))
def test_the_chain_moved_by_as_much_keeps_its_order_and_lengths_and_leaves_what_is_fixed(programme, minutes):
    here, delta = programme[0], timedelta(minutes=minutes)
    assume(length(here) + delta > timedelta())
    along = chain(here, programme)
    assert not any(is_fixed(i) for i in along)
    after = {i.id: i for i in placed(programme, {i.id: slot_of(i).later(delta) for i in along})}
    assert [length(after[i.id]) for i in programme] == [length(i) for i in programme]
    assert sorted(along, key=lambda i: after[i.id].debut) == along
    assert all(after[i.id] == i for i in programme if is_fixed(i))
    end = here.fin + delta
    for i in along:
        assert after[i.id].debut == end  # still right after
        end = after[i.id].fin


# --- the whole day on another one ----------------------------------------------------------------------------


@given(programmes, st.integers(-60, 60), st.integers(-600, 600))
def test_the_whole_programme_moves_and_what_is_fixed_keeps_its_hour(programme, days, minutes):
    delta = days * DAY + timedelta(minutes=minutes)
    after = {i.id: i for i in placed(programme, shifted(programme, delta, days))}
    for i in programme:
        assert length(after[i.id]) == length(i)
        assert after[i.id].debut - i.debut == (days * DAY if is_fixed(i) else delta)


# --- what overlaps -------------------------------------------------------------------------------------------


def test_an_item_that_goes_on_too_long_says_on_what_and_by_how_much():
    concert = item(2, 60, 90, butoir=True)
    programme = [item(1, 0, 80), concert]
    [clash] = overlaps(programme).values()
    assert (clash.first.id, clash.second, clash.lasts) == (1, concert, timedelta(minutes=20))
    assert clash.would_end == at(170)


def test_an_all_day_item_overlaps_nobody():
    programme = [item(1, 0, 500), item(2, 0, 60), item(3, 60, 60), item(4, 30, 60, "jardin")]
    assert overlaps(programme) == {}


@given(programmes)
def test_pairs_at_once_are_those_that_share_an_instant(programme):
    for a in programme:
        for b in programme:
            if a.id < b.id:
                share = max(a.debut, b.debut) < min(a.fin, b.fin) and a.piste == b.piste
                assert ((a.id, b.id) in at_once(programme)) == share
