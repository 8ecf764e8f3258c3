"""What `make bench` says of a figure: it is kept, missed, or worse than it was."""

from __future__ import annotations

import pytest

from bench.results import Result


def ratio(value: float, noise: float = 0.1) -> Result:
    return Result("formulaire", value, noise, most=2.5)


BEFORE = [ratio(1.9), ratio(1.5), ratio(1.6)]  # usually 1.6, and 0.2 apart


@pytest.mark.parametrize(
    ("value", "before", "verdict"),
    [
        (1.6, BEFORE, "tenu"),
        (1.85, BEFORE, "tenu"),
        (1.95, BEFORE, "RÉGRESSION"),
        (1.85, [ratio(1.6)], "tenu"),
        (1.95, [ratio(1.6)], "RÉGRESSION"),
        (2.55, [ratio(2.5)], "tenu, au bruit près"),
        (2.65, [ratio(2.5)], "MANQUÉ"),
    ],
)
def test_worse_than_the_last_runs_by_more_than_the_noise(value, before, verdict):
    assert ratio(value).verdict(before) == verdict


def test_more_is_better_where_the_budget_is_a_least():
    first, second, *others = (Result("liste", value, 0.02, least=0.5) for value in (0.7, 0.6, 0.8, 0.53, 0.51))
    assert [other.has_regressed([first, second]) for other in others] == [False, False, True]


def test_seconds_and_what_nobody_measured_before_do_not_regress():
    assert not Result("LCP", 9, unit="s", most=10).has_regressed([Result("LCP", 1, unit="s", most=10)])
    assert not ratio(2.4).has_regressed([])


def test_two_runs_of_one_code_differ_by_a_fifth():
    before = [Result("file", 0.74, 0.01, least=0.5)]
    assert [Result("file", value, 0.01, least=0.5).has_regressed(before) for value in (0.6, 0.59)] == [False, True]
