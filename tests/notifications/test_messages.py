"""What the messages say: each genre in text and in HTML, true when it leaves, harmless whatever people typed."""

from __future__ import annotations

import email.policy
import re
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from html5lib import HTMLParser
from sqlalchemy import select

from portal import clock, reglage
from portal.candidatures import commands
from portal.candidatures.models import Candidature, Etat, accepter, mettre_en_attente, refuser
from portal.comptes import commands as comptes
from portal.comptes import entree
from portal.db import db
from portal.notifications import messages
from portal.notifications.messages import Letter
from portal.outbox import Message
from tests import builders

LINK = re.compile(r"https?://[^\s<>\"]+")
MAP = "https://www.openstreetmap.org"


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), titre="Accueil du public")


def last(genre: str) -> Message:
    found = db.session.scalars(select(Message).where(Message.genre == genre).order_by(Message.id.desc())).first()
    assert found, f"no {genre} in the outbox"
    return found


def letter(genre: str) -> Letter:
    message = last(genre)
    return messages.render(genre, message.faits)


def composed(row: Message) -> EmailMessage:
    return messages.compose(row, messages.render(row.genre, row.faits))


def sent(genre: str) -> EmailMessage:
    """The last message of that genre as it is read at the other end."""
    return email.message_from_bytes(composed(last(genre)).as_bytes(), EmailMessage, policy=email.policy.default)


def links(text: str) -> set[str]:
    return {link.rstrip(".") for link in LINK.findall(text)}


# --- what they say -------------------------------------------------------------------------------------------


def test_accepted_when_where_whom_to_call_what_to_find_and_how_to_step_back(zoe):
    action = builders.action(zoe, debut=builders.in_days(10), fin=builders.in_days(10, 18), lieu="La Raffinerie")
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    builders.hold(builders.referent_mission(action), awa)
    mission = builders.mission(action, fourni="Repas partagé", contrepartie="8 h de monnaie temps")
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe, mot="Gare-toi derrière.\nÀ samedi !")
    said = letter("candidature_reponse")
    assert said.objet.startswith("C’est oui : Accueil du public")
    for words in (
        "9\u00a0h\u00a0à\u00a018\u00a0h",
        "La Raffinerie",
        "Awa Payet",
        "0692\u00a012\u00a034\u00a056",
        "Repas partagé",
    ):
        assert words in said.texte
        assert words in said.html
    assert "> Gare-toi derrière.\n> À samedi" in said.texte
    assert "8 h de monnaie temps" in said.texte
    assert f"{MAP}/search?query=La%20Raffinerie" in said.texte
    assert "Tu ne peux plus venir" in said.texte
    assert 'href="tel:+262692123456"' in said.html


def test_the_accepted_one_gets_the_slot_for_their_agenda(zoe, mission):
    commands.decide(builders.candidature(mission), accepter, by=zoe)
    [part] = sent("candidature_reponse").iter_attachments()
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "mission.ics")
    calendar = part.get_payload(decode=True).decode()
    assert calendar.startswith("BEGIN:VCALENDAR\r\n")
    assert f"UID:mission-{mission.id}@localhost" in calendar
    assert "/candidatures/suivi/" not in calendar  # a calendar is shared, a personal link is not


def test_the_referent_is_not_told_to_call_themselves(zoe):
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    commands.decide(builders.candidature(builders.referent_mission(builders.action(zoe)), awa), accepter, by=zoe)
    said = letter("candidature_reponse")
    assert "0692" not in said.texte
    assert "Ta page du jour" in said.texte


def test_a_refusal_thanks_says_why_and_offers_two_other_missions(zoe, mission):
    others = [builders.mission(mission.action, titre=f"Autre {i}") for i in range(3)]
    commands.decide(builders.candidature(mission), refuser, by=zoe, motif="Toutes les places sont prises.")
    said = letter("candidature_reponse")
    assert "Merci d’avoir proposé ton aide" in said.texte
    assert "Toutes les places sont prises." in said.texte
    assert sum(m.titre in said.texte for m in others) == 2


