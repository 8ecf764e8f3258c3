"""/reglages/nombres: what the collective sets, by an admin, and journaled."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import delete, select

from portal import reglage
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.test_races import badge
from tests.test_races import crowd as crowd  # a fixture

TYPED = {nombre.cle: str(nombre.defaut) for nombre in reglage.NOMBRES}


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


def changes():
    rows = select(EntreeJournal).where(EntreeJournal.evenement == "reglage.changer").order_by(EntreeJournal.id)
    return [(e.sujet, e.avant, e.apres, e.personne_id) for e in db.session.scalars(rows)]


@pytest.mark.both
def test_an_admin_changes_a_number_and_the_journal_keeps_what_it_was(as_, ada):
    client = as_(ada)
    for value in ("5", "4"):
        lu = BeautifulSoup(client.get("/reglages/nombres").text, "html5lib").select_one("[name=lu]")["value"]
        assert client.post("/reglages/nombres", data=TYPED | {"quorum": value, "lu": lu}).status_code == 303
    assert reglage.QUORUM.valeur == 4
    assert changes() == [("reglage:quorum", "3", "5", ada.id), ("reglage:quorum", "5", "4", ada.id)]
    form = BeautifulSoup(client.get("/reglages/nombres").text, "html5lib").select_one("form.formulaire")
    assert {i["name"]: i["value"] for i in form.select("input[inputmode]")} == TYPED | {"quorum": "4"}


@pytest.mark.both
@pytest.mark.proof
def test_two_first_changes_at_once_keep_one_and_say_so_to_the_other(crowd, as_, ada, size):
    """Nobody had touched it: there is no row of it to lock yet."""
    for done in range(size(3, 60)):
        db.session.execute(delete(reglage.Reglage))
        client = as_(ada)
        lu = BeautifulSoup(client.get("/reglages/nombres").text, "html5lib").select_one("[name=lu]")["value"]
        posts = [("/reglages/nombres", TYPED | {"quorum": value, "lu": lu}, badge(client)) for value in ("5", "6")]
        assert sorted(answer.status for answer in crowd.press(posts)) == [303, 409]
        assert (len(changes()), reglage.QUORUM.valeur in {5, 6}) == (done + 1, True)


@pytest.mark.parametrize("wrong", ["0", "31", "-1", "", "trois", "2,5", "1_0"])
def test_a_number_out_of_its_bounds_changes_nothing(as_, ada, wrong):
    answer = as_(ada).post("/reglages/nombres", data=TYPED | {"quorum": wrong, "delai_avis": "9"})
    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "html5lib").select_one("#quorum-erreur")
    assert (reglage.QUORUM.valeur, reglage.DELAI_AVIS.valeur, changes()) == (3, 7, [])


def test_only_an_admin_comes_in(as_, app):
    for roles in ([], [builders.BIENVEILLANT], [builders.TRESORIER]):
        client = as_(builders.personne(roles=roles))
        assert client.get("/reglages/nombres").status_code == 403
        assert client.post("/reglages/nombres", data=TYPED | {"quorum": "9"}).status_code == 403
    assert reglage.QUORUM.valeur == 3
