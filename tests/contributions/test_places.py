"""Hours follow their place: joined to its person, given back, cancelled, held again; and the ledger stays whole."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal import clock
from portal.actions.models import reading
from portal.candidatures import commands as candidatures
from portal.candidatures import depot
from portal.candidatures.models import accepter
from portal.contributions import commands, queries
from portal.contributions.commands import RetributionFixed
from portal.contributions.models import Contribution, Line, Unite, sheet_of, transmettre, valider
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import Etat as EtatMission
from portal.missions.models import annuler
from portal.workflow import TransitionRefused
from tests import builders
from tests.contributions.conftest import at

pytestmark = pytest.mark.both
JOINED = "inscription rattachée à son compte"
NOBODY_S = ["mission_id", "action_id", "pole_id", "annee", "nature", "unite", "par_id"]


def total(*where) -> int:
    return db.session.scalar(select(func.coalesce(func.sum(Contribution.quantite), 0)).where(*where))


@pytest.fixture
def unknown(past):
    """A candidature accepted before its person proved any address, on the mission of Léa."""
    mission = past.places[past.lea].mission
    mission.places = 5
    with clock.freeze(at(-100)):
        candidature = builders.candidature(mission, nom="Lili Boyer", email="lili@example.org")
        candidatures.decide(candidature, accepter, by=past.zoe)
    db.session.commit()
    return candidature


# --- joined --------------------------------------------------------------------------------------------------


def test_hours_validated_before_the_address_was_proved_go_to_the_person(past, unknown):
    past.close()
    past.settle(valider)
    lili, provisional = builders.personne("Lili Boyer", email="lili@example.org"), unknown.personne
    depot.join(unknown)
    assert past.ledger(provisional) == [("heures", 240), ("heures", -240)]
    assert past.ledger(lili) == [("heures", 240)]
    [line] = queries.lines(Contribution.personne_id == lili.id)
    assert (line.motif, line.par_id, line.pole_id) == (JOINED, past.zoe.id, past.action.pole_porteur_id)
    past.correct(lili, 3)
    assert past.ledger(lili) == [("heures", 240), ("heures", -60)]


def test_hours_validated_after_are_the_person_s_at_once(past, unknown):
    past.close()
    lili, provisional = builders.personne("Lili Boyer", email="lili@example.org"), unknown.personne
    depot.join(unknown)
    past.settle(valider)
    assert (past.ledger(provisional), past.ledger(lili)) == ([], [("heures", 240)])


def test_somebody_who_had_two_places_is_counted_once(past, unknown):
    lili = builders.personne("Lili Boyer", email="lili@example.org")
    with clock.freeze(at(-100)):
        builders.hold(unknown.mission, lili)
    past.close()
    past.settle(valider)
    depot.join(unknown)
    assert total(Contribution.mission_id == unknown.mission_id, Contribution.personne_id == lili.id) == 240
    assert total(Contribution.mission_id == unknown.mission_id, Contribution.personne_id != lili.id) == 240  # Léa's


# --- given back, cancelled, held again -----------------------------------------------------------------------


def test_a_place_given_back_after_the_closing_is_credited_nothing(closed):
    missions.release(closed.places[closed.lea], motif="erreur")
    assert "Léa" not in [r.personne.prenom for r in queries.of_action(closed.action)]
    closed.settle(valider)
    assert closed.ledger(closed.lea) == []


@pytest.fixture
def early(past):
    """The site closed at noon, hours before its missions end, and everybody's hours are validated."""
    past.places[past.lea].mission.fin = past.places[past.awa].mission.fin = at(23)
    with clock.freeze(at(-100)):
        candidature = builders.candidature(past.places[past.lea].mission, past.noe)
        past.places[past.lea].mission.places = 5
        candidatures.decide(candidature, accepter, by=past.zoe, despite_clash=True, despite_mix=True)
    past.turn("ouvrir", 9)
    past.turn("fermer", 12)
    past.settle(valider)
    return past, candidature


def by_the_bienveillant(past, candidature):
    candidatures.free(candidature, by=past.zoe, motif="Erreur de personne.")


def by_themselves(past, candidature):
    candidatures.leave(candidature)


def with_the_whole_mission(past, candidature):
    missions.decide(candidature.mission, annuler, by=past.zoe, motif="Pluie")


@pytest.mark.parametrize("gives_back", [by_the_bienveillant, by_themselves, with_the_whole_mission])
def test_a_place_given_back_after_its_hours_were_validated_gives_them_back_too(early, gives_back):
    past, candidature = early
    held = Contribution.mission_id == candidature.mission_id, Contribution.personne_id == past.noe.id
    assert total(*held) == 180
    gives_back(past, candidature)
    assert total(*held) == 0
    last = queries.lines(*held)[0]
    assert (last.quantite, last.motif, last.par_id) == (-180, "place rendue", past.zoe.id)
    assert past.ledger(past.awa) == [("heures", 180)]  # on another mission
    assert total(Contribution.mission_id == candidature.mission_id) == (0 if gives_back is with_the_whole_mission else 360)


