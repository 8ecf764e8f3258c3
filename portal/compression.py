"""Pages travel compressed: on a phone far from the antenna, the network is what one waits for."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SMALLEST = 1_000  # bytes; below, a packet is a packet
TEXT = ("text/", "application/atom+xml", "application/json")


def init_app(app: Flask) -> None:
    app.after_request(_compress)


def is_accepted(coding: str = "gzip") -> bool:
    return request.accept_encodings.quality(coding) > 0


def _compress(response: Response) -> Response:
    """What is not compressed yet and gains from it.

    A page that repeats what its address says could be weighed to guess a secret beside it (BREACH): the one that such
    pages hold, the forms' token, is signed anew for each of them.
    """
    if (response.mimetype or "").startswith(TEXT) and "Content-Encoding" not in response.headers and not response.is_streamed:
        response.vary.add("Accept-Encoding")
        if is_accepted() and len(response.get_data()) >= SMALLEST:
            response.set_data(gzip.compress(response.get_data(), 5, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
    return response
