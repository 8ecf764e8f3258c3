"""The interpôle answers all at once: two web processes, both databases; one decision, and one opinion for each pôle."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.actions.deliberation import Avis, Decision, Sens
from portal.actions.models import Etat
from portal.db import db
from tests import builders
from tests.builders import favorable
from tests.test_races import badge
from tests.test_races import crowd as crowd  # a fixture

pytestmark = [pytest.mark.both, pytest.mark.proof]

FAVORABLE = {"technique": "favorable", "ethique": "favorable", "organisationnelle": "favorable"}
AGAINST = FAVORABLE | {"ethique": "defavorable", "mot_ethique": "Pas ici."}
MEETING = {"ou": "reunion", "le": clock.today().isoformat(), "presents": "Tous", "compte_rendu": "Dit en réunion."}


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport", "Communs")


def ready(house):
    """An action whose quorum is there."""
    action = builders.in_validation(builders.bienveillant(), house["Culture"])
    for name in ("Culture", "Jardin", "Sport"):
        builders.opinion(action, house[name], favorable())
    return action


def decisions() -> int:
    return db.session.scalar(select(func.count(Decision.id))) or 0


def test_several_who_close_at_once_decide_once(crowd, as_, house, size):
    ways: tuple[tuple[str, dict[str, str]], ...] = (
        ("valider", {}),
        ("decision", MEETING | {"favorable": "favorable"}),
        ("decision", MEETING | {"favorable": "defavorable"}),
    )
    for done in range(size(2, 200)):
        action = ready(house)
        headers = badge(as_(house["Sport"].member))
        posts = [(f"/actions/{action.id}/{slug}", fields, headers) for slug, fields in ways for _ in range(3)]
        assert Counter(a.status for a in crowd.press(posts)) == {303: 1, 409: 8}
        db.session.expire_all()
        decision = db.session.scalars(select(Decision).where(Decision.action_id == action.id)).one()
        assert decisions() == done + 1
        assert action.etat is (Etat.VALIDEE if decision.favorable else Etat.REFUSEE)


def test_an_opinion_against_it_and_the_close_at_once_never_both_pass(crowd, as_, house, size):
    for _ in range(size(4, 100)):
        action = ready(house)
        posts = [
            (f"/actions/{action.id}/valider", {}, badge(as_(house["Sport"].member))),
            (f"/actions/{action.id}/avis/{house['Communs'].pole.id}", AGAINST, badge(as_(house["Communs"].member))),
        ]
        closed, said = (answer.status for answer in crowd.press(posts))
        assert {closed, said} == {303, 409}
        db.session.expire_all()
        against = select(func.count(Avis.id)).where(Avis.action_id == action.id, Avis.ethique == Sens.DEFAVORABLE)
        assert (action.etat is Etat.VALIDEE) == (db.session.scalar(against) == 0) == (closed == 303)


def test_a_pole_that_speaks_twice_at_once_has_one_opinion_which_the_other_does_not_erase(crowd, as_, house):
    action = builders.in_validation(builders.bienveillant(), house["Culture"])
    headers = badge(as_(house["Sport"].member))
    path = f"/actions/{action.id}/avis/{house['Sport'].pole.id}"
    pressed = crowd.press([(path, fields, headers) for fields in (FAVORABLE, AGAINST) for _ in range(4)])
    assert Counter(a.status for a in pressed) == {303: 4, 409: 4}
    assert db.session.scalar(select(func.count(Avis.id))) == 1


def test_a_pole_takes_it_or_passes_it_on_never_both(crowd, as_, house, size):
    for _ in range(size(2, 50)):
        action = builders.proposed(builders.bienveillant(), house["Culture"].pole)
        headers = badge(as_(house["Culture"].member))
        passed = {"motif": "Pas nous.", "pole": str(house["Jardin"].pole.id)}
        posts = [(f"/actions/{action.id}/{slug}", passed, headers) for slug in ("prendre_en_charge", "passer")]
        taken, passed_on = (answer.status for answer in crowd.press(posts))
        db.session.expire_all()
        assert [taken, passed_on].count(303) == 1
        assert (action.etat, action.pole_porteur.nom) == (
            (Etat.EN_VALIDATION, "Culture") if taken == 303 else (Etat.PROPOSEE, "Jardin")
        )
