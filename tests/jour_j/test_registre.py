"""The safety register: every incident of a year, read and taken away."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from portal import clock
from portal.comptes.models import NomRole
from portal.db import db
from portal.jour_j import commands, registre
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre
from portal.journal import EntreeJournal
from portal.missions import commands as posts
from tests import builders
from tests.jour_j.conftest import at, jour_of, tap


def note(saturday, mot, when, **more):
    said = Tap(tap("x").uuid, Genre.INCIDENT, when, mot=mot, **more)
    saturday.send(said)
    return said


@pytest.mark.both
def test_it_holds_the_incidents_of_a_year_of_every_day_latest_first(saturday):
    note(saturday, "Verre cassé.", at(8), lieu="La cour")
    gone = note(saturday, "Rien.", at(8.5))
    saturday.send(commands.undoing(gone.uuid, at=at(9)))
    other = builders.action(saturday.zoe, titre="Bal", debut=at(9), fin=at(18))
    commands.receive(jour_of(other), [tap(Genre.INCIDENT, "", "grave", "Feu", when=at(8.75))], by=saturday.zoe)
    assert [(i.then.action.titre, i.entree.mot) for i in registre.of_year(2037)] == [
        ("Bal", "Feu"),
        ("C’est mon patrimoine", "Rien."),
        ("C’est mon patrimoine", "Verre cassé."),
    ]
    assert (registre.of_year(2036), registre.years()) == ([], [2037])


def test_a_year_ends_at_midnight_of_la_reunion(app):
    end = clock.start_of(clock.today().replace(month=1, day=1))
    with clock.freeze(end - timedelta(hours=2)):
        zoe = builders.bienveillant()
        party = builders.action(zoe, debut=end - timedelta(hours=3), fin=end + timedelta(hours=3))
        commands.receive(jour_of(party), [tap(Genre.INCIDENT, mot="Avant", when=end - timedelta(minutes=1))], by=zoe)
    with clock.freeze(end + timedelta(hours=1)):
        commands.receive(jour_of(party), [tap(Genre.INCIDENT, mot="Après", when=end)], by=zoe)
    year = clock.local(end).year
    assert [[i.entree.mot for i in registre.of_year(y)] for y in (year - 1, year)] == [["Avant"], ["Après"]]
    assert {year - 1, year} <= set(registre.years())


def test_it_is_taken_away_as_a_spreadsheet_and_who_took_it_is_journaled(saturday, as_):
    said = note(saturday, "=1+1", at(8), lieu="La cour", mesures="Balayé.", valeur="serieux")
    saturday.send(tap(Genre.SUITE, said.uuid, mot="Vitre changée."))
    db.session.commit()
    zoe = as_(saturday.zoe)
    text = zoe.post("/jour-j/registre/export.csv", data={"annee": "2037"}).data.decode()
    assert "21/11/2037;08:00;21/11/2037 09:00;C’est mon patrimoine;La cour;Sérieux;'=1+1;Balayé.;" in text
    assert "Vitre changée. (Awa Payet)" in text
    book = zoe.post("/jour-j/registre/export.xlsx", data={"annee": "2037"})
    assert BytesIO(book.data).read(2) == b"PK"
    lines = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "jour.emporter")).all()
    assert [(line.personne_id, line.faits) for line in lines] == 2 * [(saturday.zoe.id, {"lignes": 1, "personnes": 1})]


@pytest.mark.parametrize("many", [1, 12])
def test_it_costs_the_same_for_one_incident_or_for_twelve_days(saturday, as_, count_queries, many):
    for n in range(many):
        day = builders.action(saturday.zoe, titre=f"Jour {n}", debut=at(9), fin=at(18))
        commands.receive(jour_of(day), [tap(Genre.INCIDENT, mot="Chute", when=at(8.75))], by=saturday.zoe)
    db.session.commit()
    zoe = as_(saturday.zoe)
    zoe.get("/jour-j/registre")
    with count_queries() as statements:
        assert zoe.get("/jour-j/registre").text.count("<article") == many
    assert len(statements) == 6


def test_bienveillants_and_admins_read_it_and_nobody_else(saturday, as_):
    ada = builders.personne("Ada Dijoux", [NomRole.ADMIN])
    db.session.commit()
    assert [as_(who).get("/jour-j/registre").status_code for who in (saturday.zoe, ada, saturday.awa, saturday.lea)] == [
        200, 200, 403, 403,
    ]  # fmt: skip


def test_who_was_on_site_stays_in_it_whoever_gives_a_place_back_later(saturday):
    place = saturday.held_by(saturday.lea)
    saturday.send(tap(Genre.PRESENCE, place.id, "arrive"))
    with clock.freeze(at(10)):
        note(saturday, "Verre cassé.", at(10))
        posts.release(place, motif="Malade.")
        [incident] = registre.of_year(2037)
    assert incident.present == [saturday.lea]
