"""Over every address of the matrix, with the numbers of a real house: reading writes nothing, no post passes tokenless."""

from __future__ import annotations

import pytest

from portal.db import SAFE_METHODS
from tests.cells import fingerprint
from tests.matrix.tables import ROWS

PATHS = sorted({row.asked.split()[1] for row in ROWS})
NO_FORM = {"POST /notifications/rocketchat", "POST /reglages/personnes/{vo}/incarner"}  # another server’s question; no address
POSTS = [row for row in ROWS if row.method == "POST" and row.asked not in NO_FORM]
ROLES = list(ROWS[0].cells)
HEAVY = {"CONTENT_LENGTH": str(64 * 1024 * 1024), "CONTENT_TYPE": "application/x-www-form-urlencoded"}


@pytest.mark.proof
@pytest.mark.parametrize("who", ROLES)
def test_no_reading_writes_anything(world, size, record_property, who):
    """Whoever asks, whichever address, were it of a form: GET, HEAD and OPTIONS leave every row as it was."""
    every = size(4, 1)
    asked = PATHS[ROLES.index(who) % every :: every]
    visitor, before = world.visitor(who), fingerprint()
    for path in asked:
        for method in sorted(SAFE_METHODS):
            assert visitor.open(path.format(**world.ids), method=method).status_code < 500 or path == "/sante"
    assert fingerprint() == before
    record_property("adresses lues", f"{len(asked)} x {len(SAFE_METHODS)}")


@pytest.mark.proof
@pytest.mark.parametrize("who", ["AN", "VO", "BA", "TR", "AD"])
def test_no_post_passes_without_its_own_token(world, size, record_property, who):
    """Neither without one, nor with a wrong one, nor with another session's; from a form, by htmx, or by a way no form has."""
    every = size(6, 1)
    asked = POSTS[ROLES.index(who) % every :: every]
    visitor, foreign = world.visitor(who), world.visitor("BO").csrf_token()
    before, sent = fingerprint(), 0
    for row in asked:
        fields = world.fields(row)
        for token in ({}, {"X-CSRFToken": "x"}, {"X-CSRFToken": foreign}):
            for how in ({}, {"HX-Request": "true"}):
                answer = visitor.post(row.path(world.ids), data=dict(fields), headers=token | how, csrf=False)
                assert answer.status_code == 400, row.asked
                sent += 1
        for method in ("PUT", "PATCH", "DELETE"):
            answer = visitor.open(row.path(world.ids), method=method, headers={"HX-Request": "true"})
            assert answer.status_code == 405, row.asked
            sent += 1
    assert fingerprint() == before
    record_property("envois refusés", sent)


def test_what_is_too_heavy_is_refused_everywhere(world):
    """Before a row is read: the weight is said by whoever sends, or counted as it comes."""
    ada, before = world.visitor("AD"), fingerprint()
    for row in POSTS:
        assert ada.post(row.path(world.ids), data="x=1", environ_overrides=HEAVY).status_code == 413, row.asked
    assert fingerprint() == before
