"""/reglages/personnes/: an admin adds and edits people."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal.comptes import queries
from portal.comptes.commands import set_active
from portal.comptes.models import NomRole, Personne
from portal.db import db
from tests import builders as make

ADMIN, BIENVEILLANT, TRESORIER = NomRole.ADMIN, NomRole.BIENVEILLANT, NomRole.TRESORIER
NEW = "/reglages/personnes/nouvelle"


@pytest.fixture
def admin(app) -> Personne:
    return make.personne("Ada Robert", [ADMIN], email="ada@example.org")


@pytest.fixture
def office(admin, as_):
    """The admin's browser."""
    return as_(admin)


def whole(page) -> Any:
    return BeautifulSoup(page.text, "html.parser")


def main(page) -> Any:
    return whole(page).main


def words(page) -> str:
    return " ".join(main(page).get_text(" ").split())


def error_beside(page, field: str) -> str:
    found = main(page).find(id=f"{field}-erreur")
    return " ".join(found.get_text(" ").split()) if found else ""


def sheet(personne: Personne) -> str:
    return f"/reglages/personnes/{personne.id}"


def known(email: str) -> Personne:
    found = queries.confirmed(email)
    assert found
    return found


def held(personne: Personne) -> set[str]:
    db.session.commit()
    return {role.nom.value for role in known(personne.email).roles}


# --- who enters ------------------------------------------------------------------------------------------------

PAGES = ["/reglages/", "/reglages/personnes/", NEW, "/reglages/poles/", "/reglages/poles/nouveau"]
PAGES += ["/reglages/espaces/", "/reglages/espaces/nouveau"]


@pytest.mark.parametrize("url", PAGES)
def test_an_admin_enters_and_nobody_else(office, client, as_, url):
    assert office.get(url).status_code == 200
    assert as_(make.personne(roles=[BIENVEILLANT, TRESORIER])).get(url).status_code == 403
    answer = client.get(url)
    assert (answer.status_code, answer.location) == (303, f"/comptes/connexion?next={url}")


def test_a_person_is_neither_seen_nor_changed_by_others(app, admin, as_):
    bienveillant = as_(make.bienveillant())
    for url in (sheet(admin), f"{sheet(admin)}/desactiver", NEW):
        assert bienveillant.post(url, data={"nom": "X", "email": "x@example.org"}).status_code == 403
    db.session.refresh(admin)
    assert (admin.nom, admin.is_active) == ("Ada Robert", True)
    assert queries.people("", 1).total == 2


def test_the_index_leads_everywhere(office):
    links = [a["href"] for a in main(office.get("/reglages/")).find_all("a")]
    assert links == [
        "/reglages/maison",
        "/reglages/personnes/",
        "/reglages/reprise/personnes",
        "/reglages/poles/",
        "/reglages/espaces/",
        "/reglages/materiel/",
        "/reglages/prestations/",
        "/reglages/nombres",
        "/reglages/mineurs",
        "/reglages/listes/",
        "/reglages/retroplanning/",
        "/reglages/identite",
        "/reglages/devis",
        "/reglages/factures",
        "/devis/tarifs/",
        "/reglages/messages/",
        "/reglages/rocketchat",
        "/notifications/courrier",
        "/reglages/journal",
        "/reglages/conservation",
    ]


# --- the list --------------------------------------------------------------------------------------------------


def test_the_list_says_roles_and_closed_accounts(admin, office):
    make.personne("Awa Payet", [BIENVEILLANT, TRESORIER])
    set_active(make.personne("Guy Laval"), False, by=admin)
    rows = [" ".join(li.get_text(" ").split()) for li in main(office.get("/reglages/personnes/")).find_all("li")]
    assert [row.split("@")[0].rsplit(" ", 1)[0] for row in rows] == ["Ada Robert", "Awa Payet", "Guy Laval"]
    assert rows[1].endswith("Bienveillant, Trésorier")
    assert rows[2].endswith("Désactivé")
    assert "3 personnes" in words(office.get("/reglages/personnes/"))


def test_a_search_is_kept_in_the_page_and_in_its_address(office):
    make.personne("Zoé Hoarau")
    page = office.get("/reglages/personnes/?q=zoe")
    assert "1 personne pour « zoe »" in words(page)
    assert main(page).find(id="q")["value"] == "zoe"
    assert "Ada" not in words(page)