def test_so_does_the_post_of_a_referent(early):
    past, _ = early
    missions.give_back(past.places[past.awa].mission, by=past.awa)
    assert past.ledger(past.awa) == [("heures", 180), ("heures", -180)]
    assert past.ledger(past.lea) == [("heures", 180)]


def test_a_cancelled_mission_is_credited_nothing(closed):
    closed.places[closed.lea].mission.etat = EtatMission.ANNULEE
    closed.settle(valider)
    assert closed.ledger(closed.lea) == []
    assert queries.unproposed() == []


def test_somebody_accepted_again_has_one_total_for_the_mission(closed):
    closed.settle(valider)
    old = closed.releve(closed.lea)
    mission = closed.places[closed.lea].mission
    missions.release(closed.places[closed.lea], motif="erreur")
    with clock.freeze(at(-100)):
        closed.places[closed.lea] = builders.hold(mission, closed.lea)
    commands.propose(closed.action)
    closed.settle(valider, Léa=1)
    assert closed.ledger(closed.lea) == [("heures", 240), ("heures", -180)]
    line = Line(60, old.constat)
    with pytest.raises(TransitionRefused):
        commands.correct(old, line, motif="Trop.", by=closed.zoe, read=reading(sheet_of([old])))


# --- what a mission gives ------------------------------------------------------------------------------------


def edit(past, mission, **fields):
    missions.edit(mission, by=past.zoe, read=reading(mission.sheet), **(mission.sheet | fields))


def test_what_a_mission_gives_is_frozen_once_its_hours_are_validated(closed):
    paid = closed.places[closed.noe].mission
    closed.settle(transmettre, by=closed.awa)
    closed.action.etat = "en_cours"  # an action that is over is not edited at all
    edit(closed, paid, points=120)
    closed.action.etat = "terminee"
    closed.settle(valider)
    closed.action.etat = "en_cours"
    edit(closed, paid, titre="Son et lumière")
    with pytest.raises(RetributionFixed):
        edit(closed, paid, points=None, montant=5000)
    assert closed.ledger(closed.noe) == [("points", 120)]


def test_a_correction_stays_with_the_pole_and_the_year_of_the_first_line(closed):
    closed.settle(valider)
    first = closed.action.pole_porteur
    closed.action.pole_porteur = builders.pole("Jardin")
    closed.correct(closed.lea, 3)
    assert {line.pole for line in queries.lines(Contribution.personne_id == closed.lea.id)} == {first}


# --- what stands behind --------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["personne_id", "mission_id", "unite"])
def test_the_database_itself_ties_a_correction_to_the_line_that_it_corrects(closed, other):
    closed.settle(valider)
    line = queries.lines(Contribution.personne_id == closed.noe.id)[0]
    same = {name: getattr(line, name) for name in (*NOBODY_S, "personne_id")}
    wrong = {"personne_id": closed.lea.id, "mission_id": closed.places[closed.lea].mission_id, "unite": Unite.CENTIMES}
    db.session.add(Contribution(**(same | {other: wrong[other]}), quantite=-1, corrige_id=line.id, motif="Erreur."))
    with pytest.raises(IntegrityError, match=r"(?i:foreign key)"):
        db.session.flush()
    db.session.rollback()


def test_a_ledger_is_not_emptied_at_once_nor_replaced(closed):
    closed.settle(valider)
    db.session.commit()
    columns = ", ".join(c.name for c in Contribution.__table__.columns)
    deed = {
        "postgresql": "TRUNCATE contribution CASCADE",
        "sqlite": f"INSERT OR REPLACE INTO contribution ({columns}) SELECT {columns} FROM contribution",
    }[db.engine.dialect.name]
    with pytest.raises(DBAPIError, match="nouvelle ligne"):
        db.session.execute(text(deed))
    db.session.rollback()
    assert closed.ledger(closed.lea) == [("heures", 240)]


def test_the_revisions_set_the_triggers_of_the_ledger(app):
    asked = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'contribution'::regclass AND NOT tgisinternal",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'contribution'",
    }[db.engine.dialect.name]
    expected = {
        "postgresql": {"contribution_immuable", "contribution_jamais_videe"},
        "sqlite": {"contribution_update", "contribution_delete"},
    }[db.engine.dialect.name]
    assert set(db.session.scalars(text(asked))) == expected
