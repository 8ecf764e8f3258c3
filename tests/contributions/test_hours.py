"""From presence to time: what is proposed of what was tapped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import pytest

from portal.contributions.heures import Slot, propose
from portal.contributions.models import Constat
from tests.contributions.conftest import at


@dataclass(frozen=True)
class Said:
    valeur: str
    quand: datetime
    uuid: str = field(default_factory=lambda: str(uuid4()))
    genre: str = "presence"
    cible: str = "1"
    mot: str = ""
    personne_id: int = 1


def proposed(*taps: tuple[str, float], closed: float | None = None) -> tuple[str, int]:
    """What these taps come to on a slot from nine to one."""
    slot = Slot(at(9), at(13), at(closed) if closed else None)
    made = propose([Said(valeur, at(hour)) for valeur, hour in taps], slot)
    return made.constat, made.minutes


@pytest.mark.parametrize(
    ("taps", "minutes"),
    [
        ([("arrive", 9), ("parti", 13)], 240),
        ([("arrive", 9.2), ("parti", 12.9)], 240),
        ([("arrive", 8), ("parti", 13)], 300),
        ([("arrive", 10), ("parti", 12)], 120),
        ([("arrive", 9), ("parti", 11.1)], 120),
        ([("arrive", 9), ("parti", 11.15)], 135),
        ([("arrive", 9), ("parti", 10), ("arrive", 12), ("parti", 13)], 120),
        ([("arrive", 9)], 240),
        ([("parti", 12)], 180),
        ([("parti", 12), ("parti", 12.1)], 180),
        ([("arrive", 9), ("attendu", 9.1), ("arrive", 11)], 120),
        ([("absent", 9.5), ("arrive", 11), ("parti", 13)], 120),
        ([("arrive", 14)], 0),
    ],
    ids=[
        "as planned", "taps near the planned hour", "early", "late, and left before", "the quarter below", "the quarter above",
        "gone in between", "never tapped out", "never tapped in", "tapped out twice", "mistaken at first", "came after all",
        "after everybody",
    ],
)  # fmt: skip
def test_somebody_who_came_is_proposed_their_stay(taps, minutes):
    assert proposed(*taps) == (Constat.PRESENT, minutes)


def test_nobody_works_after_the_site_is_closed():
    assert proposed(("arrive", 9), closed=11) == (Constat.PRESENT, 120)


def test_somebody_missing_is_proposed_nothing():
    assert proposed(("arrive", 9), ("absent", 9.2)) == (Constat.ABSENT, 0)


@pytest.mark.parametrize("taps", [[], [("arrive", 9), ("attendu", 9.1)]], ids=["never tapped", "taken back"])
def test_of_whom_nothing_is_said_the_planned_slot_is_proposed(taps):
    assert proposed(*taps) == (Constat.NON_POINTE, 240)


def test_of_whom_nothing_is_said_the_closing_of_the_site_ends_the_slot():
    assert proposed(closed=11) == (Constat.NON_POINTE, 120)
    assert proposed(closed=18) == (Constat.NON_POINTE, 240)


@pytest.mark.parametrize("closed", [8, 9])
def test_a_slot_that_begins_after_the_closing_is_no_concern_of_the_site(closed):
    assert proposed(closed=closed) == (Constat.NON_POINTE, 240)
    assert proposed(("arrive", 10), closed=closed) == (Constat.PRESENT, 180)
