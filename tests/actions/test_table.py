"""Every state of an action × everything that may happen to it: it moves as the table says, or nothing moves at all."""

from __future__ import annotations

import pytest

from portal.actions.processus import WORKFLOW
from portal.db import db
from portal.workflow import Refusal
from tests.actions.table import AGAIN, FACTS, MOVES, SAY_WHY, STATES, House
from tests.cells import fingerprint

EXPECTED = {slug: dict.fromkeys(sources, target) for slug, (sources, target) in MOVES.items()} | {
    slug: {state: state for state in states} for slug, states in FACTS.items()
}
for slug, states in AGAIN.items():
    EXPECTED[slug] |= {state: state for state in states}


def test_the_table_names_every_transition_of_the_code_and_no_other():
    assert {t.slug: ({str(s) for s in t.sources}, str(t.target), t.needs_motif) for t in WORKFLOW} == {
        slug: (set(sources), target, slug in SAY_WHY) for slug, (sources, target) in MOVES.items()
    }


def outcome(house: House, slug: str, action, before: str, motif: str = "Ainsi dit.") -> str | None:
    """The state it leads to, None when it is refused: then no row is another than `before`, even before anything is undone."""
    try:
        house.do(slug, action, motif)
        db.session.flush()
        return str(action.etat)
    except Refusal:
        assert fingerprint() == before, f"{slug} from {action.etat} writes before it refuses"
        return None
    finally:
        db.session.rollback()


def test_each_state_and_event_moves_as_the_table_says_or_refuses_and_writes_nothing(app, record_property):
    house = House()
    there = {state: house.bring_to(state, titre=f"Action {state}") for state in STATES}
    for action in there.values():
        action.bienveillant, action.relais = None, house.bruno  # a request to take, and a relay that waits
    db.session.commit()
    before = fingerprint()
    found = {slug: {state: outcome(house, slug, there[state], before) for state in STATES} for slug in EXPECTED}
    assert found == {slug: {state: row.get(state) for state in STATES} for slug, row in EXPECTED.items()}
    record_property("paires", len(STATES) * len(EXPECTED))


@pytest.mark.parametrize("slug", SAY_WHY)
def test_without_its_reason_nothing_moves(app, slug):
    house = House()
    for state in MOVES[slug][0]:
        action = house.bring_to(state)
        before = fingerprint()
        assert [outcome(house, slug, action, before, motif) for motif in ("", "  ")] == [None, None]
