"""A task that is late: its owner is told, once, in the morning, and never of what they have just read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal import clock
from portal.actions import commands, echeancier, retroplanning
from portal.actions.models import Action, reading
from portal.actions.processus import annuler
from portal.actions.tache import Tache
from portal.comptes import commands as comptes
from portal.comptes.models import Personne
from portal.db import db
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from tests import builders

DAY = timedelta(days=1)


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def action(zoe) -> Action:
    """In ten days."""
    return builders.action(zoe)


@pytest.fixture
def told(outbox) -> Callable[[float], list[str]]:
    """Who had a message of it, once the worker has looked on that day from now, soon after midnight."""

    def look(days: float) -> list[str]:
        db.session.commit()
        with clock.freeze(builders.in_days(days, 1)):
            pass_time()
        return [m.adresse for m in outbox() if m.genre == "taches_en_retard"]

    return look


def task(action: Action, titre: str, jours: int, **fields: int) -> Tache:
    return retroplanning.add(action, by=action.bienveillant, titre=titre, jours=jours, **fields)


@pytest.mark.both
def test_told_once_the_day_after_and_in_the_morning(zoe, action, told, outbox):
    task(action, "Commander le pain", 5)
    task(action, "Balayer", 5)
    assert told(5) == []
    assert told(6) == told(6) == told(7) == [zoe.email]
    message = outbox()[-1]
    assert clock.local(message.du_le).hour == 8
    with clock.freeze(builders.in_days(6, 8)):
        letter = messages.render(message.genre, message.faits)
    assert letter.objet.startswith("2 tâches en retard")
    assert "Commander le pain" in letter.texte


def test_each_owner_hears_of_their_own(zoe, action, told):
    lea, paul = builders.personne("Léa Grondin"), builders.personne("Paul Maillot")
    for who in (lea, paul):
        task(action, f"Pour {who.nom}", 5, responsable_id=who.id)
    assert sorted(told(6)) == sorted([lea.email, paul.email])


def test_what_its_owner_left_behind_is_the_bienveillant_s(zoe, action, told):
    lea = builders.personne("Léa Grondin")
    task(action, "Pain", 5, responsable_id=lea.id)
    comptes.set_active(lea, False, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert told(6) == [zoe.email]


def test_of_an_action_that_waits_for_a_bienveillant_it_is_told_to_the_one_who_comes(zoe, action, told):
    task(action, "Pain", 5)
    action.bienveillant = None
    assert told(6) == []
    with clock.freeze(builders.in_days(6)):
        assert echeancier.late_untold() == []  # the worker does not come back to it at each turn
    action.bienveillant = zoe
    assert told(6) == [zoe.email]


def test_late_from_the_start_they_have_just_seen_it(zoe, action, told):
    retroplanning.apply_template(action, by=zoe)
    assert [t for t in echeancier.tasks_of(action) if t.is_late]
    assert told(0) == []


def test_settled_or_stopped_there_is_nothing_to_say(zoe, action, told):
    retroplanning.do(task(action, "Pain", 5), by=zoe)
    assert told(6) == []
    task(action, "Beurre", 5)
    commands.decide(action, annuler, by=zoe, motif="pluie")
    assert told(6) == []


def test_done_meanwhile_the_message_does_not_leave(zoe, action, told, outbox):
    pain = task(action, "Pain", 5)
    told(6)
    retroplanning.do(pain, by=zoe)
    message = outbox()[-1]
    with clock.freeze(builders.in_days(6, 8)), pytest.raises(Outdated):
        messages.render(message.genre, message.faits)


def test_given_another_day_and_late_again_it_is_said_again(zoe, action, told):
    pain = task(action, "Pain", 5)
    assert len(told(6)) == 1
    retroplanning.edit(pain, by=zoe, read=reading(pain.sheet), **pain.sheet | {"jours": 4})
    assert len(told(6)) == 1
    assert len(told(7)) == 2
