"""When people say they are free, and whether that covers a mission."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal import clock
from portal.missions.accord import covers


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In a week of December 2026: 5 is a Saturday."""
    return datetime(2026, 12, day, hour, minute, tzinfo=clock.REUNION)


@pytest.mark.parametrize(
    ("free", "debut", "fin", "covered"),
    [
        (["samedi-matin"], at(5, 9), at(5, 12), True),
        (["samedi-matin"], at(5, 9), at(5, 12, 1), False),
        (["samedi-matin", "samedi-apres_midi"], at(5, 9), at(5, 18), True),
        (["dimanche-matin"], at(5, 9), at(5, 12), False),
        (["samedi-soir"], at(5, 18), at(6, 0), True),
        (["samedi-matin", "samedi-soir"], at(5, 9), at(5, 20), False),
        (["vendredi-soir", "samedi-matin"], at(4, 22), at(5, 8), True),
    ],
)
def test_every_part_of_the_slot_must_be_free(free, debut, fin, covered):
    assert covers(free, debut, fin) is covered


def test_after_midnight_is_still_the_evening_before():
    assert covers(["samedi-soir"], at(5, 21), at(6, 2))
    assert covers(["samedi-soir"], at(6, 1), at(6, 6))
    assert not covers(["dimanche-soir", "dimanche-matin"], at(6, 1), at(6, 6))


def test_hours_are_those_of_la_reunion():
    """Saturday seven in the morning there is still Saturday three in the morning in UTC."""
    assert covers(["samedi-matin"], at(5, 7).astimezone(UTC), at(5, 8).astimezone(UTC))


def test_who_said_nothing_is_not_known_to_be_free():
    assert not covers([], at(5, 9), at(5, 10))
