"""A task that somebody is given: they hear of it, while it is theirs and to do."""

from __future__ import annotations

import pytest

from portal.actions import retroplanning
from portal.actions.models import reading
from portal.filters import jour_long
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Poids
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def lea(app):
    return builders.personne("Léa Grondin")


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


@pytest.fixture
def told(outbox):
    return lambda: [m for m in outbox() if m.genre == "tache_confiee"]


@pytest.mark.both
def test_whoever_is_given_a_task_reads_what_and_for_when(zoe, lea, action, told):
    task = retroplanning.add(action, by=zoe, titre="Chercher les clés", jours=3, responsable_id=lea.id)
    (message,) = told()
    assert (message.personne_id, message.poids) == (lea.id, Poids.ORDINAIRE)
    letter = messages.render(message.genre, message.faits)
    assert "Chercher les clés" in letter.objet
    assert f"pour le {jour_long(task.echeance)}" in letter.texte
    assert f"/actions/{action.id}/retroplanning/{task.id}" in letter.texte
    retroplanning.do(task, by=lea)
    with pytest.raises(Outdated):
        messages.render(message.genre, message.faits)


def test_it_is_said_when_it_changes_hands_and_not_at_another_change(zoe, lea, action, told):
    task = retroplanning.add(action, by=zoe, titre="Pain", jours=3)
    assert told() == []
    for titre, owner in (("Pain", lea), ("Pain complet", lea), ("Pain complet", zoe)):
        fields = {"titre": titre, "jours": 3, "responsable_id": owner.id}
        retroplanning.edit(task, by=zoe, read=reading(task.sheet), **fields)
    (message,) = told()  # Zoé took it herself
    assert message.personne_id == lea.id
    with pytest.raises(Outdated):
        messages.render(message.genre, message.faits)
