"""Finding a mission by its words: French ones, with or without their accents, in the singular or the plural."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal import plein_texte
from portal.actions.models import Action
from portal.db import db
from portal.fields import name_key
from portal.missions import lexique
from portal.missions.models import Mission
from tests import builders
from tests.missions.test_listing import titles

pytestmark = pytest.mark.both


@pytest.fixture
def action(app) -> Action:
    action = builders.action(builders.bienveillant(), titre="Fête des moulins")
    action.lieu = "L’Hermitage"
    db.session.commit()
    return action


@pytest.fixture
def mission(action) -> Mission:
    said = "Cuisiner pour cent personnes : légumes, gâteaux et jeux d’enfants, au rez-de-chaussée."
    mission = builders.mission(action, titre="Atelier œuvres musicales", description=said)
    db.session.commit()
    return mission


@pytest.fixture
def found(client, mission):
    """Whether a search finds it."""
    return lambda asked: titles(client.get("/missions/", query_string={"q": asked}).text) == [mission.titre]


@pytest.mark.parametrize(
    "asked",
    [
        "ateliers",
        "ATELIER",
        "musical",
        "musicales",
        "legume",
        "Légumes",
        "gâteau",
        "gateaux",
        "jeu",
        "jeux",
        "enfant",
        "l'enfant",
        "cuisine",
        "cuis",  # as it is being typed
        "rez-de-chaussee",
        "chaussée rez",
        "moulin",  # its action's, as the following ones
        "fêtes moulin",
        "hermitage",
        "fete du gateau",  # one word of each; « du » is in neither
        "  atelier   legumes ",
        "oeuvre",
        "Œuvre",
        "pour",  # nothing else is asked
        "",
    ],
)
def test_it_is_found(found, asked):
    assert found(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "atelier peinture",
        "telier",
        "maloya",
        "%",
        "***",
        "_",
        '"',
        "atelier OR peinture",
        "NEAR(atelier)",
        "mots:atelier maloya",
    ],
)
def test_it_is_not(found, asked):
    assert not found(asked)


@pytest.mark.parametrize(
    "asked",
    ["a" * 10_000, "atelier " * 2_000, "\x00", "'; DROP TABLE mission", "(", ":*", "\\", "x", "aᦰb", "Ǆaᳲb", "٣ слово", "🎉"],
)
def test_whatever_is_typed_gets_an_answer(client, mission, asked):
    assert client.get("/missions/", query_string={"q": asked}).status_code == 200


def test_what_has_changed_is_found_by_its_new_words_alone(found, action, mission):
    mission.description = "Tenir la buvette."
    action.titre = "Marché de Noël"
    db.session.commit()
    assert found("buvettes")
    assert found("noel")
    assert not found("legumes")
    assert not found("moulin")


def test_what_was_not_kept_is_not_found(found, mission):
    mission.titre = "Peinture"
    db.session.flush()
    db.session.rollback()
    assert found("atelier")
    assert not found("peinture")


def test_the_index_made_again_is_the_one_that_was_kept(app, action, mission):
    """As after a copy, whose rows nobody watched being written."""
    builders.mission(action, titre="Buvette")
    db.session.commit()
    everything = text("SELECT rowid, mots FROM mission_mots ORDER BY rowid")
    kept = db.session.execute(everything).all()
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM mission_mots"))
        lexique.rebuild(connection)
        assert connection.execute(everything).all() == kept != []


@pytest.mark.parametrize(
    ("one", "other"),
    [("bénévole", "bénévoles"), ("cheval", "chevaux"), ("lieu", "lieux"), ("musical", "musicale"), ("national", "nationaux")],
)
def test_a_word_and_its_plural_or_feminine_are_one(one, other):
    assert plein_texte.stem(name_key(one)) == plein_texte.stem(name_key(other))


def test_a_word_without_end_stops_somewhere():
    assert max(map(len, plein_texte.search_key("mot" * 1_000, "fin").split())) == plein_texte.LONGEST
