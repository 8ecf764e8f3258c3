"""Many hands on the same place at once: two web processes, real threads, both databases; nobody is ever overbooked.

`make proofs` runs the sizes that the portal promises.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock, security
from portal.actions.models import Action
from portal.candidatures import attente, commands, offres
from portal.candidatures.models import Candidature, Etat, Issue, accepter
from portal.db import db
from portal.journal import EntreeJournal, subject_key
from portal.missions.models import Affectation, Invitation, Mission, Origine, confirmer_creneau
from portal.notifications.echeances import pass_time
from portal.outbox import Message
from tests import builders, support
from tests.served import Served

pytestmark = [pytest.mark.both, pytest.mark.proof]


Fields = dict[str, Any] | list[tuple[str, int]]


@dataclass
class Answer:
    status: int
    location: str
    seconds: float


class Crowd:
    """People who press at the same moment on the portal served by two processes."""

    def __init__(self, port: int):
        self.port = port

    def press(self, posts: list[tuple[str, Fields, dict[str, str]]]) -> list[Answer]:
        """Send all the (path, fields, headers) at once, one thread each, and wait for every answer."""
        db.session.commit()  # what the test prepared; and the test holds no lock meanwhile
        together = Barrier(len(posts))
        with ThreadPoolExecutor(len(posts)) as hands:
            return list(hands.map(lambda post: self._post(together, *post), posts))

    def _post(self, together: Barrier, path: str, fields: Fields, headers: dict[str, str]) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.connect()
            together.wait()
            start = time.monotonic()
            as_json = headers.get("Accept") == "application/json"
            kind, body = ("json", json.dumps(fields)) if as_json else ("x-www-form-urlencoded", urlencode(fields))
            connection.request("POST", path, body, {"Content-Type": f"application/{kind}"} | headers)
            answer = connection.getresponse()
            answer.read()
        return Answer(answer.status, answer.getheader("Location") or "", time.monotonic() - start)


@pytest.fixture
def crowd(site, app, processes):
    """The portal of this test behind gunicorn."""
    return Crowd(Served(processes, site.environ | support.same_hour()).port)


def badge(client) -> dict[str, str]:
    """What a browser signed in as this client would send: its cookie and its CSRF token."""
    token = client.csrf_token()
    return {"X-CSRFToken": token, "Cookie": client._cookie_header()["HTTP_COOKIE"]}


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def active(mission: Mission) -> int:
    db.session.expire_all()
    return (
        db.session.scalar(
            select(func.count(Affectation.id)).where(Affectation.mission_id == mission.id, Affectation.libere_le.is_(None))
        )
        or 0
    )


def test_many_acceptances_of_one_place_give_it_once(crowd, as_, zoe, size, record_property):
    worst = []
    for _ in range(size(1, 20)):
        mission = builders.mission(builders.action(zoe), places=1)
        candidatures = [builders.candidature(mission) for _ in range(size(25, 100))]
        headers = badge(as_(zoe))
        pressed = crowd.press([(f"/candidatures/{c.id}/accepter", {}, headers) for c in candidatures])
        assert Counter(a.status for a in pressed) == {303: 1, 409: len(candidatures) - 1}
        assert active(mission) == mission.prises == 1
        assert [c.etat for c in candidatures].count(Etat.ACCEPTEE) == 1
        worst.append(statistics.quantiles([a.seconds for a in pressed], n=20)[-1])
    record_property("pire p95", f"{max(worst):.2f} s de {len(worst)} courses de {len(candidatures)}")


def test_one_submission_sent_many_times_at_once_is_one_candidature_and_one_message(crowd, client, zoe, size):
    mission = builders.mission(builders.action(zoe))
    headers = badge(client)
    fields = {"cle": "une-seule-et-meme-cle1", "nom": "Léa", "email": "lea@example.org", "message": "", "accord": "y"}
    pressed = crowd.press([(f"/candidatures/deposer/{mission.id}", fields, headers)] * 20)
    assert {a.status for a in pressed} == {303}
    assert len({a.location for a in pressed}) == 1
    assert db.session.scalar(select(func.count(Candidature.id))) == 1
    assert db.session.scalars(select(Message.genre)).all() == ["candidature_recue"]


def test_the_priority_against_an_acceptance_leaves_exactly_one_referent(crowd, as_, zoe, size):
    """Promise 7: never 0 or 2 référents; whoever loses gets a clear refusal."""
    for _ in range(size(3, 200)):
        post = builders.referent_mission(builders.action(zoe))
        candidature = builders.candidature(post)
        headers = badge(as_(zoe))
        pressed = crowd.press(
            [(f"/missions/{post.id}/prendre", {}, headers), (f"/candidatures/{candidature.id}/accepter", {}, headers)]
        )
        assert sorted(a.status for a in pressed) == [303, 409]
        assert active(post) == 1
        by_priority = db.session.scalars(select(Affectation.origine).where(Affectation.mission_id == post.id)).one()
        expected = Etat.LISTE_ATTENTE if by_priority is Origine.PRIORITE else Etat.ACCEPTEE
        assert candidature.etat is expected


def test_accept_and_refuse_at_once_leave_one_answer(crowd, as_, zoe, size):
    for _ in range(size(3, 50)):
        candidature = builders.candidature(builders.mission(builders.action(zoe)))
        headers = badge(as_(zoe))
        path = f"/candidatures/{candidature.id}"
        pressed = crowd.press([(f"{path}/accepter", {}, headers), (f"{path}/refuser", {"motif": "Complet"}, headers)])
        assert sorted(a.status for a in pressed) == [303, 409]
        assert active(candidature.mission) == (candidature.etat is Etat.ACCEPTEE)


def test_many_people_who_apply_at_once_all_get_in(crowd, client, zoe, size):
    mission = builders.mission(builders.action(zoe))
    headers, url = badge(client), f"/candidatures/deposer/{mission.id}"
    crowd_of = size(20, 100)
    typed = [
        {"cle": f"une-cle-bien-a-soi-{i:04d}", "nom": "Léa", "email": f"p{i}@example.org", "message": "", "accord": "y"}
        for i in range(crowd_of)
    ]
    pressed = crowd.press([(url, fields, headers) for fields in typed])
    assert Counter(a.status for a in pressed) == {303: crowd_of}
    assert db.session.scalar(select(func.count(Candidature.id))) == crowd_of
    assert db.session.scalar(select(func.count(Message.id))) == crowd_of


def test_two_links_of_one_address_used_at_once_make_one_person(crowd, app, client, zoe, size):
    """Both take the address first, so that neither waits for what the other holds."""
    for turn in range(size(3, 30)):
        mission = builders.mission(builders.action(zoe), places=4)
        email = f"lea{turn}@example.org"
        two = [builders.candidature(mission, email=email) for _ in range(2)]
        for one in two:
            commands.decide(one, accepter, by=zoe)
        headers = badge(client)
        links = [security.seal("candidature.mail", one.id, one.generation) for one in two]
        pressed = crowd.press([(f"/candidatures/suivi/{link}/confirmer", {}, headers) for link in links])
        assert [a.status for a in pressed] == [303, 303]
        db.session.expire_all()
        assert len({one.personne_id for one in two}) == 1
        assert sorted(one.etat for one in two) == [Etat.ACCEPTEE, Etat.LIBEREE]
        assert active(mission) == mission.prises == 1


def test_an_offer_is_taken_by_its_person_alone_however_many_press(crowd, client, as_, zoe, size):
    """Its own person twice, somebody else of the line, a bienveillant for a third: one place, one name."""
    for _ in range(size(2, 50)):
        mission = builders.mission(builders.action(zoe), places=1)
        taken = builders.candidature(mission)
        commands.decide(taken, accepter, by=zoe)
        first, second = (builders.in_line(mission) for _ in range(2))
        commands.leave(taken)
        attente.serve(mission.id)
        hands, house = badge(client), badge(as_(zoe))
        pages = [f"/candidatures/suivi/{security.seal('candidature', c.id, c.generation)}" for c in (first, second)]
        taps = [(f"{page}/prendre_place", hands) for page in (pages[0], pages[0], pages[1])]
        pressed = crowd.press([(url, {}, who) for url, who in (*taps, (f"/candidatures/{second.id}/accepter", house))])
        assert [a.status for a in pressed] == [303, 303, 409, 409]
        assert active(mission) == mission.prises == 1
        assert [first.etat, second.etat] == [Etat.ACCEPTEE, Etat.LISTE_ATTENTE]


def test_taken_at_its_last_moment_an_offer_is_taken_or_lapsed_never_both(crowd, app, client, zoe, size, record_property):
    issues: Counter[Issue | None] = Counter()
    for _ in range(size(2, 60)):
        mission = builders.mission(builders.action(zoe), places=1)
        first, following = (builders.in_line(mission) for _ in range(2))
        offre = builders.offer(first)
        offre.expire_le = clock.now() + timedelta(seconds=0.3)
        url = f"/candidatures/suivi/{security.seal('candidature', first.id, first.generation)}/prendre_place"
        db.session.commit()
        with ThreadPoolExecutor(1) as beside:
            passing = beside.submit(pass_time_until, app, offre.expire_le + timedelta(seconds=0.5))
            time.sleep(max(0, (offre.expire_le - clock.now()).total_seconds() - 0.02))
            [pressed] = crowd.press([(url, {}, badge(client))])
            passing.result()
        db.session.expire_all()
        issues[offre.issue] += 1
        taken = offre.issue is Issue.PRISE
        assert (pressed.status, first.etat) == ((303, Etat.ACCEPTEE) if taken else (409, Etat.LISTE_ATTENTE))
        assert [o.candidature_id for o in offres.open_offers(mission)] == ([] if taken else [following.id])
        assert mission.prises - active(mission) == (0 if taken else 1)
    record_property("à la dernière seconde", ", ".join(f"{many} {issue}" for issue, many in issues.items()))


def test_confirmed_at_its_last_moment_a_place_is_kept_or_freed_never_both(crowd, app, client, zoe, size, record_property):
    kept: Counter[bool] = Counter()
    for turn in range(size(3, 60)):
        mission = builders.mission(builders.action(zoe), places=1)
        candidature = builders.candidature(mission)
        commands.decide(candidature, accepter, by=zoe)
        held = db.session.scalars(select(Affectation).where(Affectation.mission_id == mission.id)).one()
        candidature.dite_le = held.connue_le = clock.now()
        held.a_confirmer_avant = late = clock.now() + timedelta(seconds=0.3)
        url = f"/candidatures/suivi/{security.seal('candidature', candidature.id, candidature.generation)}/confirmer_creneau"
        db.session.commit()
        with ThreadPoolExecutor(1) as beside:
            passing = beside.submit(pass_time_until, app, late + timedelta(seconds=0.5))
            time.sleep(max(0, (late - clock.now()).total_seconds() + (turn % 3 - 1) * 0.02))  # before, at, after
            [pressed] = crowd.press([(url, {}, badge(client))])
            passing.result()
        db.session.expire_all()
        here = held.libere_le is None
        kept[here] += 1
        assert (pressed.status, candidature.etat) == ((303, Etat.ACCEPTEE) if here else (409, Etat.LIBEREE))
        assert (held.a_confirmer_avant is None, active(mission), mission.prises) == (here, here, here)
        assert (
            count(EntreeJournal, EntreeJournal.evenement == confirmer_creneau.key, EntreeJournal.sujet == subject_key(mission))
            == here
        )
        assert count(Message, Message.cle == f"candidature:{candidature.id}:desistement") == (not here)
    record_property("à la dernière seconde", f"{kept[True]} confirmées, {kept[False]} libérées")


def test_the_same_people_invited_from_several_windows_at_once_are_asked_once(crowd, as_, zoe, size):
    """Twice the same list by one bienveillant, and another that shares people with it, by an admin."""
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    for _ in range(size(3, 60)):
        mission = builders.mission(builders.action(zoe))
        people = [builders.personne() for _ in range(4)]
        first, second = ([("personne", people[i].id) for i in order] for order in ((0, 1, 2), (3, 2, 1)))
        url, hers, office = f"/equipe/renfort/{mission.id}", badge(as_(zoe)), badge(as_(ada))
        pressed = crowd.press([(url, first, hers), (url, first, hers), (url, second, office)])
        assert (sorted(a.status for a in pressed[:2]), pressed[2].status) == ([303, 409], 303)
        asked = db.session.scalars(select(Invitation.personne_id).where(Invitation.mission_id == mission.id))
        assert Counter(asked) == Counter(p.id for p in people)
        told = select(Message.personne_id).where(Message.cle.startswith(f"mission:{mission.id}:invitation:"))
        assert Counter(db.session.scalars(told)) == Counter(p.id for p in people)
        db.session.rollback()


def test_two_admins_who_take_one_file_over_at_once_take_it_over_once(crowd, as_):
    """The second is shown what the file would do now: nothing."""
    url, posts = "/reglages/reprise/actions", []
    for nom in ("Ada", "Bob"):
        admin = as_(builders.personne(nom, [builders.ADMIN]))
        page = admin.post(url, data={"texte": "titre;date;lieu\nVannerie;12/03/2023;La case", "source": "vieux cahier"})
        fields = {e["name"]: e["value"] for e in BeautifulSoup(page.text, "html5lib").select("#suite [name]")}
        posts.append((url, fields, badge(admin)))
    assert Counter(a.status for a in crowd.press(posts)) == {303: 1, 409: 1}
    assert count(Action) == 1


def count(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def pass_time_until(app, end) -> None:
    """The worker's own loop, hurried, in a thread of its own; and once more then, however long the one before took."""
    with app.app_context():
        while clock.now() < end:
            pass_time()
            time.sleep(0.01)
        pass_time()
