"""/moi/: what concerns the person who looks, and only that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from icalendar import Calendar

from portal import clock, security
from portal.candidatures import commands as candidatures
from portal.candidatures.models import Candidature, accepter, mettre_en_attente
from portal.candidatures.queries import accepted_of
from portal.comptes.models import NomRole, Personne
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import Affectation, Mission, annuler
from portal.missions.queries import active_of
from tests import builders as make


@pytest.fixture
def ada(app) -> Personne:
    """The bienveillant who sets the actions up, and takes the référent's post."""
    return make.personne("Ada Robert", [NomRole.BIENVEILLANT], telephone="+262692111111")


@pytest.fixture
def awa(app) -> Personne:
    return make.personne("Awa Payet", telephone="+262693222222")


def place(personne: Personne, mission: Mission) -> Affectation:
    """This person holds a place on this mission, by an accepted candidature whose answer has left."""
    applied = make.candidature(mission, personne)
    assert mission.action.bienveillant
    candidatures.decide(applied, accepter, by=mission.action.bienveillant, despite_clash=True)
    held = active_of(mission, personne)
    assert held
    applied.dite_le = held.connue_le = clock.now()
    return held


def accepted(personne: Personne, mission: Mission) -> Candidature:
    found = accepted_of(mission, personne.id)
    assert found
    return found


def main(page) -> Any:
    return BeautifulSoup(page.text, "html.parser").main


def part(page, title: str) -> str:
    """The words under this heading, as the eye reads them."""
    for heading in main(page).find_all("h2"):
        if heading.get_text(strip=True) == title:
            return " ".join(heading.parent.get_text(" ").split())
    return ""


def link_named(page, words: str) -> Any:
    return next(a for a in main(page).find_all("a") if a.get_text(strip=True) == words)


def links(page) -> list[str]:
    return [a["href"] for a in main(page).find_all("a", href=True)]


# --- the page --------------------------------------------------------------------------------------------------


def test_a_visitor_is_led_to_sign_in_then_back(client):
    answer = client.get("/moi/")
    assert (answer.status_code, answer.location) == (303, "/comptes/connexion?next=/moi/")


def test_someone_who_has_done_nothing_is_told_what_to_do(awa, as_):
    page = as_(awa).get("/moi/")
    assert "Pas de mission à venir" in main(page).get_text()
    assert "/missions/" in links(page)
    assert [h.get_text() for h in main(page).find_all("h2")] == ["Le reste du portail", "Mon compte"]


def test_the_next_mission_says_when_where_what_and_whom_to_call(ada, awa, as_):
    action = make.action(ada, titre="Fête du moulin", lieu="La case, l’Hermitage")
    make.referent_mission(action, take_post=True)
    held = place(awa, make.mission(action, titre="Accueil du public"))
    page = as_(awa).get("/moi/")
    card = part(page, "Ta prochaine mission")
    for said in ("9 h à 18 h", "Accueil du public", "La case, l’Hermitage", "Fête du moulin", "Ada Robert", "0692 11 11 11"):
        assert said in card
    assert "https://www.openstreetmap.org/search?query=La%20case%2C%20l%E2%80%99Hermitage" in links(page)
    assert "tel:+262692111111" in links(page)
    assert f"/moi/missions/{held.id}.ics" in links(page)
    assert f"/missions/{held.mission_id}" in links(page)


def test_missions_come_soonest_first_and_past_ones_apart(ada, awa, as_):
    for days, titre in ((20, "Plus tard"), (5, "Bientôt")):
        action = make.action(ada, debut=make.in_days(days, 9), fin=make.in_days(days, 18))
        place(awa, make.mission(action, titre=titre))
    with clock.freeze(make.in_days(-30)):
        for days, titre in ((5, "Il y a longtemps"), (20, "Récemment")):
            action = make.action(ada, debut=make.in_days(days, 9), fin=make.in_days(days, 18))
            place(awa, make.mission(action, titre=titre))
    page = as_(awa).get("/moi/")
    assert "Bientôt" in part(page, "Ta prochaine mission")
    assert "Plus tard" in part(page, "Ensuite")
    assert "Bientôt" not in part(page, "Ensuite")
    past = part(page, "Missions passées")
    assert "2 missions. Merci." in past
    assert past.index("Récemment") < past.index("Il y a longtemps")
    assert "Bientôt" not in past