def test_applying_to_a_full_mission_speaks_of_the_waiting_list(zoe, mission):
    assert "liste d’attente" not in letter_of(mission)
    for _ in range(mission.places):
        commands.decide(builders.candidature(mission), accepter, by=zoe)
    assert "liste d’attente" in letter_of(mission)


def letter_of(mission) -> str:
    builders.candidature(mission)
    return letter("candidature_recue").texte


def test_an_invitation_says_what_each_role_opens(zoe):
    comptes.add_person(nom="Inès", email="ines@example.org", roles=[builders.TRESORIER], by=zoe)
    said = letter("invitation").texte
    assert "Zoé Hoarau" in said
    assert "factures" in said
    assert "candidatures" not in said


def test_who_left_and_who_waits(zoe, mission):
    left = builders.candidature(mission, nom="Léa Grondin")
    commands.decide(left, accepter, by=zoe)
    commands.decide(builders.candidature(mission), mettre_en_attente, by=zoe)
    builders.candidature(mission)
    commands.leave(left, motif="Malade")
    said = letter("desistement").texte
    for words in ("Léa Grondin ne vient plus", "Malade", "2 sur 2", "sans réponse\u00a0: 1", "d’attente\u00a0: 1"):
        assert words in said


# --- their links ---------------------------------------------------------------------------------------------


def path_in(said: Letter, start: str) -> str:
    [link] = [link for link in links(said.texte) if urlsplit(link).path.startswith(start)]
    return urlsplit(link).path


def test_the_link_to_sign_in_opens_and_signs_in(client):
    awa = builders.personne("Awa Payet")
    entree.ask_link(awa.email, suite="/moi/")
    lien = path_in(letter("connexion"), "/comptes/lien/")
    assert client.get(lien).status_code == 200
    assert client.post(lien).location == "/moi/"
    assert "Awa Payet" in client.get("/moi/").text


def test_the_code_of_the_mail_signs_in(client):
    awa = builders.personne()
    client.post("/comptes/lien", data={"email": awa.email})
    [code] = re.findall(r"\b\d{6}\b", letter("connexion").texte)
    assert client.post("/comptes/code", data={"code": code}).status_code == 303


def test_the_personal_link_opens_the_candidature_and_proves_the_address(client, mission):
    candidature = builders.candidature(mission)
    suivi = path_in(letter("candidature_recue"), "/candidatures/suivi/")
    assert "Accueil du public" in client.get(suivi).text
    client.post(f"{suivi}/confirmer")
    db.session.expire_all()
    assert candidature.personne.confirme_le


@pytest.mark.parametrize("base", ["https://portail.exemple.re", "https://exemple.re/portail"])
def test_links_follow_the_configured_address_whatever_the_host(app, mission, settings, base):
    settings(base_url=base)
    builders.candidature(mission)
    with app.test_request_context(base_url="http://mechant.example", headers={"X-Forwarded-Host": "mechant.example"}):
        said = letter("candidature_recue")
    assert all(link.startswith((f"{base}/", MAP)) for link in links(said.texte) | links(said.html))


# --- hostile text --------------------------------------------------------------------------------------------

NASTY = "Bal\r\nBcc: tous@example.org\u2028'seul\" <img src=x onerror=alert(1)> {{7*7}} {0.__class__} %(x)s"


@pytest.mark.both
def test_a_hostile_title_stays_a_title(zoe):
    mission = builders.mission(builders.action(zoe, titre=NASTY, lieu=NASTY), titre=NASTY, fourni=NASTY)
    commands.decide(builders.candidature(mission), accepter, by=zoe, mot=NASTY)
    mail = sent("candidature_reponse")
    assert mail.get_all("Subject") == [mail["Subject"]]
    assert "Bal Bcc: tous@example.org 'seul\" <img src=x onerror=alert(1)> {{7*7}} {0.__class__} %(x)s" in mail["Subject"]
    assert mail["Bcc"] is None
    assert mail["To"] == last("candidature_reponse").adresse
    html = mail.get_body(("html",)).get_content()
    assert "<img" not in html
    assert "&lt;img src=x" in html
    HTMLParser(strict=True).parse(html.replace("\u2028", ""))
    assert "{{7*7}}" in mail.get_body(("plain",)).get_content()


