"""A place that is held for somebody: taken in one tap, left, or lapsed; whatever ends their candidature ends it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.candidatures import attente, commands, offres
from portal.candidatures.models import Etat, Issue, accepter, refuser
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions.models import annuler
from portal.missions.queries import active_of
from portal.notifications.echeances import pass_time
from portal.workflow import TransitionRefused
from tests import builders
from tests.candidatures.test_waiting_list import HOUR, edit, held, mission, page_of, step_down, told, words, zoe

__all__ = ["mission", "zoe"]  # fixtures


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


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_of_an_offer_costs_the_same_for_a_line_of_one_or_many(client, mission, count_queries, n):
    line = [builders.in_line(mission) for _ in range(n)]
    builders.offer(line[0])
    for url, cost in ((page_of(line[0]), 5), (page_of(line[-1]), 5 if n == 1 else 6)):
        with count_queries() as statements:
            assert client.get(url).status_code == 200
        assert len(statements) == cost, statements  # the candidature, its answer, its offer, its places, the house; its rank
