"""From an empty database to a mission that anybody reads: the first steps of a new house, over HTTP alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, reglage
from portal.actions.models import Action
from portal.comptes.commands import set_active
from portal.comptes.queries import confirmed
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Mission
from portal.notifications import messages
from tests import builders
from tests.actions.test_routes import shown
from tests.missions.test_ouverture import form_of
from tests.test_every_page import AXE, CONTRAST, RULES, told

PASSWORD = "trois mots au hasard"
BEGIN = "/reglages/demarrer"
PLACE = {"maison_nom": "La Fabrik", "maison_lieu": "La Fabrik, le Port", "maison_accroche": "Des machines et des mains"}
WHO = {
    "identite_nom": "La Fabrik, association",
    "identite_adresse": "1 rue du Port\n97420 Le Port",
    "identite_email": "a@example.org",
}


@pytest.fixture
def command(app):
    def run(*arguments: str) -> None:
        db.session.rollback()
        result = app.test_cli_runner().invoke(args=["portal", *arguments])
        assert result.exit_code == 0, result.output

    return run


@pytest.fixture
def visitor(app):
    """Another browser each time."""
    return app.test_client


def page(answer) -> BeautifulSoup:
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(page(answer).main.get_text(" ").split())


def title(card) -> str:
    return str(card.h2.get_text().partition(". ")[2])


def steps(client) -> dict[str, bool]:
    """Which steps are done, by their titles."""
    cards = page(client.get(BEGIN)).select("ol.cartes article")
    return {title(card): card.select_one(".badge").get_text() == "Fait" for card in cards}


def button(client, titre: str) -> str | None:
    """Where the button of that step leads."""
    card = next(c for c in page(client.get(BEGIN)).select("ol.cartes article") if title(c) == titre)
    link = card.select_one("a.bouton")
    return str(link["href"]) if link else None


def send(client, path: str, **typed: Any) -> str:
    """Fill the form of that page and send it; where it leads."""
    answer = client.post(path, data=shown(client, path) | typed)
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def leads_back(client, path: str) -> bool:
    return bool(page(client.get(path)).select(f"a[href='{BEGIN}']"))


def sign_in(client, email: str) -> None:
    assert client.post("/comptes/connexion", data={"email": email, "mot_de_passe": PASSWORD}).status_code == 303


def opened_by_mail(client, outbox) -> None:
    """Follow the link of the last invitation."""
    letter = messages.render("invitation", outbox()[-1].faits)
    link = re.search(r"http://localhost:\d+(/comptes/lien/\S+)", letter.texte)[1]
    assert client.get(link).status_code == 200
    assert client.post(link).location == "/comptes/mot-de-passe"


def publish_a_first_mission(client) -> None:
    fields = {"titre": "Fête des machines", "demandeur_nom": "La ville", "deja_validee": "y", "motif": "réunion du 3 mars"}
    fields["prise"] = "moi"
    typed = shown(client, "/actions/nouvelle")
    assert typed["lieu"] == "La Fabrik, le Port"
    day = builders.in_days(20)
    slot = {"debut": f"{clock.local(day):%Y-%m-%dT%H:%M}", "fin": f"{clock.local(day):%Y-%m-%dT18:00}"}
    assert client.post("/actions/nouvelle", data=typed | fields | slot).status_code == 303
    action = db.session.scalars(select(Action)).one()
    id = action.id
    assert client.post(f"/missions/ouvrir/{id}", data=form_of(client, action)).status_code == 303
    mission = db.session.scalars(select(Mission)).one()
    assert client.post(f"/missions/{mission.id}/publier").status_code == 303


@pytest.mark.both
@pytest.mark.parametrize("alone", [False, True], ids=["one who administers and one who sets up", "one person"])
def test_a_new_house_comes_to_its_first_published_mission(command, visitor, outbox, alone):
    command("create-admin", "--nom", "Ada Robert", "--email", "ada@example.org", "--mot-de-passe", PASSWORD)
    ada, zoe, anybody = visitor(), visitor(), visitor()
    sign_in(ada, "ada@example.org")
    home = page(ada.get("/"))
    assert "maison à mettre en route" in home.select_one(f"a[href='{BEGIN}']").get_text()
    assert (set(steps(ada).values()), len(steps(ada))) == ({False}, 7)
    assert "Notre tiers-lieu" in anybody.get("/").text

    assert send(ada, button(ada, "Le lieu"), **PLACE) == "/reglages/maison"
    assert leads_back(ada, "/reglages/maison")
    assert send(ada, button(ada, "L’association"), **WHO, profil_fiscal="franchise") == "/reglages/identite"
    assert page(ada.get(button(ada, "Les espaces"))).select("a[href='/reglages/espaces/nouveau']")
    assert leads_back(ada, send(ada, "/reglages/espaces/nouveau", nom="L’atelier"))
    assert page(ada.get(button(ada, "Les pôles et les groupes"))).select("a[href='/reglages/poles/nouveau']")
    assert leads_back(ada, send(ada, "/reglages/poles/nouveau", nom="Machines"))
    assert list(steps(ada).values()) == [True] * 4 + [False] * 3

    assert button(ada, "La première action") is None  # not theirs to record
    assert "give-role ada@example.org bienveillant" in words(ada.get(BEGIN))
    if alone:
        command("give-role", "ada@example.org", "bienveillant")
        zoe = ada
    else:
        send(ada, button(ada, "Les personnes"), nom="Zoé Hoarau", email="zoe@example.org", roles="bienveillant")
        opened_by_mail(zoe, outbox)
        assert "mettre en route" not in words(zoe.get("/"))
        assert button(ada, "La première action") is None
        assert "C’est le geste d’une personne bienveillante : Zoé Hoarau" in words(ada.get(BEGIN)).replace("\u00a0", " ")
    assert list(steps(ada).values()) == [True] * 5 + [False] * 2
    if alone:
        assert button(ada, "La première action") == "/actions/nouvelle"

    publish_a_first_mission(zoe)
    assert "Référent de la journée" in words(anybody.get("/missions/"))
    assert "La Fabrik" in anybody.get("/missions/").text
    assert set(steps(ada).values()) == {True}
    assert "mettre en route" not in words(ada.get("/"))
    assert not leads_back(ada, "/reglages/maison")


def test_a_role_given_from_the_server_is_journaled_without_a_name(command, app):
    builders.personne("Ada Robert", [builders.ADMIN], email="ada@example.org")
    db.session.commit()
    command("give-role", "ada@example.org", "bienveillant")
    command("give-role", "ada@example.org", "bienveillant")  # once more changes nothing
    rows = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "personne.roles")).all()
    assert [(e.avant, e.apres, e.personne_id) for e in rows] == [("admin", "admin,bienveillant", None)]
    assert confirmed("ada@example.org").is_bienveillant


@pytest.mark.parametrize("given", [("nobody@example.org", "bienveillant"), ("ada@example.org", "roi")])
def test_a_role_is_given_to_whoever_is_known_and_is_one(app, given):
    builders.personne("Ada Robert", [builders.ADMIN], email="ada@example.org")
    db.session.commit()
    assert app.test_cli_runner().invoke(args=["portal", "give-role", *given]).exit_code


def test_a_step_is_done_by_what_the_database_holds(app, as_):
    ada, zoe = builders.personne("Ada Robert", [builders.ADMIN]), builders.bienveillant()
    client = as_(ada)
    assert steps(client)["Les personnes"]
    set_active(zoe, False, by=ada)
    assert not steps(client)["Les personnes"]
    builders.mission(builders.action(builders.bienveillant("Rose Técher")), published=False)
    assert (steps(client)["La première action"], steps(client)["La première mission publiée"]) == (True, False)
    for texte in (reglage.MAISON, reglage.LIEU):
        assert not steps(client)["Le lieu"]
        reglage.change(texte, "Là", by=ada)
    assert steps(client)["Le lieu"]
    reglage.change(reglage.LIEU, "", by=ada)
    assert not steps(client)["Le lieu"]


def test_nobody_else_is_led_through_it(as_, app):
    for roles in ([], [builders.BIENVEILLANT], [builders.TRESORIER]):
        client = as_(builders.personne(roles=roles))
        assert client.get(BEGIN).status_code == 403
        assert "mettre en route" not in client.get("/").text


@pytest.mark.parametrize("n", [1, 3])
def test_the_first_steps_cost_the_same_for_one_or_many(as_, app, count_queries, n):
    ada = builders.personne("Ada Robert", [builders.ADMIN])
    for number in range(n):
        builders.pole(f"Pôle {number}")
        builders.bienveillant(f"Zoé {number}")
    client = as_(ada)
    for path, cost in ((BEGIN, 4), ("/reglages/", 1), ("/reglages/maison", 3)):
        with count_queries() as statements:
            client.get(path)
        assert len(statements) == cost, (path, statements)


def test_each_page_of_settings_says_who_last_changed_it_and_when(as_, app):
    ada, noe = (builders.personne(nom, [builders.ADMIN]) for nom in ("Ada Robert", "Noé Payet"))
    assert "Modifié par" not in words(as_(ada).get("/reglages/maison"))
    with clock.freeze(builders.in_days(-3, 9)):
        reglage.change(reglage.MAISON, "La Fabrik", by=ada)
        reglage.change(reglage.LIEU, "Là", by=noe)
    with clock.freeze(builders.in_days(-2, 14)):
        reglage.change(reglage.MAISON, "L’Usine", by=ada)
    on = builders.in_days(-2).astimezone(clock.ZONE)
    assert f"Modifié par Ada Robert le {on.day} " in words(as_(noe).get("/reglages/maison")).replace("\u00a0", " ")
    assert "Modifié par" not in words(as_(noe).get("/reglages/identite"))


@pytest.mark.browser
def test_a_phone_shows_it_whole_light_and_dark(visit, app):
    """No page of the demo leads there: its house has long begun."""
    ada = builders.personne("Ada Robert", [builders.ADMIN], email="une-adresse-bien-longue-pour-un-telephone@example.org")
    builders.pole("Machines")
    db.session.commit()
    page = visit(ada, bypass_csp=True, reduced_motion="reduce")
    page.add_init_script(AXE)
    page.goto(BEGIN)
    page.get_by_text("Personne d’autre pour l’instant").click()
    assert page.get_by_text("give-role").is_visible()
    page.set_viewport_size({"width": 360, "height": page.evaluate("document.documentElement.scrollHeight")})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for scheme, rules in (("light", RULES), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
        assert not found, [told(violation) for violation in found]
