"""The matrix of rights asked over HTTP, cell by cell: what is allowed is done, what is refused leaves every row as it was."""

from __future__ import annotations

import pytest

from tests.cells import ask, fingerprint
from tests.matrix.tables import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.asked)
def test_the_row(world, row):
    """Those who are refused first, on one house; each of the others on a house of their own."""
    fields = world.fields(row)
    before, visitors = fingerprint(), {who: world.visitor(who) for who in row.cells}
    kept = [who for who in row.cells if not row.moves(who)]
    found = {who: ask(visitors[who], row, world.ids, fields).status_code for who in kept}
    assert fingerprint() == before
    for who in row.cells.keys() - kept:
        world.renew()
        answer = ask(visitors[who], row, world.ids, fields)
        found[who] = answer.status_code
        if str(answer.location).startswith("/comptes/connexion"):  # only led to the door
            assert fingerprint() == before
    assert found == row.cells
