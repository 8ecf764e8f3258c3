"""The bienveillant decides in a queue: one by one, in bulk, never overbooking anyone, never their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock
from portal.candidatures import commands
from portal.candidatures.models import DECISIONS, Candidature, Etat, accepter, mettre_en_attente, refuser
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import Affectation, annuler
from portal.outbox import Message
from tests import builders

HTMX = {"HX-Request": "true"}


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), places=1)


def seats() -> int:
    return db.session.scalar(select(func.count(Affectation.id)).where(Affectation.libere_le.is_(None))) or 0


def row_of(html: str, id: int):
    return BeautifulSoup(html, "html5lib").select_one(f"#candidature-{id}")


@pytest.mark.both
def test_accepting_gives_the_place_and_a_message_due_in_two_minutes(as_, zoe, mission):
    candidature = builders.candidature(mission)
    answer = as_(zoe).post(f"/candidatures/{candidature.id}/accepter", data={"mot": "À bientôt"})
    assert (answer.status_code, answer.location) == (303, "/candidatures/")
    db.session.expire_all()
    assert (candidature.etat, mission.prises, seats()) == (Etat.ACCEPTEE, 1, 1)
    message = db.session.scalars(select(Message).where(Message.genre == "candidature_reponse")).one()
    assert message.cle == candidature.answer_key
    assert timedelta(seconds=110) < message.du_le - clock.now() <= timedelta(minutes=2)


@pytest.mark.both
def test_undone_in_time_nobody_was_told_anything(as_, zoe, mission):
    candidature = builders.candidature(mission)
    client = as_(zoe)
    client.post(f"/candidatures/{candidature.id}/accepter")
    client.post(f"/candidatures/{candidature.id}/annuler")
    db.session.expire_all()
    assert (candidature.etat, mission.prises, seats()) == (Etat.DEPOSEE, 0, 0)
    assert db.session.scalars(select(Message.genre)).all() == ["candidature_recue"]


@pytest.mark.both
@pytest.mark.parametrize("transition", [accepter, refuser], ids=lambda t: t.slug)
def test_undone_in_time_who_waited_on_the_list_waits_there_still(as_, zoe, mission, transition):
    """They were told the waiting list an hour ago: their page says so all along, and their place on it is kept."""
    candidature = builders.candidature(mission, zoe_s_friend := builders.personne())
    with clock.freeze(clock.now() - timedelta(hours=1)):
        commands.decide(candidature, mettre_en_attente, by=zoe)
    candidature.cedee = True
    commands.decide(candidature, transition, by=zoe, motif="Complet")
    mine = as_(zoe_s_friend).get("/moi/").text
    assert Etat.LISTE_ATTENTE.label in mine
    assert transition.target.label not in mine
    as_(zoe).post(f"/candidatures/{candidature.id}/annuler")
    db.session.expire_all()
    assert (candidature.etat, candidature.cedee, mission.prises) == (Etat.LISTE_ATTENTE, True, 0)


def test_without_javascript_a_word_says_what_was_decided_and_takes_it_back(as_, zoe, mission):
    candidature = builders.candidature(mission, nom="Léa Grondin")
    client = as_(zoe)
    page = client.post(f"/candidatures/{candidature.id}/accepter", follow_redirects=True)
    toast = BeautifulSoup(page.text, "html5lib").select_one("#toasts .toast")
    assert "Léa Grondin\u00a0: acceptée." in toast.get_text()
    assert client.post(toast.form["action"]).status_code == 303
    db.session.expire_all()
    assert (candidature.etat, mission.prises) == (Etat.DEPOSEE, 0)


@pytest.mark.both
def test_what_took_place_is_not_taken_back(as_, zoe, mission):
    post = builders.referent_mission(mission.action, take_post=True)
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    client = as_(zoe)
    with clock.freeze(mission.fin):
        assert client.post(f"/candidatures/{candidature.id}/liberer", data={"motif": "erreur"}).status_code == 409
        assert client.post(f"/missions/{post.id}/liberer", data={"motif": "erreur"}).status_code == 409
        assert "Libérer la place" not in client.get("/candidatures/?etat=acceptee").text
    db.session.expire_all()
    assert (candidature.etat, mission.prises, post.prises) == (Etat.ACCEPTEE, 1, 1)


def test_cancelled_before_they_were_told_yes_they_read_no_yes(zoe, mission):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    missions.decide(mission, annuler, by=zoe, motif="Pluie")
    assert candidature.etat is Etat.REFUSEE
    [told] = db.session.scalars(select(Message).where(Message.genre != "candidature_recue")).all()
    assert (told.genre, told.faits["etat"]) == ("mission_annulee", "refusee")


def test_once_the_message_may_have_left_the_answer_stands(as_, zoe, mission):
    candidature = builders.candidature(mission)
    client = as_(zoe)
    client.post(f"/candidatures/{candidature.id}/refuser", data={"motif": "Complet"})
    with clock.freeze(clock.now() + timedelta(minutes=3)):
        assert client.post(f"/candidatures/{candidature.id}/annuler").status_code == 409
    db.session.expire_all()
    assert candidature.etat is Etat.REFUSEE


def test_refusing_wants_a_reason(as_, zoe, mission):
    candidature = builders.candidature(mission)
    assert as_(zoe).post(f"/candidatures/{candidature.id}/refuser").status_code == 422
    db.session.expire_all()
    assert candidature.etat is Etat.DEPOSEE


@pytest.mark.both
def test_a_full_mission_refuses_and_the_row_says_why(as_, zoe, mission):
    first, second = builders.candidature(mission), builders.candidature(mission)
    client = as_(zoe)
    client.post(f"/candidatures/{first.id}/accepter")
    answer = client.post(f"/candidatures/{second.id}/accepter", headers=HTMX)
    assert answer.status_code == 422
    assert "complète" in row_of(answer.text, second.id).text
    db.session.expire_all()
    assert (second.etat, seats()) == (Etat.DEPOSEE, 1)


def test_a_clash_wants_a_tick(as_, zoe, mission):
    awa = builders.personne()
    elsewhere = builders.mission(mission.action, titre="Cuisine", places=1)
    commands.decide(builders.candidature(elsewhere, awa), accepter, by=zoe)
    candidature = builders.candidature(mission, awa)
    client = as_(zoe)
    assert "Cuisine" in str(row_of(client.get("/candidatures/").text, candidature.id))
    assert client.post(f"/candidatures/{candidature.id}/accepter").status_code == 409
    client.post(f"/candidatures/{candidature.id}/accepter", data={"malgre_chevauchement": "1"})
    db.session.expire_all()
    assert candidature.etat is Etat.ACCEPTEE


def test_back_to_back_is_no_clash(as_, zoe, mission):
    awa = builders.personne()
    after = builders.mission(mission.action, debut=mission.fin, fin=mission.fin + timedelta(hours=2))
    commands.decide(builders.candidature(after, awa), accepter, by=zoe)
    candidature = builders.candidature(mission, awa)
    assert as_(zoe).post(f"/candidatures/{candidature.id}/accepter").status_code == 303


@pytest.mark.both
def test_in_bulk_each_row_answers_for_itself_oldest_first(as_, zoe, mission):
    early, late = builders.candidature(mission), builders.candidature(mission)
    awa = builders.personne()
    elsewhere = builders.mission(mission.action, titre="Cuisine")
    commands.decide(builders.candidature(elsewhere, awa), accepter, by=zoe)
    clashing = builders.candidature(builders.mission(mission.action, titre="Bar"), awa)
    client = as_(zoe)
    answer = client.post(
        "/candidatures/lot", data={"id": [late.id, clashing.id, early.id], "decision": "accepter"}, headers=HTMX
    )
    assert "1 acceptée, 2 non\u00a0: complet, chevauchement" in answer.text
    db.session.expire_all()
    assert [c.etat for c in (early, late, clashing)] == [Etat.ACCEPTEE, Etat.DEPOSEE, Etat.DEPOSEE]
    assert "complète" in str(row_of(answer.text, late.id))


def test_the_next_page_is_the_queue_s_whatever_was_just_posted(as_, zoe):
    mission = builders.mission(builders.action(zoe), places=60)
    made = [builders.candidature(mission).id for _ in range(52)]
    client, form = as_(zoe), {"decision": "accepter", "id": made[:1]}
    answer = client.post("/candidatures/lot?mission=1", data=form, headers=HTMX)
    link = BeautifulSoup(answer.text, "html5lib").select_one(".pagination [rel=next]")
    assert link["href"] == "/candidatures/?mission=1&page=2"


def test_a_bulk_with_a_stranger_s_row_changes_nothing(as_, zoe, mission):
    mine = builders.candidature(mission)
    other = builders.candidature(builders.mission(builders.action(builders.bienveillant("Rose"))))
    answer = as_(zoe).post("/candidatures/lot", data={"id": [mine.id, other.id], "decision": "accepter"})
    assert answer.status_code == 404
    db.session.expire_all()
    assert (mine.etat, other.etat) == (Etat.DEPOSEE, Etat.DEPOSEE)


@pytest.mark.parametrize("transition", DECISIONS, ids=lambda t: t.slug)
def test_nobody_decides_on_their_own_candidature(as_, zoe, mission, transition):
    signed_in = builders.candidature(mission, zoe)
    by_address = builders.candidature(mission, email=zoe.email.upper())
    client = as_(zoe)
    for own in (signed_in, by_address):
        assert client.post(f"/candidatures/{own.id}/{transition.slug}", data={"motif": "non"}).status_code == 403
    db.session.expire_all()
    assert {signed_in.etat, by_address.etat} == {Etat.DEPOSEE}


def test_the_row_alone_comes_back_and_is_the_page_s_own(as_, zoe, mission):
    one, two = builders.candidature(mission), builders.candidature(mission)
    client = as_(zoe)
    answer = client.post(f"/candidatures/{one.id}/mettre_en_attente", headers=HTMX)
    assert "<html" not in answer.text
    assert row_of(answer.text, two.id) is None
    fresh = row_of(client.get("/candidatures/?etat=liste_attente").text, one.id)
    strip = lambda li: [t for t in li.text.split() if t]  # noqa: E731
    assert strip(row_of(answer.text, one.id)) == strip(fresh)
    assert "1 attend ta réponse" in answer.text


@pytest.mark.parametrize("n", [1, 3])
def test_the_queue_costs_the_same_for_one_or_many(as_, zoe, mission, count_queries, n):
    for _ in range(n):
        builders.candidature(builders.mission(mission.action), builders.personne())
    client = as_(zoe)
    with count_queries() as statements:
        assert client.get("/candidatures/").status_code == 200
    assert len(statements) == 5, statements  # the person; count, rows, clashes, past


def test_the_queue_holds_what_a_decision_needs(as_, zoe, mission):
    awa = builders.personne("Awa Payet")
    past = builders.action(zoe, debut=builders.in_days(-10), fin=builders.in_days(-10, 12))
    done = builders.mission(past, published=False, places=1)
    with clock.freeze(builders.in_days(-11)):
        builders.hold(done, awa)
    candidature = builders.candidature(mission, awa, message="J’ai mon permis <b>bus</b>")
    row = row_of(as_(zoe).get("/candidatures/").text, candidature.id)
    for words in ("Awa Payet", "J’ai mon permis <b>bus</b>", "1 place", "1 participation", "à l’instant"):
        assert words in row.text


def test_oldest_first_and_only_one_s_own_actions(as_, zoe, mission):
    with clock.freeze(clock.now() - timedelta(days=2)):
        old = builders.candidature(mission)
    new = builders.candidature(mission)
    builders.candidature(builders.mission(builders.action(builders.bienveillant("Rose"))))
    soup = BeautifulSoup(as_(zoe).get("/candidatures/").text, "html5lib")
    assert [li["id"] for li in soup.select("li.candidature")] == [f"candidature-{c.id}" for c in (old, new)]


def test_the_filters_live_in_the_url(as_, zoe, mission):
    kept = builders.candidature(mission)
    other = builders.candidature(builders.mission(builders.action(zoe)))
    commands.decide(other, mettre_en_attente, by=zoe)
    client = as_(zoe)
    assert row_of(client.get(f"/candidatures/?mission={mission.id}&etat=toutes").text, other.id) is None
    assert row_of(client.get(f"/candidatures/?action={mission.action_id}").text, kept.id)
    assert row_of(client.get("/candidatures/?etat=liste_attente").text, other.id)


@pytest.mark.parametrize("etat", ["", "toutes"])
def test_the_heading_counts_what_the_filters_keep(as_, zoe, mission, etat):
    builders.candidature(mission)
    for _ in range(2):
        builders.candidature(builders.mission(builders.action(zoe)))
    client = as_(zoe)
    nothing = builders.mission(mission.action)
    for asked, said in (
        ("", "3 attendent ta réponse."),
        (f"mission={mission.id}", f"1 attend ta réponse pour «\u00a0{mission.titre}\u00a0»."),
        (f"action={mission.action_id}", f"1 attend ta réponse pour «\u00a0{mission.action.titre}\u00a0»."),
        (f"mission={nothing.id}", f"Rien n’attend ta réponse pour «\u00a0{nothing.titre}\u00a0»."),
        (f"mission={mission.id}&action={mission.action_id}", f"1 attend ta réponse pour «\u00a0{mission.titre}\u00a0»."),
        (f"mission={mission.id}&action=999999999", "Rien n’attend ta réponse ici."),
        ("mission=999999999", "Rien n’attend ta réponse ici."),
    ):
        soup = BeautifulSoup(client.get(f"/candidatures/?etat={etat}&{asked}").text, "html5lib")
        assert soup.select_one("#compteurs").text == said


@pytest.mark.parametrize("also", [[], [builders.BIENVEILLANT]], ids=["alone", "bienveillant"])
def test_an_admin_reads_the_queue_and_decides_nothing(as_, mission, also):
    """Nor is anything said to await them, whoever else they are."""
    admin = as_(builders.personne("Root", [builders.ADMIN, *also]))
    assert "Rien n’attend de réponse." in admin.get("/candidatures/").text
    candidature = builders.candidature(mission)
    page = BeautifulSoup(admin.get("/candidatures/").text, "html5lib")
    assert row_of(str(page), candidature.id)
    assert page.select_one("#compteurs").text == "1 attend une réponse."
    assert not page.select("#lot, .clavier")
    assert admin.post(f"/candidatures/{candidature.id}/accepter").status_code == 403


def test_the_last_one_of_a_page_once_answered_the_page_before_it_is_read(as_, zoe):
    mission = builders.mission(builders.action(zoe), places=60)
    made = [builders.candidature(mission).id for _ in range(51)]
    client, second = as_(zoe), "/candidatures/?mission=1&page=2"
    assert row_of(client.get(second).text, made[-1])
    answer = client.post(f"/candidatures/{made[-1]}/accepter?mission=1&page=2")
    assert answer.location == second
    assert client.get(second).location == "/candidatures/?mission=1&page=1"
    assert row_of(client.post("/candidatures/lot?mission=1&page=2", data={"decision": "accepter"}, headers=HTMX).text, made[0])


def test_freeing_an_accepted_place_wants_a_reason_and_tells(as_, zoe, mission):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    client = as_(zoe)
    assert client.post(f"/candidatures/{candidature.id}/liberer").status_code == 422
    client.post(f"/candidatures/{candidature.id}/liberer", data={"motif": "Mission raccourcie"})
    db.session.expire_all()
    assert (candidature.etat, mission.prises) == (Etat.LIBEREE, 0)


def test_a_second_answer_finds_it_already_dealt_with(as_, zoe, mission):
    candidature = builders.candidature(mission)
    client = as_(zoe)
    client.post(f"/candidatures/{candidature.id}/accepter")
    assert client.post(f"/candidatures/{candidature.id}/mettre_en_attente").status_code == 409
    assert db.session.get(Candidature, candidature.id)
