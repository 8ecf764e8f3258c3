"""The programme for everybody: what it says, what it never says, when it is there, and how it stays fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import Etat, reading
from portal.db import db
from portal.jour_j.models import Genre
from tests import builders
from tests.jour_j.conftest import Saturday, at, tap
from tests.support import count_queries

CACHED = "public, max-age=5"


@pytest.fixture
def shown(saturday) -> Saturday:
    """A day that everybody may follow, the site open, the welcome begun at five past nine."""
    saturday.action.en_direct = True
    saturday.open("Tout est vérifié.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    return saturday


def url(day: Saturday, more: str = "") -> str:
    return f"/actions/{day.action.id}/direct{more}"


def words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html5lib").get_text(" ", strip=True).replace("\u00a0", " ").split())


def version(html: str) -> str:
    found = BeautifulSoup(html, "html5lib").select_one("[data-direct]")
    assert found
    return str(found["data-direct"])


# --- what it says --------------------------------------------------------------------------------------------


def test_what_runs_and_the_hours_printed_and_expected(shown, client):
    with clock.freeze(at(10.25)):
        said = words(client.get(url(shown)).text)
    assert "C’est mon patrimoine La Raffinerie" in said
    assert "En ce moment Accueil, petit-déjeuner jusqu’à 10 h 15" in said
    assert "Prévu à 10 h vers 10 h 15 Visite jusqu’à 11 h 15 · Grande case" in said
    assert "12 h Repas, carry poulet jusqu’à 13 h 30" in said


@pytest.mark.parametrize("ecran", ["", "?ecran=1"])
def test_neither_names_nor_presences_nor_incidents(shown, as_, client, ecran):
    shown.steps[2].responsable_id = shown.lea.id
    shown.send(
        tap(Genre.INCIDENT, mot="Verre cassé."),
        tap(Genre.PRESENCE, shown.held_by(shown.lea).id, "arrive"),
        tap(Genre.ETAPE, shown.steps[2].id, "debut"),
    )
    db.session.commit()
    page = client.get(url(shown, ecran)).text
    assert not [word for word in ("Awa", "Léa", "Zoé", "Payet", "Grondin", "Verre", "incident", "csrf") if word in page]


def test_whoever_asks_gets_the_same_bytes_and_no_cookie(shown, as_, client):
    anyone, awa = client.get(url(shown)), as_(shown.awa).get(url(shown))
    assert anyone.data == awa.data
    for answer in (anyone, awa):
        assert answer.headers["Cache-Control"] == CACHED
        assert "Set-Cookie" not in answer.headers


def test_until_the_site_opens_nothing_is_late(saturday, client):
    saturday.action.en_direct = True
    saturday.send(tap(Genre.DECALE, saturday.steps[2].id, "15"))
    db.session.commit()
    with clock.freeze(at(9.5)):
        said = words(client.get(url(saturday)).text)
    assert "Le programme commence aujourd’hui à 9 h." in said
    assert "9 h Accueil, petit-déjeuner jusqu’à 10 h" in said
    assert "Prévu à 10 h vers 10 h 15 Visite" in said


def test_an_item_that_will_not_be(shown, client):
    shown.send(tap(Genre.ETAPE, shown.steps[2].id, "passe"))
    db.session.commit()
    assert "10 h Visite Sautée" in words(client.get(url(shown)).text)


def test_once_closed_it_thanks(shown, client):
    shown.close("Rien à signaler.")
    db.session.commit()
    for ecran in ("", "?ecran=1"):
        said = words(client.get(url(shown, ecran)).text)
        assert "C’est terminé" in said
        assert "En ce moment" not in said
    with clock.freeze(at(20)):
        listed = client.get(url(shown)).text
    assert "9 h Accueil, petit-déjeuner Terminée" in words(listed)
    assert "vers" not in words(listed).split("Programme", 1)[1].split()
    assert "en_cours" not in listed


def test_a_wall_shows_what_runs_what_comes_and_the_hour(shown, client):
    shown.send(*(tap(Genre.ETAPE, shown.steps[n].id, "debut") for n in (0, 4)))
    db.session.commit()
    with clock.freeze(at(10.25)):
        said = words(client.get(url(shown, "?ecran=1")).text)
    assert "10 h 15 En ce moment Accueil, petit-déjeuner jusqu’à 10 h 15 Vidéos" in said
    assert "Ensuite 10 h 10 h 15 Visite Grande case 12 h Repas, carry poulet" in said


def test_a_wall_does_not_announce_what_was_jumped_over(shown, client):
    shown.send(tap(Genre.ETAPE, shown.steps[3].id, "debut"))
    db.session.commit()
    with clock.freeze(at(12.5)):
        said = words(client.get(url(shown, "?ecran=1")).text)
    assert "En ce moment Repas" in said
    assert "Visite" not in said


# --- when it is there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", ["", "?ecran=1", "?v=1", ".svg"])
def test_nothing_is_there_unless_the_action_allows_it(saturday, client, as_, more):
    for who in (client, as_(saturday.zoe)):
        assert who.get(url(saturday, more)).status_code == 404
    saturday.action.en_direct = True
    db.session.commit()
    assert client.get(url(saturday, more)).status_code == 200


@pytest.mark.parametrize("etat", list(Etat))
def test_only_from_its_confirmation_to_its_closing(saturday, client, etat):
    saturday.action.en_direct = True
    db.session.execute(saturday.action.__table__.update().values(etat=etat))
    db.session.commit()
    there = etat in (Etat.CONFIRMEE, Etat.EN_COURS, Etat.TERMINEE)
    assert client.get(url(saturday)).status_code == (200 if there else 404)


@pytest.mark.parametrize(("hour", "status"), [(24 + 3.9, 200), (24 + 4.1, 404)])
def test_its_evening_lasts_until_six_and_then_it_is_gone(shown, client, hour, status):
    shown.close("Rien à signaler.")
    db.session.commit()
    with clock.freeze(at(hour)):
        assert client.get(url(shown)).status_code == status


def test_a_site_that_nobody_closed_goes_on(shown, client):
    with clock.freeze(at(24 + 7)):
        assert client.get(url(shown)).status_code == 200


@pytest.mark.parametrize("id", ["999999", "0", "x"])
def test_no_such_action(client, id):
    assert client.get(f"/actions/{id}/direct").status_code == 404


# --- how it stays fresh --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ecran", ["", "?ecran=1"])
def test_nothing_while_it_is_true_else_the_part_that_changes(shown, client, ecran):
    asked = version(client.get(url(shown, ecran)).text)
    same = client.get(asked)
    assert (same.status_code, same.data, same.headers["Cache-Control"]) == (204, b"", CACHED)
    shown.send(tap(Genre.ETAPE, shown.steps[2].id, "debut"))
    db.session.commit()
    changed = client.get(asked)
    assert changed.status_code == 200
    assert "<html" not in changed.text
    assert "En ce moment Visite" in words(changed.text)
    assert client.get(version(changed.text)).status_code == 204
    with clock.freeze(clock.now() + timedelta(minutes=1)):
        assert client.get(version(changed.text)).status_code == 200


@pytest.mark.both
def test_what_it_costs(shown, client):
    """One question while nothing changes, five for the page, whatever it holds."""
    page = url(shown)
    asked = version(client.get(page).text)
    with count_queries() as queries:
        client.get(asked)
    assert len(queries) == 1
    shown.send(*(tap(Genre.COCHE, p.id, "fait") for p in shown.jour.points))
    db.session.commit()
    with count_queries() as queries:
        client.get(page)
    assert len(queries) == 5


def test_without_javascript_a_button_asks_again(shown, client):
    page = BeautifulSoup(client.get(url(shown)).text, "html5lib")
    assert [str(link["href"]) for link in page.select("noscript a")] == [url(shown)]


# --- where it is allowed, and shown --------------------------------------------------------------------------


def test_the_bienveillant_allows_it_on_the_sheet(saturday, as_):
    zoe, path = as_(saturday.zoe), f"/actions/{saturday.action.id}"
    form = BeautifulSoup(zoe.get(f"{path}/modifier").text, "html5lib")
    typed = {str(i["name"]): str(i.get("value", "")) for i in form.select("main form input[name]:not([type=checkbox])")}
    typed |= {
        str(s["name"]): str((s.select("[selected]") or s.select("option"))[0]["value"]) for s in form.select("main form select")
    }
    typed |= {str(t["name"]): t.text.strip("\n") for t in form.select("main form textarea")}
    assert typed["lu"] == reading(saturday.action.sheet)
    assert zoe.post(f"{path}/modifier", data=typed | {"en_direct": "y"}).status_code == 303
    assert saturday.action.en_direct
    assert "La page que suit le public" in zoe.get(path).text


def test_the_team_has_the_code_and_the_page_when_it_is_allowed(saturday, as_):
    awa = as_(saturday.awa)
    assert "Programme en direct" not in awa.get(saturday.url).text
    saturday.action.en_direct = True
    db.session.commit()
    page = BeautifulSoup(awa.get(saturday.url).text, "html5lib")
    assert page.select_one(f'img[src="{url(saturday, ".svg")}"][loading=lazy]')
    assert page.select_one(f'a[href="{url(saturday, "?ecran=1")}"]')


def test_the_code_is_a_picture_of_the_address(shown, client):
    answer = client.get(url(shown, ".svg"))
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/svg+xml", CACHED)
    assert answer.text.startswith("<svg")


# --- an evening that ends the next morning -------------------------------------------------------------------


def test_from_eight_in_the_evening_to_two_is_one_day(app, client):
    zoe = builders.bienveillant()
    with clock.freeze(at(19)):
        action = builders.action(zoe, titre="Kabar", debut=at(20), fin=at(26), en_direct=True)
        steps = [
            actions.add_step(action, by=zoe, titre=titre, debut=at(start), fin=at(end))
            for titre, start, end in (("Accueil", 20, 22), ("Kabar", 22, 25), ("Rangement", 25, 26))
        ]
        day = Saturday(action, zoe, zoe, zoe, steps)
        db.session.commit()
        day.open("Tout est vérifié.")
    with clock.freeze(at(22.5)):
        day.send(tap(Genre.ETAPE, steps[1].id, "debut"), by=zoe)
        db.session.commit()
    with clock.freeze(at(24.5)):
        page = client.get(url(day)).text
        assert words(page).count("samedi 21 novembre") == 1
        assert "20 h à 2 h" in words(page)
        assert "En ce moment Kabar jusqu’à 1 h 30" in words(page)
        assert "Prévu à 1 h vers 1 h 30 Rangement jusqu’à 2 h 30" in words(page)
        assert [p.titre for p in day.day().deroule.items] == ["Accueil", "Kabar", "Rangement"]
    with clock.freeze(at(29)):
        assert client.get(url(day)).status_code == 200
