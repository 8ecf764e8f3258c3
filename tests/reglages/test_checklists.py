"""The lists of the house: an admin reads them, changes them a version at a time, and loses nothing of what is typed."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from portal.jour_j import listes, preparation
from portal.jour_j.listes import Place
from portal.jour_j.modeles import OUVERTURE, Ligne
from portal.jour_j.models import Phase
from tests import builders

LISTS = "/reglages/listes/"
SITE = f"{LISTS}ouverture"


@pytest.fixture
def office(app, as_):
    return as_(builders.personne("Ada Dijoux", [builders.ADMIN]))


def main(answer) -> Tag:
    found = BeautifulSoup(answer.text, "html5lib").main
    assert found
    return found


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").replace("\u00a0", " ").split())


def typed(answer) -> dict[str, str]:
    """What the form of that page would send."""
    form = main(answer).select_one("form")
    said = {str(i["name"]): str(i["value"]) for i in form.select("input[type=hidden]") if i["name"] != "csrf_token"}
    said |= {str(i["name"]): "y" for i in form.select("input[type=checkbox][checked]")}
    return said | {str(t["name"]): t.get_text().removeprefix("\n") for t in form.select("textarea")}


def lines(answer) -> list[Ligne]:
    said = typed(answer)
    return [Ligne(said[f"lignes-{n}-texte"], f"lignes-{n}-critique" in said) for n in range(sum("texte" in k for k in said))]


def latest(phase: Phase = Phase.OUVERTURE, espace_id: int | None = None) -> list[Ligne]:
    return listes.lines_of(listes.latest()[Place(espace_id, phase)])


@pytest.mark.both
def test_a_list_is_read_then_changed_and_its_earlier_version_stays_to_be_read(office):
    page = office.get(SITE)
    assert "Version 1, la liste de départ." in words(main(page))
    assert lines(page) == list(OUVERTURE)
    said = typed(page) | {"lignes-0-texte": "Portail ouvert en grand", "lignes-1-texte": ""}
    said.pop("lignes-0-critique")
    answer = office.post(SITE, data=said)
    assert (answer.status_code, answer.location) == (303, SITE)
    assert latest() == [Ligne("Portail ouvert en grand"), *OUVERTURE[2:]]
    page = office.get(SITE)
    assert "Version 2, du" in words(main(page))
    assert "par Ada Dijoux." in words(main(page))
    old = office.get(f"{SITE}?version=1")
    assert lines(old) == list(OUVERTURE)
    assert "Voici la version 1." in words(main(old))
    assert office.post(SITE, data=typed(old)).status_code == 303  # what was, saved again
    assert latest() == list(OUVERTURE)
    assert [m.version for m in listes.history(Place(None, Phase.OUVERTURE))] == [3, 2, 1]


def test_a_space_has_a_list_of_its_own(office):
    kitchen = builders.espace("La cuisine")
    index = main(office.get(LISTS))
    assert [words(h) for h in index.select("h2")] == ["Tout le site", "La cuisine"]
    assert words(index.select("section")[1]).count("Pas de liste") == 2
    path = f"{LISTS}fermeture/{kitchen.id}"
    page = office.get(path)
    assert "Pas encore de liste ici." in words(main(page))
    added = office.post(path, data=typed(page) | {"geste": "ajouter"})
    said = typed(added) | {"lignes-0-texte": "Gaz coupé", "lignes-0-critique": "y"}
    assert office.post(path, data=said).status_code == 303
    assert latest(Phase.FERMETURE, kitchen.id) == [Ligne("Gaz coupé", critique=True)]
    assert "1 ligne · version 1" in words(main(office.get(LISTS)))


@pytest.mark.parametrize(
    ("gesture", "order"),
    [
        ("ajouter", "abc+"),
        ("monter-1", "bac"),
        ("monter-0", "abc"),
        ("descendre-1", "acb"),
        ("descendre-2", "abc"),
        ("retirer-0", "bc"),
        ("retirer-9", "abc"),
        ("brûler-1", "abc"),
        ("monter-x", "abc"),
    ],
)
def test_the_small_buttons_move_what_is_typed_and_save_nothing(office, gesture, order):
    three = (
        {"lu": "1"} | {f"lignes-{n}-texte": f"ligne {letter}" for n, letter in enumerate("abc")} | {"lignes-1-critique": "y"}
    )
    answer = office.post(SITE, data=three | {"geste": gesture})
    assert answer.status_code == 200
    assert lines(answer) == [Ligne("" if x == "+" else f"ligne {x}", x == "b") for x in order]
    assert typed(answer)["lu"] == "1"
    assert latest() == list(OUVERTURE)


def test_a_line_added_takes_the_focus(office):
    answer = office.post(SITE, data=typed(office.get(SITE)) | {"geste": "ajouter"})
    assert [t["name"] for t in main(answer).select("textarea[autofocus]")] == ["lignes-9-texte"]


def test_too_long_a_line_is_said_and_every_word_stays(office):
    said = {"lu": "1", "lignes-0-texte": "Portail " * 40, "lignes-1-texte": "Autre ligne"}
    answer = office.post(SITE, data=said)
    assert answer.status_code == 422
    assert main(answer).select_one("#lignes-0-texte-erreur")
    assert lines(answer) == [Ligne(("Portail " * 40).strip()), Ligne("Autre ligne")]
    assert latest() == list(OUVERTURE)


def test_changed_meanwhile_it_says_so_keeps_what_is_typed_and_saves_it_the_second_time(office):
    said = typed(office.get(SITE)) | {"lignes-0-texte": "Le mien"}
    preparation.save(Place(None, Phase.OUVERTURE), [Ligne("Celui d’un autre")], read=1, by=builders.personne("Max"))
    answer = office.post(SITE, data=said)
    assert answer.status_code == 409
    assert "a changé pendant que tu écrivais" in words(main(answer))
    assert lines(answer)[0].texte == "Le mien"
    assert latest() == [Ligne("Celui d’un autre")]
    assert office.post(SITE, data=typed(answer)).status_code == 303
    assert latest()[0].texte == "Le mien"


def test_sent_without_what_was_read_where_nothing_is_saved_yet_it_says_so_too(office):
    """The list that a site begins with is in no database: it goes with what the refusal undoes."""
    assert office.post("/reglages/listes/ouverture").status_code == 409


def test_it_says_how_many_confirmed_actions_keep_theirs(office):
    assert "gardent" not in words(main(office.get(SITE)))
    zoe = builders.bienveillant()
    for _ in range(2):
        builders.action(zoe)
    assert "2 actions confirmées gardent la liste qu’elles ont" in words(main(office.get(SITE)))


@pytest.mark.parametrize("path", [f"{LISTS}pendant", f"{SITE}/999", f"{SITE}?version=9", f"{SITE}/0"])
def test_what_is_not_there_is_a_404(office, path):
    assert office.get(path).status_code == 404


@pytest.mark.parametrize("path", [LISTS, SITE])
def test_nobody_else_enters(app, as_, path):
    zoe = builders.bienveillant()
    assert as_(zoe).get(path).status_code == 403
    assert as_(zoe).post(SITE, data={"lu": "1"}).status_code == 403


def test_hostile_words_stay_words(office):
    hostile = '"><svg/onload=alert(1)>'
    office.post(SITE, data={"lu": "1", "lignes-0-texte": hostile})
    assert main(office.get(SITE)).select("svg[onload]") == []
    assert latest() == [Ligne(hostile)]


@pytest.mark.parametrize("more", [0, 3])
def test_the_pages_cost_the_same_for_one_or_many(office, count_queries, more):
    ada = builders.personne("Max")
    for n in range(more):
        place = Place(builders.espace(f"Espace {n}").id, Phase.OUVERTURE)
        preparation.save(place, [Ligne("Une")], read=0, by=ada)
        preparation.save(Place(None, Phase.OUVERTURE), [Ligne(f"Version {n}")], read=n + 1, by=ada)
    if not more:
        preparation.begin()
    costs = []
    for path in (LISTS, SITE):
        with count_queries() as statements:
            assert office.get(path).status_code == 200
        costs.append(len(statements))
    assert costs == [4, 4]
