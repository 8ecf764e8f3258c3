"""« Renvoyez-moi mes liens »: the same answer whoever asks; the links go to the address that applied, and nowhere else."""

from __future__ import annotations

import re

import pytest

from portal.candidatures import commands
from portal.candidatures.models import refuser
from portal.db import db
from portal.notifications import worker
from tests import builders


@pytest.fixture
def mission(app):
    return builders.mission(builders.action(builders.bienveillant()), titre="Accueil du public")


def ask(client, email: str, **more):
    return client.post("/candidatures/retrouver", data={"email": email}, **more)


def received(smtp) -> list:
    db.session.commit()
    worker.run_once()
    return [mail for mail in smtp.mails if "Le" in mail.message["Subject"] and "candidature" in mail.message["Subject"]]


@pytest.mark.both
def test_every_link_of_an_address_comes_back_to_it_and_opens(mission, smtp, client):
    other = builders.mission(mission.action, titre="Vaisselle")
    for to in (mission, other):
        builders.candidature(to, email="Lea@Example.org")
    builders.candidature(mission, email="ali@example.org")
    assert ask(client, "lea@example.org").status_code == 303
    [mail] = received(smtp)
    assert mail.recipients == ["lea@example.org"]
    links = re.findall(r"http://\S+(/candidatures/suivi/\S+)", mail.text)
    assert len(links) == 2
    pages = [client.get(link) for link in links]
    assert {page.status_code for page in pages} == {200}
    assert "C’est bien moi" in pages[0].text  # the link came by mail: it proves the address


@pytest.mark.both
def test_the_answer_is_the_same_for_an_address_nobody_knows_and_nothing_is_sent(mission, smtp, client):
    builders.candidature(mission, email="lea@example.org")
    known, unknown = ask(client, "lea@example.org"), ask(client, "personne@example.org")
    assert (known.status_code, known.headers["Location"], known.text) == (303, unknown.headers["Location"], unknown.text)
    assert [mail.recipients for mail in received(smtp)] == [["lea@example.org"]]


def test_it_is_the_same_work_for_both(mission, client, count_queries):
    """Hence the same time: what there is to send is found out by the worker."""
    builders.candidature(mission, email="lea@example.org")
    counted = []
    for email in ("lea@example.org", "personne@example.org"):
        with count_queries() as statements:
            ask(client, email)
        counted.append([statement.split()[:3] for statement in statements])
    assert counted[0] == counted[1] != []


def test_an_address_is_not_flooded_and_the_answer_does_not_say_so(mission, smtp, settings, client):
    settings(rate_limits=True)
    builders.candidature(mission, email="lea@example.org")
    answers = [ask(client, "lea@example.org") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {303}
    assert len(received(smtp)) == 3


def test_a_refused_one_comes_back_too_and_one_taken_back(mission, smtp, client):
    no, gone = (builders.candidature(mission, email="lea@example.org") for _ in range(2))
    commands.decide(no, refuser, by=mission.action.bienveillant, motif="Complet")
    commands.leave(gone)
    ask(client, "lea@example.org")
    [mail] = received(smtp)
    assert mail.text.count("/candidatures/suivi/") == 2


@pytest.mark.parametrize("typed", ["", "lea", "lea@example.org\r\nBcc: x@example.org", "a" * 300 + "@example.org"])
def test_what_is_no_address_is_said(mission, client, typed):
    assert ask(client, typed).status_code == 422


def test_it_is_found_from_the_sign_in_page_and_from_a_link_that_no_longer_opens(client):
    assert "/candidatures/retrouver" in client.get("/comptes/connexion").text
    assert "/candidatures/retrouver" in client.get("/candidatures/suivi/1-1.nimporte").text