def test_a_search_without_result_says_what_to_do(office):
    page = office.get("/reglages/personnes/?q=inconnu")
    assert "Personne de ce nom" in words(page)
    assert main(page).find("a", href=NEW)


def test_a_search_over_htmx_answers_the_list_alone(office):
    make.personne("Zoé Hoarau")
    fresh = main(office.get("/reglages/personnes/?q=zoe")).find(id="liste")
    fragment = office.get("/reglages/personnes/?q=zoe", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert whole(fragment).find(id="liste").get_text() == fresh.get_text()


@pytest.mark.both
def test_the_list_costs_the_same_whatever_its_length(office, count_queries):
    make.personne("Awa 1", [BIENVEILLANT])
    with count_queries() as one:
        office.get("/reglages/personnes/?q=awa")
    for number in (2, 3):
        make.personne(f"Awa {number}", [BIENVEILLANT, TRESORIER], email=f"{number}@example.org")
    with count_queries() as three:
        page = office.get("/reglages/personnes/?q=awa")
    assert "3 personnes" in words(page)
    assert (len(one), len(three)) == (5, 5)


# --- adding ----------------------------------------------------------------------------------------------------


def test_a_new_person_is_in_the_list_and_invited(office, outbox):
    typed = {"nom": " Awa  Payet ", "email": "Awa@Example.org", "telephone": "0692 12 34 56"}
    answer = office.post(NEW, data=typed | {"roles": ["bienveillant", "tresorier"]})
    assert (answer.status_code, answer.location) == (303, "/reglages/personnes/")
    awa = known("awa@example.org")
    assert (awa.nom, awa.email, awa.telephone) == ("Awa Payet", "Awa@Example.org", "+262692123456")
    assert held(awa) == {"bienveillant", "tresorier"}
    assert [message.genre for message in outbox()] == ["invitation"]
    page = office.get(answer.location)
    assert "Awa Payet" in words(page)
    assert "Une invitation part par e-mail" in page.text


def test_the_same_address_twice_is_refused_beside_the_field(office, outbox):
    typed = {"nom": "Awa d’ailleurs", "email": "ADA@example.org", "telephone": "0692123456", "roles": ["tresorier"]}
    page = office.post(NEW, data=typed)
    assert page.status_code == 422
    assert "déjà connue" in error_beside(page, "email")
    form = main(page).find("form", action=NEW)
    assert form.find(id="nom")["value"] == "Awa d’ailleurs"
    assert form.find(id="email")["value"] == "ADA@example.org"
    assert form.find(id="telephone")["value"] in {"0692123456", "+262692123456"}
    assert [box["value"] for box in form.find_all("input", type="checkbox") if box.has_attr("checked")] == ["tresorier"]
    assert outbox() == []
    assert queries.people("", 1).total == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nom", ""),
        ("nom", "\u200b "),
        ("nom", "x" * 121),
        ("email", ""),
        ("email", "awa@"),
        ("email", "awa@example.org\nBcc: x@example.org"),
        ("telephone", "12"),
        ("roles", "roi"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(office, field, value):
    page = office.post(NEW, data={"nom": "Awa Payet", "email": "awa@example.org"} | {field: value})
    assert page.status_code == 422
    assert error_beside(page, field)
    assert queries.people("", 1).total == 1


def test_a_double_tap_adds_one_person(office, outbox):
    typed = {"nom": "Awa Payet", "email": "awa@example.org"}
    assert [office.post(NEW, data=typed).status_code for _ in range(2)] == [303, 422]
    assert queries.people("awa", 1).total == 1
    assert len(outbox()) == 1


def test_hostile_names_stay_text_everywhere(office):
    hostile = "\"'><svg/onload=alert(1)> {{7*7}}"
    office.post(NEW, data={"nom": hostile, "email": "h@example.org"})
    awa = known("h@example.org")
    for url in ("/reglages/personnes/", sheet(awa), "/reglages/personnes/?q=" + "%22%3E%3Csvg"):
        page = office.get(url)
        assert "<svg/onload" not in page.text
        assert ">49<" not in page.text


# --- editing ---------------------------------------------------------------------------------------------------


def test_a_sheet_shows_what_is_known(office):
    awa = make.personne("Awa Payet", [TRESORIER], telephone="+262692123456")
    make.pole("Culture", members=[awa])
    page = main(office.get(sheet(awa)))
    assert page.h1.get_text() == "Awa Payet"
    assert page.find(id="nom")["value"] == "Awa Payet"
    assert page.find("input", value="tresorier").has_attr("checked")
    assert not page.find("input", value="admin").has_attr("checked")
    assert page.find("a", string="Pôle Culture")


def test_a_person_is_edited(office):
    awa = make.personne("Awa Payet", [TRESORIER])
    answer = office.post(sheet(awa), data={"nom": "Awa Hoarau", "telephone": "06 12 34 56 78", "roles": "bienveillant"})
    assert (answer.status_code, answer.location) == (303, sheet(awa))
    db.session.refresh(awa)
    assert (awa.nom, awa.telephone) == ("Awa Hoarau", "+33612345678")
    assert held(awa) == {"bienveillant"}


def test_a_role_holds_from_the_next_page(office, as_):
    awa = make.personne("Awa Payet")
    browser = as_(awa)
    assert browser.get("/candidatures/").status_code == 403
    office.post(sheet(awa), data={"nom": "Awa Payet", "roles": "bienveillant"})
    assert browser.get("/candidatures/").status_code == 200
    office.post(sheet(awa), data={"nom": "Awa Payet"})
    assert browser.get("/candidatures/").status_code == 403


def test_an_admin_cannot_grant_themself_a_role_and_loses_no_word(admin, office):
    page = office.post(sheet(admin), data={"nom": "Ada R.", "telephone": "", "roles": ["admin", "tresorier"]})
    assert page.status_code == 422
    assert "Personne ne se donne un rôle" in error_beside(page, "roles")
    assert main(page).find(id="nom")["value"] == "Ada R."
    assert held(admin) == {"admin"}
    db.session.refresh(admin)
    assert admin.nom == "Ada Robert"  # all or nothing


def test_the_last_admin_stays(admin, office):
    page = office.post(sheet(admin), data={"nom": "Ada Robert"})
    assert page.status_code == 422
    assert "dernière personne" in error_beside(page, "roles")
    refused = office.post(f"{sheet(admin)}/desactiver")
    assert refused.status_code == 409
    assert "dernière personne" in words(refused)
    assert held(admin) == {"admin"}
    assert office.get("/reglages/").status_code == 200


def test_an_admin_may_leave_when_another_stays(admin, office):
    make.personne("Bob Técher", [ADMIN])
    assert office.post(sheet(admin), data={"nom": "Ada Robert"}).status_code == 303
    assert office.get("/reglages/").status_code == 403


def test_deactivation_holds_from_the_next_request(office, as_):
    awa = make.personne("Awa Payet", [BIENVEILLANT])
    browser = as_(awa)
    assert browser.get("/candidatures/").status_code == 200
    assert office.post(f"{sheet(awa)}/desactiver").status_code == 303
    assert browser.get("/candidatures/").status_code == 303
    assert "Désactivé" in words(office.get(sheet(awa)))
    assert office.post(f"{sheet(awa)}/reactiver").status_code == 303
    assert browser.get("/candidatures/").status_code == 303  # signed out for good: one signs in again
    assert as_(awa).get("/candidatures/").status_code == 200


def test_deactivation_can_be_undone_from_its_own_word(office):
    awa = make.personne("Awa Payet")
    office.post(f"{sheet(awa)}/desactiver")
    undo = whole(office.get(sheet(awa))).find(id="toasts").find("form")
    assert undo["action"] == f"{sheet(awa)}/reactiver"


def test_a_stranger_and_nobody_answer_alike(office):
    stranger = make.candidature(make.mission(make.action(make.bienveillant()))).personne
    for url in (sheet(stranger), "/reglages/personnes/999999", "/reglages/personnes/99999999999999999999999999"):
        assert office.get(url).status_code == 404
        assert office.post(url, data={"nom": "X", "roles": "admin"}).status_code == 404
    assert office.get("/reglages/personnes/abc").status_code == 404
    assert office.post(f"{sheet(stranger)}/supprimer").status_code == 404


def test_a_sheet_costs_six_queries(office, count_queries):
    awa = make.personne("Awa Payet", [TRESORIER])
    make.pole("Culture", members=[awa])
    url = sheet(awa)
    office.get(url)  # it is written down that she looked
    with count_queries() as statements:
        office.get(url)
    assert len(statements) == 6
