"""An answer that nobody was told shows nowhere: not on the page, not by trying doors, not through another mission."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.candidatures import attente, commands, offres
from portal.candidatures.models import accepter, refuser
from portal.candidatures.suivi import page_token
from portal.db import db
from portal.equipe import queries as equipe
from portal.missions import commands as missions
from portal.missions.models import annuler
from portal.missions.queries import active_of
from portal.notifications import worker
from portal.notifications.echeances import pass_time
from portal.outbox import Message
from tests import builders

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app):
    """She answers now, and sends later."""
    zoe = builders.bienveillant()
    zoe.repond_plus_tard = True
    return zoe


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), titre="Accueil du public", places=1)


def offered(mission):
    """Somebody in line for whom a place is held."""
    candidature = in_line(mission, builders.personne("Léa Grondin"))
    builders.offer(candidature)
    db.session.commit()
    return candidature


def in_line(mission, who=None):
    """Put there before the bienveillant chose to send later."""
    zoe = mission.action.bienveillant
    zoe.repond_plus_tard = False
    made = builders.in_line(mission, who)
    zoe.repond_plus_tard = True
    return made


def test_accepted_by_hand_then_taken_by_the_person_its_mail_leaves(zoe, mission, smtp):
    candidature = offered(mission)
    commands.decide(candidature, accepter, by=zoe)
    attente.take_place(candidature)
    db.session.commit()
    worker.run_once()
    assert [m for m in smtp.mails if "C’est oui" in m.message["Subject"]]
    assert active_of(mission, candidature.personne).is_told


def test_trying_the_door_of_an_offer_tells_nothing(zoe, mission, client):
    secret, waiting = (builders.candidature(to) for to in (mission, builders.mission(mission.action, titre="Autre")))
    commands.decide(secret, accepter, by=zoe)
    answers = [client.post(f"/candidatures/suivi/{page_token(c)}/prendre_place") for c in (secret, waiting)]
    assert {answer.status_code for answer in answers} == {409}
    db.session.expire_all()
    assert secret.is_undoable


def test_a_place_they_do_not_know_of_is_not_named_to_them(zoe, mission):
    candidature = offered(mission)
    secret = builders.mission(mission.action, titre="SECRETE")
    commands.decide(builders.candidature(secret, candidature.personne), accepter, by=zoe)
    attente.take_place(candidature)  # nothing that they know of is at that hour
    assert candidature.etat == "acceptee"


def test_a_mission_cancelled_meanwhile_is_told_as_such(zoe, mission, outbox):
    candidature = builders.candidature(mission)
    commands.decide(candidature, refuser, by=zoe, motif="Complet")
    missions.decide(mission, annuler, by=zoe, motif="Cyclone")
    assert [m.genre for m in outbox()] == ["candidature_recue", "mission_annulee"]


def test_refused_the_held_place_stays_theirs_until_they_are_told(zoe, mission):
    candidature, following = offered(mission), in_line(mission)
    commands.decide(candidature, refuser, by=zoe, motif="Complet")
    db.session.commit()
    pass_time()
    assert offres.last_offer(candidature).is_open
    commands.undo(candidature, by=zoe)
    assert (candidature.etat, offres.last_offer(candidature).is_open) == ("liste_attente", True)
    commands.decide(candidature, refuser, by=zoe, motif="Complet")
    commands.announce([candidature], by=zoe)
    db.session.commit()
    pass_time()
    assert not offres.last_offer(candidature).is_open
    assert offres.last_offer(following).is_open


def test_their_agenda_file_is_not_there_before_they_are_told(zoe, mission, as_):
    lea = builders.personne("Léa Grondin")
    commands.decide(builders.candidature(mission, lea), accepter, by=zoe)
    held = active_of(mission, lea)
    assert as_(lea).get(f"/moi/missions/{held.id}.ics").status_code == 404


def test_back_in_line_while_a_place_is_free_they_are_offered_it(zoe, mission):
    candidature = offered(mission)
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=2)):
        pass_time()
        attente.come_back(candidature)
        db.session.commit()
        pass_time()
        assert offres.last_offer(candidature).is_open


def test_leaving_shows_nobody_else_s_mail(zoe, mission, as_):
    """A candidate looks at what their leaving would send: it goes to the team, with its own figures."""
    lea = builders.personne("Léa Grondin")
    candidature = builders.candidature(mission, lea)
    zoe.repond_plus_tard = False
    commands.decide(candidature, accepter, by=zoe)
    candidature.dite_le = clock.now()
    client = as_(lea)
    answer = client.post(f"/candidatures/{candidature.id}/desister", data={"apercu": "1"})
    assert answer.status_code == 303
    message = db.session.scalars(select(Message).where(Message.genre == "desistement")).one()
    assert client.get(f"/notifications/{message.id}").status_code == 404


def test_whoever_leaves_before_they_are_told_reads_that_they_withdrew(zoe, mission, as_):
    lea = builders.personne("Léa Grondin")
    candidature = builders.candidature(mission, lea)
    commands.decide(candidature, accepter, by=zoe)
    client = as_(lea)
    assert client.post(f"/candidatures/{candidature.id}/retirer").status_code == 303
    db.session.expire_all()
    assert (candidature.etat, candidature.etat_dit) == ("desistee", "retiree")
    assert "Désistement" not in client.get("/moi/").text
    assert mission.prises == 0


def test_whoever_takes_their_place_before_they_are_told_no_has_it(zoe, mission, smtp):
    candidature, following = offered(mission), in_line(mission)
    commands.decide(candidature, refuser, by=zoe, motif="Complet")
    attente.take_place(candidature)
    db.session.commit()
    pass_time()
    worker.run_once()
    assert (candidature.etat, mission.prises) == ("acceptee", 1)
    assert active_of(mission, candidature.personne).is_told
    assert offres.last_offer(following) is None
    subjects = [m.message["Subject"] for m in smtp.mails if candidature.personne.email in m.recipients]
    assert [subject for subject in subjects if "C’est oui" in subject]
    assert not [subject for subject in subjects if "pas retenue" in subject]


def test_out_of_turn_and_refused_in_secret_they_come_back_in_line_as_anybody(zoe, mission):
    candidature = offered(mission)
    with clock.freeze(clock.now() + timedelta(hours=25)):
        pass_time()
        commands.decide(candidature, refuser, by=zoe, motif="Complet")
        attente.come_back(candidature)
        assert (candidature.etat, candidature.rang_le) == ("refusee", clock.now())
        commands.undo(candidature, by=zoe)
        db.session.commit()
        pass_time()
        assert offres.last_offer(candidature).is_open


def test_a_referent_who_does_not_know_it_is_nobody_s_referent_yet(zoe, mission, as_):
    lea, awa = builders.personne("Léa Grondin", telephone="+262692123456"), builders.personne("Awa Payet")
    for who in (lea, awa):
        builders.hold(builders.mission(mission.action, titre=f"Poste de {who.prenom}"), who)
    post = builders.referent_mission(mission.action)
    commands.decide(builders.candidature(post, lea), accepter, by=zoe, despite_clash=True)
    db.session.commit()
    with clock.freeze(mission.debut - timedelta(days=6)):
        assert "la personne référente" not in as_(lea).get("/moi/").text
        for page in ("/moi/", f"/missions/equipe/{mission.action_id}"):
            assert post.titre not in as_(awa).get(page).text, page
            assert "0692\u00a012\u00a034\u00a056" not in as_(awa).get(page).text, page


def test_a_post_freed_before_they_are_told_leaves_their_candidature_in_the_queue(zoe, mission):
    post = builders.referent_mission(mission.action)
    candidature = builders.candidature(post)
    commands.decide(candidature, accepter, by=zoe)
    missions.give_back(post, by=builders.personne("Ada", [builders.ADMIN]), motif="Autre idée")
    assert (candidature.etat, candidature.decidee_le, post.prises) == ("deposee", None, 0)


def test_an_answer_not_told_shows_neither_in_the_queue_nor_in_the_overview_to_its_own_candidate(zoe, mission, as_):
    ada = builders.personne("Ada Picard", [builders.ADMIN])
    post = builders.mission(mission.action, titre="Bar")
    candidature = builders.candidature(post, ada)
    commands.decide(candidature, accepter, by=zoe)
    db.session.commit()
    for etat in ("acceptee", "toutes"):
        assert "Ada Picard" not in as_(ada).get(f"/candidatures/?etat={etat}").text
        assert "Ada Picard" in as_(zoe).get(f"/candidatures/?etat={etat}").text
    assert "Vient" not in as_(ada).get("/equipe/?q=Ada").text
    assert ada not in db.session.scalars(equipe.askable(post)).all()
