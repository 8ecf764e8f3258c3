"""The programme under way: lanes, expected times, words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.actions.programme import lanes_of
from portal.jour_j.pli import EtatEtape, Run, State
from portal.jour_j.programme import Track, ecarts, forecast, in_words, on_time, tracks

NINE = datetime(2022, 10, 29, 5, 0, tzinfo=UTC)


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


def item(id: int, start: float, minutes: float, piste: str = "", *, ancre: bool = False) -> Item:
    return Item(id, at(start), at(start + minutes), piste, ancre)


# welcome 9:00, workshop 9:30, a gap, the meal at 11:00 whatever happens, the debate at 12:00
DAY = [item(1, 0, 30), item(2, 30, 60), item(3, 120, 60, ancre=True), item(4, 180, 45)]


def running(**steps: tuple[float, float | None]) -> State:
    """running(_1=(0, 30), _2=(40, None)): item 1 ran from minute 0 to 30, item 2 runs since 40."""
    runs = {
        name[1:]: Run(EtatEtape.EN_COURS if end is None else EtatEtape.TERMINE, at(start), None if end is None else at(end))
        for name, (start, end) in steps.items()
    }
    return State(steps=runs)


def starts(state: State, now: float, programme: list[Item] = DAY) -> dict[int, float]:
    """The minute at which each item starts or is expected."""
    slots = forecast(programme, state, at(now))
    return {id: (slot.debut - NINE).total_seconds() / 60 for id, slot in slots.items()}


def main(state: State, now: float, programme: list[Item] = DAY) -> Track:
    return tracks(programme, state, at(now))[0]


def test_a_late_item_pushes_the_next_a_gap_absorbs_a_fixed_hour_stays():
    state = running(_1=(20, None))
    assert starts(state, 25) == {1: 20, 2: 50, 3: 120, 4: 180}
    assert main(state, 25).words == "20\u00a0min de retard"


def test_on_time_says_so():
    assert main(running(_1=(0, None)), 25).words == "à l’heure"


def test_an_overrun_past_a_fixed_hour_is_shown_and_the_meal_does_not_move():
    state = running(_1=(0, 30), _2=(30, None))
    assert starts(state, 140)[3] == 120
    assert main(state, 140).words == "50\u00a0min de retard"


def test_a_fixed_item_ends_on_the_clock_even_started_late():
    state = running(_1=(0, 30), _2=(30, 90), _3=(125, None))
    assert starts(state, 130)[4] == 180
    assert main(state, 130).words == "à l’heure"
    assert main(state, 190).words == "10\u00a0min de retard"


def test_between_two_items_the_wait_counts():
    state = running(_1=(0, 30))
    assert main(state, 25).next == DAY[1]
    assert starts(state, 42)[2] == 42
    assert main(state, 42).words == "12\u00a0min de retard"


def test_ahead_of_time():
    assert main(running(_1=(-5, None)), 0).words == "5\u00a0min d’avance"


def test_passed_and_cancelled_items_are_not_expected():
    state = State(steps={"1": Run(EtatEtape.PASSE), "2": Run(EtatEtape.ANNULE)})
    assert set(starts(state, 0)) == {3, 4}
    assert main(state, 0).next == DAY[2]


def test_an_item_that_was_jumped_over_is_neither_next_nor_pushed():
    state = running(_2=(30, None))
    assert starts(state, 40)[1] == 0
    assert main(state, 40).next == DAY[2]


def test_at_the_end_nothing_comes_next():
    state = running(_4=(180, None))
    assert (main(state, 190).current, main(state, 190).next) == (DAY[3], None)
    state = running(_4=(180, 225))
    assert (main(state, 230).current, main(state, 230).next, main(state, 230).words) == (None, None, "à l’heure")


def test_pistes_run_side_by_side():
    programme = [item(1, 0, 60), item(2, 60, 60), item(3, 0, 60, "jardin"), item(4, 60, 60, "jardin")]
    state = running(_1=(10, None), _3=(0, None))
    assert starts(state, 20, programme) == {1: 10, 2: 70, 3: 0, 4: 60}
    assert [(t.lane[0], t.current and t.current.id, t.words) for t in tracks(programme, state, at(20))] == [
        ("", 1, "10\u00a0min de retard"),
        ("jardin", 3, "à l’heure"),
    ]


def test_an_all_day_item_has_a_lane_of_its_own_even_without_a_piste():
    """The real day of October 2022: the videos and the games last all day beside the rest."""
    programme = [item(1, 0, 510), item(2, 0, 510), item(3, 0, 60), item(4, 60, 60), item(5, 600, 60)]
    lanes = lanes_of(programme)
    assert lanes["3"] == lanes["4"] == lanes["5"]
    assert len({lanes["1"], lanes["2"], lanes["3"]}) == 3
    assert main(running(_1=(0, None), _3=(0, None)), 30, programme).next == programme[3]


def test_a_break_inside_a_workshop_does_not_end_it():
    lanes = lanes_of([item(1, 0, 180), item(2, 60, 15)])
    assert lanes["1"] != lanes["2"]


def test_two_items_that_overlap_a_little_still_follow_each_other():
    lanes = lanes_of([item(1, 0, 75), item(2, 60, 60)])
    assert lanes["1"] == lanes["2"]


def test_past_midnight_the_drift_is_minutes_not_a_day():
    """20:00 to 23:30, then 23:30 to 1:00, at La Réunion: midnight there is 20:00 in UTC, and midnight in UTC is 4:00 there."""
    evening = [item(1, 660, 210), item(2, 870, 90), item(3, 960, 30)]
    state = running(_1=(660, 885), _2=(885, None))
    assert main(state, 965, evening).words == "15\u00a0min de retard"
    assert starts(state, 965, evening)[3] == 975
    assert main(state, 990, evening).words == "30\u00a0min de retard"


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(0, 30), st.booleans()), min_size=1, max_size=8),
    st.integers(-60, 900),
    st.data(),
)
def test_no_item_is_expected_in_the_past_nor_before_its_hour_and_fixed_ones_never_move(shape, now, data):
    programme, start = [], 0
    for id, (minutes, gap, ancre) in enumerate(shape, 1):
        programme.append(item(id, start, minutes, ancre=ancre))
        start += minutes + gap
    reached = data.draw(st.integers(0, len(programme)))
    state = running(
        **{f"_{i.id}": (data.draw(st.integers(-60, 900)), None) for i in programme[reached - 1 : reached] if reached}
    )
    for i in programme[reached:]:
        slot = forecast(programme, state, at(now))[i.id]
        assert slot.fin - slot.debut == i.fin - i.debut
        assert slot.debut == i.debut if i.ancre else slot.debut >= max(i.debut, at(now))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "à l’heure"),
        (59, "à l’heure"),
        (-59, "à l’heure"),
        (480, "8\u00a0min de retard"),
        (-300, "5\u00a0min d’avance"),
        (3900, "1\u00a0h\u00a005 de retard"),
    ],
)
def test_the_drift_in_words(seconds, words):
    assert in_words(timedelta(seconds=seconds)) == words


# --- afterwards ----------------------------------------------------------------------------------------------


def test_planned_against_real():
    """The welcome began on time and lasted longer, the workshop began late and goes on, the meal was cancelled."""
    state = running(_1=(0.4, 40.2), _2=(40.2, None))
    state.steps["3"] = Run(EtatEtape.ANNULE)
    rows = ecarts(DAY, state)
    assert [row.words for row in rows] == ["à l’heure", "10\u00a0min de retard", "Annulée", "Pas commencée"]
    assert [row.longer for row in rows] == [timedelta(minutes=10), None, None, None]
    assert on_time(rows, timedelta(minutes=5)) == (1, 2)