def test_a_very_long_title_is_one_subject_and_no_line_is_too_long_for_a_server(zoe, settings):
    settings(mail_url="smtp://localhost")
    mission = builders.mission(builders.action(zoe), titre="Très long " * 100)
    builders.candidature(mission)
    mail = sent("candidature_recue")
    assert mail["Subject"].count("Très long") == 100
    assert max(len(line) for line in composed(last("candidature_recue")).as_bytes().splitlines()) < 998


def test_what_a_stranger_typed_is_not_mailed_to_the_address_they_gave(mission):
    builders.candidature(mission, nom="Gagnez-ici http://mechant.example", message="Cliquez http://mechant.example")
    mail = composed(last("candidature_recue")).as_string()
    assert "mechant" not in mail
    assert "Bonjour,\n" in letter("candidature_recue").texte


def test_someone_whose_address_is_proved_is_greeted(mission):
    builders.candidature(mission, builders.personne("Awa Payet"))
    assert letter("candidature_recue").texte.startswith("Bonjour Awa,\n")


# --- the envelope --------------------------------------------------------------------------------------------


def test_a_mail_says_who_sends_it_when_and_that_a_machine_does(mission):
    builders.candidature(mission, email="lea@example.org")
    reglage.change(reglage.MAISON, "L’Usine, la vraie", by=mission.action.bienveillant)
    with clock.freeze(mission.debut - timedelta(days=2)):
        mail = sent("candidature_recue")
        assert mail["Date"].datetime == clock.now()
    assert (mail["To"], mail["Auto-Submitted"]) == ("lea@example.org", "auto-generated")
    [sender] = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("L’Usine, la vraie", "ne-pas-repondre@localhost")
    assert letter("candidature_recue").texte.rpartition("\n--\n")[2].startswith("L’Usine, la vraie\n")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_message_id_is_the_row_s_own(mission, settings):
    builders.candidature(mission)
    builders.candidature(mission)
    settings(base_url="https://portail.exemple.re")
    rows = db.session.scalars(select(Message)).all()
    ids = [composed(row)["Message-ID"] for row in rows]
    assert ids == [composed(row)["Message-ID"] for row in rows]
    assert len(set(ids)) == 2
    assert all(id.endswith("@portail.exemple.re>") for id in ids)


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("ａ.b@exemple.re", "a.b@exemple.re"),
        ("A.b+x@Exemple.re", "A.b+x@exemple.re"),
        ("lea@éclair.re", "lea@xn--clair-9ra.re"),
    ],
)
def test_an_address_is_sent_to_as_servers_know_it(app, typed, used):
    assert messages.recipient(typed) == used


def test_an_answer_of_each_state_has_its_words(zoe, mission):
    seen = {}
    for transition in (accepter, mettre_en_attente, refuser):
        commands.decide(builders.candidature(mission), transition, by=zoe, motif="Complet")
        seen[transition.target] = letter("candidature_reponse").objet.partition(" :")[0]
    commands.free(db.session.scalars(select(Candidature).where(Candidature.etat == Etat.ACCEPTEE)).one(), by=zoe, motif="Pluie")
    seen[Etat.LIBEREE] = letter("candidature_reponse").objet.partition(" :")[0]
    assert seen == {
        Etat.ACCEPTEE: "C’est oui",
        Etat.LISTE_ATTENTE: "Liste d’attente",
        Etat.REFUSEE: "Ta candidature",
        Etat.LIBEREE: "Ta place est libérée",
    }
