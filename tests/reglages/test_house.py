"""/reglages/poles/ and /reglages/espaces/: what the house is made of."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.comptes.commands import set_active
from portal.comptes.models import NomRole, Personne
from portal.db import db
from portal.poles import queries
from portal.poles.commands import save_space
from portal.poles.models import Espace, Genre, Pole
from tests import builders as make

POLES, SPACES = "/reglages/poles/", "/reglages/espaces/"


@pytest.fixture
def admin(app) -> Personne:
    return make.personne("Ada Robert", [NomRole.ADMIN])


@pytest.fixture
def office(admin, as_):
    """The admin's browser."""
    return as_(admin)


def whole(page) -> Any:
    return BeautifulSoup(page.text, "html.parser")


def main(page) -> Any:
    return whole(page).main


def error_beside(page, field: str) -> str:
    found = main(page).find(id=f"{field}-erreur")
    return " ".join(found.get_text(" ").split()) if found else ""


def space(nom: str, parent: Espace | None = None) -> Espace:
    made = save_space(None, nom=nom, parent=parent, capacite=None, avant_min=0, apres_min=0, by=None)
    db.session.flush()
    return made


def members_of(pole: Pole) -> list[str]:
    db.session.commit()
    return [personne.nom for personne in queries.with_members(pole).members]


# --- pôles and groupes -----------------------------------------------------------------------------------------


def test_an_empty_list_says_how_to_begin(office):
    page = main(office.get(POLES))
    assert "Pas encore de pôle" in page.get_text()
    assert page.find("a", href=f"{POLES}nouveau")


def test_a_pole_is_created_then_corrected(office):
    answer = office.post(f"{POLES}nouveau", data={"nom": "Cuisine", "genre": "groupe", "description": "On mange *bien*"})
    pole = db.session.scalars(select(Pole)).one()
    assert (answer.status_code, answer.location) == (303, f"{POLES}{pole.id}")
    assert (pole.nom, pole.genre, pole.description) == ("Cuisine", Genre.GROUPE, "On mange *bien*")
    form = main(office.get(answer.location)).find("form", action=answer.location, method="post")
    assert form.find(id="nom")["value"] == "Cuisine"
    assert form.find("input", value="groupe").has_attr("checked")
    assert form.find("textarea").get_text(strip=True) == "On mange *bien*"
    office.post(answer.location, data={"nom": "Alimentation", "genre": "pole", "description": ""})
    db.session.refresh(pole)
    assert (pole.nom, pole.genre, pole.description) == ("Alimentation", Genre.POLE, "")


def test_a_name_taken_is_refused_beside_the_field(office):
    make.pole("Culture")
    jardin = make.pole("Jardin")
    for url in (f"{POLES}nouveau", f"{POLES}{jardin.id}"):
        page = office.post(url, data={"nom": "culture", "genre": "pole", "description": "Un mot à garder"})
        assert page.status_code == 422
        assert "déjà pris" in error_beside(page, "nom")
        assert main(page).find("textarea").get_text(strip=True) == "Un mot à garder"
    db.session.refresh(jardin)
    assert jardin.nom == "Jardin"


@pytest.mark.parametrize(("field", "value"), [("nom", ""), ("nom", "x" * 81), ("genre", "club"), ("description", "x" * 2001)])
def test_what_is_wrong_is_said_and_nothing_is_kept(office, field, value):
    page = office.post(f"{POLES}nouveau", data={"nom": "Culture", "genre": "pole"} | {field: value})
    assert page.status_code == 422
    assert error_beside(page, field)
    assert queries.poles() == []


def test_a_member_is_found_added_and_removed(office):
    awa, culture = make.personne("Awa Payet"), make.pole("Culture")
    url = f"{POLES}{culture.id}"
    found = main(office.get(f"{url}?q=awa"))
    add = found.find("form", action=f"{url}/membres/{awa.id}")
    assert add
    answer = office.post(add["action"])
    assert (answer.status_code, answer.location) == (303, url)
    assert members_of(culture) == ["Awa Payet"]
    assert not main(office.get(f"{url}?q=awa")).find("form", action=f"{url}/membres/{awa.id}")  # already there
    office.post(f"{url}/membres/{awa.id}/retirer")
    assert members_of(culture) == []
    undo = whole(office.get(url)).find(id="toasts").find("form")
    assert undo["action"] == f"{url}/membres/{awa.id}"


