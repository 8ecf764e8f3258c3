"""Two people in front of the same hours: two web processes, real threads, both databases; each place is credited once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions.models import Action, reading
from portal.contributions import commands, queries
from portal.contributions.models import Contribution, Etat, sheet_of, valider
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.test_races import badge

pytestmark = [pytest.mark.both, pytest.mark.proof]


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


def held_lately(zoe) -> Action:
    """Two days ago, by the clock of everybody; three people, and a site that nobody closed."""
    debut = clock.now() - timedelta(days=2)
    with clock.freeze(debut - timedelta(days=10)):
        action = builders.action(zoe, debut=debut, fin=debut + timedelta(hours=4))
        mission = builders.mission(action, places=3)
        for nom in ("Léa Grondin", "Rémi Fontaine", "Noé Técher"):
            builders.hold(mission, builders.personne(nom))
    commands.propose(action)
    return action


def typed(action: Action, minutes: int) -> tuple[str, dict[str, str]]:
    """The form of the hours, which says as much of everybody."""
    rows = queries.of_action(action)
    said = {
        name: value for r in rows for name, value in ((f"minutes_{r.id}", f"{minutes} min"), (f"constat_{r.id}", "present"))
    }
    return f"/contributions/action/{action.id}/valider", {"lu": reading(sheet_of(rows)), **said}


def written(action: Action) -> list[tuple[int, int]]:
    """(person, minutes) of each line of the ledger, once everybody has had their answer."""
    db.session.expire_all()
    lines = select(Contribution.personne_id, Contribution.quantite).where(Contribution.action_id == action.id)
    return [(personne, minutes) for personne, minutes in db.session.execute(lines.order_by(Contribution.personne_id))]


def validations(action: Action) -> int:
    told = select(EntreeJournal.id).where(EntreeJournal.action_id == action.id, EntreeJournal.evenement == valider.key)
    return len(db.session.scalars(told).all())


def test_the_same_hours_validated_by_two_people_at_once_are_credited_once(crowd, as_, zoe, ada, size):
    """Each with a double tap."""
    hands = [badge(as_(who)) for who in (zoe, ada)] * 2
    for _ in range(size(3, 50)):
        action = held_lately(zoe)
        people = sorted(r.personne.id for r in queries.of_action(action))
        url, fields = typed(action, 180)
        pressed = crowd.press([(url, fields, hand) for hand in hands])
        assert [a.status for a in pressed] == [303] * 4
        assert written(action) == [(personne, 180) for personne in people]
        assert validations(action) == len(people)
        assert {r.etat for r in queries.of_action(action)} == {Etat.VALIDE}


def test_two_people_who_do_not_say_the_same_are_credited_what_one_of_them_said(crowd, as_, zoe, ada, size):
    """The other one reads that somebody wrote meanwhile."""
    hands = [badge(as_(who)) for who in (zoe, ada)]
    for _ in range(size(3, 50)):
        action = held_lately(zoe)
        people = sorted(r.personne.id for r in queries.of_action(action))
        pressed = crowd.press([(*typed(action, minutes), hand) for minutes, hand in zip((180, 120), hands, strict=True)])
        assert sorted(a.status for a in pressed) == [303, 409]
        kept = 180 if pressed[0].status == 303 else 120
        assert written(action) == [(personne, kept) for personne in people]
        assert validations(action) == len(people)
