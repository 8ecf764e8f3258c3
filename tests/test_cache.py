"""What is kept in memory is what would be made now, whoever asks, whatever was written meanwhile."""

from __future__ import annotations

from threading import Thread

import pytest
from bs4 import BeautifulSoup

from portal import cache
from portal.db import db
from portal.missions.models import Mission
from tests import builders

pytestmark = pytest.mark.both


@pytest.fixture
def action(app):
    return builders.action(builders.bienveillant())


def main(answer) -> str:
    return str(BeautifulSoup(answer.text, "html5lib").main)


def test_everybody_reads_the_same_list(client, as_, action):
    builders.mission(action, titre="Accueil")
    anonymous = main(client.get("/missions/?places=1"))
    cast = [who for who in builders.cast(builders.action(builders.bienveillant(), titre="Autre")).values() if who]
    anonymous = main(client.get("/missions/?places=1"))
    assert [main(as_(who).get("/missions/?places=1")) == anonymous for who in cast] == [True] * len(cast)


def test_what_is_written_shows_at_once_to_whoever_is_signed_in(as_, action):
    client = as_(builders.personne())
    for titre in ("Accueil", "Cuisine"):
        builders.mission(action, titre=titre)
        assert titre in main(client.get("/missions/"))


def test_a_list_once_read_costs_who_is_signed_in_nothing_but_who_they_are(as_, action, count_queries):
    builders.mission(action)
    client = as_(builders.personne())
    client.get("/missions/")
    with count_queries() as asked:
        client.get("/missions/")
    assert len(asked) == 2  # the session, the version


def test_a_reader_whose_snapshot_is_old_leaves_nothing_old_behind(app, action):
    """SQLite shows a transaction the database as it was when it began; a write may have been counted since."""
    mission = builders.mission(action, titre="Avant")
    db.session.commit()

    def read() -> str:
        return db.session.get(Mission, mission.id, populate_existing=True).titre

    def write() -> None:
        with app.app_context():
            db.session.get(Mission, mission.id).titre = "Après"
            db.session.commit()

    with app.test_request_context("/missions/"):
        read()
        thread = Thread(target=write)
        thread.start()
        thread.join()
        cache.remember("main", read)
        db.session.rollback()
    with app.test_request_context("/missions/"):
        assert cache.remember("main", read) == "Après"
