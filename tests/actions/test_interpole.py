"""The way of an action to its pôle, then the validation by the interpôle: what each gesture does, and what it refuses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock, reglage
from portal.actions import avis, interpole
from portal.actions import commands as actions
from portal.actions.deliberation import Avis, Decision, Ou, Sens
from portal.actions.models import Etat, reading
from portal.comptes.commands import set_active
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles.models import Genre
from portal.workflow import MotifMissing, TransitionRefused
from tests import builders
from tests.builders import against, doubtful, favorable

MEETING = {"ou": Ou.REUNION, "le": date(2026, 3, 3), "presents": "Culture, Jardin", "compte_rendu": "Oui, sans amplis."}


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def house(app):
    """Four pôles of one member each."""
    return builders.interpole("Culture", "Jardin", "Sport", "Communs")


@pytest.fixture
def asked(zoe, house):
    """An action that is proposed to the pôle culture."""
    return builders.proposed(zoe, house["Culture"].pole)


@pytest.fixture
def open_action(zoe, house):
    return builders.in_validation(zoe, house["Culture"])


def journal(action):
    rows = select(EntreeJournal).where(EntreeJournal.action_id == action.id).order_by(EntreeJournal.id)
    return [(e.evenement, e.motif) for e in db.session.scalars(rows)]


# --- its pôle ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_an_action_is_proposed_to_a_pole_which_carries_it(zoe, house):
    reglage.change(reglage.DELAI_AVIS, 5, by=zoe)
    action = builders.action(zoe, confirmed=False)
    interpole.propose(action, house["Culture"].pole, by=zoe)
    assert (action.etat, action.pole_porteur.nom) == (Etat.PROPOSEE, "Culture")
    interpole.take(action, by=house["Culture"].member)
    last = clock.today() + timedelta(days=5)
    assert action.etat is Etat.EN_VALIDATION
    assert clock.local(action.avis_avant).isoformat() == f"{last}T23:59:59+04:00"


def test_a_pole_passes_it_to_another_with_a_reason_and_it_stays_proposed(asked, house):
    interpole.pass_on(asked, by=house["Culture"].member, motif="Trop de concerts.", to=house["Jardin"].pole)
    assert (asked.etat, asked.pole_porteur.nom) == (Etat.PROPOSEE, "Jardin")
    interpole.pass_on(asked, by=house["Jardin"].member, motif="Rien à planter.")
    assert (asked.etat, asked.pole_porteur) == (Etat.PROPOSEE, None)


def test_it_is_then_proposed_again(asked, house, zoe):
    interpole.pass_on(asked, by=house["Culture"].member, motif="Trop de concerts.")
    interpole.propose(asked, house["Sport"].pole, by=zoe)
    assert (asked.etat, asked.pole_porteur.nom) == (Etat.PROPOSEE, "Sport")
    assert journal(asked)[1:] == [
        ("action.proposer", ""),
        ("action.passer", "Trop de concerts."),
        ("action.reproposer", ""),
    ]


def test_the_trail_says_who_passed_it_to_whom_and_why(asked, house, zoe):
    interpole.pass_on(asked, by=house["Culture"].member, motif="Trop de concerts.", to=house["Jardin"].pole)
    interpole.pass_on(asked, by=house["Jardin"].member, motif="Rien à planter.")
    interpole.propose(asked, house["Sport"].pole, by=zoe)
    interpole.take(asked, by=house["Sport"].member)
    assert [(step.qui, step.fait, step.motif) for step in avis.trail(asked)] == [
        ("Zoé Hoarau", "Proposée au pôle Culture", ""),
        ("Membre de Culture", "Le pôle Culture la passe au pôle Jardin", "Trop de concerts."),
        ("Membre de Jardin", "Le pôle Jardin la passe, sans en désigner d’autre", "Rien à planter."),
        ("Zoé Hoarau", "Proposée au pôle Sport", ""),
        ("Membre de Sport", "Le pôle Sport la porte", ""),
    ]


def test_passing_on_wants_a_reason_and_another_pole(asked, house):
    for motif, pole, refusal in ((" ", None, MotifMissing), ("Non", house["Culture"].pole, interpole.AlreadyAsked)):
        with pytest.raises(refusal):
            interpole.pass_on(asked, by=house["Culture"].member, motif=motif, to=pole)
    assert asked.pole_porteur.nom == "Culture"


def test_a_groupe_and_an_empty_pole_are_asked_nothing(zoe, house):
    action = builders.action(zoe, confirmed=False)
    gone = builders.personne("Partie")
    nobody, groupe = builders.pole("Désert", members=[gone]), builders.pole("Cuisine", Genre.GROUPE, [zoe])
    set_active(gone, False, by=zoe)
    for pole in (nobody, groupe):
        with pytest.raises(interpole.NoVoice):
            interpole.propose(action, pole, by=zoe)
    assert action.etat is Etat.SOLLICITEE


def test_the_same_pole_is_not_asked_twice_in_a_row(asked, house, zoe):
    with pytest.raises(interpole.AlreadyAsked):
        interpole.propose(asked, house["Culture"].pole, by=zoe)


def test_a_pole_that_was_passed_over_meanwhile_answers_no_more(asked, house):
    """Its member's screen is of a moment ago."""
    interpole.pass_on(asked, by=house["Culture"].member, motif="Trop de concerts.")
    for answer in (interpole.take, lambda action, by: interpole.pass_on(action, by=by, motif="Non")):
        with pytest.raises(TransitionRefused):
            answer(asked, by=house["Culture"].member)


