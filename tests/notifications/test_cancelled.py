"""A mission or an action that falls: everyone engaged hears of it, once, and nobody else."""

from __future__ import annotations

from collections import Counter

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions import deliberation, interpole, processus, retroplanning
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.candidatures import commands
from portal.candidatures.models import Candidature, accepter, mettre_en_attente, refuser
from portal.missions import commands as missions
from portal.missions.models import annuler
from portal.missions.queries import active_of, of_action
from portal.notifications import messages
from portal.poles.models import Genre
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
    actions.decide(action, processus.annuler, by=ada, motif="Cyclone")
    expected = {("mission_annulee", address): 1 for address in addresses} | {("action_arretee", zoe.email): 1}
    expected |= {("demande_suite", action.demandeur.email): 1}
    assert told() == expected


def test_a_post_held_by_priority_tells_its_holder_once(zoe, ada, told):
    post = builders.referent_mission(builders.action(zoe), take_post=True)
    missions.decide(post, annuler, by=ada, motif="Pluie")
    assert told() == {("mission_annulee", zoe.email): 1}


# --- who still had something to do for it --------------------------------------------------------------------


def without_suite(told) -> list[str]:
    return sorted(address for (genre, address), n in told().items() for _ in range(n) if genre == "action_sans_suite")


@pytest.mark.parametrize("slug", ["annuler", "refuser", "decliner"])
def test_a_pole_that_is_asked_to_carry_it_hears_that_it_stops(zoe, told, slug):
    house = builders.interpole("Culture", "Sport")
    action = builders.proposed(zoe, house["Culture"].pole)
    told()
    actions.decide(action, processus.WORKFLOW.get(slug), by=zoe, motif="Pluie")
    assert without_suite(told) == [house["Culture"].member.email]


@pytest.mark.both
def test_all_who_are_asked_for_an_opinion_hear_of_it_once_but_for_whoever_stops_it(zoe, told):
    house = builders.interpole("Culture", "Sport", "Jardin")
    action = builders.in_validation(zoe, house["Culture"])
    builders.join(house["Sport"].member, house["Culture"].pole)
    builders.join(zoe, house["Jardin"].pole)
    builders.opinion(action, house["Jardin"], builders.favorable())
    told()
    actions.decide(action, processus.annuler, by=zoe, motif="Pluie")
    assert without_suite(told) == sorted(voice.member.email for voice in house.values())


def test_the_interpole_is_not_told_what_it_decided(zoe, told):
    house = builders.interpole("Culture", "Sport")
    action = builders.in_validation(zoe, house["Culture"])
    minute = {"ou": deliberation.Ou.REUNION, "le": clock.today(), "compte_rendu": "Non."}
    interpole.decide(action, by=house["Sport"].member, favorable=False, **minute)
    assert without_suite(told) == []


def test_a_pole_that_was_only_thought_of_hears_nothing(zoe, told):
    culture = builders.interpole("Culture")["Culture"].pole
    action = builders.action(zoe, confirmed=False, pole_porteur=culture)
    actions.decide(action, processus.annuler, by=zoe, motif="Pluie")
    assert without_suite(told) == []


def test_a_groupe_that_still_had_to_answer_hears_of_it_and_one_that_promised_hears_of_its_need(zoe, told):
    gina, paul = builders.personne("Gina Payet"), builders.personne("Paul Maillot")
    action = builders.action(zoe)
    builders.besoin(action, builders.pole("Mobilier", Genre.GROUPE, members=[gina]))
    promised = builders.besoin(action, builders.pole("Cuisine", Genre.GROUPE, members=[paul]))
    builders.besoin(action, builders.pole("Jardin", members=[builders.personne()]), asked=False)
    besoins.answer(promised, confirmer, by=paul)
    told()
    actions.decide(action, processus.annuler, by=zoe, motif="Pluie")
    found = told()
    assert [key for key in found if key[0] in {"action_sans_suite", "besoin_libere"}] == [
        ("besoin_libere", paul.email),
        ("action_sans_suite", gina.email),
    ]


def test_the_owner_of_a_task_hears_of_it_without_a_link_that_does_not_open(zoe, told, outbox):
    awa, lea = builders.personne("Awa Payet"), builders.personne("Léa Grondin")
    action = builders.action(zoe)
    for titre, owner in (("Le pain", awa), ("Le vin", awa), ("Les verres", lea), ("Les nappes", zoe)):
        task = retroplanning.add(action, by=zoe, titre=titre, jours=3, responsable_id=owner.id)
        if owner is lea:
            retroplanning.do(task, by=lea)
    told()
    actions.decide(action, processus.annuler, by=zoe, motif="Pluie")
    assert without_suite(told) == [awa.email]
    [message] = [m for m in outbox() if m.genre == "action_sans_suite"]
    letter = messages.render(message.genre, message.faits).texte
    assert "Pluie" in letter
    assert "/actions/" not in letter


@pytest.mark.both
def test_the_minutes_of_the_interpole_stay_in_the_house(zoe, outbox):
    """The owner of a task who is not of it reads the word that was written for the demandeur."""
    rose, awa = builders.bienveillant("Rose Técher"), builders.personne("Awa Payet")
    house = builders.interpole("Culture")
    action = builders.in_validation(zoe, house["Culture"])
    for owner in (rose, awa):
        retroplanning.add(action, by=zoe, titre="Le pain", jours=3, responsable_id=owner.id)
    said = {"ou": deliberation.Ou.REUNION, "le": clock.today(), "favorable": False, "mot": "Une autre fois."}
    interpole.decide(action, by=house["Culture"].member, compte_rendu="Trop bruyant, dit Paul.", **said)
    told = {m.adresse: messages.render(m.genre, m.faits).texte for m in outbox() if m.genre == "action_sans_suite"}
    assert told.keys() == {rose.email, awa.email}
    assert "Trop bruyant" in told[rose.email]
    assert f"/actions/{action.id}" in told[rose.email]
    assert "Une autre fois." in told[awa.email]
    assert "Trop bruyant" not in told[awa.email]


def test_somebody_of_a_pole_has_the_link_of_its_sheet(zoe, outbox):
    action = builders.proposed(zoe, builders.interpole("Culture")["Culture"].pole)
    actions.decide(action, processus.annuler, by=zoe, motif="Pluie")
    [message] = [m for m in outbox() if m.genre == "action_sans_suite"]
    assert f"/actions/{action.id}" in messages.render(message.genre, message.faits).texte
