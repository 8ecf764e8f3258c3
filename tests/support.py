"""The portal under test: its database, given back new to each test, and a client that looks at every answer."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask_migrate
from flask import Flask, current_app, has_app_context, has_request_context, request, session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response
from sqlalchemy import event
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from portal import clock, create_app
from portal.config import ROOT
from portal.db import SAFE_METHODS, db
from tests.audit import audit
from tests.services import LiveServer, Postgres, bound_socket

WRITE = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO|(?:CREATE|DROP|ALTER)\s+\w+)\s+\W?(\w+)", re.I)
OVERHEAD = re.compile(r"\s*(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA)\b", re.I)
# A read may write these: a session's last-seen time, who consulted personal data, how often a code was tried; /sante's
# UPDATE touches no row.
WRITTEN_BY_READS = frozenset({"session", "consultation", "battement", "rate_limit"})
TOKEN = re.compile(r'"[\w.-]{60,}"')  # of a form: new in each answer
AUDITED: set[int] = set()  # the pages that were looked at and found whole
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


# --- databases -----------------------------------------------------------------------------------------------


class SqliteDatabase:
    """A file, copied from the migrated one for each test."""

    engine = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.path, self._model = folder / "portail.db", folder / "modele.db"
        self.url = f"sqlite:///{self.path}"

    def keep(self) -> None:
        """Make what the database now holds the beginning of every test."""
        self._forget_log()
        shutil.copyfile(self.path, self._model)

    def renew(self) -> None:
        """Another file under that name, at one stroke: a request that came late opens the old one or the new one, whole."""
        whole = self.path.with_suffix(".neuf")
        shutil.copyfile(self._model, whole)
        self._forget_log()
        whole.replace(self.path)
        self._forget_log()  # that late request may have begun the old one's again

    def empty(self) -> None:
        """The same address, and nothing there."""
        self.path.unlink()
        self._forget_log()

    def _forget_log(self) -> None:
        """The last connection that closed has emptied the log into the file."""
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


class PostgresDatabase:
    """A database of the tests' own cluster, copied from the migrated one for each test."""

    engine = "postgresql"

    def __init__(self, cluster: str, name: str) -> None:
        self._server = Postgres(cluster)
        self._name, self._model = name, f"{name}_modele"
        self.url = self._server.url(name)
        self._server.create(name)

    def keep(self) -> None:
        self._server.create(self._model, template=self._name)

    def renew(self) -> None:
        self._server.drop(self._name)
        self._server.create(self._name, template=self._model)

    def empty(self) -> None:
        """The same address, and nothing there."""
        self._server.drop(self._name)
        self._server.create(self._name)

    def close(self) -> None:
        self._server.close()


Database = SqliteDatabase | PostgresDatabase


def same_hour() -> dict[str, str]:
    """The setting that gives a portal of another process the clock of this test, running on."""
    return {"PORTAL_NOW": f"{(clock.now() - datetime.now(UTC)).total_seconds():+.0f}"}


# --- the portal ----------------------------------------------------------------------------------------------


class Site:
    """The portal on one database, for all the tests of a worker; renew() gives it back as it was installed."""

    def __init__(self, database: Database, instance: Path) -> None:
        self.database, self.instance = database, instance
        self._socket = bound_socket()
        self.url = f"http://localhost:{self._socket.getsockname()[1]}"
        self.environ = {
            "PORTAL_ENV": "test",
            "PORTAL_INSTANCE_DIR": str(self.instance),
            "PORTAL_DATABASE_URL": database.url,
            "PORTAL_SECRET_KEY": "une clé qui ne sert que dans les tests du portail",
            "PORTAL_BASE_URL": self.url,
            "PORTAL_RATE_LIMITS": "off",
        }
        self._live: LiveServer | None = None
        try:
            self._install()
        except BaseException:
            self._socket.close()
            raise

    def _install(self) -> None:
        self.app = create_app(self.environ)
        self.app.test_client_class = PortalClient
        with self.app.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            self.watch = self.app.extensions["watch"] = Watch(self.app)
            db.engine.dispose()
        self.database.keep()

    def renew(self) -> None:
        """A migrated, empty database and an empty instance folder."""
        with self.app.app_context():
            db.engine.dispose()
        self.database.renew()
        shutil.rmtree(self.instance, ignore_errors=True)
        self.instance.mkdir(parents=True)
        for memory in ("pages", "screens"):  # the new database counts its versions from the beginning
            self.app.extensions.get(memory, {}).clear()
        self.watch.problems.clear()

    def serve(self) -> LiveServer:
        """The portal on its address, from the first time this is asked."""
        if self._live is None:
            self._live = LiveServer(self.app, self._socket)
        return self._live

    def close(self) -> None:
        if self._live:
            self._live.stop()
        self._socket.close()
        with self.app.app_context():
            db.engine.dispose()


