"""Several hands on one request at once: two web processes, both databases; one has it, the others are told who."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from portal.actions import relais
from portal.actions.models import Action, Demandeur, Echange
from portal.actions.processus import prendre
from portal.actions.suivi import page_token
from portal.db import db
from portal.journal import EntreeJournal
from portal.outbox import Message
from tests import builders
from tests.test_races import badge, count, crowd

__all__ = ["crowd"]  # a fixture
pytestmark = [pytest.mark.both, pytest.mark.proof]


def test_a_request_is_taken_by_one_however_many_press(crowd, app, as_, size, record_property):
    people = [builders.bienveillant(f"Zoé {n}") for n in range(4)]
    badges = [badge(as_(one)) for one in people]
    winners: Counter[int | None] = Counter()
    rounds = size(3, 200)
    for _ in range(rounds):
        asked = builders.request()
        pressed = crowd.press([(f"/actions/{asked.id}/prendre", {}, who) for who in (*badges, badges[0])])
        db.session.expire_all()
        winners[asked.bienveillant_id] += 1
        twice = 2 if asked.bienveillant_id == people[0].id else 1  # who has it presses again: it is still theirs
        assert sorted(a.status for a in pressed) == [303] * twice + [409] * (5 - twice)
        assert count(EntreeJournal, EntreeJournal.evenement == prendre.key, EntreeJournal.action_id == asked.id) == 1
    assert winners.keys() <= {one.id for one in people}
    record_property("demandes prises une fois", f"{rounds} sur {rounds}")


def test_a_relay_is_accepted_or_taken_back_never_both(crowd, app, as_, size):
    zoe, bruno = builders.bienveillant(), builders.bienveillant("Bruno Ozoux")
    hers, his = badge(as_(zoe)), badge(as_(bruno))
    for _ in range(size(3, 60)):
        action = builders.action(zoe)
        relais.offer(action, to=bruno, by=zoe)
        url = f"/actions/{action.id}"
        pressed = crowd.press([(f"{url}/accepter_relais", {}, his), (f"{url}/laisser_relais", {}, hers)])
        db.session.expire_all()
        assert action.relais_id is None
        taken = action.bienveillant_id == bruno.id
        # Whoever comes second finds the door closed (403), the offer gone (409), or nothing left to take back (303).
        assert pressed[0].status in ({303} if taken else {403, 409})
        assert pressed[1].status in ({303, 403} if taken else {303})


def test_one_request_sent_many_times_at_once_is_one_action_and_one_message(crowd, client, app, size):
    headers = badge(client)
    for turn in range(size(1, 20)):
        fields = {
            "cle": f"une-seule-et-meme-demande-{turn}", "nom": "Chorale", "email": f"vwa{turn}@example.org", "titre": "Concert",
            "jour": "2027-10-30", "de": "15:00", "a": "22:00",
        }  # fmt: skip
        pressed = crowd.press([("/actions/solliciter", fields, headers)] * 12)
        assert {a.status for a in pressed} == {303}
        assert len({a.location for a in pressed}) == 1
        assert (count(Action), count(Demandeur), count(Message)) == (turn + 1,) * 3
        db.session.rollback()


def test_one_message_sent_many_times_at_once_is_one(crowd, client, app):
    asked = builders.request()
    fields = {"cle": "un-seul-et-meme-message", "texte": "Bonjour"}
    pressed = crowd.press([(f"/actions/suivi/{page_token(asked)}/ecrire", fields, badge(client))] * 12)
    assert {a.status for a in pressed} == {303}
    assert db.session.scalar(select(func.count(Echange.id))) == 1
