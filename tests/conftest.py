"""Fixtures. Every test gets a migrated, empty portal of its own; `both` runs it on SQLite and on PostgreSQL."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

pytest.register_assert_rewrite("tests.support", "tests.audit", "tests.services")

from sqlalchemy import select  # noqa: E402

from portal.comptes import entree  # noqa: E402
from portal.db import db  # noqa: E402
from portal.outbox import Message  # noqa: E402
from tests import services, support  # noqa: E402

T = TypeVar("T")

DEFAULT_ENGINE = os.environ.get("PORTAL_TEST_DATABASE", "sqlite")
PROOFS = os.environ.get("PORTAL_PROOFS") == "1"
CLUSTER = "PORTAL_TEST_CLUSTER"  # where the session's PostgreSQL listens, for the workers

hypothesis_settings.register_profile(
    "portail",
    deadline=None,
    max_examples=500 if PROOFS else 50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("portail")


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for all the workers: whoever starts them starts it, and stops it whatever happens."""
    if getattr(config.option, "numprocesses", None) and CLUSTER not in os.environ:
        try:
            _start_cluster(config)
        except services.ServiceMissing as missing:
            raise pytest.UsageError(str(missing)) from None


def _start_cluster(config: pytest.Config) -> None:
    cluster = services.PostgresCluster()
    config.add_cleanup(cluster.stop)
    os.environ[CLUSTER] = str(cluster.folder)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now lives to the end: the garbage collector need not walk through it hundreds of times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" not in metafunc.fixturenames:
        return
    chosen = "PORTAL_TEST_DATABASE" in os.environ
    if chosen and metafunc.definition.get_closest_marker("sqlite"):
        metafunc.parametrize("engine", ["sqlite"], indirect=True)
    elif not chosen and metafunc.definition.get_closest_marker("both") and not metafunc.definition.get_closest_marker("sqlite"):
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> str:
    """The folder of PostgreSQL's socket; without workers, the first test that wants it starts it."""
    if CLUSTER not in os.environ:
        _start_cluster(request.config)
    return os.environ[CLUSTER]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder of this worker's own."""
    with TemporaryDirectory(prefix="portail-", dir=services.memory_folder()) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def sqlite_site(folder: Path) -> Iterator[support.Site]:
    with closing(support.Site(support.SqliteDatabase(folder), folder / "instance-sqlite")) as site:
        yield site


@pytest.fixture(scope="session")
def postgresql_site(folder: Path, cluster: str, worker_id: str) -> Iterator[support.Site]:
    with (
        closing(support.PostgresDatabase(cluster, f"portail_{worker_id}")) as database,
        closing(support.Site(database, folder / "instance-postgresql")) as site,
    ):
        yield site


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", DEFAULT_ENGINE))


@pytest.fixture
def site(engine: str, request: pytest.FixtureRequest) -> Iterator[support.Site]:
    """This worker's portal on that database, emptied for this test."""
    site: support.Site = request.getfixturevalue(f"{engine}_site")
    site.renew()
    yield site
    site.watch.tell()


@pytest.fixture
def app(site: support.Site) -> Iterator[Flask]:
    """The portal, in a context where the test's own code may use db.session."""
    with site.app.app_context():
        yield site.app


@pytest.fixture
def database(app: Flask, site: support.Site) -> support.Database:
    """The database of this test, with its `engine` and `url`."""
    return site.database


@pytest.fixture
def renew(app: Flask, site: support.Site) -> Callable[[], None]:
    """A call that empties the portal again, for each example of hypothesis."""

    def again() -> None:
        db.session.remove()
        site.renew()

    return again


@pytest.fixture
def settings(app: Flask) -> Iterator[Callable[..., None]]:
    """Change settings of the running portal for this test: settings(rate_limits=True)."""
    before = app.config["PORTAL"]

    def change(**changes: Any) -> None:
        app.config["PORTAL"] = replace(app.config["PORTAL"], **changes)

    yield change
    app.config["PORTAL"] = before


@pytest.fixture
def client(app: Flask) -> support.PortalClient:
    """A visitor nobody knows."""
    client = app.test_client()
    assert isinstance(client, support.PortalClient)
    return client


@pytest.fixture
def as_(app: Flask) -> Callable[[Any], support.PortalClient]:
    """A client signed in as this Personne, through a real session."""

    def sign_in(personne: Any) -> support.PortalClient:
        client = app.test_client()
        assert isinstance(client, support.PortalClient)
        token = entree.open_session(personne, agent="pytest")
        db.session.commit()
        client.remember(_user_id=token, _fresh=True)
        return client

    return sign_in


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], Any]:
    """`with count_queries() as statements:` lists the SQL of the block."""
    return support.count_queries


@pytest.fixture
def outbox(app: Flask) -> Callable[[], list[Message]]:
    """The messages written so far, oldest first."""
    return lambda: list(db.session.scalars(select(Message).order_by(Message.id)))


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[services.SmtpSink]:
    sink = services.SmtpSink()
    yield sink
    sink.stop()


@pytest.fixture
def smtp(smtp_server: services.SmtpSink, settings: Callable[..., None]) -> services.SmtpSink:
    """A real mail server to which the portal sends for this test."""
    smtp_server.reset()
    settings(mail_url=smtp_server.url)
    return smtp_server


@pytest.fixture
def processes() -> Iterator[services.Processes]:
    with services.Processes() as started:
        yield started


@pytest.fixture
def live(app: Flask, site: support.Site) -> str:
    """The address of the portal served for real, in this process."""
    site.serve()
    return site.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with services.chromium() as browser:
        yield browser


@pytest.fixture
def visit(
    browser: Any, app: Flask, site: support.Site, as_: Callable[[Any], support.PortalClient]
) -> Iterator[support.Visitors]:
    """`visit(personne)` gives that person's page on a phone; nothing may go wrong in any of them."""
    visitors = support.Visitors(browser, site, as_)
    yield visitors
    visitors.leave()


@pytest.fixture
def page(visit: support.Visitors) -> Any:
    """The page of a visitor nobody knows, on a phone."""
    return visit()


@pytest.fixture
def size() -> Callable[[T, T], T]:
    """size(small, big): the big one is what the portal promises, run by `make proofs`."""
    return lambda small, big: big if PROOFS else small


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a proof measured goes into whoever's note: `record_property`, by test."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]} : {name} {value}")
