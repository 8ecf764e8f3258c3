"""Who hears of the way of an action to its pôle and of its validation, when, and once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock, filters
from portal.actions import interpole
from portal.actions.deliberation import Avis, Decision, Ou
from portal.actions.models import Etat
from portal.comptes import commands as comptes
from portal.comptes.commands import set_active
from portal.db import db
from portal.notifications import messages, queries
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Poids
from tests import builders
from tests.builders import against, doubtful, favorable


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport")


@pytest.fixture
def told(outbox):
    """[(genre, to whom)] since the last look."""
    seen = [0]

    def look() -> list[tuple[str, int | None]]:
        rows = outbox()[seen[0] :]
        seen[0] += len(rows)
        return [(row.genre, row.personne_id) for row in rows]

    look()
    return look


def of(house, *noms: str) -> list[int]:
    return sorted(house[nom].member.id for nom in noms)


def test_the_members_of_the_pole_that_is_asked_hear_of_it(zoe, house, told, outbox):
    other = builders.personne("Autre")
    builders.join(other, house["Jardin"].pole)
    told()
    builders.proposed(zoe, house["Jardin"].pole)
    assert sorted(told(), key=str) == sorted((("action_proposee", id) for id in (*of(house, "Jardin"), other.id)), key=str)
    assert {row.poids for row in outbox() if row.genre == "action_proposee"} == {Poids.ORDINAIRE}


def test_passed_on_the_next_pole_and_the_bienveillant_hear_of_it(zoe, house, told):
    action = builders.proposed(zoe, house["Jardin"].pole)
    told()
    interpole.pass_on(action, by=house["Jardin"].member, motif="Rien à planter.", to=house["Sport"].pole)
    assert told() == [("action_proposee", house["Sport"].member.id), ("action_passee", zoe.id)]
    interpole.pass_on(action, by=house["Sport"].member, motif="Pas nous.")
    assert told() == [("action_passee", zoe.id)]


def test_once_carried_the_members_of_all_the_poles_are_asked_for_an_opinion_once_each(zoe, house, told):
    action = builders.proposed(zoe, house["Jardin"].pole)
    builders.join(house["Sport"].member, house["Culture"].pole)
    told()
    interpole.take(action, by=house["Jardin"].member)
    asked = {("avis_demande", id): 1 for id in of(house, "Culture", "Sport")}
    assert Counter(told()) == Counter(asked | {("action_portee", zoe.id): 1})


def test_a_bienveillant_who_answers_for_the_pole_knows(zoe, house, told):
    builders.join(zoe, house["Jardin"].pole)
    action = builders.proposed(zoe, house["Jardin"].pole)
    told()
    interpole.take(action, by=zoe)
    assert "action_portee" not in {genre for genre, _ in told()}


def test_what_is_said_of_the_pole_that_carries_it_is_true_when_it_leaves(zoe, house, outbox):
    action = builders.in_validation(zoe, house["Culture"])
    [message] = [m for m in outbox() if m.genre == "action_portee"]
    said = messages.render(message.genre, message.faits).texte
    assert "Le pôle Culture porte" in said
    assert f"jusqu’au {filters.jour_long(action.avis_avant)}" in said
    action.etat = Etat.VALIDEE
    with pytest.raises(Outdated):
        messages.render(message.genre, message.faits)


def test_the_bienveillant_hears_of_each_pole_that_is_against_it(zoe, house, told):
    action = builders.in_validation(zoe, house["Culture"])
    told()
    for said, heard in ((favorable(), 0), (doubtful("ethique"), 0), (against("ethique"), 1)):
        builders.opinion(action, house["Sport"], said)
        assert told() == [("avis_defavorable", zoe.id)] * heard


def test_the_bienveillant_hears_of_the_decision(zoe, house, told):
    said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": "Dit en réunion."}
    for verdict, genre in ((True, "action_validee"), (False, "action_arretee")):
        action = builders.in_validation(zoe, house["Culture"])
        told()
        interpole.decide(action, by=house["Sport"].member, favorable=verdict, **said)
        assert set(told()) == {(genre, zoe.id), ("demande_suite", None)}


# --- the day before the last ------------------------------------------------------------------------------------


@pytest.mark.both
def test_silent_poles_are_reminded_the_day_before_the_last_once(zoe, house, told):
    action = builders.in_validation(zoe, house["Culture"])
    builders.opinion(action, house["Culture"], favorable())
    gone = builders.personne("Partie")
    builders.join(gone, house["Sport"].pole)
    set_active(gone, False, by=zoe)
    assert action.avis_avant
    action.repondue_le = clock.now()
    eve = action.avis_avant - timedelta(hours=38)
    told()
    db.session.commit()
    with clock.freeze(eve - timedelta(minutes=1)):
        pass_time()
        assert told() == []
    for later in (1, 2, 60 * 24):
        with clock.freeze(eve + timedelta(minutes=later)):
            pass_time()
    assert sorted(told()) == sorted(("avis_rappel", id) for id in of(house, "Jardin", "Sport"))


def test_ten_in_the_morning_is_when_the_day_before_begins(zoe, house):
    action = builders.in_validation(zoe, house["Culture"])
    first = clock.local(action.avis_avant).replace(hour=10, minute=0, second=0) - timedelta(days=1)
    for instant, due in ((first - timedelta(seconds=2), []), (first, [action.id]), (action.avis_avant, [])):
        with clock.freeze(instant):
            assert queries.opinions_to_remind() == due


def test_once_decided_nobody_is_reminded(zoe, house, told):
    action = builders.in_validation(zoe, house["Culture"])
    said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": "Oui."}
    interpole.decide(action, by=house["Sport"].member, favorable=True, **said)
    told()
    db.session.commit()
    assert action.avis_avant
    with clock.freeze(action.avis_avant - timedelta(hours=5)):
        pass_time()
        assert told() == []


# --- no pôle says anything --------------------------------------------------------------------------------------


def pass_days(*days: float) -> None:
    db.session.commit()
    start = clock.now()
    for day in days:
        with clock.freeze(start + timedelta(days=day)):
            pass_time()


def late(told) -> list[tuple[str, int]]:
    """Of what was told since the last time, what is of a pôle that has not answered."""
    return [(genre, who) for genre, who in told() if genre == "action_sans_porteur"]


@pytest.mark.both
def test_when_no_pole_takes_it_in_time_the_bienveillant_hears_of_it_once(zoe, house, told):
    builders.proposed(zoe, house["Jardin"].pole)
    told()
    pass_days(6.9)
    assert late(told) == []
    pass_days(7.1, 7.2, 12)
    assert late(told) == [("action_sans_porteur", zoe.id)]


def test_proposed_to_another_the_delay_begins_again(zoe, house, told):
    action = builders.proposed(zoe, house["Jardin"].pole)
    with clock.freeze(clock.now() + timedelta(days=6)):
        interpole.propose(action, house["Sport"].pole, by=zoe)
    told()
    pass_days(8, 12.9)
    assert late(told) == []
    pass_days(13.1)
    assert late(told) == [("action_sans_porteur", zoe.id)]


@pytest.mark.parametrize("to_nobody", [True, False])
def test_what_is_late_says_whose_turn_it_is(zoe, house, outbox, to_nobody):
    action = builders.proposed(zoe, house["Jardin"].pole)
    if to_nobody:
        interpole.pass_on(action, by=house["Jardin"].member, motif="Pas nous.")
    pass_days(8)
    [message] = [m for m in outbox() if m.genre == "action_sans_porteur"]
    said = messages.render(message.genre, message.faits).texte
    assert ("aucun pôle n’est sollicité" in said) is to_nobody
    assert ("le pôle Jardin n’a pas dit" in said) is not to_nobody


def test_taken_in_time_nothing_is_late(zoe, house, told):
    interpole.take(builders.proposed(zoe, house["Jardin"].pole), by=house["Jardin"].member)
    told()
    pass_days(8)
    assert "action_sans_porteur" not in {genre for genre, _ in told()}


def test_without_a_bienveillant_all_of_them_hear_of_it(zoe, house, told):
    rose = builders.bienveillant("Rose Técher")
    builders.proposed(zoe, house["Jardin"].pole)
    comptes.set_active(zoe, False, by=rose)
    told()
    pass_days(8)
    assert late(told) == [("action_sans_porteur", rose.id)]


# --- somebody erased --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_what_was_said_names_somebody_erased_no_more(zoe, house):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    action = builders.in_validation(zoe, house["Culture"])
    builders.opinion(action, house["Sport"], against("ethique", "Vu avec Membre de Jardin."))
    said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": "Membre de Jardin est d’accord."}
    interpole.decide(action, by=house["Sport"].member, favorable=True, presents="Membre de Jardin, Zoé", **said)
    comptes.erase(house["Jardin"].member, by=ada)
    db.session.expire_all()
    opinion, decision = db.session.scalars(select(Avis)).one(), db.session.scalars(select(Decision)).one()
    assert opinion.mot_ethique == "Vu avec (effacé)."
    assert (decision.presents, decision.compte_rendu) == ("(effacé), Zoé", "(effacé) est d’accord.")
