"""A new secret key: nobody is signed out, no link dies, no form is lost; without the old one, each says so, and none breaks."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import workshop
from tests.matrix.tables import ROWS
from tests.test_security import NEW, OLD

NEWER = "une clé plus neuve encore pour signer la suite des liens"
LINKS = ("link", "mine", "proof", "vo_s", "pay", "offered", "offer", "paper", "entry", "agenda", "secret", "onsite", "comes")
PAGES = [
    row for row in ROWS if row.method == "GET" and any(f"{{{name}}}" in row.asked for name in LINKS) and row.cells["AN"] == 200
]
FORM = {"texte": "Nous viendrons à quarante,\navec nos instruments."}


def browser(app, cookie: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("portail", cookie)
    return client


@pytest.fixture
def before(world):
    """Of each role, what their browser held: its cookie, and the token of a form that they had begun."""
    clients = {who: world.visitor(who) for who in world.tokens}
    tokens = {who: client.csrf_token() for who, client in clients.items()}
    return {who: (client.get_cookie("portail").value, tokens[who]) for who, client in clients.items()}


def test_every_kind_of_link_is_there():
    assert {name for name in LINKS if any(f"{{{name}}}" in row.asked for row in PAGES)} == set(LINKS)


@pytest.mark.parametrize("keys", [f"{NEW},{OLD}", f"{NEWER},{NEW},{OLD}"], ids=["once", "twice"])
def test_what_the_old_key_signed_still_opens(world, before, keys):
    with workshop.opened(world.site, PORTAL_SECRET_KEY=keys) as app:
        for row in PAGES:
            assert app.test_client().get(row.path(world.ids)).status_code == 200, row.asked
        for cookie, token in before.values():
            assert browser(app, cookie).get("/moi/").status_code == 200
            fields = {"nom": "Une personne", "telephone": "", "csrf_token": token}
            assert browser(app, cookie).post("/moi/coordonnees", data=fields, csrf=False).status_code == 303


def test_without_the_old_key_each_says_so_and_nothing_breaks(world, before):
    path = f"/actions/{world.ids['action']}/echanges"
    with workshop.opened(world.site, PORTAL_SECRET_KEY=NEW) as app:
        for row in PAGES:
            assert app.test_client().get(row.path(world.ids)).status_code == 404, row.asked
        for cookie, token in before.values():
            answer = browser(app, cookie).get("/moi/")
            assert (answer.status_code, answer.location) == (303, "/comptes/connexion?next=/moi/")
            assert browser(app, cookie).get("/comptes/connexion").status_code == 200
            again = browser(app, cookie).post(path, data=FORM | {"csrf_token": token}, csrf=False)
            assert again.status_code == 400
            assert "n’est plus à jour" in again.text
            assert all(line in again.text for line in FORM["texte"].splitlines())


def test_what_the_middle_key_signed_outlives_the_oldest(world):
    with workshop.opened(world.site, PORTAL_SECRET_KEY=f"{NEW},{OLD}") as app:
        client: Any = app.test_client()
        client.remember(_user_id=world.tokens["BA"], _fresh=True)
        assert client.get("/moi/").status_code == 200
        cookie = client.get_cookie("portail").value
    with workshop.opened(world.site, PORTAL_SECRET_KEY=f"{NEWER},{NEW}") as app:
        assert browser(app, cookie).get("/moi/").status_code == 200
    with workshop.opened(world.site, PORTAL_SECRET_KEY=NEWER) as app:
        assert browser(app, cookie).get("/moi/").status_code == 303
