"""The worker's writes: a message is leased to one worker, its tries are spaced out, then it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock, outbox
from portal.accueil.queries import pulse
from portal.cache import Version
from portal.db import db
from portal.notifications import commands
from portal.outbox import Battement, Message, beat

NOON = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(app):
    with clock.freeze(NOON):
        yield


def after(**duration: float):
    return clock.freeze(NOON + timedelta(**duration))


def post(cle: str = "essai:1", *, due: datetime | None = None) -> None:
    outbox.post("connexion", cle, to="lea@example.org", due=due, jeton=1, code="123456")
    db.session.commit()


def claimed() -> Message:
    message = commands.claim()
    assert message
    return message


def row() -> Message:
    """The message as it now is; nothing is left open, since the worker writes in transactions of its own."""
    message = db.session.scalars(select(Message)).one()
    db.session.expunge(message)
    db.session.rollback()
    return message


@pytest.mark.both
def test_what_is_due_is_taken_the_longest_due_first(app):
    post("tard", due=NOON - timedelta(minutes=1))
    post("tot", due=NOON - timedelta(minutes=2))
    post("demain", due=NOON + timedelta(days=1))
    assert [claimed().cle, claimed().cle, commands.claim()] == ["tot", "tard", None]


@pytest.mark.both
def test_a_lease_keeps_the_others_away_until_it_ends(app):
    post()
    first = claimed()
    assert (first.bail_jusqu, first.essais) == (NOON + timedelta(minutes=2), 1)
    with after(seconds=119):
        assert commands.claim() is None
    with after(seconds=120):
        assert (claimed().essais, row().doutes) == (2, 1)  # nobody knows what became of the first


@pytest.mark.both
def test_sent_it_is_never_taken_again_and_its_code_is_forgotten(app):
    post()
    commands.sent(claimed())
    assert (row().envoye_le, row().bail_jusqu, row().faits) == (NOON, None, {"jeton": 1})
    with after(days=30):
        assert commands.claim() is None


@pytest.mark.both
def test_each_failure_waits_longer_and_the_eighth_is_the_last(app):
    post()
    waited, moment = [], NOON
    for _ in range(8):
        with clock.freeze(moment):
            commands.retry(claimed(), "TimeoutError")
        waited.append((row().du_le - moment).total_seconds() / 60)
        moment = row().du_le
        with clock.freeze(moment - timedelta(seconds=1)):
            assert commands.claim() is None
    assert waited == [1, 5, 15, 60, 240, 240, 240, 0]
    assert (row().essais, row().erreur, row().abandonne_le, row().envoye_le) == (8, "TimeoutError", moment, None)
    with after(days=30):
        assert commands.claim() is None


@pytest.mark.both
def test_given_up_it_is_not_tried_again(app):
    post()
    commands.give_up(claimed(), "périmé")
    assert (row().abandonne_le, row().erreur, row().bail_jusqu) == (NOON, "périmé", None)
    with after(days=30):
        assert commands.claim() is None


@pytest.mark.both
def test_a_slow_worker_whose_lease_ran_out_does_not_undo_what_the_next_one_did(app):
    post()
    slow = claimed()
    with after(minutes=3):
        fast = claimed()
        commands.retry(slow, "TimeoutError")
        assert (row().bail_jusqu, row().erreur) == (fast.bail_jusqu, "")
        commands.sent(fast)
        commands.give_up(slow, "550")
    assert (row().envoye_le, row().abandonne_le) == (NOON + timedelta(minutes=3), None)


@pytest.mark.both
def test_the_one_that_did_send_says_so_even_late(app):
    post()
    slow = claimed()
    with after(minutes=3):
        commands.sent(slow)
        assert commands.claim() is None


@pytest.mark.both
def test_a_tick_is_what_health_asks_for(app):
    assert pulse()["etat"] == "facteur arrêté"
    for seconds in (0, 10):
        db.session.rollback()
        with after(seconds=seconds):
            beat("worker")
    ticks = select(Battement.quand).where(Battement.nom == "worker")
    assert db.session.scalars(ticks).all() == [NOON + timedelta(seconds=10)]
    db.session.rollback()
    with after(seconds=100):
        assert pulse()["etat"] == "ok"


def test_the_worker_s_writes_are_no_news_to_the_kept_pages(app):
    """Public pages are made again after each commit of the portal's own; a tick every few seconds would empty them."""
    post()

    def version() -> int | None:
        number = db.session.scalar(select(Version.numero))
        db.session.rollback()
        return number

    before = version()
    beat("worker")
    commands.sent(claimed())
    assert version() == before
    post("essai:2")
    assert version() != before