def test_a_mission_under_way_is_still_the_next_one(ada, awa, as_):
    mission = make.mission(make.action(ada), titre="En ce moment")
    place(awa, mission)
    with clock.freeze(mission.fin - timedelta(minutes=1)):
        page = as_(awa).get("/moi/")
        assert "En ce moment" in part(page, "Ta prochaine mission")
        assert f"/jour-j/{mission.action_id}" in links(page)
    with clock.freeze(mission.fin):
        assert "Ta prochaine mission" not in main(as_(awa).get("/moi/")).get_text()


def test_the_day_page_is_offered_on_the_day_only(ada, awa, as_):
    mission = make.mission(make.action(ada))
    place(awa, mission)
    assert f"/jour-j/{mission.action_id}" not in links(as_(awa).get("/moi/"))


def test_a_cancelled_mission_is_no_longer_mine(ada, awa, as_):
    mission = make.mission(make.action(ada), titre="Annulée")
    place(awa, mission)
    missions.decide(mission, annuler, by=ada, motif="pluie")
    assert "Pas de mission à venir" in main(as_(awa).get("/moi/")).get_text()


def test_other_peoples_missions_are_not_shown(ada, awa, as_):
    action = make.action(ada)
    make.referent_mission(action, take_post=True)
    place(make.personne("Guy Laval"), make.mission(action, titre="Celle de Guy"))
    page = as_(awa).get("/moi/")
    assert "Celle de Guy" not in page.text
    assert "0692" not in main(page).get_text().replace("\xa0", " ")


# --- whom to call ----------------------------------------------------------------------------------------------


def test_without_a_referent_the_card_says_that_one_will_come(ada, awa, as_):
    place(awa, make.mission(make.action(ada)))
    assert "n’est pas encore connue" in part(as_(awa).get("/moi/"), "Ta prochaine mission")


def test_a_referent_is_not_told_to_call_themself(ada, as_):
    make.referent_mission(make.action(ada), take_post=True)
    page = as_(ada).get("/moi/")
    assert "C’est toi, la personne référente." in part(page, "Ta prochaine mission")
    assert "tel:+262692111111" not in links(page)


@pytest.mark.parametrize(("days", "shown"), [(0, True), (7, True), (8, False)])
def test_the_referents_number_stays_seven_days_after_the_action(ada, awa, as_, days, shown):
    action = make.action(ada, titre="Fête du moulin")
    make.referent_mission(action, take_post=True)
    place(awa, make.mission(action))
    # At the last minute of that day at La Réunion.
    with clock.freeze(clock.start_of(clock.local(action.fin).date()) + timedelta(days=days + 1, minutes=-1)):
        page = as_(awa).get("/moi/")
    assert ("tel:+262692111111" in links(page)) is shown
    assert ("Un oubli, une question sur « Fête du moulin » ?" in part(page, "Missions passées").replace("\xa0", " ")) is shown


@pytest.mark.parametrize("answer", [None, mettre_en_attente])
def test_nobody_sees_a_number_before_being_accepted(ada, awa, as_, answer):
    action = make.action(ada)
    make.referent_mission(action, take_post=True)
    applied = make.candidature(make.mission(action), awa)
    if answer:
        candidatures.decide(applied, answer, by=ada)
    assert "tel:+262692111111" not in links(as_(awa).get("/moi/"))


def test_who_steps_back_no_longer_sees_the_number(ada, awa, as_):
    action = make.action(ada)
    make.referent_mission(action, take_post=True)
    mission = make.mission(action)
    place(awa, mission)
    candidatures.leave(accepted(awa, mission))
    page = as_(awa).get("/moi/")
    assert "tel:+262692111111" not in links(page)
    assert "Pas de mission à venir" in main(page).get_text()


# --- my candidatures -------------------------------------------------------------------------------------------


def test_my_candidatures_say_their_state_and_lead_to_their_page(ada, awa, as_):
    mission = make.mission(make.action(ada), titre="Cuisine")
    applied = make.candidature(mission, awa)
    browser = as_(awa)
    page = browser.get("/moi/")
    mine = part(page, "Mes candidatures")
    assert "Cuisine" in mine
    assert "En attente de réponse" in mine
    link = f"/candidatures/suivi/{security.seal('candidature', applied.id, applied.generation)}"
    assert link in links(page)
    assert browser.get(link).status_code == 200


