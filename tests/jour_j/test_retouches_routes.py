"""The day's changes of its programme over HTTP: without JavaScript, and what each one reads on the page."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from portal.jour_j.models import Genre
from tests.jour_j.conftest import Saturday, at, tap
from tests.jour_j.test_routes import form_of, one, said_in, soup
from tests.support import count_queries


@pytest.fixture
def day(saturday) -> Saturday:
    """The site is open, the welcome has begun on time; a round table follows the visit."""
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    return saturday


def press(client, day: Saturday, words: str) -> BeautifulSoup:
    """The page after a tap on the first button that says these words."""
    answer = client.post(f"{day.url}/entrees", data=form_of(soup(client.get(day.url).text), words))
    assert answer.status_code == 303, words
    assert answer.headers["Location"].startswith(f"{day.url}#etape-")
    return soup(client.get(day.url).text)


def item(day: Saturday, page: BeautifulSoup, number: int) -> str:
    return said_in(page, f"#etape-{day.steps[number].id}").replace("\u00a0", " ")


def test_each_change_works_without_javascript_and_is_undone(day, as_):
    awa = as_(day.awa)
    assert "prévu à 10 h , attendu vers 10 h 05 Visite" in item(day, press(awa, day, "5 min de plus : Accueil"), 2)
    assert "prévu à 10 h , attendu vers 10 h 15 Visite" in item(day, press(awa, day, "10 min de plus : Accueil"), 2)
    assert "prévu à 10 h , attendu vers 10 h 10 Visite" in item(day, press(awa, day, "5 min de moins : Accueil"), 2)
    assert "prévu à 10 h , attendu vers 10 h 15 Visite" in item(day, press(awa, day, "15 min plus tard, à partir de Visite"), 2)
    page = press(awa, day, "5 min plus tôt, à partir de Visite")
    assert "prévu à 10 h , attendu vers 10 h 10 Visite" in item(day, page, 2)
    awa.post(f"{day.url}/entrees", data=form_of(page, "Annuler, Suite décalée : 15 min plus tard"))
    assert "prévu à 10 h , attendu vers 10 h 10 Visite" in item(day, soup(awa.get(day.url).text), 2)


def test_two_that_follow_one_another_change_places(day, as_):
    from portal.actions import commands as actions

    talk = actions.add_step(day.action, by=day.zoe, titre="Ronkozé", debut=at(11), fin=at(11.5))
    db.session.commit()
    page = press(as_(day.awa), day, "Passer après Ronkozé : Visite")
    order = [str(li["id"]) for li in page.select("#programme li")]
    assert order.index(f"etape-{talk.id}") < order.index(f"etape-{day.steps[2].id}")
    assert "Commencer : Ronkozé" in said_in(page, "#geste")
    assert "Étapes échangées : Visite, après Ronkozé" in said_in(page, "#journal").replace("\u00a0", " ")


def test_a_change_that_is_none_any_more_says_why_and_writes_nothing(day, as_):
    awa = as_(day.awa)
    meal = day.steps[3]
    form = form_of(soup(awa.get(day.url).text), "5 min plus tard, à partir de Visite") | {"cible": str(meal.id)}
    answer = awa.post(f"{day.url}/entrees", data=form)
    assert answer.status_code == 409
    assert "Cette étape est à heure fixe" in answer.text
    assert len(day.day().entries) == 2


def test_what_holds_to_its_hour_is_neither_put_off_nor_exchanged(day, as_):
    page = soup(as_(day.awa).get(day.url).text)
    names = [str(b.get("aria-label", "")) for b in page.select("#programme button")]
    assert not [name for name in names if "Repas" in name and ("plus tard" in name or "Passer après" in name)]


def test_what_is_about_to_break_is_said_at_the_top(day, as_):
    with clock.freeze(at(9.5)):
        day.send(tap(Genre.DUREE, day.steps[2].id, "150"))
        db.session.commit()
        page = soup(as_(day.awa).get(day.url).text)
    said = said_in(page, "#maintenant").replace("\u00a0", " ")
    listed = item(day, page, 3)
    assert "« Repas, carry poulet » (12 h, heure fixe) aurait 30 min de retard." in said
    assert said.index("aurait 30 min") < said.index("Accueil, petit-déjeuner")
    assert "Aurait 30 min de retard, malgré son heure fixe" in listed


def test_the_end_that_is_expected_and_the_one_that_was_printed(day, as_):
    day.send(tap(Genre.DUREE, day.steps[2].id, "75"))
    db.session.commit()
    assert "Visite jusqu’à 11 h 15 , prévu 11 h · Grande case" in item(day, soup(as_(day.awa).get(day.url).text), 2)


def test_the_other_threads_of_the_day_say_what_runs_or_what_they_wait_for(day, as_):
    day.send(tap(Genre.ETAPE, day.steps[0].id, "debut"))
    db.session.commit()
    with clock.freeze(at(10.25)):
        page = soup(as_(day.awa).get(day.url).text)
    told = [" ".join(p.get_text(" ", strip=True).replace("\u00a0", " ").split()) for p in page.select("#maintenant .a-cote")]
    assert told == ["Case Vidéos , de 10 h à 16 h, pas commencée", "Jeux lontan , jusqu’à 17 h 30"]


def test_who_answers_for_an_item_reads_its_new_hour_first(day, as_):
    day.steps[2].responsable_id = day.lea.id
    day.send(tap(Genre.DUREE, day.steps[1].id, "70"))
    db.session.commit()
    told = "Ton étape « Visite » : vers 10 h 10 au lieu de 10 h"
    for person, there in ((day.lea, True), (day.awa, False)):
        page = soup(as_(person).get(day.url).text)
        assert (told in said_in(page, "#maintenant").replace("\u00a0", " ")) == there


def test_who_would_be_at_two_places_is_named(day, as_):
    for number in (2, 4):
        day.steps[number].responsable_id = day.lea.id
    day.steps[4].debut = at(11)
    day.send(tap(Genre.DECALE, day.steps[2].id, "10"))
    db.session.commit()
    said = said_in(soup(as_(day.awa).get(day.url).text), "#maintenant").replace("\u00a0", " ")
    assert "« Visite » et « Vidéos » auraient 10 min en commun, avec Léa Grondin aux deux." in said


@pytest.mark.both
def test_the_page_asks_no_more_however_much_was_changed(day, as_):
    awa, path = as_(day.awa), day.url

    def asked() -> int:
        with count_queries() as queries:
            awa.get(path)
        return len(queries)

    asked()  # the first of the day writes down that she sees the team's numbers
    before = asked()
    day.send(*(tap(Genre.DUREE, day.steps[1].id, str(n)) for n in range(30, 60)), tap(Genre.DECALE, day.steps[2].id, "10"))
    db.session.commit()
    assert asked() == before <= 10


# --- afterwards ----------------------------------------------------------------------------------------------


def test_planned_against_real_once_the_site_is_closed(day, as_):
    with clock.freeze(at(10.25)):
        day.send(tap(Genre.ETAPE, day.steps[2].id, "debut"))
    with clock.freeze(at(11.5)):
        day.send(tap(Genre.ETAPE, day.steps[2].id, "fin"), tap(Genre.ETAPE, day.steps[3].id, "annule"))
        db.session.commit()
        awa = as_(day.awa)
        assert not soup(awa.get(day.url).text).select(".prevu-reel")
        day.close("Rien à signaler.")
        db.session.commit()
        page = soup(awa.get(day.url).text)
    assert said_in(page, ".prevu-reel summary") == "Prévu et réel 1 sur 2 à l’heure"
    rows = {
        str(row.select("th")[0].text): [" ".join(c.text.replace("\u00a0", " ").split()) for c in row.select("td")]
        for row in one(page, ".prevu-reel tbody").select("tr")
    }
    assert rows["Accueil, petit-déjeuner"] == ["9 h à 10 h", "9 h à 10 h 15", "à l’heure, 15 min de plus"]
    assert rows["Visite"] == ["10 h à 11 h", "10 h 15 à 11 h 30", "15 min de retard, 15 min de plus"]
    assert rows["Repas, carry poulet"] == ["12 h à 13 h 30", "–", "Annulée"]
    assert rows["Jeux lontan"] == ["9 h à 17 h 30", "–", "Pas commencée"]
