"""Static files: kept for ever under the name of their content, the same for everybody."""

from __future__ import annotations

import os

import pytest

from portal import create_app
from portal.assets import asset
from portal.config import ROOT
from tests import builders

STATIC = ROOT / "static"
SAID = {".css": ("/*",), ".js": ("//", "/**", "* ", "*/")}  # how a line of a comment begins


@pytest.fixture
def named(app):
    with app.test_request_context():
        return asset("app.css")


def test_its_address_is_worked_out_once_where_files_change_with_the_release_only(app, named):
    with app.test_request_context():
        assert asset("app.css") is named


def test_where_it_is_being_written_it_is_worked_out_again(site, tmp_path):
    app = create_app(site.environ | {"PORTAL_ENV": "development"})
    app.static_folder, written = str(tmp_path), tmp_path / "app.css"
    with app.test_request_context():
        written.write_text("a {}")
        before = asset("app.css")
        written.write_text("b {}")
        os.utime(written, ns=(1, 1))  # whatever a disk keeps of an instant
        assert asset("app.css") != before


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


@pytest.mark.parametrize("path", [p for p in STATIC.rglob("*") if p.suffix in SAID], ids=lambda p: p.name)
def test_it_is_sent_whole_but_for_our_comments_on_lines_of_their_own(client, path):
    lines = path.read_text().splitlines()
    if path.parent.name != "vendor":  # where licences stay
        lines = [line for line in lines if not line.strip().startswith(SAID[path.suffix])]
    assert client.get(f"/static/{path.relative_to(STATIC)}").text.splitlines() == lines


def test_a_page_says_at_once_which_style_it_wants_and_a_piece_of_one_does_not(client, named):
    assert client.get("/missions/").headers["Link"] == f"<{named}>; rel=preload; as=style"
    for answer in (client.get("/missions/", headers={"HX-Request": "true"}), client.get("/missions/index.json")):
        assert "Link" not in answer.headers
