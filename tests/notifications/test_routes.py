"""The messages one was sent, those that could not leave, and the answers that wait to be sent together."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock, outbox
from portal.candidatures import commands, depot
from portal.candidatures.models import accepter, refuser
from portal.comptes import entree
from portal.comptes.models import Reception
from portal.db import db
from portal.missions.models import UNDO
from portal.missions.queries import active_of, engagements
from portal.notifications import worker
from portal.outbox import Message, Voie
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def awa(app):
    return builders.personne()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), titre="Accueil du public")


def text(answer) -> str:
    return " ".join(BeautifulSoup(answer.text, "html5lib").get_text(" ").split())


def send_all(after: timedelta = timedelta(), at: datetime | None = None) -> None:
    db.session.commit()
    with clock.freeze(at or clock.now() + after):
        worker.run_once()


def last(genre: str) -> Message:
    return db.session.scalars(select(Message).where(Message.genre == genre).order_by(Message.id.desc())).first()


# --- what one was sent ---------------------------------------------------------------------------------------


@pytest.mark.both
def test_each_reads_again_what_they_were_sent_without_the_secrets(zoe, awa, mission, smtp, as_):
    commands.decide(builders.candidature(mission, awa), accepter, by=zoe, mot="Viens avec un chapeau")
    entree.ask_link(awa.email, suite="/")
    send_all(UNDO)
    client = as_(awa)
    page = client.get("/notifications/")
    assert "C’est oui" in text(page)
    assert "Ton lien" in text(page) or "connecter" in text(page)
    answer = client.get(f"/notifications/{last('candidature_reponse').id}")
    assert "Viens avec un chapeau" in answer.text
    assert "/candidatures/suivi/" not in answer.text
    assert "[lien personnel, envoyé par e-mail]" in answer.text
    signing_in = client.get(f"/notifications/{last('connexion').id}")
    assert "n’est pas gardé" in signing_in.text
    [mail] = [m for m in smtp.mails if "/comptes/lien/" in m.text]
    assert not any(word in signing_in.text for word in mail.text.split() if word.isdigit() and len(word) == 6)


def test_nobody_else_reads_them_and_nobody_reads_one_before_it_leaves(zoe, awa, mission, smtp, as_):
    commands.decide(builders.candidature(mission, awa), refuser, by=zoe, motif="Complet")
    db.session.commit()
    id = last("candidature_reponse").id
    assert [as_(who).get(f"/notifications/{id}").status_code for who in (awa, builders.personne("Léa"))] == [404, 404]
    assert "retenue" in as_(zoe).get(f"/notifications/{id}").text  # who decided may read it before it leaves
    send_all(UNDO)
    assert [as_(who).get(f"/notifications/{id}").status_code for who in (awa, builders.personne("Léa"))] == [200, 404]


@pytest.mark.both
def test_an_address_that_proves_to_be_a_known_person_s_brings_its_messages_along(zoe, awa, mission, smtp, as_):
    candidature = builders.candidature(mission, email=awa.email.upper())
    send_all()
    depot.join(candidature)
    db.session.commit()
    assert "Candidature reçue" in text(as_(awa).get("/notifications/"))


def test_the_page_costs_the_same_for_one_and_for_three(awa, as_, count_queries):
    client = as_(awa)

    def queries() -> int:
        with count_queries() as statements:
            assert client.get("/notifications/").status_code == 200
        return len(statements)

    counted = []
    for n in (1, 3):
        for number in range(n):
            outbox.post("connexion", f"m{n}{number}", to=awa.email, personne_id=awa.id)
        db.session.execute(update(Message).values(envoye_le=clock.now(), objet="Bonjour"))
        db.session.commit()
        counted.append(queries())
    assert counted == [3, 3]


# --- how much one is written to --------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize(
    ("reception", "voie", "mails"),
    [(Reception.AUSSITOT, Voie.COURRIER, 1), (Reception.RESUME, Voie.RESUME, 0), (Reception.ESSENTIEL, Voie.PORTAIL, 0)],
)
def test_a_message_that_may_wait_leaves_as_its_person_chose(zoe, awa, mission, smtp, as_, reception, voie, mails):
    zoe.reception = reception
    candidature = builders.candidature(mission, awa)
    commands.decide(candidature, accepter, by=zoe)
    with clock.freeze(clock.start_of(clock.today()) + timedelta(hours=9)):
        commands.leave(candidature)
        send_all()
    assert last("desistement").voie is voie
    assert len([m for m in smtp.mails if m.recipients == [zoe.email]]) == mails
    assert ("Une place se libère" in text(as_(zoe).get("/notifications/"))) == (reception is not Reception.RESUME)


@pytest.mark.both
def test_the_essential_reaches_everybody_at_once(zoe, awa, mission, smtp):
    awa.reception = Reception.ESSENTIEL
    commands.decide(builders.candidature(mission, awa), accepter, by=zoe)
    send_all(UNDO)
    assert sorted(m.message["Subject"][:10] for m in smtp.mails) == ["Candidatur", "C’est oui "]


@pytest.mark.both
def test_one_digest_a_day_holds_what_happened_once_and_at_six_in_the_evening(zoe, mission, smtp, as_):
    zoe.reception = Reception.RESUME
    morning = clock.start_of(clock.today() + timedelta(days=1)) + timedelta(hours=9)
    with clock.freeze(morning):
        for name in ("Awa Payet", "Léa Grondin"):
            candidature = builders.candidature(mission, builders.personne(name))
            commands.decide(candidature, accepter, by=zoe)
            commands.leave(candidature)
        db.session.commit()
    for hours in (0, 8.9, 9, 10, 33, 57):
        send_all(at=morning + timedelta(hours=hours))
    [digest] = [m for m in smtp.mails if m.recipients == [zoe.email]]
    assert digest.message["Subject"] == "Ton résumé du jour : 2 nouvelles"
    assert "Awa Payet ne vient plus" in digest.text
    assert "Léa Grondin ne vient plus" in digest.text
    assert digest.text.count("Bonjour") == 1
    assert text(as_(zoe).get("/notifications/")).count("dans ton résumé du jour") == 2


@pytest.mark.both
def test_a_digest_leaves_out_what_is_no_longer_true_and_is_not_sent_empty(zoe, mission, smtp):
    zoe.reception = Reception.RESUME
    candidature = builders.candidature(mission, builders.personne())
    commands.decide(candidature, accepter, by=zoe)
    commands.leave(candidature)
    last("desistement").faits = {"candidature": 999, "motif": ""}
    send_all(timedelta(days=1))
    assert not [m for m in smtp.mails if m.recipients == [zoe.email]]
    assert last("desistement").ecarte_le
    assert last("resume").ecarte_le


@pytest.mark.both
def test_choosing_otherwise_moves_what_already_waits(zoe, awa, smtp, as_):
    """Reminders are in the outbox long before they leave."""
    coming = builders.mission(builders.action(zoe, debut=builders.in_days(9), fin=builders.in_days(9, 12)))
    builders.hold(coming, awa)
    send_all()
    client = as_(awa)
    for reception, ways in (("essentiel", "PCP"), ("resume", "RCC"), ("aussitot", "CCC")):
        assert client.post("/moi/messages/choix", data={"reception": reception}).status_code == 303
        waiting = db.session.scalars(select(Message).where(Message.genre == "rappel").order_by(Message.id)).all()
        db.session.expire_all()
        assert "".join(message.voie[0].upper() for message in waiting) == ways


@pytest.mark.both
def test_a_line_that_cannot_be_written_keeps_no_other_and_waits_for_an_admin(zoe, ada, mission, smtp, as_):
    zoe.reception = Reception.RESUME
    for name in ("Awa Payet", "Léa Grondin"):
        candidature = builders.candidature(mission, builders.personne(name))
        commands.decide(candidature, accepter, by=zoe)
        commands.leave(candidature)
    last("desistement").genre = "genre_disparu"
    send_all(timedelta(days=1))
    [digest] = [m for m in smtp.mails if m.recipients == [zoe.email]]
    assert "Awa Payet ne vient plus" in digest.text
    assert "Genre disparu" in as_(ada).get("/notifications/courrier").text


@pytest.mark.both
def test_a_digest_whose_only_line_cannot_be_written_is_not_lost(zoe, ada, mission, smtp, as_):
    zoe.reception = Reception.RESUME
    candidature = builders.candidature(mission, builders.personne())
    commands.decide(candidature, accepter, by=zoe)
    commands.leave(candidature)
    last("desistement").genre = "genre_disparu"
    for days in range(1, 10):  # tried again like any other error
        send_all(timedelta(days=days))
    assert not [m for m in smtp.mails if m.recipients == [zoe.email]]
    line = last("genre_disparu")
    assert (line.abandonne_le is not None, line.ecarte_le) == (True, None)
    assert "Genre disparu" in as_(ada).get("/notifications/courrier").text


@pytest.mark.both
def test_a_digest_that_does_not_leave_leaves_its_lines_to_an_admin(zoe, ada, mission, smtp, as_):
    zoe.reception = Reception.RESUME
    candidature = builders.candidature(mission, builders.personne())
    commands.decide(candidature, accepter, by=zoe)
    commands.leave(candidature)
    smtp.refusal = "550 boite fermee"
    send_all(timedelta(days=1))
    smtp.refusal = None
    line = last("desistement")
    assert line.abandonne_le
    assert as_(ada).post(f"/notifications/{line.id}/reprendre").status_code == 303
    send_all(timedelta(days=1))
    assert "Une place se libère" in smtp.mails[-1].message["Subject"]


# --- answers sent later ------------------------------------------------------------------------------------------


@pytest.mark.both
def test_decided_now_sent_later_all_together(zoe, mission, smtp, as_):
    client = as_(zoe)
    assert client.post("/notifications/reponses/plus_tard").status_code == 303
    people = [builders.personne(name) for name in ("Awa Payet", "Léa Grondin")]
    yes, no = (builders.candidature(mission, who) for who in people)
    commands.decide(yes, accepter, by=zoe)
    commands.decide(no, refuser, by=zoe, motif="Complet")
    send_all(timedelta(hours=5))
    assert not [m for m in smtp.mails if "C’est oui" in m.message["Subject"]]
    assert (yes.etat_dit, no.etat_dit) == ("deposee", "deposee")
    assert engagements(people[0]) == []
    page = client.get("/notifications/reponses")
    assert "Envoyer les 2 réponses" in text(page)
    assert "2 réponses à envoyer" in text(client.get("/"))
    link = BeautifulSoup(page.text, "html5lib").select_one(".rangees a")["href"]
    assert "C’est oui" in text(client.get(link))
    assert client.post("/notifications/reponses").status_code == 303
    send_all()
    assert {m.recipients[0] for m in smtp.mails} == {who.email for who in people}
    assert (yes.etat_dit, no.etat_dit) == ("acceptee", "refusee")
    assert [held.mission_id for held in engagements(people[0])] == [mission.id]
    assert "Rien à envoyer" in text(client.get("/notifications/reponses"))


def test_an_answer_that_waits_is_taken_back_whenever_one_likes(zoe, awa, mission, outbox):
    zoe.repond_plus_tard = True
    candidature = builders.candidature(mission, awa)
    commands.decide(candidature, accepter, by=zoe)
    with clock.freeze(clock.now() + timedelta(days=2)):
        commands.undo(candidature, by=zoe)
    assert candidature.etat == "deposee"
    assert active_of(mission, awa) is None
    assert [m.genre for m in outbox()] == ["candidature_recue"]


@pytest.mark.both
def test_forgotten_it_leaves_by_itself_two_days_before_the_mission(zoe, awa, mission, smtp):
    zoe.repond_plus_tard = True
    commands.decide(builders.candidature(mission, awa), accepter, by=zoe)
    db.session.commit()
    for hours, sent in ((49, 0), (47, 1)):
        send_all(at=mission.debut - timedelta(hours=hours))
        assert len([m for m in smtp.mails if "C’est oui" in m.message["Subject"]]) == sent


def test_near_the_day_an_answer_does_not_wait(zoe, awa):
    zoe.repond_plus_tard = True
    soon = builders.mission(builders.action(zoe, debut=builders.in_days(1), fin=builders.in_days(1, 18)))
    commands.decide(builders.candidature(soon, awa), accepter, by=zoe)
    assert not last("candidature_reponse").retenu


# --- what could not leave ------------------------------------------------------------------------------------------


@pytest.fixture
def lost(mission, smtp):
    builders.candidature(mission, email="lea@example.org")
    smtp.refusal = "550 boite fermee"
    send_all()
    smtp.refusal = None
    return last("candidature_recue").id


@pytest.mark.both
def test_an_admin_sees_what_could_not_leave_and_sends_it_again(ada, lost, smtp, as_):
    client = as_(ada)
    page = client.get("/notifications/courrier")
    assert "lea@example.org" in page.text
    assert "550 boite fermee" in page.text
    assert client.post(f"/notifications/{lost}/reprendre").status_code == 303
    send_all()
    assert [m.recipients for m in smtp.mails] == [["lea@example.org"]]
    assert "Tout est parti" in client.get("/notifications/courrier").text


def test_or_sets_it_aside(ada, lost, smtp, as_):
    client = as_(ada)
    assert client.post(f"/notifications/{lost}/ecarter").status_code == 303
    send_all(timedelta(days=3))
    assert smtp.mails == []
    assert "Tout est parti" in client.get("/notifications/courrier").text


def test_what_another_admin_set_aside_is_not_said_to_leave(ada, lost, smtp, as_):
    client = as_(ada)
    client.post(f"/notifications/{lost}/ecarter")
    answer = client.post(f"/notifications/{lost}/reprendre")
    assert (answer.status_code, "écarté entre-temps" in answer.text) == (409, True)


def test_after_a_bad_night_they_all_leave_again_at_once(ada, mission, smtp, as_):
    for n in range(3):
        builders.candidature(mission, email=f"p{n}@example.org")
    smtp.refusal = "550 panne"
    send_all()
    smtp.refusal = None
    client = as_(ada)
    assert "Renvoyer les 3 messages" in text(client.get("/notifications/courrier"))
    client.post("/notifications/courrier/reprendre")
    send_all()
    assert len(smtp.mails) == 3


def test_a_server_that_does_not_answer_is_said_there(ada, mission, settings, as_):
    builders.candidature(mission)
    settings(mail_url="smtp://127.0.0.1:1")
    send_all()
    with clock.freeze(clock.now() + timedelta(minutes=6)):
        page = text(as_(ada).get("/notifications/courrier"))
    assert "1 message attend un serveur qui réponde" in page
    assert "Connection refused" in page


@pytest.mark.parametrize("path", ["/notifications/courrier", "/notifications/1/reprendre", "/notifications/courrier/reprendre"])
def test_it_is_no_business_of_anybody_else(zoe, awa, path, as_):
    for who in (zoe, awa):
        client = as_(who)
        answer = client.get(path) if path.endswith("courrier") else client.post(path)
        assert answer.status_code in {403, 404}