def test_what_the_interpole_validated_does_not_change_pole_on_the_sheet(open_action, house, zoe):
    interpole.decide(open_action, by=house["Sport"].member, favorable=True, **MEETING)
    fields = {"demandeur": {}, "pole_porteur_id": house["Jardin"].pole.id}
    with pytest.raises(actions.PoleAsked):
        actions.edit(open_action, by=zoe, read=reading(open_action.sheet), **fields)
    recorded = builders.action(zoe)
    actions.edit(recorded, by=zoe, read=reading(recorded.sheet), **fields)
    assert recorded.pole_id == house["Jardin"].pole.id


def test_while_a_pole_answers_the_sheet_does_not_name_another(asked, house, zoe):
    fields = {"demandeur": {}, "pole_porteur_id": house["Jardin"].pole.id}
    with pytest.raises(actions.PoleAsked):
        actions.edit(asked, by=zoe, read=reading(asked.sheet), **fields)
    actions.edit(asked, by=zoe, read=reading(asked.sheet), demandeur={}, lieu="Le jardin", pole_porteur_id=asked.pole_id)
    assert (asked.lieu, asked.pole_porteur.nom) == ("Le jardin", "Culture")


# --- the opinions --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_pole_gives_one_opinion_and_may_change_it(open_action, house):
    culture = house["Culture"]
    builders.opinion(open_action, culture, against("technique"))
    other = builders.personne("Autre membre")
    builders.join(other, culture.pole)
    interpole.give(open_action, culture.pole, by=other, **favorable())
    [row] = db.session.scalars(select(Avis))
    assert (row.sens, row.mot_technique, row.personne) == (Sens.FAVORABLE, "", other)
    assert [line for line, _ in journal(open_action)][-2:] == ["avis.donner", "avis.donner"]


def test_somebody_of_two_poles_gives_one_for_each(open_action, house):
    both = builders.personne("Des deux")
    for name in ("Sport", "Jardin"):
        builders.join(both, house[name].pole)
    interpole.give(open_action, house["Sport"].pole, by=both, **favorable())
    interpole.give(open_action, house["Jardin"].pole, by=both, **doubtful("ethique"))
    assert {row.pole.nom: row.sens for row in db.session.scalars(select(Avis))} == {
        "Sport": Sens.FAVORABLE,
        "Jardin": Sens.RESERVE,
    }


def test_the_same_opinion_sent_twice_is_written_once(open_action, house):
    for _ in range(2):
        builders.opinion(open_action, house["Sport"], favorable())
    assert [line for line, _ in journal(open_action)].count("avis.donner") == 1


def test_whoever_is_not_of_the_pole_does_not_speak_for_it(open_action, house):
    with pytest.raises(interpole.NotItsMember):
        interpole.give(open_action, house["Sport"].pole, by=house["Jardin"].member, **favorable())
    assert db.session.scalars(select(Avis)).all() == []


@pytest.mark.parametrize("said", [against("ethique", mot=" "), doubtful("technique", mot="")])
def test_a_doubt_explains_itself(open_action, house, said):
    with pytest.raises(interpole.CommentMissing):
        builders.opinion(open_action, house["Sport"], said)


