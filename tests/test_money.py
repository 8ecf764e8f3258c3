"""A sum shared between several: not a cent is lost, nobody is wronged by a whole cent."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.money import split

cents = st.integers(-10_000_000_00, 10_000_000_00)
weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=20).filter(any)


@given(cents, weights)
def test_the_shares_sum_to_the_amount(amount, by):
    shares = split(amount, by)
    assert sum(shares) == amount
    assert len(shares) == len(by)


@given(cents, weights)
def test_each_share_is_fair_to_less_than_a_cent(amount, by):
    total = sum(by)
    assert all(abs(share * total - amount * weight) < total for share, weight in zip(split(amount, by), by, strict=True))


@given(cents, weights)
def test_who_weighs_nothing_gets_nothing(amount, by):
    assert [share for share, weight in zip(split(amount, by), by, strict=True) if not weight] == [0] * by.count(0)


@given(st.integers(0, 10**9), weights)
def test_who_weighs_more_never_gets_less(amount, by):
    given_to = sorted(zip(by, split(amount, by), strict=True))
    assert all(less[1] <= more[1] for less, more in pairwise(given_to) if less[0] < more[0])


@given(cents, weights)
def test_a_credit_note_takes_back_what_the_invoice_gave(amount, by):
    assume(amount)
    assert split(-amount, by) == [-share for share in split(amount, by)]


@pytest.mark.parametrize(
    ("amount", "by", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # the first of equals gets the cent
        (3333, [1], [3333]),
        (1, [1, 2], [0, 1]),
        (10, [0, 3, 0], [0, 10, 0]),
        (0, [1, 1], [0, 0]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (9999, [33, 33, 33], [3333, 3333, 3333]),
        (2, [1, 1, 1, 1], [1, 1, 0, 0]),
    ],
)
def test_some_shares_worked_out_by_hand(amount, by, shares):
    assert split(amount, by) == shares


@pytest.mark.parametrize("by", [[], [0], [0, 0], [-1, 2], [1, -1]])
def test_weights_that_mean_nothing_are_refused(by):
    with pytest.raises(ValueError, match="weights"):
        split(100, by)
