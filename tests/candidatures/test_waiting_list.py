"""The waiting list: a place that frees is held for the first in line, for a day at most, then for the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, security
from portal.actions.models import reading
from portal.candidatures import attente, commands, offres
from portal.candidatures.models import Candidature, Etat, accepter, mettre_en_attente
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import UNDO, Affectation, Mission, annuler, fermer
from portal.notifications.echeances import pass_time
from portal.outbox import Message
from tests import builders

HOUR = timedelta(hours=1)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe) -> Mission:
    """One place, taken by somebody who knows."""
    mission = builders.mission(builders.action(zoe), places=1, titre="Vaisselle")
    accept(builders.candidature(mission, nom="Awa Payet"), zoe)
    return mission


def accept(candidature: Candidature, zoe) -> Candidature:
    with clock.freeze(clock.now() - HOUR):
        commands.decide(candidature, accepter, by=zoe)
    return candidature


def step_down(mission: Mission) -> None:
    """Whoever holds the place leaves it, then time passes as the worker sees it."""
    [holder] = db.session.scalars(select(Candidature).where(Candidature.etat == Etat.ACCEPTEE)).all()
    commands.leave(holder)
    db.session.commit()
    pass_time()
    db.session.expire_all()


def edit(mission: Mission, zoe, **fields: object) -> None:
    sheet = mission.sheet
    missions.edit(mission, by=zoe, read=reading(sheet), announced=True, **(sheet | fields))
    db.session.commit()


def held(mission: Mission) -> list[Candidature]:
    """For whom places of the mission are held; the counter says as many."""
    db.session.expire_all()
    offered = offres.open_offers(mission)
    active = select(Affectation).where(Affectation.mission_id == mission.id, Affectation.libere_le.is_(None))
    assert mission.prises == len(offered) + len(db.session.scalars(active).all())
    return [offre.candidature for offre in offered]


def page_of(candidature: Candidature, slug: str = "", purpose: str = "candidature") -> str:
    return f"/candidatures/suivi/{security.seal(purpose, candidature.id, candidature.generation)}" + (slug and f"/{slug}")


def words(answer) -> str:
    return " ".join(BeautifulSoup(answer.text, "html5lib").main.get_text(" ").split())


def told(outbox) -> list[tuple[str, str]]:
    """What the waiting list made the portal write, and to whom."""
    genres = {"place_offerte", "offre_expiree", "place_prise"}
    return [(m.genre, m.adresse) for m in outbox() if m.genre in genres]


# --- who is offered a place, and when ------------------------------------------------------------------------


@pytest.mark.both
def test_a_place_that_frees_is_held_for_the_first_in_line_and_for_nobody_else(mission, outbox):
    first, second = (builders.in_line(mission) for _ in range(2))
    step_down(mission)
    assert held(mission) == [first]
    assert (first.etat, second.etat, mission.is_full) == (Etat.LISTE_ATTENTE, Etat.LISTE_ATTENTE, True)
    assert told(outbox) == [("place_offerte", first.personne.email)]  # never a broadcast


@pytest.mark.both
def test_the_order_is_the_one_in_which_they_were_put_on_the_list(mission, zoe):
    early, late = (builders.candidature(mission) for _ in range(2))
    for ago, candidature in ((5, late), (4, early)):
        with clock.freeze(clock.now() - ago * HOUR):
            commands.decide(candidature, mettre_en_attente, by=zoe)
    assert [offres.position(c) for c in (early, late)] == [2, 1]
    step_down(mission)
    assert held(mission) == [late]


@pytest.mark.both
def test_several_places_added_are_several_offers(mission, zoe):
    line = [builders.in_line(mission) for _ in range(3)]
    edit(mission, zoe, places=3)
    pass_time()
    assert held(mission) == line[:2]
    assert (mission.a_offrir, mission.left) == (0, 0)


def test_a_place_kept_back_from_the_start_is_offered_to_nobody(zoe):
    mission = builders.mission(builders.action(zoe), places=2)
    builders.in_line(mission)
    db.session.commit()
    pass_time()
    assert held(mission) == []


def test_a_place_that_nobody_waits_for_is_open_to_all(mission):
    builders.candidature(mission)  # without an answer: in no line
    step_down(mission)
    assert (mission.a_offrir, mission.left) == (0, 1)
    late = builders.in_line(mission)
    pass_time()
    assert (held(mission), late.etat) == ([], Etat.LISTE_ATTENTE)


def test_whoever_was_not_told_yet_is_in_line_but_is_offered_nothing(mission, zoe):
    """« Annuler » may still take the answer back; the place waits for its two minutes."""
    candidature = builders.candidature(mission)
    commands.decide(candidature, mettre_en_attente, by=zoe)
    step_down(mission)
    assert (held(mission), mission.a_offrir) == ([], 1)
    behind = builders.in_line(mission)
    edit(mission, zoe, places=3)
    pass_time()
    assert (held(mission), mission.a_offrir) == ([behind], 2)
    with clock.freeze(clock.now() + UNDO):
        pass_time()
        assert (held(mission), mission.a_offrir) == ([behind, candidature], 0)


def test_an_acceptance_undone_in_its_two_minutes_frees_nothing_for_the_list(zoe):
    mission = builders.mission(builders.action(zoe), places=1)
    builders.in_line(mission)
    mistaken = builders.candidature(mission)
    commands.decide(mistaken, accepter, by=zoe)
    commands.undo(mistaken, by=zoe)
    db.session.commit()
    pass_time()
    assert (held(mission), mission.left) == ([], 1)


@pytest.mark.parametrize(("left", "lasts"), [(72, 24), (48, 24), (20, 10), (2, 1)])
def test_an_offer_lasts_a_day_and_never_past_half_the_time_left(mission, left, lasts):
    candidature = builders.in_line(mission)
    with clock.freeze(mission.debut - left * HOUR):
        step_down(mission)
        assert held(mission) == [candidature]
        assert offres.last_offer(candidature).expire_le == clock.now() + lasts * HOUR


def test_no_offer_in_the_last_hour_nor_once_it_has_begun_nor_when_it_is_cancelled(mission, zoe):
    builders.in_line(mission)
    with clock.freeze(mission.debut - HOUR):
        step_down(mission)
        attente.serve(mission.id)  # a worker that had looked a moment before
        assert held(mission) == []
    with clock.freeze(mission.debut + HOUR):
        attente.serve(mission.id)
        assert held(mission) == []
    missions.decide(mission, annuler, by=zoe, motif="Pluie")
    attente.serve(mission.id)
    assert held(mission) == []


def test_a_mission_closed_to_candidatures_still_serves_its_line(mission, zoe):
    candidature = builders.in_line(mission)
    missions.decide(mission, fermer, by=zoe)
    step_down(mission)
    assert held(mission) == [candidature]


def test_whom_the_priority_moved_is_never_offered_the_post_even_put_on_the_list_once(zoe):
    post = builders.referent_mission(builders.action(zoe))
    moved = builders.candidature(post)
    commands.decide(moved, mettre_en_attente, by=zoe)
    commands.undo(moved, by=zoe)
    missions.take(post, by=zoe)
    assert (moved.etat, moved.cedee, moved.rang_le) == (Etat.LISTE_ATTENTE, True, None)
    missions.give_back(post, by=zoe)
    db.session.commit()
    pass_time()
    assert (held(post), moved.etat) == ([], Etat.DEPOSEE)


def test_an_offer_holds_against_the_priority(as_, zoe):
    post = builders.referent_mission(builders.action(zoe))
    accept(builders.candidature(post), zoe)
    candidature = builders.in_line(post)
    step_down(post)
    answer = as_(zoe).post(f"/missions/{post.id}/prendre")
    assert answer.status_code == 409
    assert "proposé à la première personne de la liste d’attente" in words(answer)
    assert held(post) == [candidature]


def test_one_person_who_applied_twice_is_offered_one_place(mission, zoe):
    lea = builders.personne("Léa Grondin")
    twice = [builders.in_line(mission, lea) for _ in range(2)]
    edit(mission, zoe, places=3)
    pass_time()
    assert held(mission) == twice[:1]
    assert mission.a_offrir == 0  # open to all


# --- where it is seen ----------------------------------------------------------------------------------------


def test_the_page_says_one_s_place_in_line(client, mission):
    line = [builders.in_line(mission) for _ in range(3)]
    assert "Tu es en tête de la liste d’attente" in words(client.get(page_of(line[0])))
    assert "Tu es 3ᵉ sur la liste d’attente" in words(client.get(page_of(line[2])))
    commands.leave(line[0])
    assert "Tu es 2ᵉ sur la liste d’attente" in words(client.get(page_of(line[2])))


def test_the_queue_shows_the_line_in_its_order_and_what_is_offered_until_when(as_, zoe, mission):
    early = builders.candidature(mission, nom="Awa")
    first, lapsed = builders.in_line(mission, nom="Léa"), builders.in_line(mission, nom="Ali")
    commands.decide(early, mettre_en_attente, by=zoe)
    builders.offer(first)
    lapsed.rang_le = None
    soup = BeautifulSoup(as_(zoe).get("/candidatures/?etat=liste_attente").text, "html5lib")
    rows = soup.select("li.candidature")
    assert [li["id"] for li in rows] == [f"candidature-{c.id}" for c in (first, early, lapsed)]
    assert ["Place proposée" in rows[0].text, "Hors tour" in rows[1].text, "Hors tour" in rows[2].text] == [True, False, True]


@pytest.mark.parametrize("n", [1, 3])
def test_the_queue_of_those_who_wait_costs_the_same_for_one_or_many(as_, zoe, mission, count_queries, n):
    for _ in range(n):
        builders.offer(builders.in_line(builders.mission(mission.action), builders.personne()))
    client = as_(zoe)
    with count_queries() as statements:
        assert client.get("/candidatures/?etat=liste_attente").status_code == 200
    assert len(statements) == 6, statements  # the person; count, rows, clashes, past, how many wait for an answer


def test_the_step_down_message_says_that_the_list_is_being_served(mission, zoe):
    from portal.notifications import messages

    builders.in_line(mission)
    step_down(mission)
    message = db.session.scalars(select(Message).where(Message.genre == "desistement")).one()
    assert "La place est proposée dans l’ordre à la liste d’attente" in messages.render("desistement", message.faits).texte
