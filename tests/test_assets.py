"""Static files: kept for ever under the name of their content, the same for everybody."""

from __future__ import annotations

import pytest

from portal.assets import asset
from tests import builders


@pytest.fixture
def named(app):
    with app.test_request_context():
        return asset("app.css")


def test_a_file_asked_for_by_its_content_is_kept_for_ever(client, named):
    assert client.get(named).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("address", ["/static/app.css", "/static/app.css?v=000000000000"])
def test_under_another_name_it_is_asked_for_again_and_costs_nothing_unless_it_changed(client, address):
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "public, no-cache"
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_whoever_signs_in_needs_none_of_them_anew(client, as_, named):
    ada = as_(builders.personne("Ada", [builders.ADMIN]))
    for answer in (client.get(named), ada.get(named)):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "Set-Cookie" not in answer.headers
