"""The tables of the matrix leave nothing out: neither a line of what is promised, nor an address of the portal."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import HTTPException

from tests.cells import STRANGERS, Row
from tests.matrix.promised import COLUMNS, PROMISED
from tests.matrix.tables import ROWS
from tests.test_routes import rules

ASKED = {row.asked: row for row in ROWS}
LINES = 38  # of what is promised to each role


def does(row: Row, who: str) -> bool:
    """Whether the page is shown to them, or what they send is done; who has to sign in is only led elsewhere."""
    led_away = who in STRANGERS and len(set(row.cells.values())) > 1
    return row.cells[who] == 200 or (row.cells[who] == 303 and not led_away)


def test_every_line_of_the_matrix_is_there():
    assert len(PROMISED) == LINES
    assert all(asked for letters in PROMISED.values() for asked in letters.values())


@pytest.mark.parametrize("line", PROMISED)
def test_each_role_may_what_the_line_says(line):
    for letters, asked in PROMISED[line].items():
        for row in (ASKED[one] for one in asked):
            found = " ".join("y" if does(row, who) else "-" for who in COLUMNS)
            assert found == letters, row.asked


def test_every_address_is_asked_by_every_role(world):
    """Each way to call each route, in at least one row: a row has a cell for each column."""
    routes = world.site.app.url_map.bind("localhost")
    asked = set()
    for row in ROWS:
        try:
            endpoint, _ = routes.match(row.path(world.ids).partition("?")[0], row.method)
        except HTTPException:  # no such address: the row says so
            assert set(row.cells.values()) == {404}, row.asked
        else:
            asked.add((row.method, endpoint))
    wanted = {
        (method, rule.endpoint) for rule in rules(world.site.app) for method in set(rule.methods or ()) - {"HEAD", "OPTIONS"}
    }
    assert asked == wanted
