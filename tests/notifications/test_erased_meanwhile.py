"""Somebody erased while a worker sends: what it was saying of them is not put back afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.comptes.commands import erase
from portal.comptes.entree import ask_link
from portal.comptes.models import Personne, Reception
from portal.db import db
from portal.missions.models import UNDO
from portal.notifications import commands, messages, worker
from portal.outbox import GONE, UNDER_WAY, Message
from tests import builders
from tests.comptes.test_erase import everything
from tests.services import SmtpSink

pytestmark = pytest.mark.both


class Meanwhile(SmtpSink):
    """A mail server that takes its time: something is done while it holds the first message."""

    then: Callable[[], None] | None = None

    async def handle_DATA(self, *args: Any) -> str:
        then, self.then = self.then, None
        if then:
            await asyncio.to_thread(then)
        return await super().handle_DATA(*args)


@pytest.fixture
def server(settings) -> Iterator[Meanwhile]:
    sink = Meanwhile()
    settings(mail_url=sink.url)
    yield sink
    sink.stop()


@pytest.fixture
def ada(app) -> Personne:
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Unique", email="awa.unique@example.org", telephone="+262692777777")


@pytest.fixture
def erasing(app, ada) -> Callable[[Personne], Callable[[], None]]:
    """What erases that person, by an admin in another window."""

    def of(personne: Personne) -> Callable[[], None]:
        whom, by = personne.id, ada.id
        db.session.commit()

        def act() -> None:
            with app.app_context(), closing(db.session):
                erase(db.session.get_one(Personne, whom), by=db.session.get_one(Personne, by))
                db.session.commit()

        return act

    return of


def nothing_of_them() -> None:
    db.session.expire_all()
    found = everything().lower()
    for secret in ("unique", "opération", "777777", "77\u00a077"):
        assert secret not in found, secret


def left(genre: str) -> Message:
    [message] = db.session.scalars(select(Message).where(Message.genre == genre, Message.envoye_le.is_not(None)))
    return message


def steps_down(awa: Personne, zoe: Personne, days: float) -> None:
    """An accepted person who leaves, and why, days before: their bienveillant hears of it."""
    at = clock.now() + timedelta(days=days)
    candidature = builders.candidature(builders.mission(builders.action(zoe), debut=at, fin=at + UNDO), awa)
    candidatures.decide(candidature, accepter, by=zoe)
    candidature.dite_le = clock.now()
    candidatures.leave(candidature, motif="Opération, dit Unique")


def test_what_they_were_being_sent_is_empty(server, awa, erasing):
    builders.candidature(builders.mission(builders.action(builders.bienveillant())), awa)
    server.then = erasing(awa)
    worker.run_once()
    assert [mail.recipients for mail in server.mails] == [["awa.unique@example.org"]]
    sent = left("candidature_recue")
    assert (sent.adresse, sent.objet, sent.texte, sent.faits) == ("", "", "", {})
    nothing_of_them()


def test_refused_by_the_server_meanwhile_their_address_is_not_written_again(server, awa, erasing):
    builders.candidature(builders.mission(builders.action(builders.bienveillant())), awa)
    act = erasing(awa)

    def refuse() -> None:
        act()
        raise ConnectionError("awa.unique@example.org")

    server.then = refuse
    worker.run_once()
    assert db.session.scalars(select(Message.erreur)).all() == ["personne effacée"]
    nothing_of_them()


def test_what_somebody_was_being_told_of_them_says_no_more_why(server, awa, erasing):
    steps_down(awa, builders.bienveillant(), days=0.9)
    server.then = erasing(awa)
    worker.run_once()
    told = left("empechement")
    assert ((told.objet, told.texte), told.faits["motif"]) == (GONE, "")
    nothing_of_them()


def test_nor_does_the_digest_that_was_leaving_nor_its_lines(server, awa, erasing):
    zoe = builders.bienveillant()
    zoe.reception = Reception.RESUME
    steps_down(awa, zoe, days=9)
    server.then = erasing(awa)
    with clock.freeze(clock.now() + timedelta(days=1)):
        worker.run_once()
    assert [(m.objet, m.texte) for m in (left("resume"), left("desistement"))] == [GONE, GONE]
    nothing_of_them()


def test_a_mail_that_names_them_in_passing_keeps_no_words(server, awa, erasing, as_):
    """Nobody knows of whom a mail under way speaks: this one names its reader's référent."""
    action = builders.action(builders.bienveillant())
    builders.hold(builders.referent_mission(action), awa)
    lea = builders.personne("Léa Grondin")
    candidatures.decide(builders.candidature(builders.mission(action), lea), accepter, by=action.bienveillant)
    db.session.commit()
    worker.run_once()
    server.then = erasing(awa)
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
    told = left("candidature_reponse")
    assert (told.objet, told.texte) == UNDER_WAY
    assert "Message parti pendant un effacement" in as_(lea).get(f"/notifications/{told.id}").text
    nothing_of_them()


def test_a_code_that_was_leaving_is_forgotten_all_the_same(server, awa, erasing):
    lea = builders.personne("Léa Grondin")
    ask_link(lea.email, suite="/")
    server.then = erasing(awa)
    worker.run_once()
    assert "code" not in left("connexion").faits


def test_sent_while_the_erasure_is_not_over_it_waits_for_it(app, ada, awa):
    builders.candidature(builders.mission(builders.action(builders.bienveillant())), awa)
    db.session.commit()
    message = commands.claim()
    assert message
    words = messages.words(messages.render(message.genre, message.faits))
    db.session.rollback()

    def send() -> None:
        with app.app_context():
            commands.sent(message, words)

    with ThreadPoolExecutor(1) as beside:
        erase(awa, by=ada)
        sending = beside.submit(send)
        time.sleep(0.1)
        assert not sending.done()
        db.session.commit()
        sending.result()
    assert left("candidature_recue").objet == ""
    nothing_of_them()