def test_an_accepted_one_is_where_one_says_not_to_come(ada, awa, as_):
    mission = make.mission(make.action(ada))
    place(awa, mission)
    applied = accepted(awa, mission)
    page = as_(awa).get("/moi/")
    button = link_named(page, "Je ne peux plus venir")
    assert button["href"].endswith(security.seal("candidature", applied.id, applied.generation) + "#partir")
    assert "Acceptée" in part(page, "Mes candidatures")


def test_a_post_taken_by_priority_is_given_back_from_its_mission(ada, as_):
    mission = make.referent_mission(make.action(ada), take_post=True)
    button = link_named(as_(ada).get("/moi/"), "Je ne peux plus venir")
    assert button["href"] == f"/missions/{mission.id}"


def test_closed_candidatures_are_folded_away(ada, awa, as_):
    open_one = make.candidature(make.mission(make.action(ada), titre="Ouverte"), awa)
    closed = make.candidature(make.mission(make.action(ada), titre="Retirée"), awa)
    candidatures.leave(closed)
    page = as_(awa).get("/moi/")
    folded = main(page).find("details")
    assert "1 ancienne candidature" in folded.summary.get_text()
    assert "Retirée" in folded.get_text()
    assert "Ouverte" not in folded.get_text()
    assert open_one.is_live


# --- my account ------------------------------------------------------------------------------------------------


def test_the_account_leads_to_a_password_and_out(awa, as_):
    browser = as_(awa)
    page = browser.get("/moi/")
    assert {"/moi/coordonnees", "/comptes/mot-de-passe"} <= set(links(page))
    out = main(page).find("form", action="/comptes/deconnexion")
    assert out.get_text(strip=True) == "Se déconnecter"
    browser.post("/comptes/deconnexion")
    assert browser.get("/moi/").status_code == 303


@pytest.mark.parametrize(
    ("present", "said"),
    [("", "Choisir un mot de passe"), ("trois mots au hasard", "Changer de mot de passe")],
)
def test_a_password_is_chosen_once_then_changed(as_, present, said):
    browser = as_(make.personne("Léa Grondin", email="lea@example.org", password=present))
    door = main(browser.get("/moi/")).find("a", href="/comptes/mot-de-passe")
    assert door.strong.get_text() == said
    page = main(browser.get("/comptes/mot-de-passe"))
    assert page.h1.get_text() == said


@pytest.mark.parametrize(
    ("roles", "house", "settings"),
    [([], False, False), ([NomRole.BIENVEILLANT], True, False), ([NomRole.ADMIN], True, True)],
)
def test_everyone_sees_the_doors_that_open_for_them(app, as_, roles, house, settings):
    page = BeautifulSoup(as_(make.personne(roles=roles)).get("/moi/").text, "html5lib")
    doors = [link["href"] for link in page.select("nav.places a:not(.au-large), main a")]  # of a phone
    assert ("/poles/" in doors) is house
    assert ("/reglages/" in doors) is settings


def test_i_correct_my_name_and_number(awa, as_):
    browser = as_(awa)
    form = main(browser.get("/moi/coordonnees"))
    assert form.find(id="nom")["value"] == "Awa Payet"
    assert form.find(id="telephone")["value"] == "0693 22 22 22"
    answer = browser.post("/moi/coordonnees", data={"nom": "Awa  Hoarau", "telephone": "0692 33 33 33"})
    assert (answer.status_code, answer.location) == (303, "/moi/")
    db.session.refresh(awa)
    assert (awa.nom, awa.telephone) == ("Awa Hoarau", "+262692333333")
    assert "Awa Hoarau" in browser.get("/moi/").text


