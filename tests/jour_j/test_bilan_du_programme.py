"""The report tells the programme, planned against real; what it says reads as a person would say it."""

from __future__ import annotations

from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from portal import clock
from portal.db import db
from portal.jour_j import bilan
from portal.jour_j.models import Genre
from tests.jour_j.conftest import Saturday, at, tap


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.fixture
def done(saturday: Saturday):
    """The breakfast is late and longer, the visit never ended, the meal is cancelled, the films are skipped."""
    _, breakfast, visit, meal, films = saturday.steps
    saturday.open("Tout est vu.")
    for hour, step, valeur in (
        (9.25, breakfast, "debut"),
        (10.5, breakfast, "fin"),
        (10.75, visit, "debut"),
        (11, meal, "annule"),
        (12, films, "passe"),
    ):
        with clock.freeze(at(hour)):
            saturday.send(tap(Genre.ETAPE, step.id, valeur))
    with clock.freeze(at(22)):
        saturday.close("La visite finit dehors.")
        db.session.commit()
        yield saturday


ROWS = [
    ("Jeux lontan", "9 h à 17 h 30", "", "Pas commencée"),
    ("Accueil, petit-déjeuner", "9 h à 10 h", "9 h 15 à 10 h 30", "15 min de retard, 15 min de plus"),
    ("Visite", "10 h à 11 h", "10 h 45", "45 min de retard, pas terminée à la fermeture"),
    ("Vidéos", "10 h à 16 h", "", "Sautée"),
    ("Repas, carry poulet", "12 h à 13 h 30", "", "Annulée"),
]


def test_each_item_is_told_as_planned_and_as_it_went(done):
    content = bilan.content(done.jour, [])
    assert sorted(tuple(map(plain, row.values())) for row in content["programme"]) == sorted(ROWS)
    assert content["a_l_heure"] == "0 sur 2"


def test_its_page_has_it(done, as_):
    page = BeautifulSoup(as_(done.awa).get(f"{done.url}/bilan").text, "html5lib")
    rows = [tuple(plain(cell.text) for cell in row.select("th, td")) for row in page.select(".prevu-reel tbody tr")]
    assert sorted(rows) == sorted((titre, prevue, reelle or "–", ecart) for titre, prevue, reelle, ecart in ROWS)
    assert "0 sur 2 à l’heure." in plain(page.get_text(" "))


def test_its_paper_has_it(done, as_):
    paper = PdfReader(BytesIO(as_(done.awa).get(f"{done.url}/bilan.pdf").data))
    text = plain("".join(page.extract_text() for page in paper.pages))
    for said in ("Le programme", "9 h 15 à 10 h 30", "15 min de retard, 15 min de plus", "Annulée", "Sautée"):
        assert said in text


def test_while_it_runs_an_item_is_said_to(saturday):
    saturday.open("Tout est vu.")
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    [row] = [r for r in bilan.content(saturday.jour, [])["programme"] if r["reelle"]]
    assert plain(row["ecart"]) == "à l’heure, en cours"


def test_over_several_days_each_item_has_its_date(done):
    meal = done.steps[3]
    done.action.fin, meal.debut, meal.fin = at(24 + 18), at(24 + 12), at(24 + 13)
    db.session.flush()
    told = {row["titre"]: plain(row["prevue"]) for row in bilan.content(done.jour, [])["programme"]}
    assert told["Repas, carry poulet"] == "dim. 22 nov., 12 h à 13 h"
    assert told["Visite"] == "sam. 21 nov., 10 h à 11 h"


def test_lines_left_are_those_of_the_checks_and_not_the_site(done, as_):
    page = plain(BeautifulSoup(as_(done.awa).get(f"{done.url}/bilan").text, "html5lib").get_text(" "))
    assert "Fermeture : vérifications pas faites ou pas conformes" in page
    assert "resté ouvert" not in page
    assert "Note les quantités vraiment utilisées : elles servent à établir la facture." in page


# --- words ---------------------------------------------------------------------------------------------------


def test_what_followed_an_incident_is_said_once(saturday, as_):
    noted = tap(Genre.INCIDENT, mot="Une écorchure.", when=at(8))
    saturday.send(noted, tap(Genre.SUITE, noted.uuid, mot="Un pansement."))
    db.session.commit()
    journal = plain(BeautifulSoup(as_(saturday.awa).get(saturday.url).text, "html5lib").select_one("#journal").get_text(" "))
    assert "9 h Suite : incident de 8 h" in journal


def test_a_long_incident_is_cut_where_a_person_would(saturday, as_):
    saturday.open("Tout est vu.")
    words = "Une chute dans l’escalier de la Grande case, on a mis tout de suite une compresse, puis appelé sa mère."
    saturday.send(tap(Genre.INCIDENT, mot=words))
    db.session.commit()
    told = plain(BeautifulSoup(as_(saturday.awa).get(saturday.url).text, "html5lib").select_one("#a-regler").get_text(" "))
    assert "sans suite : Une chute dans l’escalier de la Grande case, on a mis tout de suite une…" in told
    assert "..." not in told


def test_no_line_begins_or_ends_with_a_dot_alone(saturday, as_):
    """What stands on both sides of it holds together, so that a narrow screen breaks the line elsewhere."""
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"))
    db.session.commit()
    page = as_(saturday.awa).get(saturday.url).text.replace("&nbsp;", "\u00a0")
    assert "\u00a0·\u00a0Grande case" in page
    assert " ·" not in page.split("<main")[1]
    assert "· " not in page.split("<main")[1]