class Watch(logging.Handler):
    """What no request may do, noted as it happens: leave work in the session, write while reading, crash."""

    def __init__(self, app: Flask) -> None:
        super().__init__(logging.ERROR)
        self.problems: list[str] = []
        self.crash: BaseException | None = None
        self._prepared = False  # the test itself wrote, and has not committed
        app.logger.addHandler(self)
        app.teardown_request(self._session_is_clean)
        event.listen(db.engine, "before_cursor_execute", self._note_write)

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.crash = record.exc_info[1]

    def _session_is_clean(self, _error: BaseException | None) -> None:
        left = [*db.session.new, *db.session.dirty, *db.session.deleted]
        if left:
            self.problems.append(f"{request.method} {request.path} leaves in the session: {left}")

    def _note_write(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        write = WRITE.match(statement)
        if write and not has_request_context():
            self._prepared = True
        elif write and request.method in SAFE_METHODS and write[1].lower() not in WRITTEN_BY_READS:
            self.problems.append(f"{request.method} {request.path} writes: {statement}")

    def settle(self) -> None:
        """Before a request: commit what the test prepared, and let go of SQLite's write lock, which the request wants."""
        if not has_app_context():
            return
        if self._prepared or db.session.new or db.session.dirty or db.session.deleted:
            db.session.commit()
        else:
            db.session.rollback()
        self._prepared = False

    def tell(self) -> None:
        """Fail with what was noted since the last time."""
        noted, self.problems = self.problems, []
        assert not noted, "\n".join(noted)


@contextlib.contextmanager
def count_queries() -> Iterator[list[str]]:
    """The statements that the block sends to the database, transactions and the test's own work left out."""
    current_app.extensions["watch"].settle()
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not OVERHEAD.match(statement):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


class PortalClient(FlaskClient):
    """A browser without a screen. Each request stands alone, as on a server, and each answer is audited.

    What the test prepared is committed first. Unsafe requests carry a good CSRF token unless `csrf=False`;
    a 500 fails the test unless `crash=True`.
    """

    def open(self, *args: Any, csrf: bool = True, crash: bool = False, **kwargs: Any) -> TestResponse:
        watch: Watch = self.application.extensions["watch"]
        watch.settle()
        if csrf and kwargs.get("method", "GET") not in SAFE_METHODS:
            kwargs["headers"] = Headers(kwargs.get("headers"))
            kwargs["headers"].setdefault("X-CSRFToken", self.csrf_token())
        response = Context().run(super().open, *args, **kwargs)
        watch.tell()
        if response.status_code == 500 and not crash:
            raise AssertionError(f"500 on {response.request.path}") from watch.crash
        self._audit(response)
        return response

    def _audit(self, response: TestResponse) -> None:
        shown = not 300 <= response.status_code < 400  # nobody sees the body of a redirect
        if shown and response.mimetype == "text/html" and response.data and "Content-Encoding" not in response.headers:
            page = hash(TOKEN.sub("", response.text))
            if page not in AUDITED:  # most refusals look alike, and reading a page costs more than making it
                faults = audit(response.text)
                assert not faults, "\n  ".join([f"{response.status} {response.request.path}:", *faults])
                AUDITED.add(page)

    def csrf_token(self) -> str:
        """A token that this client's session makes good, as a form of the portal would hold it."""
        return str(self.within(generate_csrf))

    def remember(self, **values: Any) -> None:
        """Put values into the session cookie, as the portal itself would."""
        self.within(lambda: session.update(values))

    def within(self, use: Callable[[], Any]) -> Any:
        """What `use()` answers inside a request of this client; the session it leaves is kept in the cookie."""

        def as_a_request() -> Any:
            with self.application.test_request_context(environ_overrides=self._cookie_header()):
                answer = use()
                response = self.application.response_class()
                self.application.session_interface.save_session(self.application, session, response)
            self._update_cookies_from_response("localhost", "/", response.headers.getlist("Set-Cookie"))
            return answer

        return Context().run(as_a_request)

    def _cookie_header(self) -> dict[str, Any]:
        environ: dict[str, Any] = {"SERVER_NAME": "localhost", "wsgi.url_scheme": "http", "PATH_INFO": "/"}
        self._add_cookies_to_wsgi(environ)
        return {key: value for key, value in environ.items() if key == "HTTP_COOKIE"}


# --- the browser ---------------------------------------------------------------------------------------------


class Visitors:
    """People with a phone in hand: each has a browser window of their own on the live portal."""

    def __init__(self, browser: Browser, site: Site, sign_in: Callable[[Any], PortalClient]) -> None:
        self._browser, self._site, self._sign_in = browser, site, sign_in
        self._contexts: list[BrowserContext] = []
        self.problems: list[str] = []

    def __call__(self, personne: Any = None, **options: Any) -> Page:
        """A page for that person, or for a visitor; options are Playwright's, a phone of 360 × 740 by default."""
        self._site.serve()
        settings = {**PHONE, "locale": "fr-FR", "timezone_id": "Indian/Reunion", **options}
        context = self._browser.new_context(base_url=self._site.url, **settings)
        context.set_default_timeout(5000)
        self._contexts.append(context)
        if personne is not None:
            name = self._site.app.config["SESSION_COOKIE_NAME"]
            cookie = self._sign_in(personne).get_cookie(name)
            assert cookie is not None
            context.add_cookies([{"name": name, "value": cookie.value, "url": self._site.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        # A refusal that a page asks for is no fault, nor is a network that is cut; a missing file is, and _response() says so.
        if message.type == "error" and not re.search(r"^Failed to load resource|Failed to fetch", message.text):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        host = urlsplit(request.url).netloc
        if host and host != urlsplit(self._site.url).netloc:
            self.problems.append(f"leaves the portal: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in {"document", "xhr", "fetch"}:
            self.problems.append(f"{response.status} {response.url}")

    def leave(self) -> None:
        for context in self._contexts:
            context.close()
        db.session.rollback()  # whoever asks still waits for what the test has read
        self._site.serve().quiet()
        assert not self.problems, "\n".join(self.problems)
