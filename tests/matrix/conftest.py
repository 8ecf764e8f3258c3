"""The house, built once a worker, and given back as it was built to each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.db import db
from tests import support
from tests.matrix.house import World


@pytest.fixture(scope="session")
def built(sqlite_site: support.Site) -> World:
    return World(sqlite_site)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    with built.site.app.app_context():
        built.renew()
        yield built
        db.session.remove()
