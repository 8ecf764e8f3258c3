"""Which pôle an action suggests by itself: a rule that anybody can check, and that says what it went by."""

from __future__ import annotations

import pytest

from portal.actions.theme import suggest
from portal.poles.models import Genre, Pole, Prestation

POLES = [
    Pole(id=n, nom=nom, genre=Genre.POLE, description=description)
    for n, (nom, description) in enumerate(
        (
            ("Culture", "Concerts, ronkozé, projections, résidences."),
            ("Jardin", "Le jardin créole, la pépinière, le compost."),
            ("Low-tech", "Réparer, détourner, four solaire, vélos."),
            ("Sport", "Moringue, marche, vélo, jeux."),
        ),
        start=1,
    )
]


def suggested(words: str, ticked: list[Prestation] | None = None) -> tuple[str, list[str]] | None:
    found = suggest(POLES, words, ticked or [])
    return (found.pole.nom, found.raisons) if found else None


@pytest.mark.parametrize(
    ("words", "pole", "because"),
    [
        ("Un concert au clair de lune", "Culture", ["concert"]),
        ("Visite des jardins", "Jardin", ["jardins"]),
        ("Marche vers le lagon, puis un jeu de CULTURE", "Culture", ["culture"]),  # its name weighs more than a word
        ("Atelier low-tech : le four SOLAIRE", "Low-tech", ["low-tech", "four", "solaire"]),
        ("Pepiniere et compost, une marche", "Jardin", ["pepiniere", "compost"]),
    ],
)
def test_the_words_of_the_request_lead_to_a_pole(words, pole, because):
    assert suggested(words) == (pole, because)


@pytest.mark.parametrize(
    "words", ["", "Une réunion", "Nous serons dans la maison", "Bourse aux vélos", "Jeux, marche ; compost, pépinière"]
)
def test_nothing_is_suggested_when_nothing_speaks_or_several_as_much(words):
    assert suggested(words) is None


def test_what_was_ticked_counts_too():
    kitchen_garden = Prestation(titre="Visite du potager", pole_id=2)
    assert suggested("Bourse aux vélos", [kitchen_garden]) == ("Jardin", ["Visite du potager"])
    assert suggested("", [Prestation(titre="Sans pôle", pole_id=None)]) is None


def test_without_a_pole_there_is_none():
    assert suggest([], "Un concert") is None


def test_the_name_of_the_house_is_said_by_all():
    poles = [Pole(id=1, nom="Culture", genre=Genre.POLE, description="Faire vivre La Fabrik.")]
    assert suggest(poles, "Un repas à la Fabrik").raisons == ["fabrik"]
    assert suggest(poles, "Un repas à la Fabrik", maison="La Fabrik") is None