@pytest.mark.parametrize(
    ("field", "value"), [("nom", ""), ("nom", "x" * 121), ("telephone", "+33692123456"), ("telephone", "a")]
)
def test_what_is_wrong_is_said_and_words_are_kept(awa, as_, field, value):
    typed = {"nom": "Awa Hoarau", "telephone": "0692333333"} | {field: value}
    page = as_(awa).post("/moi/coordonnees", data=typed)
    assert page.status_code == 422
    assert main(page).find(id=f"{field}-erreur")
    assert main(page).find(id=field)["value"] == value
    db.session.refresh(awa)
    assert (awa.nom, awa.telephone) == ("Awa Payet", "+262693222222")


def test_nobody_changes_their_address_or_roles_there(awa, as_):
    before = awa.email
    sent = {"nom": "Awa Payet", "telephone": "", "email": "x@example.org", "adresse": "x@example.org", "roles": "admin"}
    as_(awa).post("/moi/coordonnees", data=sent | {"is_pole_member": "1", "id": "1"})
    db.session.refresh(awa)
    assert (awa.email, awa.is_pole_member, awa.telephone) == (before, False, "")
    assert as_(awa).get("/reglages/").status_code == 403


# --- my calendar -----------------------------------------------------------------------------------------------


def test_my_mission_goes_into_my_agenda(ada, awa, as_):
    held = place(awa, make.mission(make.action(ada, titre="Fête"), titre="Accueil"))
    answer = as_(awa).get(f"/moi/missions/{held.id}.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="mission-{held.mission_id}.ics"'
    assert answer.headers["Cache-Control"] == "no-store"
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["summary"] == "Accueil · Fête"
    assert event.decoded("dtstart") == held.mission.debut
    assert str(event["url"]).startswith("http://localhost")
    assert str(event["description"]).count("/moi/") == 1


def test_an_agenda_that_may_be_shared_holds_no_number(ada, awa, as_):
    action = make.action(ada)
    make.referent_mission(action, take_post=True)
    held = place(awa, make.mission(action))
    assert b"692" not in as_(awa).get(f"/moi/missions/{held.id}.ics").data


def test_only_the_holder_takes_it(ada, awa, client, as_):
    mission = make.mission(make.action(ada))
    held = place(awa, mission)
    url = f"/moi/missions/{held.id}.ics"
    absent = as_(ada).get("/moi/missions/999999.ics")
    other = as_(ada).get(url)
    assert (other.status_code, absent.status_code) == (404, 404)
    assert client.get(url).status_code == 303
    candidatures.leave(accepted(awa, mission))
    assert as_(awa).get(url).status_code == 404


# --- cost ------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_page_costs_the_same_whatever_i_did(ada, awa, as_, count_queries):
    def act(number: int) -> None:
        for days in (5, 12):
            action = make.action(ada, debut=make.in_days(days, number), fin=make.in_days(days, number + 1))
            make.referent_mission(action, take_post=True)
            place(awa, make.mission(action))
            make.candidature(make.mission(action), awa)
        with clock.freeze(make.in_days(-20)):
            past = make.action(ada, debut=make.in_days(5, number), fin=make.in_days(5, number + 1))
            place(awa, make.mission(past))

    browser: Any = as_(awa)
    costs = []
    for numbers in ((8,), (9, 10)):
        for number in numbers:
            act(number)
        with count_queries() as statements:
            page = browser.get("/moi/")
        costs.append(len(statements))
    assert "Ensuite" in main(page).get_text()
    assert costs == [5, 5]


def test_hostile_words_stay_text(ada, as_):
    hostile = "\"'><svg/onload=alert(1)>"
    guy = make.personne(hostile)
    action = make.action(ada, titre=hostile, lieu=hostile)
    place(guy, make.mission(action, titre=hostile, fourni=hostile))
    for url in ("/moi/", "/moi/coordonnees"):
        assert "<svg/onload" not in as_(guy).get(url).text


@pytest.mark.parametrize("nom", [NomRole.TRESORIER, NomRole.ADMIN, NomRole.BIENVEILLANT])
def test_on_a_phone_it_leads_where_the_bar_has_no_room(as_, app, nom):
    client = as_(make.personne("Rita Payet", [nom]))
    page = BeautifulSoup(client.get("/moi/").text, "html5lib")
    hidden = [place["href"] for place in page.select("nav.places a.au-large")]
    assert "/partage/" in hidden
    assert [row["href"] for row in page.select("nav.au-pouce a")] == hidden
    assert all(client.get(href).status_code == 200 for href in hidden)
