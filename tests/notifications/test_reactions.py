"""Who is told of what: one message for each thing that happens to someone, due at the right time, taken back when undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.actions import commands as actions
from portal.actions import echanges, processus
from portal.actions.models import Action, Etat
from portal.candidatures import commands
from portal.candidatures.models import accepter, mettre_en_attente, refuser
from portal.comptes import commands as comptes
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import annuler
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe))


@pytest.fixture
def told(outbox):
    """(genre, address) of the messages that wait, but for the acknowledgements and what the demandeur is told."""
    apart = ("candidature_recue", "demande_suite")
    return lambda: [(m.genre, m.adresse) for m in outbox() if m.genre not in apart]


def test_applying_is_acknowledged_at_once(mission, outbox):
    candidature = builders.candidature(mission, email="Lea@Example.org")
    [message] = outbox()
    assert (message.genre, message.adresse) == ("candidature_recue", "Lea@Example.org")
    assert message.faits == {"action": mission.action_id, "candidature": candidature.id}
    assert message.du_le <= clock.now()


@pytest.mark.parametrize("transition", [accepter, mettre_en_attente, refuser], ids=lambda t: t.slug)
def test_an_answer_waits_two_minutes_with_its_reason_and_its_word(zoe, mission, outbox, transition):
    candidature = builders.candidature(mission)
    with clock.freeze(now := clock.now()):
        commands.decide(candidature, transition, by=zoe, motif="Créneau", mot="À bientôt")
    message = outbox()[-1]
    assert (message.genre, message.adresse) == ("candidature_reponse", candidature.personne.email)
    assert (message.cle, message.du_le) == (candidature.answer_key, now + timedelta(minutes=2))
    assert message.faits == {
        "action": mission.action_id,
        "candidature": candidature.id,
        "etat": str(transition.target),
        "motif": "Créneau",
        "mot": "À bientôt",
    }


@pytest.mark.both
def test_undone_then_answered_again_only_the_last_answer_is_told(zoe, mission, outbox):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    commands.undo(candidature, by=zoe)
    commands.decide(candidature, refuser, by=zoe, motif="Complet")
    [answer] = [m for m in outbox() if m.genre == "candidature_reponse"]
    assert (answer.cle, answer.faits["etat"]) == (candidature.answer_key, "refusee")


def test_a_place_taken_back_is_told_at_once_with_its_reason(zoe, mission, outbox):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    commands.free(candidature, by=zoe, motif="Mission raccourcie")
    message = outbox()[-1]
    assert (message.cle, message.faits["etat"], message.faits["motif"]) == (
        candidature.answer_key,
        "liberee",
        "Mission raccourcie",
    )
    assert message.du_le <= clock.now()


def test_the_priority_then_the_post_given_back(zoe, told, outbox):
    post = builders.referent_mission(builders.action(zoe))
    waiting, own = builders.candidature(post), builders.candidature(post, zoe)
    missions.take(post, by=zoe)
    assert own.etat == "retiree"
    assert told() == [("candidature_cedee", waiting.personne.email)]
    outbox()[-1].envoye_le = clock.now()
    missions.give_back(post, by=zoe)
    assert told()[1:] == [("candidature_rendue", waiting.personne.email)]


def test_stepping_down_tells_the_bienveillant_why(zoe, mission, told, outbox):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    db.session.commit()
    commands.leave(candidature, motif="Malade")
    assert told() == [("desistement", zoe.email)]  # the answer that had not left is taken back
    assert outbox()[-1].faits == {"action": mission.action_id, "candidature": candidature.id, "motif": "Malade"}


def test_withdrawing_before_any_answer_tells_nobody(mission, told):
    commands.leave(builders.candidature(mission))
    assert told() == []


def test_the_bienveillant_is_not_told_of_their_own_stepping_down(zoe, told):
    elsewhere = builders.mission(builders.action(builders.bienveillant("Rose")))
    mine = builders.mission(builders.action(zoe))
    for mission in (elsewhere, mine):
        candidature = builders.candidature(mission, zoe)
        commands.decide(candidature, accepter, by=mission.action.bienveillant)
        commands.leave(candidature)
    assert told() == [("desistement", elsewhere.action.bienveillant.email)]


@pytest.mark.both
def test_a_cancelled_mission_tells_everyone_engaged_once_and_nothing_else(zoe, told, outbox):
    mission = builders.mission(builders.action(zoe))
    accepted, waiting, new = (builders.candidature(mission) for _ in range(3))
    gone = builders.candidature(mission)
    commands.leave(gone)
    commands.decide(accepted, accepter, by=zoe)
    commands.decide(waiting, mettre_en_attente, by=zoe)
    missions.decide(mission, annuler, by=zoe, motif="Pluie")
    assert sorted(told()) == sorted(("mission_annulee", c.personne.email) for c in (accepted, waiting, new))
    assert {m.faits["motif"] for m in outbox() if m.genre == "mission_annulee"} == {"Pluie"}
    assert all(m.du_le <= clock.now() for m in outbox())


def test_a_cancelled_action_tells_whoever_is_on_its_missions(zoe, told):
    action = builders.action(zoe)
    candidatures = [builders.candidature(builders.mission(action)) for _ in range(2)]
    actions.decide(action, processus.annuler, by=zoe, motif="Reportée")
    assert told() == [("mission_annulee", c.personne.email) for c in candidatures]


@pytest.mark.both
def test_nobody_s_mailbox_is_flooded_whoever_types_the_address(mission, outbox, settings):
    """Each candidature is recorded and its page follows it; an address that nobody proved gets ten messages an hour."""
    settings(rate_limits=True)
    made = {builders.candidature(mission, email="Victime@example.org").id for _ in range(12)}
    assert (len(made), len(outbox())) == (12, 10)
    awa = builders.personne("Awa Payet")
    for _ in range(12):
        builders.candidature(mission, awa)  # signed in, the address is theirs
    assert len(outbox()) == 22


def test_whose_action_somebody_else_stops_hears_of_it(zoe, told, outbox):
    admin = builders.personne("Root", [builders.ADMIN])
    for by in (zoe, admin):
        actions.decide(builders.action(zoe), processus.annuler, by=by, motif="Cyclone")
    assert told() == [("action_arretee", zoe.email)]
    assert [m.adresse for m in outbox() if m.genre == "demande_suite"] == ["dal@example.org"] * 2
    assert outbox()[-1].faits["motif"] == "Cyclone"


def test_whoever_holds_the_post_by_priority_is_told_of_its_cancelling_unless_they_cancel_it(zoe, told):
    admin = builders.personne("Root", [builders.ADMIN])
    for by in (zoe, admin):
        missions.decide(builders.referent_mission(builders.action(zoe), take_post=True), annuler, by=by, motif="Pluie")
    assert told() == [("mission_annulee", zoe.email)]


@pytest.mark.parametrize("etat", [Etat.CONFIRMEE, Etat.TERMINEE, Etat.FACTUREE, Etat.SOLDEE])
def test_what_the_demandeur_writes_is_read_though_whoever_carried_it_has_left(zoe, outbox, etat):
    """Their link stays open for a year, whatever became of the action."""
    action, bruno = builders.action(zoe), builders.bienveillant("Bruno Maillot")
    db.session.execute(update(Action).values(etat=etat))
    comptes.set_active(zoe, False, by=builders.personne("Ada Robert", [builders.ADMIN]))
    db.session.expire_all()
    echanges.write(action, texte="Bonjour, et merci.", cle="", by=None)
    assert [m.adresse for m in outbox() if f":{action.id}:ecrit:" in m.cle] == [bruno.email]
