"""The client and the watch of the tests catch what they are there to catch."""

import pytest
from flask import Flask, session
from flask_login import current_user
from sqlalchemy import text

from portal.comptes.commands import add_person
from portal.comptes.models import Personne
from portal.db import db


@pytest.fixture
def personne(app):
    return add_person(nom="Zoé", email="zoe@example.org", roles=[], password="", by=None)


@pytest.mark.both
def test_each_test_begins_with_an_empty_portal(app, database):
    for _ in range(2):
        assert db.engine.dialect.name == database.engine
        assert db.session.scalar(text("select count(*) from personne")) == 0
    add_person(nom="Ali", email="ali@example.org", roles=[], password="", by=None)
    db.session.commit()


test_and_so_does_the_next = test_each_test_begins_with_an_empty_portal


def test_renew_empties_it_within_a_test(app, renew, personne):
    db.session.commit()
    renew()
    assert db.session.scalar(text("select count(*) from personne")) == 0


def test_a_signed_in_client_is_known_to_the_portal(as_, client, personne):
    assert as_(personne).within(lambda: current_user.nom) == "Zoé"
    assert not client.within(lambda: current_user.is_authenticated)


def test_a_request_does_not_see_the_session_of_the_test(as_, client, personne):
    client.get("/nulle-part")
    assert db.session.get(Personne, personne.id) is personne
    assert not db.session.new


def test_unsafe_requests_carry_a_token_unless_told_not_to(client):
    assert client.post("/comptes/connexion", data={}, csrf=False).status_code == 400
    assert client.post("/comptes/connexion", data={}).status_code == 422


def request_that(app: Flask, monkeypatch, work):
    """Replace what the page of the missions does by this work."""
    monkeypatch.setitem(app.view_functions, "missions.index", lambda **_: work() or "")


def test_a_read_that_writes_fails(app, client, monkeypatch, personne):
    request_that(app, monkeypatch, lambda: db.session.execute(text("UPDATE personne SET nom = 'x'")).close())
    with pytest.raises(AssertionError, match="GET /missions/ writes: UPDATE personne"):
        client.get("/missions/")


def test_a_request_that_leaves_work_in_the_session_fails(app, client, monkeypatch):
    request_that(app, monkeypatch, lambda: db.session.add(Personne(nom="x", email="x", adresse="x")))
    with pytest.raises(AssertionError, match="leaves in the session"):
        client.get("/missions/")


def test_a_crash_fails_with_its_cause(app, client, monkeypatch):
    request_that(app, monkeypatch, lambda: 1 // 0)
    with pytest.raises(AssertionError, match="500 on /missions/") as failure:
        client.get("/missions/")
    assert isinstance(failure.value.__cause__, ZeroDivisionError)
    assert client.get("/missions/", crash=True).status_code == 500


def test_bad_html_fails(app, client, monkeypatch):
    request_that(app, monkeypatch, lambda: "<p id=a></p><p id=a></p>")
    with pytest.raises(AssertionError, match="id 'a' stands 2 times"):
        client.get("/missions/")


def test_count_queries_leaves_transactions_out(app, count_queries):
    with count_queries() as statements:
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
    assert statements == ["SELECT 1"]


def test_values_remembered_reach_the_session(app, client):
    client.remember(a=1)
    assert client.within(lambda: session["a"]) == 1


@pytest.mark.browser
def test_a_page_that_breaks_the_policy_is_reported(visit, app, monkeypatch):
    request_that(app, monkeypatch, lambda: "<!doctype html><title>x</title><h1>x</h1><script>1</script>")
    visit().goto("/missions/")
    assert any("Content Security Policy" in problem for problem in visit.problems)
    visit.problems.clear()


def test_a_request_after_mere_reading_commits_nothing(app, client, personne):
    client.get("/nulle-part")
    before = db.session.scalar(text("SELECT numero FROM version"))
    client.get("/nulle-part")
    assert db.session.scalar(text("SELECT numero FROM version")) == before
