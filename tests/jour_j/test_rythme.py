"""The more screens, the less often each asks."""

from __future__ import annotations

import pytest

from portal.jour_j import rythme


@pytest.fixture
def at(monkeypatch):
    """Sets the seconds of the monotonic clock."""
    monkeypatch.setattr(rythme, "_asked", {})
    return lambda seconds: monkeypatch.setattr(rythme, "monotonic", lambda: seconds)


@pytest.mark.parametrize(
    ("screens", "seconds"), [(1, 1), (20, 1), (21, 1.5), (40, 1.5), (41, 2), (100, 2), (101, 4.8), (200, 4.8)]
)
def test_the_pace_follows_the_screens(at, screens, seconds):
    at(0)
    told = [rythme.pace(1, f"téléphone {n}") for _ in range(3) for n in range(screens)]
    assert told[-1] == seconds


def test_a_screen_that_asks_no_more_counts_no_more(at):
    at(0)
    for n in range(41):
        rythme.pace(1, f"téléphone {n}")
    assert rythme.pace(2, "téléphone 0") == 1
    at(36)
    assert rythme.pace(1, "téléphone 0") == 2
    at(39)
    assert rythme.pace(1, "téléphone 0") == 1
