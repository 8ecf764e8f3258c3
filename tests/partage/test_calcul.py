"""Who gets what: whatever is drawn, the parts make the profit to the cent, and nobody gets a part of a loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.partage.calcul import WHOLE, correction, keys, parts

WORTH = st.dictionaries(st.one_of(st.none(), st.integers(1, 12)), st.integers(0, 50_000_00), max_size=9)
CENTS = st.integers(-10_000_000_00, 10_000_000_00)


@st.composite
def shared(draw):
    """Keys that leave something or nothing to the commun."""
    left, found = WHOLE, {}
    for pole in range(draw(st.integers(0, 9))):
        found[pole + 1] = draw(st.integers(0, left))
        left -= found[pole + 1]
    return found


def test_each_gets_by_its_key_and_the_commun_the_rest():
    assert parts(1000_00, {1: 2500, 2: 1250}) == {1: 250_00, 2: 125_00, None: 625_00}


def test_the_cents_go_to_the_largest_remainders():
    assert parts(100, {1: 3333, 2: 3333}) == {1: 33, 2: 33, None: 34}
    assert parts(1, {1: 5000}) == {1: 1}


def test_half_goes_to_the_commun_and_the_other_half_by_what_the_lines_are_worth():
    assert keys({1: 300_00, 2: 100_00}, commun=50) == {1: 3750, 2: 1250}
    assert keys({1: 300_00, None: 100_00}, commun=0) == {1: 7500}  # what benefits no pôle is the commun's


@pytest.mark.parametrize("worth", [{}, {None: 100}, {1: 0}])
def test_where_no_line_benefits_a_pole_all_is_the_commun_s(worth):
    assert keys(worth, commun=50) == {}
    assert keys({1: 100}, commun=100) == {}
    assert parts(10, {}) == {None: 10}


def test_a_loss_is_nobody_s_but_the_commun_s():
    assert parts(-50_00, {1: 9000}) == {None: -50_00}
    assert parts(0, {1: 9000}) == {}


@pytest.mark.hypothesis
@given(CENTS, shared())
def test_the_parts_always_make_the_profit(benefice, cles):
    found = parts(benefice, cles)
    assert sum(found.values()) == benefice
    if benefice > 0:
        assert all(cents > 0 for cents in found.values())
        for pole, key in cles.items():
            assert abs(found.get(pole, 0) * WHOLE - benefice * key) < WHOLE  # less than a cent away


@pytest.mark.hypothesis
@given(WORTH, st.integers(0, 100))
def test_keys_never_pass_the_whole_and_leave_the_commun_its_share(worth, commun):
    found = keys(worth, commun=commun)
    assert None not in found
    left = WHOLE - sum(found.values())
    assert left >= commun * 100 - len(found)
    assert all(0 <= key <= WHOLE for key in found.values())


@pytest.mark.hypothesis
@given(CENTS, shared(), CENTS, shared())
def test_a_correction_makes_of_what_was_given_what_is_due(before, old, after, new):
    given_, due = parts(before, old), parts(after, new)
    moves = correction(due, given_)
    assert sum(moves.values()) == after - before
    assert {pole: given_.get(pole, 0) + moves.get(pole, 0) for pole in {*given_, *due}} == {
        pole: due.get(pole, 0) for pole in {*given_, *due}
    }
    assert 0 not in moves.values()
