"""Static files: named by their content so that a browser keeps them for ever, compressed once per process."""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

import brotli
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from portal import compression

TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
COMMENTS = {
    ".css": re.compile(r"^ */\*.*?\*/\n", re.MULTILINE | re.DOTALL),
    ".js": re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL),
}
FOR_EVER = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    app.view_functions["static"] = serve
    may_change = app.config["PORTAL"].env == "development"  # elsewhere files change with the release, hence the process
    app.extensions["asset"] = app.jinja_env.globals["asset"] = _address if may_change else lru_cache(maxsize=None)(_address)


def asset(name: str) -> str:
    """The URL of a file of static/, which changes when the file does."""
    url: str = current_app.extensions["asset"](name)
    return url


def _address(name: str) -> str:
    return f"{current_app.static_url_path}/{name}?v={_read(_path(name)).digest}"


def serve(filename: str) -> Response:
    """The file; for ever when asked for by its content's name, revalidated otherwise."""
    found = _read(_path(filename))
    response = Response(found.body, mimetype=found.mimetype)
    if coding := next(filter(compression.is_accepted, found.compressed), None):
        response.set_data(found.compressed[coding])
        response.headers["Content-Encoding"] = coding
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = FOR_EVER if request.args.get("v") == found.digest else "public, no-cache"
    response.set_etag(found.digest)
    response.make_conditional(request)
    return response


def _sent(path: Path) -> bytes:
    """What phones read of a file of ours: all but the comments that have lines of their own."""
    body = path.read_bytes()
    if path.suffix in COMMENTS and path.parent.name != "vendor":  # others' keep their licences
        return COMMENTS[path.suffix].sub("", body.decode()).encode()
    return body


class File:
    """A file of static/ as it is sent: its bytes, the same compressed when that helps, smallest first, its name by content."""

    def __init__(self, path: Path):
        self.body = _sent(path)
        self.digest = sha256(self.body).hexdigest()[:12]
        self.mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"

    @cached_property
    def compressed(self) -> dict[str, bytes]:
        """Once it is asked for: a page that names it wants no more than its name."""
        if not self.mimetype.startswith(TEXT):
            return {}
        return {"br": brotli.compress(self.body), "gzip": gzip.compress(self.body, 9, mtime=0)}


def _path(name: str) -> Path:
    found = safe_join(str(current_app.static_folder), name)
    if found is None or "\0" in name or not Path(found).is_file():
        raise NotFound
    return Path(found)


def _read(path: Path) -> File:
    return _read_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _read_once(path: Path, _changed: int) -> File:
    return File(path)
