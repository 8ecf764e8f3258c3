"""How the policy answers: its facts are asked once, a row that one may not see is as absent, a change too late is told so."""

from __future__ import annotations

import re

import pytest

from portal import policy
from portal.db import db
from portal.policy import can
from tests import builders
from tests.test_policy import action, people, subjects

__all__ = ["action", "people", "subjects"]  # fixtures


# --- facts -----------------------------------------------------------------------------------------------------


def test_a_fact_that_nobody_provides_stops_the_start_up(monkeypatch):
    monkeypatch.setattr(policy, "_wanted", {*policy._wanted, "astrologue_of"})
    with pytest.raises(RuntimeError, match="no package provides: astrologue_of"):
        policy.check_facts()


def test_every_fact_is_provided(app):
    known = {"referent_of", "on_team", "holds", "in_pole", "may_decide", "answers_for_an_item", "has_a_part", "shares_in"}
    assert policy._wanted == known
    policy.check_facts()


def test_a_fact_is_asked_once_a_request_and_again_after_a_change(app, people, subjects, count_queries):
    draft, referent = subjects["mission.voir (draft)"], people["RF"]
    with count_queries() as asked, app.test_request_context():
        assert [can(referent, "mission.voir", draft) for _ in range(3)] == [True] * 3
        facts = [sql for sql in asked if "affectation" in sql]
        assert len(facts) == 1
        policy.forget()
        assert can(referent, "mission.voir", draft)
        assert len([sql for sql in asked if "affectation" in sql]) == 2


def test_what_someone_is_to_an_action_is_asked_in_one_statement(app, action, people, count_queries):
    action.pole_porteur = builders.pole("Technique")
    db.session.commit()
    asked_of_it = ("action.lire_echanges", "mission.equipe", "jour.voir", "releve.voir")
    with count_queries() as asked, app.test_request_context():
        assert not any(can(people["TR"], key, action) for key in asked_of_it)
    facts = [sql for sql in asked if any(table in sql for table in ("adhesion", "affectation", "etape"))]
    assert len(facts) == 1
    assert all(table in facts[0] for table in ("adhesion", "affectation", "etape"))


# --- load ------------------------------------------------------------------------------------------------------


def bare(html: str) -> str:
    """The page without what differs from one answer to the next: its token, its own address."""
    return re.sub(r'(content|value)="[\w.-]{60,}"|next=[^"]*', "", html)


def test_a_row_that_one_may_not_see_is_answered_as_an_absent_one(as_, action, people):
    unseen, absent = (as_(people["VO"]).get(f"/actions/{id}") for id in (action.id, 999))
    assert (unseen.status_code, absent.status_code) == (404, 404)
    assert bare(unseen.text) == bare(absent.text)


def test_a_row_that_one_sees_but_may_not_change_is_refused(as_, action, people):
    assert as_(people["BO"]).get(f"/actions/{action.id}").status_code == 200
    assert as_(people["BO"]).get(f"/actions/{action.id}/modifier").status_code == 403


def test_a_change_that_comes_too_late_is_told_so(as_, people, subjects):
    url = f"/candidatures/{subjects['candidature'].id}/accepter"
    assert as_(people["BO"]).post(url).status_code == 404
    again = {"malgre_chevauchement": "y"}  # this person holds another place at that hour
    assert [as_(people["BA"]).post(url, data=again).status_code for _ in range(2)] == [303, 409]
    assert as_(people["VO"]).post(url).status_code == 403
