"""Several answers to one devis at once: two web processes, both databases; one stands, never two."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal import clock
from portal.actions.models import Etat as ActionEtat
from portal.actions.processus import confirmer
from portal.db import db
from portal.devis import commands, lien, queries
from portal.devis.models import Devis, Etat, accepter
from portal.journal import EntreeJournal
from portal.outbox import Message
from tests import builders
from tests.test_races import badge, count, crowd, pass_time_until

__all__ = ["crowd"]  # a fixture
pytestmark = [pytest.mark.both, pytest.mark.proof]


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def url(devis: Devis, end: str) -> str:
    return f"/devis/lien/{lien.page_token(devis)}/{end}"


def agreed(devis: Devis, nom: str = "Armelle") -> dict[str, str]:
    return {"nom": nom, "accord": "y", "empreinte": devis.empreinte}


def stands(devis: Devis) -> bool:
    """Whether it is accepted, wholly; what is half done fails here."""
    db.session.expire_all()
    accepted = devis.etat is Etat.ACCEPTE
    assert len(queries.accords_of(devis)) == accepted
    assert (devis.action.etat is ActionEtat.CONFIRMEE) == accepted
    for event in (accepter, confirmer):
        here = (EntreeJournal.evenement == event.key, EntreeJournal.action_id == devis.action_id)
        assert count(EntreeJournal, *here) == accepted
    assert count(Message, Message.genre == "devis_accord", Message.cle.startswith(f"devis:{devis.id}:")) == accepted
    return accepted


def test_accepted_by_several_hands_at_once_it_is_accepted_once(crowd, client, zoe, size):
    """A double tap, and somebody else of the same association who opened the same mail."""
    for _ in range(size(3, 120)):
        devis = builders.sent(builders.validated(zoe))
        taps = [agreed(devis)] * 4 + [agreed(devis, "Dal")] * 2
        pressed = crowd.press([(url(devis, "accepter"), fields, badge(client)) for fields in taps])
        assert [a.status for a in pressed] == [303] * 6
        assert stands(devis)


def test_accepted_and_refused_at_once_it_is_one_of_them(crowd, client, zoe, size, record_property):
    found: Counter[Etat] = Counter()
    for _ in range(size(3, 120)):
        devis = builders.sent(builders.validated(zoe))
        posts = [("accepter", agreed(devis)), ("refuser", {"motif": "Trop cher"})]
        pressed = crowd.press([(url(devis, end), fields, badge(client)) for end, fields in posts])
        taken = stands(devis)
        assert [a.status for a in pressed] == ([303, 409] if taken else [409, 303])
        found[devis.etat] += 1
    assert found.keys() <= {Etat.ACCEPTE, Etat.REFUSE}
    record_property("accepter contre refuser", ", ".join(f"{many} {etat}" for etat, many in found.items()))


def test_accepted_while_another_version_leaves_one_of_them_gives_way(crowd, client, as_, zoe, size, record_property):
    """The first is accepted, and the second waits for an answer; or it was replaced, and cannot be accepted any more."""
    found: Counter[Etat] = Counter()
    hers = badge(as_(zoe))
    for _ in range(size(3, 120)):
        devis = builders.sent(builders.validated(zoe))
        after = commands.draft(devis.action, by=zoe)
        leaves = (f"/devis/{after.id}/envoyer", {"mot": "Dit de vive voix"}, hers)
        pressed = crowd.press([(url(devis, "accepter"), agreed(devis), badge(client)), leaves])
        taken = stands(devis)
        assert [a.status for a in pressed] == [303 if taken else 409, 303]
        assert devis.etat is (Etat.ACCEPTE if taken else Etat.REMPLACE)
        assert after.etat is Etat.ENVOYE
        found[devis.etat] += 1
    record_property("accepter contre une version de plus", ", ".join(f"{many} {etat}" for etat, many in found.items()))


def test_recorded_by_the_house_and_given_online_at_once_it_is_one_acceptance(crowd, client, as_, zoe, size):
    hers = badge(as_(zoe))
    for _ in range(size(2, 100)):
        devis = builders.sent(builders.validated(zoe))
        when = clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M")
        noted = {"voie": "telephone", "nom": "Armelle", "le": when, "preuve": "Au téléphone"}
        posts = [(f"/devis/{devis.id}/accord", noted, hers), (url(devis, "accepter"), agreed(devis), badge(client))]
        pressed = [a.status for a in crowd.press(posts)]
        assert stands(devis)
        [accord] = queries.accords_of(devis)
        assert pressed == [303 if accord.par_id else 409, 303]  # what the house typed of another agreement comes back


def test_accepted_at_its_last_moment_it_is_accepted_or_expired_never_both(crowd, app, client, zoe, size, record_property):
    """The worker expires it while the demandeur presses: its last day is put behind it at that instant."""
    found: Counter[Etat] = Counter()
    for turn in range(size(3, 120)):
        devis = builders.sent(builders.validated(zoe))
        posts = [(url(devis, "accepter"), agreed(devis), badge(client))]
        db.session.commit()
        with ThreadPoolExecutor(1) as beside:
            pressing = beside.submit(crowd_press, app, crowd, posts)
            time.sleep(turn % 4 * 0.008)
            devis.valable_jusqu_au = clock.today() - timedelta(days=1)
            db.session.commit()
            pass_time_until(app, clock.now() + timedelta(seconds=0.05))
            [pressed] = pressing.result()
        taken = stands(devis)
        assert pressed.status == (303 if taken else 409)
        assert devis.etat is (Etat.ACCEPTE if taken else Etat.EXPIRE)
        found[devis.etat] += 1
    record_property("accepter contre l’expiration", ", ".join(f"{many} {etat}" for etat, many in found.items()))


def crowd_press(app, crowd, posts):
    with app.app_context():
        return crowd.press(posts)
