"""Whoever answers for an item of the programme, without a place on the team: they read the day, and that is all."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j.aujourdhui import today_for
from portal.jour_j.models import Entree, Genre
from portal.policy import can
from tests import builders
from tests.jour_j.conftest import at, tap
from tests.jour_j.test_routes import fields
from tests.jour_j.test_telephones import numbers


@pytest.fixture
def ines(saturday) -> Personne:
    """Inès leads the visit at ten, and holds no place."""
    who = builders.personne("Inès Robert")
    saturday.steps[2].responsable_id = who.id
    saturday.open("Tout est vérifié.")
    db.session.commit()
    return who


def words(html: str, selector: str) -> str:
    found = BeautifulSoup(html, "html5lib").select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


@pytest.mark.both
def test_they_read_first_that_their_item_slips(saturday, ines, as_):
    saturday.send(tap(Genre.DECALE, saturday.steps[2].id, "15"))
    db.session.commit()
    page = as_(ines).get(saturday.url)
    assert page.status_code == 200
    assert "Ton étape « Visite » : vers 10 h 15 au lieu de 10 h" in words(page.text, "#maintenant")
    assert "Awa Payet" in words(page.text, "#equipe")


def test_without_a_number_a_tap_or_what_is_written_to_the_team(saturday, ines, as_):
    saturday.send(tap(Genre.MESSAGE, mot="Le code du portail est changé."), tap(Genre.INCIDENT, mot="Verre cassé."))
    db.session.commit()
    client = as_(ines)
    for url in (saturday.url, f"{saturday.url}/feuille"):
        assert numbers(client, url) <= {"tel:112"}
        text = client.get(url).text
        assert "data-geste" not in text
        assert not [said for said in ("Le code du portail", "Verre cassé", "262692") if said in text]


def test_what_they_would_tap_is_refused_and_nothing_is_written(saturday, ines, as_):
    client, place = as_(ines), saturday.held_by(saturday.lea).id
    before = db.session.query(Entree).count()
    for said in (fields("incident", mot="Verre cassé."), fields("presence", place, "arrive"), fields("etape", 1, "debut")):
        assert client.post(f"{saturday.url}/entrees", data=said).status_code == 403
    assert client.get(f"{saturday.url}/bilan").status_code == 403
    assert client.get(f"{saturday.url}/code").status_code == 403
    assert db.session.query(Entree).count() == before


def test_it_is_in_their_day(saturday, ines, as_, count_queries):
    assert [(mine.action, mine.qualites) for mine in today_for(ines)] == [(saturday.action, ["Tient une étape"])]
    assert "Tient une étape" in words(as_(ines).get("/jour-j/").text, ".cartes")
    assert today_for(builders.personne("Paul Maillot")) == []
    saturday.steps[2].responsable_id = saturday.lea.id
    assert [mine.qualites for mine in today_for(saturday.lea)] == [["Volontaire", "Tient une étape"]]
    with count_queries() as statements:
        today_for(ines)
    assert len([sql for sql in statements if "FROM action" in sql or "FROM mission" in sql]) == 2


@pytest.mark.parametrize("how", ["another holds it", "cancelled"])
def test_no_longer_theirs_it_is_no_longer_read(saturday, ines, as_, how):
    client = as_(ines)
    if how == "cancelled":
        saturday.close("Cyclone.")
        other = builders.action(saturday.zoe, titre="Bal", debut=at(9), fin=at(18))
        actions.add_step(other, by=saturday.zoe, titre="Bal", debut=at(9), fin=at(10), responsable_id=ines.id)
        db.session.commit()
        url = f"/jour-j/{other.id}"
        assert client.get(url).status_code == 200
        actions.decide(other, annuler, by=saturday.zoe, motif="Cyclone")
    else:
        url = saturday.url
        saturday.steps[2].responsable_id = saturday.lea.id
    db.session.commit()
    with clock.freeze(at(9.5)):
        assert client.get(url).status_code == 404


def test_an_item_of_one_day_opens_no_other(saturday, ines, as_):
    other = builders.action(saturday.zoe, titre="Bal", debut=at(9), fin=at(18))
    db.session.commit()
    assert as_(ines).get(f"/jour-j/{other.id}").status_code == 404
    assert not can(ines, "action.voir", saturday.action)


@pytest.mark.parametrize(("who", "cost"), [("zoe", 2), ("awa", 3), ("lea", 3), ("ines", 3)])
def test_whatever_may_let_somebody_in_is_asked_at_once(saturday, ines, as_, count_queries, who, cost):
    """One statement says all that they are to the action; whoever sets it up is asked nothing."""
    client, url = as_(ines if who == "ines" else getattr(saturday, who)), f"{saturday.url}/etat"
    as_(saturday.zoe).get(url)
    with count_queries() as statements:
        client.get(url)
    assert len(statements) == cost