def test_a_groupe_has_no_voice(open_action):
    ines = builders.personne("Inès")
    with pytest.raises(interpole.NoVoice):
        interpole.give(open_action, builders.pole("Cuisine", Genre.GROUPE, [ines]), by=ines, **favorable())


def test_after_the_close_nothing_is_said_or_changed(open_action, house):
    for name in ("Culture", "Jardin", "Sport"):
        builders.opinion(open_action, house[name], favorable())
    interpole.close(open_action, by=house["Sport"].member)
    for name in ("Sport", "Communs"):
        with pytest.raises(interpole.Closed):
            builders.opinion(open_action, house[name], against("technique"))


@pytest.mark.both
def test_the_database_holds_the_rules_of_an_opinion_too(open_action, house):
    """One for each pôle, and a comment with each doubt."""
    sport = {"action": open_action, "pole": house["Sport"].pole, "personne": house["Sport"].member}
    builders.opinion(open_action, house["Sport"], favorable())
    for wrong in ({**sport, **favorable()}, {**sport, "pole": house["Jardin"].pole, **against("ethique", mot="")}):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.add(Avis(**wrong))


# --- who is heard, who has answered --------------------------------------------------------------------------


def test_the_tally_counts_the_poles_that_have_somebody(open_action, house, zoe):
    set_active(house["Communs"].member, False, by=zoe)
    builders.pole("Cuisine", Genre.GROUPE, [zoe])
    builders.opinion(open_action, house["Sport"], doubtful("technique"))
    found = avis.tally(open_action, house["Jardin"].member)
    assert [(v.pole.nom, bool(v.avis), v.mine) for v in found.voix] == [
        ("Culture", False, False),
        ("Jardin", False, True),
        ("Sport", True, False),
    ]
    assert ([p.nom for p in found.owed], [p.nom for p in found.silent]) == (["Jardin"], ["Culture", "Jardin"])
    assert (found.quorum, found.missing, found.passes) == (3, 2, False)


@pytest.mark.parametrize(("set_to", "of_four"), [(1, 1), (3, 3), (4, 4), (30, 4)])
def test_the_quorum_is_never_more_than_there_are_voices(open_action, zoe, set_to, of_four):
    reglage.change(reglage.QUORUM, set_to, by=zoe)
    assert avis.tally(open_action).quorum == of_four


def test_without_a_voice_nothing_closes_online(zoe):
    assert avis.Tally([]).quorum == 1


def test_a_pole_that_lost_its_last_member_keeps_its_opinion(open_action, house, zoe):
    builders.opinion(open_action, house["Sport"], against("ethique"))
    set_active(house["Sport"].member, False, by=zoe)
    assert [pole.nom for pole in avis.tally(open_action).blocking] == ["Sport"]


# --- online --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_with_the_quorum_and_nobody_against_it_closes_as_validated(open_action, house):
    builders.opinion(open_action, house["Culture"], favorable())
    builders.opinion(open_action, house["Jardin"], doubtful("technique"))
    builders.opinion(open_action, house["Sport"], favorable())
    interpole.close(open_action, by=house["Communs"].member)
    [decision] = db.session.scalars(select(Decision))
    assert open_action.etat is Etat.VALIDEE
    assert (decision.ou, decision.le, decision.favorable, decision.par) == (
        Ou.EN_LIGNE,
        clock.today(),
        True,
        house["Communs"].member,
    )
    frozen = {row["pole"]: (row["technique"], row["par"]) for row in decision.avis.values()}
    assert frozen == {
        "Culture": ("favorable", house["Culture"].member.id),
        "Jardin": ("reserve", house["Jardin"].member.id),
        "Sport": ("favorable", house["Sport"].member.id),
    }
    event, motif = journal(open_action)[-1]
    assert (event, motif.startswith("En ligne, ")) == ("action.valider", True)


def test_before_the_quorum_it_does_not_close(open_action, house):
    builders.opinion(open_action, house["Culture"], favorable())
    with pytest.raises(interpole.QuorumMissing, match="Il manque 2 avis"):
        interpole.close(open_action, by=house["Sport"].member)
    with clock.freeze(open_action.avis_avant + timedelta(minutes=1)), pytest.raises(interpole.QuorumMissing, match="Le délai"):
        interpole.close(open_action, by=house["Sport"].member)
    assert open_action.etat is Etat.EN_VALIDATION


