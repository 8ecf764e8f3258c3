"""The home page by role, the legal pages, and the portal's pulse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, text

from portal import clock, reglage
from portal.accueil.routes import PAGES
from portal.actions import interpole, retroplanning
from portal.candidatures import commands
from portal.candidatures.models import refuser
from portal.config import ROOT
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import UNDO, publier
from portal.outbox import Battement
from tests import builders


def awaited(html: str) -> list[str]:
    """What the home page says awaits the person."""
    rows = BeautifulSoup(html, "html5lib").select(".rangees li")
    return [" ".join(row.get_text(" ").split()) for row in rows]


def test_a_visitor_sees_what_the_house_is_and_the_next_missions(client):
    builders.mission(builders.action(builders.bienveillant()), titre="Accueil du public")
    page = client.get("/").text
    assert "tiers-lieu" in page
    assert "Accueil du public" in page


def test_a_bienveillant_sees_what_awaits_them_and_only_theirs(as_, app):
    zoe, rose = builders.bienveillant(), builders.bienveillant("Rose Técher")
    post = builders.referent_mission(builders.action(zoe, titre="Kabar"))
    builders.candidature(post)
    builders.candidature(builders.mission(builders.action(rose)))
    rows = awaited(as_(zoe).get("/").text)
    assert len(rows) == 2
    assert rows[0].startswith("1 candidature à valider")
    assert rows[1].startswith("1 poste de référent sans personne Kabar")


def test_each_person_sees_what_they_can_act_on_and_nobody_else_does(as_, app):
    """A request to take, an opinion to give, a need to confirm, a task that is due."""
    zoe, member = builders.bienveillant(), builders.personne("Paul Técher")
    garden = builders.pole("Jardin", members=[member])
    action = builders.action(zoe, titre="Semis", pole_porteur=garden)
    builders.request()
    builders.besoin(action, garden)
    retroplanning.add(action, by=zoe, titre="Commander le pain", jours=12)
    interpole.propose(builders.action(zoe, titre="Kabar", confirmed=False), garden, by=zoe)
    said = [row.split(" ", 1)[1].split(" Quel")[0].split(" En ")[0] for row in awaited(as_(zoe).get("/").text)]
    assert [words.partition(" C’est")[0] for words in said] == [
        "demande à prendre",
        "équipe à réunir",
        "tâche à faire",
    ]
    asked = awaited(as_(member).get("/").text)
    assert [" ".join(row.split()[:4]) for row in asked] == ["1 action à porter", "1 besoin à confirmer"]
    assert awaited(as_(builders.personne()).get("/").text) == []


def test_a_volunteer_is_told_there_of_a_place_held_for_them_and_of_a_slot_to_confirm(as_, app):
    zoe, awa = builders.bienveillant(), builders.personne()
    action = builders.action(zoe)
    builders.offer(builders.in_line(builders.mission(action, places=1), awa))
    held = builders.hold(builders.mission(action, titre="Bar"), awa)
    held.a_confirmer_avant = clock.now() + UNDO
    rows = awaited(as_(awa).get("/").text)
    assert [row[:9] for row in rows] == ["1 place l", "1 créneau"]


def test_a_volunteer_sees_their_next_mission(as_, app):
    awa = builders.personne()
    mission = builders.mission(builders.action(builders.bienveillant()), titre="Tenir la buvette")
    held = builders.hold(mission, awa)
    assert "Ta prochaine mission" in as_(awa).get("/").text
    held.connue_le = clock.now() + UNDO  # the answer may still be taken back: nobody was told
    assert "Ta prochaine mission" not in as_(awa).get("/").text


def test_a_volunteer_for_whom_there_is_nothing_yet_is_told_what_to_do(as_, app):
    page = as_(builders.personne("Léa Grondin")).get("/").text
    assert "Pas de mission en ce moment" in page
    assert 'href="/moi/profil"' in page


def test_nobody_is_offered_what_they_hold_or_wait_for(as_, app):
    """Nor what they were refused, before they are told."""
    zoe, awa = builders.bienveillant(), builders.personne()
    action = builders.action(zoe)
    held, asked, refused, _ = (builders.mission(action, titre=t) for t in ("Tenue", "Demandée", "Refusée", "Autre"))
    builders.hold(held, awa)
    builders.candidature(asked, awa)
    candidature = builders.candidature(refused, awa)
    commands.decide(candidature, refuser, by=zoe, motif="Complet")

    def offered() -> set[str]:
        section = BeautifulSoup(as_(awa).get("/").text, "html5lib").find("h2", string="On cherche du monde").parent
        return {card.get_text() for card in section.select(".quoi")}

    assert offered() == {"Autre"}
    candidature.dite_le = clock.now()
    assert offered() == {"Autre", "Refusée"}


def test_whoever_administers_a_new_house_is_led_on_until_it_has_published_a_mission(as_, app):
    ada, zoe = builders.personne("Ada Robert", [builders.ADMIN]), builders.bienveillant()
    mission = builders.mission(builders.action(zoe), published=False)
    [row] = awaited(as_(ada).get("/").text)
    assert row.startswith("1 maison à mettre en route")
    assert "mettre en route" not in as_(zoe).get("/").text
    missions.decide(mission, publier, by=zoe)
    assert "mettre en route" not in as_(ada).get("/").text


def test_the_home_page_tells_everybody_what_the_house_says_of_itself_at_once(client, app):
    ada = builders.personne("Ada Robert", [builders.ADMIN])
    before = client.get("/")
    again = {"If-None-Match": before.headers["ETag"]}
    assert client.get("/", headers=again).status_code == 304
    said = {reglage.MAISON: "L’Usine & fils", reglage.ACCROCHE: "Des machines", reglage.ACCUEIL: "Des fêtes"}
    for texte, valeur in said.items():
        reglage.change(texte, valeur, by=ada)
    after = client.get("/", headers=again)
    assert (after.status_code, after.headers["ETag"] == before.headers["ETag"]) == (200, False)
    page = BeautifulSoup(after.text, "html5lib")
    assert page.title.get_text() == "Accueil · L’Usine & fils"
    assert (page.h1.get_text(), "Des fêtes" in page.main.get_text()) == ("Des machines", True)
    for path in ("/missions/", "/actions/agenda", "/comptes/connexion", "/hors-ligne", "/pages/inconnue"):
        assert "L’Usine &amp; fils" in client.get(path).text, path
    assert client.get("/manifest.webmanifest").json["name"] == "L’Usine & fils"


def test_the_phones_keep_another_page_for_the_network_s_absence_once_the_house_has_another_name(client, app):
    before = client.get("/sw.js").text
    reglage.change(reglage.MAISON, "L’Usine", by=builders.personne("Ada Robert", [builders.ADMIN]))
    assert client.get("/sw.js").text.splitlines()[0] != before.splitlines()[0]


def test_its_name_costs_whoever_is_signed_in_nothing_and_anybody_else_one_query(client, as_, app, count_queries):
    reglage.change(reglage.MAISON, "L’Usine", by=builders.personne("Ada Robert", [builders.ADMIN]))
    awa = as_(builders.personne())
    for visitor in (awa, client):
        with count_queries() as statements:
            assert "L’Usine" in visitor.get("/hors-ligne").text
        assert len(statements) == 1


@pytest.mark.parametrize("n", [1, 3])
def test_the_home_page_costs_the_same_for_one_or_many(as_, app, count_queries, n):
    zoe = builders.bienveillant()
    for _ in range(n):
        builders.candidature(builders.referent_mission(builders.action(zoe)))
    client = as_(zoe)
    with count_queries() as statements:
        client.get("/")
    assert len(statements) == 10, statements


@pytest.mark.parametrize("nom", PAGES)
def test_the_legal_pages_answer(client, nom):
    assert client.get(f"/pages/{nom}").status_code == 200


def test_another_page_does_not_exist(client):
    assert client.get("/pages/../config").status_code == 404


@pytest.mark.both
def test_the_pulse_is_ok_while_the_worker_ticks(client, app):
    db.session.add(Battement(nom="worker", quand=clock.now()))
    answer = client.get("/sante")
    newest = max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert (answer.status_code, answer.json["etat"], answer.json["revision"]) == (200, "ok", newest)


@pytest.mark.both
def test_a_silent_worker_is_told(client, app):
    db.session.add(Battement(nom="worker", quand=clock.now() - timedelta(minutes=3)))
    answer = client.get("/sante")
    assert (answer.status_code, answer.json["etat"]) == (503, "facteur arrêté")


@pytest.mark.both
def test_a_database_that_a_later_portal_has_brought_further_is_told(client, app):
    db.session.add(Battement(nom="worker", quand=clock.now()))
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = client.get("/sante")
    assert (answer.status_code, answer.json["etat"]) == (503, "base d’un portail plus récent")


def test_a_database_that_takes_no_writes_is_told(client, app):
    event.listen(db.engine, "begin", _read_only)
    try:
        answer = client.get("/sante")
    finally:
        event.remove(db.engine, "begin", _read_only)
    assert (answer.status_code, answer.json["etat"]) == (503, "base de données indisponible")
    assert client.get("/missions/").status_code == 200


def _read_only(connection):
    """From here on this connection refuses writes, as a full or read-only disk would."""
    connection.exec_driver_sql("PRAGMA query_only = ON")
