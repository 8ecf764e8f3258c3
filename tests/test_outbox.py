"""A message is written with what it tells, once, and can be taken back until someone begins to send it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal import outbox as table
from portal.db import db
from portal.notifications import commands


def post(cle: str = "essai:1", **more) -> bool:
    return table.post("connexion", cle, to="lea@example.org", code="123456", **more)


@pytest.mark.both
def test_one_key_is_one_message(app, outbox):
    assert post()
    assert not post(to_someone_else=True)
    [message] = outbox()
    assert (message.genre, message.adresse, message.faits) == ("connexion", "lea@example.org", {"code": "123456"})


@pytest.mark.both
def test_it_is_due_now_or_when_said(app, outbox):
    with clock.freeze(now := clock.now()):
        post()
        post("essai:2", due=now + timedelta(minutes=2))
    assert [m.du_le for m in outbox()] == [now, now + timedelta(minutes=2)]


@pytest.mark.both
def test_it_goes_with_the_change_that_it_tells(app, outbox):
    post()
    db.session.rollback()
    assert outbox() == []


@pytest.mark.both
def test_it_can_be_taken_back_then_posted_again(app, outbox):
    post()
    assert table.withdraw("essai:1")
    assert outbox() == []
    assert not table.withdraw("essai:1")
    assert post()


@pytest.mark.both
def test_it_stays_once_someone_has_begun_to_send_it(app, outbox):
    post()
    db.session.commit()
    message = commands.claim()
    assert message
    assert not table.withdraw("essai:1")
    db.session.rollback()
    commands.retry(message, "TimeoutError")  # the server may have it all the same
    assert not table.withdraw("essai:1")
    assert len(outbox()) == 1
