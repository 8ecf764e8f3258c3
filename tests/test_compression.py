"""What goes over the network is compressed, for who asks for it, and reads the same once opened."""

from __future__ import annotations

import gzip

import brotli
import pytest

from tests import builders

ZIPPED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/", "/missions/", "/candidatures/", "/nulle-part"])
def test_a_page_is_compressed_for_who_asks(as_, app, path):
    client = as_(builders.bienveillant())
    plain, small = client.get(path), client.get(path, headers=ZIPPED)
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(small.data) < len(plain.data) / 2
    assert b"html" in gzip.decompress(small.data)
    assert "Accept-Encoding" in small.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize(
    ("asked", "coding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("", None)],
)
def test_a_file_is_as_small_as_the_browser_can_read(client, asked, coding):
    plain = client.get("/static/app.css").data
    sent = client.get("/static/app.css", headers={"Accept-Encoding": asked})
    assert sent.headers.get("Content-Encoding") == coding
    assert {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding](sent.data) == plain
    assert len(sent.data) < len(plain) / (4 if coding else 1) + 1


def test_a_page_that_is_kept_is_compressed_once(client):
    first, second = (client.get("/missions/", headers=ZIPPED) for _ in range(2))
    assert first.data == second.data
    assert gzip.decompress(first.data) == client.get("/missions/").data


def test_what_is_tiny_or_no_text_travels_as_it_is(client):
    for path in ("/sante", "/static/icone-180.png"):
        assert "Content-Encoding" not in client.get(path, headers=ZIPPED).headers


def test_a_redirect_has_nothing_to_compress(client):
    answer = client.get("/moi/", headers=ZIPPED)
    assert (answer.status_code, answer.data) == (303, b"")
    assert "Content-Encoding" not in answer.headers
