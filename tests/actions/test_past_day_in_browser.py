"""A real past day, 29 October 2022, entered through the screens alone, on phones: from a request to `validee`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from portal import clock
from tests.actions import walk
from tests.actions.house import House, furnished

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def the_past(app) -> Iterator[None]:
    """The Monday evening on which the first words were written."""
    clock.set_from("2022-09-05T18:30")
    yield
    clock.set_from(None)


@pytest.fixture
def house(app) -> House:
    return furnished()


def test_the_day_is_validated_online(visit, house):
    demandeur, zoe, bruno = visit(), visit(house.zoe), visit(house.bruno)
    culture, jardin, communs = visit(house.culture), visit(house.jardin), visit(house.communs)

    walk.ask(
        demandeur,
        nom="Association DAL974", contact="Armelle Gigan", email="dal@example.org", titre="C’est mon patrimoine",
        jour="2022-10-29", de="09:00", a="21:30", personnes="110",
        description="Vidéos des enfants de Savanna, ronkozé, deux orchestres, un film et un concert.",
        wishes=["La case", "Un repas créole", "Une visite du jardin"],
    )  # fmt: skip

    walk.take_up(zoe, "C’est mon patrimoine")
    walk.talk(zoe, demandeur)
    walk.hand_over(zoe, bruno)
    walk.complete(bruno)

    walk.find_its_pole(bruno, jardin, culture)
    walk.validate_online(culture, jardin, communs)

    walk.ask_for_what_it_needs(bruno)
    cuisine, mobilier = visit(house.cuisine), visit(house.mobilier)
    cuisine.goto("/")
    cuisine.locator("main").get_by_role("link", name="besoin à confirmer").tap()
    walk.send(cuisine, "Confirmer", "confirmé", walk.card(cuisine, "Un repas créole"))
    walk.confirm(jardin, "Une visite du jardin")
    walk.confirm(communs, "La case")
    walk.refuse(mobilier, "Chaises", "Prêtées à la mairie jusqu’à midi.")
    walk.ask_again(bruno)
    walk.otherwise(mobilier, "Chaises", "30", "Les autres sont à l’école.")
    walk.keep_what_there_is(bruno)

    walk.fill_the_day(bruno)
    assert walk.shown(bruno) == [
        "9 h à 17 h 30 Vidéos, podcasts, jeux lontan",
        "10 h à 11 h Visite de La Raffinerie",
        "11 h à 12 h Ronkozé sur Savanna",
        "12 h à 13 h 30 Carry poulet",
    ]
    walk.tick_the_tasks(bruno)

    demandeur.reload()
    expect(demandeur.get_by_text("C’est oui sur le principe.")).to_be_visible()
    expect(demandeur.get_by_text("Bruno Ozoux suit votre demande.")).to_be_visible()
    walk.says_nothing_of(demandeur, "ferme à 18 h", "fermer à 22 h", "Communs", "journée de mémoire", "mairie")


def test_another_is_validated_by_a_meeting(visit, house):
    demandeur, zoe, communs, jardin = visit(), visit(house.zoe), visit(house.communs), visit(house.jardin)

    walk.ask(
        demandeur,
        nom="Mutuelle Tamarun", telephone="0692 12 34 56", titre="Séminaire de rentrée",
        jour="2022-10-06", de="08:30", a="17:00", personnes="60", wishes=["La case", "Une visite du jardin"],
    )  # fmt: skip
    expect(demandeur.get_by_text("Gardez l’adresse de cette page")).to_be_visible()
    walk.take_up(zoe, "Séminaire de rentrée")
    walk.send(zoe, "J’ai répondu autrement", "cette demande a sa réponse")
    walk.tap(zoe, "La proposer à un pôle")
    walk.write(zoe, pole="Communs")
    walk.send(zoe, "Proposer à ce pôle", "Proposée au pôle Communs.")
    communs.goto("/")
    communs.locator("main").get_by_role("link", name="action à porter").tap()
    walk.send(communs, "Le pôle Communs la porte", "Le pôle porte l’action")
    walk.voice(jardin, "Séminaire de rentrée")
    walk.unfold(jardin, "Répondre point par point")
    walk.doubt(jardin, "Le compost se retourne ce jour-là.", "Défavorable")

    clock.set_from("2022-09-15T20:00")
    walk.decide_together(visit(house.bruno, viewport={"width": 1280, "height": 800}))

    walk.tab(zoe, walk.NEEDS)
    walk.send(zoe, "Demander les 2 brouillons", "2 besoins demandés.")
    walk.confirm(communs, "La case")
    walk.confirm(jardin, "Une visite du jardin")

    demandeur.reload()
    expect(demandeur.get_by_text("C’est oui sur le principe.")).to_be_visible()
    walk.says_nothing_of(demandeur, "compost", "Communs", "Gina", "sous le manguier")
