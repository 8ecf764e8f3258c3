"""Hours proposed at the closing, settled by two people, written once into a ledger that only grows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal import clock
from portal.actions.commands import Conflict
from portal.actions.models import NIGHT, reading
from portal.contributions import commands, queries
from portal.contributions.commands import NotYet, OwnHours
from portal.contributions.models import Constat, Contribution, Etat, Line, Releve, sheet_of, transmettre, valider
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Nature
from portal.workflow import MotifMissing, TransitionRefused
from tests import builders
from tests.contributions.conftest import at

pytestmark = pytest.mark.both


def rows(past) -> dict[str, tuple[str, int]]:
    return {r.personne.prenom: (r.constat, r.minutes) for r in queries.of_action(past.action)}


# --- proposed ------------------------------------------------------------------------------------------------


def test_closing_the_site_proposes_the_hours_of_everybody(closed):
    assert rows(closed) == {
        "Awa": (Constat.NON_POINTE, 9 * 60),
        "Noé": (Constat.NON_POINTE, 4 * 60),
        "Léa": (Constat.PRESENT, 4 * 60),
        "Rémi": (Constat.ABSENT, 0),
    }


def test_closing_again_proposes_again_what_nobody_touched(closed):
    closed.settle(transmettre, by=closed.awa, Noé=3)
    db.session.execute(update(Releve).where(Releve.id == closed.releve(closed.lea).id).values(etat=Etat.PROPOSE))
    closed.turn("ouvrir", 18.5)
    closed.says(closed.lea, "parti", 19)
    closed.says(closed.noe, "absent", 19)
    closed.turn("fermer", 19.2)
    assert rows(closed)["Léa"] == (Constat.PRESENT, 10 * 60)
    assert rows(closed)["Noé"] == (Constat.NON_POINTE, 3 * 60)


def test_a_site_that_nobody_closed_is_counted_after_its_night(past):
    assert past.action.id not in queries.unproposed()
    commands.propose(past.action)
    assert rows(past) == {}
    with clock.freeze(at(18) + NIGHT):
        assert queries.unproposed() == [past.action.id]
        commands.propose(past.action)
        assert rows(past)["Léa"] == (Constat.NON_POINTE, 4 * 60)
        assert queries.unproposed() == []


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "that nobody closed"])
def test_a_mission_that_ends_after_the_site_is_proposed_once_it_is_over(past, closes):
    past.clear_up(past.lea)
    if closes:
        past.close()
    with clock.freeze(at(18) + NIGHT):
        commands.propose(past.action)
        assert [(mission.titre, people) for mission, people in queries.to_come(past.action)] == [("Démontage", 1)]
        assert "Démontage" not in [r.mission.titre for r in queries.of_action(past.action)]
        assert queries.unproposed() == []
    with clock.freeze(at(36)):
        assert queries.to_come(past.action) == []
        assert queries.unproposed() == [past.action.id]
        commands.propose(past.action)
        assert queries.unproposed() == []
    [late] = [r for r in queries.of_action(past.action) if r.mission.titre == "Démontage"]
    assert (late.constat, late.minutes) == (Constat.NON_POINTE, 180)


def test_a_mission_that_the_closing_cuts_short_is_over(past):
    past.places[past.lea].mission.fin = at(23)
    past.close()
    assert rows(past)["Léa"] == (Constat.PRESENT, 9 * 60)
    assert queries.to_come(past.action) == []


def test_the_first_start_writes_to_nobody_about_the_past(past):
    with clock.freeze(at(18) + queries.LATEST - timedelta(minutes=1)):
        assert queries.unproposed() == [past.action.id]
    with clock.freeze(at(18) + queries.LATEST):
        assert queries.unproposed() == []


# --- settled -------------------------------------------------------------------------------------------------


def test_the_referent_then_the_bienveillant(closed):
    closed.settle(transmettre, by=closed.awa, Léa=3.5)
    assert {r.etat for r in queries.of_action(closed.action)} == {Etat.VALIDE_REFERENT}
    assert closed.ledger(closed.lea) == []
    closed.settle(valider)
    assert {r.etat for r in queries.of_action(closed.action)} == {Etat.VALIDE}
    assert closed.ledger(closed.lea) == [("heures", 210)]


def test_each_earns_what_their_mission_gives(past):
    """Hours to the volontaires and the référent, points or an amount to a chargé de mission, nothing to whoever is paid
    outside the portal or did not come."""
    ines, paul = builders.personne("Inès Hoarau"), builders.personne("Paul Maillot")
    past.pay(ines, titre="Cuisine", montant=12_050)
    past.pay(paul, titre="Photo")
    past.close()
    past.settle(valider, Inès=2)
    assert past.ledger(past.awa) == [("heures", 540)]
    assert past.ledger(past.noe) == [("points", 110)]
    assert past.ledger(ines) == [("centimes", 12_050)]
    assert past.ledger(paul) == []
    assert past.ledger(past.remi) == []


def test_a_line_says_its_year_at_la_reunion_its_pole_and_who_validated(closed):
    closed.settle(valider)
    [line] = queries.lines(Contribution.personne_id == closed.lea.id)
    assert (line.annee, line.pole, line.nature, line.par_id) == (2026, closed.action.pole_porteur, "volontaire", closed.zoe.id)


def test_validating_twice_credits_once(closed):
    read = reading(sheet_of(queries.of_action(closed.action)))
    for _ in range(2):
        closed.settle(valider, read=read)
    assert closed.ledger(closed.lea) == [("heures", 240)]


def test_two_people_who_write_at_once_lose_nothing(closed):
    read = reading(sheet_of(queries.of_action(closed.action)))
    closed.settle(transmettre, by=closed.awa, Léa=3)
    with pytest.raises(Conflict):
        closed.settle(valider, read=read, Léa=2)
    assert rows(closed)["Léa"] == (Constat.PRESENT, 180)


def test_what_the_referent_handed_over_is_the_bienveillant_s_to_mend(closed):
    closed.settle(transmettre, by=closed.awa)
    db.session.commit()
    with pytest.raises(TransitionRefused):
        closed.settle(transmettre, by=closed.awa, Léa=8)
    db.session.rollback()
    handed = queries.of_action(closed.action)
    lines = {r.id: Line(r.minutes, Constat.EXCUSE if r.constat is Constat.ABSENT else r.constat) for r in handed}
    with pytest.raises(TransitionRefused):  # an absence that becomes an excuse gives no minute either
        commands.settle(closed.action, lines, transmettre, by=closed.awa, read=reading(sheet_of(handed)))


def test_nothing_is_settled_before_the_day_is_over(past):
    with pytest.raises(NotYet):
        past.settle(valider)


@pytest.mark.parametrize("gives", [{"montant": 5000}, {"nature": Nature.VOLONTAIRE}], ids=["paid", "in hours"])
def test_nobody_validates_nor_corrects_their_own(past, gives):
    """The rest is settled; theirs is left to somebody else, whatever its unit."""
    past.pay(past.zoe, titre="Cuisine", **gives)
    past.close()
    past.settle(valider, Zoé=9)
    assert past.ledger(past.lea) == [("heures", 240)]
    assert (past.releve(past.zoe).etat, past.ledger(past.zoe)) == (Etat.PROPOSE, [])
    past.settle(valider, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert len(past.ledger(past.zoe)) == 1
    with pytest.raises(OwnHours):
        past.correct(past.zoe, 1)


def test_whoever_was_excused_gave_no_time(closed):
    releve = closed.releve(closed.lea)
    commands.settle(
        closed.action, {releve.id: Line(240, Constat.EXCUSE)}, valider, by=closed.zoe,
        read=reading(sheet_of(queries.of_action(closed.action))),
    )  # fmt: skip
    assert rows(closed)["Léa"] == (Constat.EXCUSE, 0)
    assert closed.ledger(closed.lea) == []


# --- mended --------------------------------------------------------------------------------------------------


def test_a_correction_is_a_new_line_with_the_difference_and_the_reason(closed):
    closed.settle(valider)
    closed.correct(closed.lea, 3)
    closed.correct(closed.lea, 5, motif="Elle est revenue le soir.")
    first, second, third = reversed(queries.lines(Contribution.personne_id == closed.lea.id))
    assert [line.quantite for line in (first, second, third)] == [240, -60, 120]
    assert [line.corrige_id for line in (first, second, third)] == [None, first.id, first.id]
    assert {second.motif, third.motif} == {"correction"}  # a line can never be changed: it holds no words of anybody
    reasons = select(EntreeJournal.motif).where(EntreeJournal.evenement == "releve.corriger").order_by(EntreeJournal.id)
    assert list(db.session.scalars(reasons)) == ["Compté deux fois.", "Elle est revenue le soir."]


def test_somebody_who_came_after_all_is_credited(closed):
    closed.settle(valider)
    closed.correct(closed.remi, 2)
    assert closed.ledger(closed.remi) == [("heures", 120)]


def test_a_paid_mission_is_paid_whole_or_not_at_all(closed):
    closed.settle(valider)
    closed.correct(closed.noe, 2)
    assert closed.ledger(closed.noe) == [("points", 110)]
    closed.correct(closed.noe, 0, constat=Constat.ABSENT)
    assert closed.ledger(closed.noe) == [("points", 110), ("points", -110)]


def test_a_correction_wants_a_reason_and_sent_twice_is_one(closed):
    closed.settle(valider)
    with pytest.raises(MotifMissing):
        closed.correct(closed.lea, 3, motif=" ")
    for _ in range(2):
        closed.correct(closed.lea, 3)
    assert closed.ledger(closed.lea) == [("heures", 240), ("heures", -60)]


def test_what_is_not_settled_yet_is_not_corrected_so(closed):
    with pytest.raises(TransitionRefused):
        closed.correct(closed.lea, 3)


def test_each_step_is_journaled(closed):
    closed.settle(transmettre, by=closed.awa)
    closed.settle(valider)
    closed.correct(closed.lea, 3)
    said = select(EntreeJournal.evenement, EntreeJournal.personne_id, EntreeJournal.motif).where(
        EntreeJournal.sujet == f"releve:{closed.releve(closed.lea).id}"
    )
    assert db.session.execute(said.order_by(EntreeJournal.id)).all() == [
        ("releve.transmettre", closed.awa.id, ""),
        ("releve.valider", closed.zoe.id, ""),
        ("releve.corriger", closed.zoe.id, "Compté deux fois."),
    ]


# --- what stands behind --------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", [update(Contribution).values(quantite=1), delete(Contribution)], ids=["update", "delete"])
def test_the_database_itself_lets_the_ledger_only_grow(closed, deed):
    closed.settle(valider)
    db.session.commit()
    with pytest.raises(DBAPIError, match="nouvelle ligne"):
        db.session.execute(deed)
    db.session.rollback()
    assert closed.ledger(closed.lea) == [("heures", 240)]


SAME = ("personne_id", "mission_id", "action_id", "pole_id", "annee", "nature", "par_id")


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"unite": "centimes"}, "jamais_paye"),
        ({"unite": "points"}, "jamais_paye"),
        ({"nature": "charge_de_mission"}, "jamais_paye"),
        ({"quantite": 0, "motif": "encore", "corrige": True}, "quantite"),
        ({"quantite": -60}, "correction"),
        ({"corrige": True}, "correction"),
    ],
    ids=[
        "a volontaire paid",
        "a volontaire with points",
        "a chargé de mission with hours",
        "a correction of nothing",
        "less than nothing at first",
        "a correction without a reason",
    ],
)
def test_the_database_itself_refuses(closed, wrong, rule):
    """Each on a mission where Léa has no line yet, but for the correction."""
    closed.settle(valider)
    line = queries.lines(Contribution.personne_id == closed.lea.id)[0]
    first = "corrige" not in wrong
    wrong = wrong if first else {"corrige_id": line.id} | {name: wrong[name] for name in wrong.keys() - {"corrige"}}
    about = {name: getattr(line, name) for name in SAME} | {"unite": line.unite, "quantite": 60}
    if first:
        about["mission_id"] = closed.places[closed.awa].mission_id
    db.session.add(Contribution(**(about | wrong)))
    with pytest.raises(IntegrityError, match=f"ck_contribution__{rule}"):
        db.session.flush()
    db.session.rollback()


def test_the_database_itself_credits_a_place_once(closed):
    closed.settle(valider)
    line = queries.lines(Contribution.personne_id == closed.lea.id)[0]
    db.session.add(Contribution(**{name: getattr(line, name) for name in (*SAME, "unite", "quantite")}))
    with pytest.raises(IntegrityError, match=r"(?i:unique)"):
        db.session.flush()
    db.session.rollback()


def test_a_mission_of_new_year_s_night_counts_for_its_own_day(evening):
    """At La Réunion it is already the next year when UTC says the old one."""
    zoe, lea = builders.bienveillant(), builders.personne("Léa Grondin")
    begins = at(9).replace(month=12, day=31, hour=23, minute=0) + timedelta(hours=2)
    action = builders.action(zoe, debut=begins, fin=begins + timedelta(hours=2))
    builders.hold(builders.mission(action), lea)
    with clock.freeze(begins + timedelta(hours=12)):
        commands.propose(action)
        lines = {r.id: Line(r.minutes, r.constat) for r in queries.of_action(action)}
        commands.settle(action, lines, valider, by=zoe, read=reading(sheet_of(queries.of_action(action))))
    [line] = queries.lines(Contribution.personne_id == lea.id)
    assert line.annee == 2027
