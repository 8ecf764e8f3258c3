"""How many are out at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.besoins.stock import clipped, peak

DAY = datetime(2026, 12, 5, tzinfo=UTC)


def at(hour: int) -> datetime:
    return DAY + timedelta(hours=hour)


loans = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(1, 5)).map(lambda t: (at(t[0]), at(t[0] + t[1]), t[2])),
    max_size=8,
)


def out_at(found, hour: int) -> int:
    return sum(many for debut, fin, many in found if debut <= at(hour) < fin)


def test_nothing_is_out_when_nothing_is_lent():
    assert peak([]) == 0


def test_what_comes_back_is_back_for_whoever_comes_next():
    assert peak([(at(9), at(12), 40), (at(12), at(15), 40)]) == 40
    assert peak([(at(9), at(13), 40), (at(12), at(15), 40)]) == 80


def test_two_loans_that_never_meet_count_one_at_a_time_beside_a_third():
    assert peak([(at(8), at(20), 10), (at(9), at(11), 30), (at(14), at(16), 50)]) == 60


@given(loans)
def test_it_is_the_most_of_every_hour(found):
    assert peak(found) == max(out_at(found, hour) for hour in range(30))


@given(loans, st.integers(0, 20), st.integers(1, 8))
def test_within_a_slot_only_its_own_hours_count(found, start, length):
    inside = clipped(found, at(start), at(start + length))
    assert peak(inside) == max(out_at(found, hour) for hour in range(start, start + length))
