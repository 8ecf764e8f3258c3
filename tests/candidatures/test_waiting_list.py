"""The waiting list: a place that frees is held for the first in line, for a day at most, then for the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, security
from portal.actions.models import reading
from portal.candidatures import attente, commands, offres
from portal.candidatures.models import Candidature, Etat, Issue, accepter, mettre_en_attente, refuser
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions.models import UNDO, Affectation, Mission, annuler, fermer
from portal.missions.queries import active_of
from portal.notifications.echeances import pass_time
from portal.outbox import Message
from portal.workflow import TransitionRefused
from tests import builders

HTMX = {"HX-Request": "true"}
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


# --- taking it, leaving it, letting it lapse -----------------------------------------------------------------


@pytest.mark.both
def test_one_tap_takes_the_place_and_both_sides_are_told(client, mission, zoe, outbox):
    candidature = builders.in_line(mission)
    step_down(mission)
    page = client.get(page_of(candidature))
    assert "Une place est libre, elle est pour toi" in words(page)
    for _ in range(2):  # twice is once
        assert client.post(page_of(candidature, "prendre_place")).status_code == 303
    assert held(mission) == []
    assert (candidature.etat, mission.prises) == (Etat.ACCEPTEE, 1)
    assert active_of(mission, candidature.personne).is_told
    assert "on compte sur toi" in words(client.get(page_of(candidature)))
    assert told(outbox)[1:] == [("place_prise", zoe.email)]
    [yes] = [m for m in outbox() if m.genre == "candidature_reponse" and m.adresse == candidature.personne.email][1:]
    assert (yes.faits["etat"], yes.du_le <= clock.now()) == ("acceptee", True)
    deeds = select(EntreeJournal.personne_id).where(EntreeJournal.evenement == "candidature.prendre_place")
    assert db.session.scalars(deeds).all() == [candidature.personne_id]


@pytest.mark.both
def test_a_no_withdraws_and_the_next_is_served(client, mission):
    first, second = (builders.in_line(mission) for _ in range(2))
    step_down(mission)
    answer = client.post(page_of(first, "laisser_place"), follow_redirects=True)
    assert "la place va à la personne suivante" in answer.text
    pass_time()
    assert held(mission) == [second]
    assert (first.etat, offres.last_offer(first).issue) == (Etat.RETIREE, Issue.LAISSEE)


@pytest.mark.both
def test_silence_passes_it_to_the_next_and_leaves_the_person_out_of_turn(client, mission, outbox):
    first, second = (builders.in_line(mission) for _ in range(2))
    step_down(mission)
    with clock.freeze(offres.last_offer(first).expire_le):
        pass_time()
        assert held(mission) == [second]
        assert (first.etat, first.rang_le) == (Etat.LISTE_ATTENTE, None)
        assert told(outbox)[1:] == [("offre_expiree", first.personne.email), ("place_offerte", second.personne.email)]
        assert "hors tour" in words(client.get(page_of(first)))
        for _ in range(2):  # twice is once
            assert client.post(page_of(first, "revenir")).status_code == 303
        db.session.expire_all()
        assert first.rang_le == clock.now()
        assert "en tête de la liste d’attente" in words(client.get(page_of(first)))


def test_past_its_time_the_page_says_what_happens_next_even_before_the_worker_came(client, mission):
    candidature = builders.in_line(mission)
    step_down(mission)
    with clock.freeze(offres.last_offer(candidature).expire_le):
        answer = client.post(page_of(candidature, "prendre_place"))
        assert answer.status_code == 409
        assert "elle va à la personne suivante" in words(answer)
        assert "Revenir dans la liste" in words(answer)
        assert client.post(page_of(candidature, "revenir")).status_code == 303
        assert held(mission) == []
        assert (candidature.etat, candidature.rang_le) == (Etat.LISTE_ATTENTE, clock.now())


def test_one_comes_back_behind_those_who_stand_there(mission):
    lapsed, patient = (builders.in_line(mission) for _ in range(2))
    step_down(mission)
    with clock.freeze(offres.last_offer(lapsed).expire_le):
        attente.expire(offres.last_offer(lapsed).id)
        attente.come_back(lapsed)
        assert [offres.position(c) for c in (patient, lapsed)] == [1, 2]


def test_nobody_comes_back_who_was_not_out_of_turn(client, mission):
    assert client.post(page_of(builders.candidature(mission), "revenir")).status_code == 409
    assert client.post(page_of(builders.in_line(mission), "revenir")).status_code == 409


def test_nothing_offered_nothing_taken(client, mission):
    for candidature in (builders.in_line(mission), builders.candidature(mission)):
        assert client.post(page_of(candidature, "prendre_place")).status_code == 409
    assert held(mission) == []


def test_a_clash_is_named_and_asks_for_a_tick(as_, client, mission, zoe):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    builders.hold(builders.mission(mission.action, titre="Cuisine"), lea)
    candidature = builders.in_line(mission, email="lea@example.org")  # not joined: nobody knows it is hers yet
    builders.offer(candidature)
    url = page_of(candidature, "prendre_place", "candidature.mail")
    answer = client.post(url)
    assert answer.status_code == 409
    assert "tu tiens déjà « Cuisine »" in words(answer)
    assert BeautifulSoup(answer.text, "html5lib").select_one("[name=malgre_chevauchement]")
    assert held(mission) == [candidature]
    assert client.post(url, data={"malgre_chevauchement": "1"}).status_code == 303
    db.session.expire_all()
    assert (candidature.etat, candidature.personne) == (Etat.ACCEPTEE, lea)


def test_a_stranger_with_the_page_s_link_takes_nothing_once_the_address_is_proved(client, mission):
    candidature = builders.in_line(mission, builders.personne("Léa Grondin"))
    builders.offer(candidature)
    page = words(client.get(page_of(candidature)))
    assert "Je prends la place" not in page
    for slug in ("prendre_place", "laisser_place", "revenir"):
        assert client.post(page_of(candidature, slug)).status_code == 403
    assert held(mission) == [candidature]


# --- what the house does meanwhile ---------------------------------------------------------------------------


@pytest.mark.both
def test_accepted_by_hand_they_get_the_place_that_was_held_and_undone_it_is_held_again(mission, zoe):
    candidature = builders.in_line(mission)
    offre = builders.offer(candidature)

    def situation() -> tuple[object, ...]:
        return held(mission), offre.id, offre.expire_le, candidature.rang_le, mission.prises, mission.a_offrir

    before = situation()
    commands.decide(candidature, accepter, by=zoe)
    assert (held(mission), mission.prises, offre.issue) == ([], 2, Issue.PRISE)
    commands.undo(candidature, by=zoe)
    assert situation() == before


def test_given_by_hand_a_minute_ago_their_own_tap_makes_it_certain(client, mission, zoe):
    candidature = builders.in_line(mission)
    builders.offer(candidature)
    commands.decide(candidature, accepter, by=zoe)
    assert "Je prends la place" in words(client.get(page_of(candidature)))  # nobody was told of the answer
    client.post(page_of(candidature, "prendre_place"))
    assert "on compte sur toi" in words(client.get(page_of(candidature)))
    with pytest.raises(commands.TooLate):
        commands.undo(candidature, by=zoe)
    assert active_of(mission, candidature.personne).is_told


@pytest.mark.both
@pytest.mark.parametrize("end", ["refused", "withdrawn", "cancelled"])
def test_whatever_ends_the_candidature_ends_its_offer(mission, zoe, end):
    candidature, following = (builders.in_line(mission) for _ in range(2))
    builders.offer(candidature)
    if end == "refused":
        commands.decide(candidature, refuser, by=zoe, motif="Complet")
        candidature.dite_le = clock.now()  # until they are told, the place is theirs
        attente.expire(offres.last_offer(candidature).id)
    elif end == "withdrawn":
        commands.leave(candidature)
    else:
        missions.decide(mission, annuler, by=zoe, motif="Pluie")
    db.session.commit()
    assert held(mission) == []
    with pytest.raises(TransitionRefused):
        attente.take_place(candidature)
    db.session.rollback()
    pass_time()
    assert held(mission) == ([] if end == "cancelled" else [following])


def test_moved_earlier_the_mission_hurries_its_offers_and_says_so(mission, zoe, outbox):
    candidature = builders.in_line(mission)
    builders.offer(candidature)
    db.session.commit()
    now = clock.now()
    with clock.freeze(now):
        edit(mission, zoe, debut=now + 10 * HOUR)
        assert offres.last_offer(candidature).expire_le == now + 5 * HOUR
        edit(mission, zoe, debut=mission.fin - HOUR)  # later again: what was said stays
        assert offres.last_offer(candidature).expire_le == now + 5 * HOUR
    assert told(outbox).count(("place_offerte", candidature.personne.email)) == 2
    assert [m.faits["fait"] for m in outbox() if m.genre == "place_offerte"] == ["proposer", "avancer"]


@pytest.mark.both
def test_joining_somebody_already_on_the_mission_gives_the_second_offer_up(client, mission, zoe):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    mission.places = 2
    builders.hold(mission, lea)
    double, following = builders.in_line(mission, email="lea@example.org"), builders.in_line(mission)
    builders.offer(double)
    client.post(page_of(double, "confirmer", "candidature.mail"))
    assert held(mission) == []
    pass_time()
    assert held(mission) == [following]


# --- where it is seen ----------------------------------------------------------------------------------------


def test_the_page_says_one_s_place_in_line(client, mission):
    line = [builders.in_line(mission) for _ in range(3)]
    assert "Tu es en tête de la liste d’attente" in words(client.get(page_of(line[0])))
    assert "Tu es 3ᵉ sur la liste d’attente" in words(client.get(page_of(line[2])))
    commands.leave(line[0])
    assert "Tu es 2ᵉ sur la liste d’attente" in words(client.get(page_of(line[2])))


def test_my_page_shows_the_offer_first_and_takes_it_in_one_tap(as_, mission):
    lea = builders.personne("Léa Grondin")
    candidature = builders.in_line(mission, lea)
    builders.offer(candidature)
    client = as_(lea)
    main = BeautifulSoup(client.get("/moi/").text, "html5lib").main
    assert main.select_one("section h2").get_text() == "Une place est libre, elle est pour toi"
    [tap] = [form for form in main.select("form") if "Je prends la place" in form.get_text()]
    assert client.post(tap["action"]).status_code == 303
    db.session.expire_all()
    assert candidature.etat is Etat.ACCEPTEE
    assert "Une place est libre" not in words(client.get("/moi/"))


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


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_of_an_offer_costs_the_same_for_a_line_of_one_or_many(client, mission, count_queries, n):
    line = [builders.in_line(mission) for _ in range(n)]
    builders.offer(line[0])
    for url, cost in ((page_of(line[0]), 5), (page_of(line[-1]), 5 if n == 1 else 6)):
        with count_queries() as statements:
            assert client.get(url).status_code == 200
        assert len(statements) == cost, statements  # the candidature, its answer, its offer, its places, the house; its rank


def test_the_step_down_message_says_that_the_list_is_being_served(mission, zoe):
    from portal.notifications import messages

    builders.in_line(mission)
    step_down(mission)
    message = db.session.scalars(select(Message).where(Message.genre == "desistement")).one()
    assert "La place est proposée dans l’ordre à la liste d’attente" in messages.render("desistement", message.faits).texte