def test_one_pole_against_it_blocks_until_it_changes_its_mind(open_action, house):
    for name in ("Culture", "Jardin", "Sport"):
        builders.opinion(open_action, house[name], favorable())
    builders.opinion(open_action, house["Communs"], against("ethique"))
    with pytest.raises(interpole.Blocked, match="Pôle Communs"):
        interpole.close(open_action, by=house["Sport"].member)
    builders.opinion(open_action, house["Communs"], doubtful("ethique"))
    interpole.close(open_action, by=house["Sport"].member)
    assert open_action.etat is Etat.VALIDEE


def test_nobody_closes_the_validation_of_what_they_set_up(open_action, house, zoe):
    for name in ("Culture", "Jardin", "Sport"):
        builders.opinion(open_action, house[name], favorable())
    for decide in (interpole.close, lambda action, by: interpole.decide(action, by=by, favorable=True, **MEETING)):
        with pytest.raises(interpole.OwnAction):
            decide(open_action, by=zoe)


# --- in a meeting --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_meeting_validates_whatever_the_opinions(open_action, house):
    builders.opinion(open_action, house["Communs"], against("ethique"))
    interpole.decide(open_action, by=house["Sport"].member, favorable=True, **MEETING)
    [decision] = db.session.scalars(select(Decision))
    assert open_action.etat is Etat.VALIDEE
    assert {name: getattr(decision, name) for name in MEETING} == MEETING
    assert journal(open_action)[-1] == (
        "action.valider",
        "En réunion, 3\u00a0mars\u00a02026\u00a0: Oui, sans amplis.",
    )


def test_a_meeting_refuses_and_its_minute_is_the_reason(open_action, house):
    said = MEETING | {"ou": Ou.ROCKETCHAT, "compte_rendu": "Trop de bruit pour le voisinage.", "presents": ""}
    interpole.decide(open_action, by=house["Sport"].member, favorable=False, **said)
    [decision] = db.session.scalars(select(Decision))
    assert (open_action.etat, decision.favorable, decision.ou) == (Etat.REFUSEE, False, Ou.ROCKETCHAT)
    assert journal(open_action)[-1] == ("action.refuser", "Trop de bruit pour le voisinage.")


def test_a_decision_without_its_minute_is_none(open_action, house):
    with pytest.raises(MotifMissing):
        interpole.decide(open_action, by=house["Sport"].member, favorable=True, **MEETING | {"compte_rendu": " "})


def test_an_action_is_decided_once(open_action, house):
    interpole.decide(open_action, by=house["Sport"].member, favorable=True, **MEETING)
    with pytest.raises(TransitionRefused):
        interpole.decide(open_action, by=house["Jardin"].member, favorable=False, **MEETING)
    assert len(db.session.scalars(select(Decision)).all()) == 1


def test_nothing_is_decided_before_a_pole_carries_it(asked, house):
    with pytest.raises(TransitionRefused):
        interpole.decide(asked, by=house["Sport"].member, favorable=True, **MEETING)


# --- what waits for whom -------------------------------------------------------------------------------------


def test_what_awaits_the_poles_of_somebody(zoe, house):
    culture, jardin = house["Culture"], house["Jardin"]
    later = builders.in_validation(zoe, culture, titre="Plus tard", debut=builders.in_days(30), fin=builders.in_days(31))
    soon = builders.in_validation(zoe, culture, titre="Bientôt")
    proposed = builders.proposed(zoe, jardin.pole, titre="À porter")
    builders.join(jardin.member, culture.pole)
    builders.opinion(soon, culture, favorable())
    assert avis.asked_of(jardin.member).to_carry == [proposed]
    assert [(a.titre, p.nom) for a, p in avis.awaiting_opinion_of(jardin.member)] == [
        ("Bientôt", "Jardin"),
        ("Plus tard", "Culture"),
        ("Plus tard", "Jardin"),
    ]
    cook = builders.personne("Cuisinière")
    builders.pole("Cuisine", Genre.GROUPE, [cook])
    assert not avis.asked_of(cook)
    assert later in avis.pending()


@pytest.mark.parametrize("many", [1, 3])
def test_it_is_a_query_a_list_whatever_awaits(zoe, house, many, count_queries):
    for _ in range(many):
        builders.in_validation(zoe, house["Culture"])
        builders.proposed(zoe, house["Sport"].pole)
    reader = house["Sport"].member
    with count_queries() as asked:
        assert reader.id  # read again, after what the test prepared
        assert len(avis.asked_of(reader).opinions) == many
    assert len(asked) == 3