def test_over_htmx_the_members_alone_come_back_as_a_fresh_page_has_them(office):
    awa, culture = make.personne("Awa Payet"), make.pole("Culture")
    url = f"{POLES}{culture.id}"
    for change in (f"{url}/membres/{awa.id}", f"{url}/membres/{awa.id}/retirer"):
        fragment = office.post(change, headers={"HX-Request": "true"})
        assert fragment.status_code == 200
        part = whole(fragment).find(id="membres")
        fresh = main(office.get(url)).find(id="membres")
        assert part.get_text(" ", strip=True) == fresh.get_text(" ", strip=True)


def test_a_double_tap_adds_and_removes_once(office):
    awa, culture = make.personne("Awa Payet"), make.pole("Culture")
    url = f"{POLES}{culture.id}/membres/{awa.id}"
    assert [office.post(url).status_code for _ in range(2)] == [303, 303]
    assert members_of(culture) == ["Awa Payet"]
    assert [office.post(f"{url}/retirer").status_code for _ in range(2)] == [303, 404]
    assert members_of(culture) == []


def test_membership_opens_the_house_at_once_and_closes_it(office, as_):
    awa, culture = make.personne("Awa Payet"), make.pole("Culture")
    browser = as_(awa)
    assert browser.get("/poles/").status_code == 403
    office.post(f"{POLES}{culture.id}/membres/{awa.id}")
    assert browser.get("/poles/").status_code == 200
    office.post(f"{POLES}{culture.id}/membres/{awa.id}/retirer")
    assert browser.get("/poles/").status_code == 403


