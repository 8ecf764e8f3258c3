"""What the day does when other things move."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.actions import commands as actions
from portal.actions.models import Etat, reading
from portal.actions.processus import confirmer, revenir_au_devis
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.db import db
from portal.jour_j.modeles import FERMETURE, OUVERTURE
from portal.jour_j.models import Jour, Phase, Point
from portal.missions import commands as missions
from portal.missions.models import annuler as missions_annuler
from tests import builders
from tests.jour_j.conftest import at


def points(jour: Jour, phase: Phase) -> list[tuple[str, bool]]:
    return [(p.texte, p.critique) for p in jour.points if p.phase is phase]


@pytest.mark.both
def test_a_confirmed_action_has_its_day_and_its_lists(saturday):
    jour = saturday.jour
    assert points(jour, Phase.OUVERTURE) == [(line.texte, line.critique) for line in OUVERTURE]
    assert points(jour, Phase.FERMETURE) == [(line.texte, line.critique) for line in FERMETURE]
    assert (len(OUVERTURE), len(FERMETURE)) == (9, 10)


def test_an_action_that_is_not_confirmed_has_none(app):
    action = builders.action(builders.bienveillant(), confirmed=False)
    assert db.session.get(Jour, action.id) is None


@pytest.mark.both
def test_confirmed_a_second_time_it_keeps_its_day(saturday):
    for transition in (revenir_au_devis, confirmer):
        actions.decide(saturday.action, transition, by=saturday.zoe, motif="nouveau devis")
    assert saturday.action.etat is Etat.CONFIRMEE
    assert db.session.scalar(select(func.count()).select_from(Point)) == len(OUVERTURE) + len(FERMETURE)


def add(s):
    actions.add_step(s.action, by=s.zoe, titre="Concert", debut=at(20), fin=at(21))


def edit(s):
    actions.edit_step(s.steps[0], by=s.zoe, read=reading(s.steps[0].sheet), titre="Jeux d’antan")


def remove(s):
    actions.remove_step(s.steps[0], by=s.zoe)


def give_back(s):
    missions.give_back(s.held_by(s.awa).mission, by=s.awa)


def accept(s):
    mission = builders.mission(s.action, debut=at(14), fin=at(18))
    candidatures.decide(builders.candidature(mission), accepter, by=s.zoe, despite_clash=True)


def cancel(s):
    missions.decide(s.held_by(s.lea).mission, missions_annuler, by=s.zoe, motif="pluie")


@pytest.mark.parametrize("change", [add, edit, remove, give_back, accept, cancel])
def test_a_change_of_the_team_or_the_programme_moves_the_version(saturday, change):
    before = saturday.jour.version
    change(saturday)
    db.session.commit()
    assert saturday.jour.version > before


def test_the_priority_moves_the_version_too(saturday):
    post = builders.referent_mission(saturday.action, titre="Référent du soir")
    before = saturday.jour.version
    missions.take(post, by=saturday.zoe)
    db.session.commit()
    assert saturday.jour.version == before + 1
