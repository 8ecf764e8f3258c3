"""A mission or an action that falls: everyone engaged hears of it, once, and nobody else."""

from __future__ import annotations

from collections import Counter

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions import models as action_models
from portal.candidatures import commands
from portal.candidatures.models import Candidature, accepter, mettre_en_attente, refuser
from portal.missions import commands as missions
from portal.missions.models import annuler
from portal.missions.queries import active_of, of_action
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def told(outbox):
    """How many times (genre, address) was written since the last call."""
    seen: set[int] = set()

    def since() -> Counter[tuple[str, str]]:
        new = [m for m in outbox() if m.id not in seen]
        seen.update(m.id for m in new)
        return Counter((m.genre, m.adresse) for m in new)

    return since


def answered(mission, transition) -> Candidature:
    """One whose answer was told."""
    candidature = builders.candidature(mission)
    commands.decide(candidature, transition, by=mission.action.bienveillant, motif="Complet")
    candidature.dite_le = clock.now()
    if held := active_of(mission, candidature.personne):
        held.connue_le = clock.now()
    return candidature


def engaged(action) -> list[str]:
    """On one mission: who comes, who waits on the list, who waits for an answer, and those who had nothing to lose any more."""
    mission = builders.mission(action)
    concerned = [answered(mission, accepter), answered(mission, mettre_en_attente), builders.candidature(mission)]
    answered(mission, refuser)
    for gone in (builders.candidature(mission), answered(mission, accepter)):
        commands.leave(gone)
    return [c.personne.email for c in concerned]


@pytest.mark.both
def test_a_mission_that_an_admin_cancels_tells_each_of_them_and_its_bienveillant(zoe, ada, told):
    addresses = engaged(action := builders.action(zoe))
    told()
    missions.decide(of_action(action)[0], annuler, by=ada, motif="Pluie")
    expected = {("mission_annulee", address): 1 for address in addresses} | {("mission_arretee", zoe.email): 1}
    assert told() == expected


def test_whoever_cancels_their_own_mission_hears_nothing_of_it(zoe, told):
    addresses = engaged(action := builders.action(zoe))
    told()
    missions.decide(of_action(action)[0], annuler, by=zoe, motif="Pluie")
    assert told() == {("mission_annulee", address): 1 for address in addresses}


@pytest.mark.both
def test_an_action_that_falls_tells_each_of_them_and_its_bienveillant_once(zoe, ada, told):
    """The bienveillant holds the référent's post too: that their action stopped says it all."""
    addresses = engaged(action := builders.action(zoe))
    builders.referent_mission(action, take_post=True)
    told()
    actions.decide(action, action_models.annuler, by=ada, motif="Cyclone")
    expected = {("mission_annulee", address): 1 for address in addresses} | {("action_arretee", zoe.email): 1}
    expected |= {("demande_suite", action.demandeur.email): 1}
    assert told() == expected


def test_a_post_held_by_priority_tells_its_holder_once(zoe, ada, told):
    post = builders.referent_mission(builders.action(zoe), take_post=True)
    missions.decide(post, annuler, by=ada, motif="Pluie")
    assert told() == {("mission_annulee", zoe.email): 1}