def test_an_admin_may_join_a_pole(admin, office):
    culture = make.pole("Culture")
    fragment = office.post(f"{POLES}{culture.id}/membres/{admin.id}", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert members_of(culture) == ["Ada Robert"]


def test_only_open_accounts_are_proposed(admin, office):
    gone = make.personne("Guy Laval")
    set_active(gone, False, by=admin)
    culture = make.pole("Culture")
    page = main(office.get(f"{POLES}{culture.id}?q=guy"))
    assert not page.find("form", action=f"{POLES}{culture.id}/membres/{gone.id}")
    assert page.find("a", href="/reglages/personnes/nouvelle")


def test_nobody_and_strangers_do_not_join(office):
    culture = make.pole("Culture")
    stranger = make.candidature(make.mission(make.action(make.bienveillant()))).personne
    for id in (stranger.id, 999999):
        assert office.post(f"{POLES}{culture.id}/membres/{id}").status_code == 404
    assert office.post(f"{POLES}999999/membres/1").status_code == 404
    assert members_of(culture) == []


@pytest.mark.both
def test_a_pole_costs_the_same_whatever_its_members(office, count_queries):
    def grow(n: int) -> Pole:
        people = [make.personne(f"Membre {n} {i}", email=f"m{n}-{i}@example.org") for i in range(n)]
        return make.pole(f"Pôle {n}", members=people)

    costs = []
    for n in (1, 3):
        url = f"{POLES}{grow(n).id}?q=autre"
        make.personne(f"Autre {n}")
        with count_queries() as statements:
            page = office.get(url)
        assert len(main(page).find(id="membres").find("ul").find_all("li")) == n
        costs.append(len(statements))
    assert costs == [6, 6]


@pytest.mark.both
def test_the_list_of_poles_costs_the_same_whatever_its_length(office, count_queries):
    make.pole("Un", members=[make.personne()])
    with count_queries() as one:
        office.get(POLES)
    for nom in ("Deux", "Trois"):
        make.pole(nom, members=[make.personne()])
    with count_queries() as three:
        page = office.get(POLES)
    assert len(main(page).find_all("li")) == 3
    assert (len(one), len(three)) == (2, 2)


# --- spaces ----------------------------------------------------------------------------------------------------


def test_a_space_is_created_inside_another_then_moved(office):
    site = space("Le site")
    typed = {"nom": "La case", "parent": str(site.id), "capacite": "80", "avant_min": "30", "apres_min": "60"}
    answer = office.post(f"{SPACES}nouveau", data=typed)
    assert (answer.status_code, answer.location) == (303, SPACES)
    case = db.session.scalars(select(Espace).where(Espace.nom == "La case")).one()
    assert (case.parent_id, case.capacite, case.avant_min, case.apres_min) == (site.id, 80, 30, 60)
    form = main(office.get(f"{SPACES}{case.id}")).find("form", method="post")
    assert form.find("option", selected=True)["value"] == str(site.id)
    assert [option.get_text() for option in form.find_all("option")] == ["Aucun", "Le site"]
    office.post(f"{SPACES}{case.id}", data={"nom": "La case", "parent": "", "capacite": "", "avant_min": ""})
    db.session.refresh(case)
    assert (case.parent_id, case.capacite, case.avant_min, case.apres_min) == (None, None, 0, 0)


def test_a_space_inside_itself_is_refused_beside_the_field(office):
    site = space("Le site")
    case = space("La case", site)
    page = office.post(f"{SPACES}{site.id}", data={"nom": "Le grand site", "parent": str(case.id)})
    assert page.status_code == 422
    assert "contenu dans lui-même" in error_beside(page, "parent")
    assert main(page).find(id="nom")["value"] == "Le grand site"
    itself = office.post(f"{SPACES}{site.id}", data={"nom": "Le site", "parent": str(site.id)})
    assert itself.status_code == 422
    db.session.refresh(site)
    assert (site.nom, site.parent_id) == ("Le site", None)


def test_a_space_name_taken_is_refused_beside_the_field(office):
    space("Étage")
    page = office.post(f"{SPACES}nouveau", data={"nom": "étage", "capacite": "12"})
    assert page.status_code == 422
    assert "déjà pris" in error_beside(page, "nom")
    assert main(page).find(id="capacite")["value"] == "12"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nom", ""),
        ("parent", "999"),
        ("parent", "x"),
        ("capacite", "0"),
        ("capacite", "-3"),
        ("capacite", "1_0"),
        ("capacite", "９"),
        ("capacite", "1e9"),
        ("avant_min", "1441"),
        ("apres_min", "douze"),
    ],
)
def test_a_wrong_space_is_said_and_nothing_is_kept(office, field, value):
    page = office.post(f"{SPACES}nouveau", data={"nom": "La case"} | {field: value})
    assert page.status_code == 422
    assert error_beside(page, field)
    assert queries.espaces() == []


def test_spaces_are_listed_each_after_the_one_that_holds_it(office):
    site = space("Le site")
    space("Étage", space("La case", site))
    space("Cuisine", site)
    rows = [" ".join(li.get_text(" ").split()) for li in main(office.get(SPACES)).find("ul").find_all("li")]
    assert rows == ["Le site", "Cuisine dans Le site", "La case dans Le site", "Étage dans La case"]


def test_no_space_says_how_to_begin(office):
    page = main(office.get(SPACES))
    assert "Pas encore d’espace" in page.get_text()
    assert page.find("a", href=f"{SPACES}nouveau")


@pytest.mark.parametrize("url", ["poles/999999", "espaces/999999", "poles/x", "espaces/99999999999999999999", "rien"])
def test_what_does_not_exist_is_a_page_in_french(office, url):
    answer = office.get(f"/reglages/{url}")
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.text


@pytest.mark.both
def test_the_spaces_cost_the_same_whatever_their_number(office, count_queries):
    site = space("Le site")
    with count_queries() as one:
        office.get(SPACES)
    for nom in ("A", "B"):
        space(nom, site)
    with count_queries() as three:
        page = office.get(SPACES)
    assert len(main(page).find_all("li")) == 3
    assert (len(one), len(three)) == (2, 2)
