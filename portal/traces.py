"""What the portal says of itself to whoever keeps its machine: one line for each request and each trouble, and nobody in it."""

from __future__ import annotations

import json
import logging
import secrets
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, has_request_context, request
from flask.logging import default_handler

from portal import mesures
from portal.config import Settings

REQUESTS = "requetes"
ENDS = {sign: f"\\u{sign:04x}" for sign in (0x85, 0x2028, 0x2029)}  # of lines too, which JSON lets through
SILENT = frozenset({204, 304})  # an open screen that asks whether anything is new, a page that has not changed


def init_app(app: Flask) -> None:
    settings: Settings = app.config["PORTAL"]
    if settings.is_production:
        default_handler.setFormatter(Line())
    requests = app.logger.getChild(REQUESTS)
    requests.setLevel(logging.INFO if settings.is_production else logging.WARNING)
    app.before_request(_begin)
    app.after_request(_end)
    if settings.metrics_port:
        mesures.join(settings)
        app.after_request(_measure)


class Line(logging.Formatter):
    """A record as one line of JSON: whatever is in it, no line of ours is begun by somebody else's words."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "quand": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "niveau": record.levelname.lower(),
            "source": record.name,
            "message": record.getMessage(),
            "requete": reference(),
            "trace": self.formatException(record.exc_info) if record.exc_info else None,
            **getattr(record, "faits", {}),
        }
        told = {name: value for name, value in said.items() if value not in (None, "")}
        line = json.dumps(told, ensure_ascii=False, default=str).translate(ENDS)
        return line.encode(errors="backslashreplace").decode()  # half of a character is no text that could be written


def reference() -> str:
    """What names the present request in the log, for whoever it failed to quote; "" outside of one."""
    return str(g.get("reference", "")) if has_request_context() else ""


def _begin() -> None:
    g.reference, g.begun = secrets.token_hex(6), time.monotonic()


def _end(response: Response) -> Response:
    """Its page by the name of its view, never its path: that may be a personal link."""
    if "reference" not in g:  # refused before it was looked at
        return response
    response.headers["X-Request-Id"] = g.reference
    if request.endpoint != "static" and response.status_code not in SILENT:
        log, ms = logging.getLogger(f"portal.{REQUESTS}"), round((time.monotonic() - g.begun) * 1000)
        faits = {"methode": request.method, "page": request.endpoint or "", "statut": response.status_code, "ms": ms}
        log.info("%s %s %s", request.method, request.endpoint, response.status_code, extra={"faits": faits})
    return response


def _measure(response: Response) -> Response:
    if "begun" in g:
        mesures.saw(request.endpoint or "", response.status_code, time.monotonic() - g.begun)
    return response
