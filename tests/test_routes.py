"""Every route of the portal, walked: guarded, closed to strangers unless named here, deaf to posts without their token."""

from __future__ import annotations

import hashlib
import re

import pytest
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule

from portal.db import SAFE_METHODS, Base, db
from tests import builders

PUBLIC = {  # what anybody may ask for; all the rest sends a stranger to the door
    "accueil.index", "accueil.manifest", "accueil.offline", "accueil.page", "accueil.sante", "accueil.security_txt",
    "accueil.service_worker",
    "actions.api.agenda", "actions.api.schema", "actions.ask", "actions.calendar", "actions.direct.code",
    "actions.direct.show", "actions.edit_contact", "actions.follow",
    "actions.give_up", "actions.house_feed", "actions.public_feed", "actions.solliciter", "actions.subscribe",
    "actions.write_to_the_team", "candidatures.apply", "candidatures.come_back",
    "candidatures.confirm_slot", "candidatures.confirmer", "candidatures.corriger", "candidatures.declare",
    "candidatures.deposer", "candidatures.find_links", "candidatures.leave", "candidatures.links_sent",
    "candidatures.send_links", "candidatures.suivi", "candidatures.take_place", "comptes.ask_link",
    "comptes.challenge", "comptes.code", "comptes.connexion", "comptes.deconnexion", "comptes.give_second_proof",
    "comptes.lien", "comptes.second_proof", "comptes.sign_in", "comptes.use_code", "comptes.use_key", "comptes.use_link",
    "contributions.ask_code", "contributions.verify",
    "devis.accept", "devis.ask_for_a_change", "devis.link", "devis.linked_paper", "devis.refuse",
    "factures.link", "factures.linked_paper",
    "jour_j.arrival", "jour_j.arrival_by_link", "jour_j.arrive_by_link",
    "missions.api.index", "missions.api.schema", "missions.flux", "missions.ics", "missions.index", "missions.show", "moi.feed",
    "notifications.rocketchat",
}  # fmt: skip
QUESTIONS = {"notifications.rocketchat"}  # what another server POSTs: it has no form's token, and changes nothing
PART = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")  # of an address: <int:id>
TYPICAL = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000", None: "x"}
NO_NUMBER = ["0", "-1", "01", "9" * 10, "9" * 25, "１２", "١٢", "1_000", "1.0", "\0", "1\0", "\u202e1", "abc"]
HOSTILE = ["%00", "%E2%80%AE", "%22%3E%3Csvg%20onload=x%3E", "..%2f..", "1-1.x", "9" * 300, "é", "%ed%a0%80", "{{7*7}}"]


def rules(app) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def takes(rule: Rule, method: str) -> bool:
    return method in (rule.methods or ())


def url(rule: Rule, **changed: str) -> str:
    """An address of this route, typical but for these parts."""

    def fill(part: re.Match[str]) -> str:
        typical = part["choices"].split(",")[0] if part["choices"] else TYPICAL[part["kind"]]
        return changed.get(part["name"], typical)

    return PART.sub(fill, rule.rule)


def parts(rule: Rule, kind: str | None) -> list[str]:
    """The names of its changing parts of that kind."""
    return [part["name"] for part in PART.finditer(rule.rule) if part["kind"] == kind]


def unsafe(app) -> list[tuple[str, str]]:
    """(method, address) of all that may change something; a question changes nothing, and carries no token."""
    changing = (rule for rule in rules(app) if rule.endpoint not in QUESTIONS)
    return [(method, url(rule)) for rule in changing for method in sorted((rule.methods or set()) - SAFE_METHODS)]


def everything() -> str:
    """A digest of every row of every table."""
    db.session.rollback()
    digest = hashlib.sha256()
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table).order_by(*table.primary_key.columns)):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@pytest.fixture
def ada(as_):
    """Whoever may do most."""
    roles = [builders.ADMIN, builders.BIENVEILLANT, builders.TRESORIER]
    return as_(builders.personne("Ada", roles))


def test_there_are_routes_to_walk(app):
    assert len(rules(app)) > 60
    assert url(next(r for r in rules(app) if r.endpoint == "missions.show")) == "/missions/1"
    assert all("<" not in url(rule) for rule in rules(app))


def test_every_view_is_a_guarded_one(app):
    views = {app.view_functions[rule.endpoint].__code__.co_qualname for rule in rules(app)}
    assert views == {"GuardedBlueprint.route.<locals>.decorate.<locals>.guarded"}


def test_the_first_segment_of_an_address_is_its_package(app):
    for rule in rules(app):
        first, package = rule.rule.split("/")[1], rule.endpoint.partition(".")[0]
        assert first.replace("-", "_") == package or package == "accueil", rule


def test_a_question_is_what_is_named_so_and_no_form_s_token_is_wanted_of_nothing_else(app):
    exempt = {view.replace("portal.", "").replace(".routes.", ".") for view in app.extensions["csrf"]._exempt_views}
    assert exempt == QUESTIONS


def test_public_names_are_those_of_routes(app):
    assert {rule.endpoint for rule in rules(app)} >= PUBLIC


def test_a_stranger_enters_nowhere_but_in_public(app, client):
    for rule in rules(app):
        if rule.endpoint in PUBLIC:
            continue
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = client.open(url(rule), method=method)
            assert (answer.status_code, str(answer.location).partition("?")[0]) == (303, "/comptes/connexion"), rule
            fragment = client.open(url(rule), method=method, headers={"HX-Request": "true"})
            assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, "/comptes/connexion"), rule


def test_what_is_public_answers_a_stranger(app, client):
    for rule in rules(app):
        if rule.endpoint in PUBLIC and takes(rule, "GET"):
            assert client.get(url(rule)).status_code in {200, 404, 503}, rule


@pytest.mark.both
@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_without_its_token_no_post_changes_anything(app, client, ada, htmx):
    builders.mission(builders.action(builders.bienveillant()))
    foreign = ada.csrf_token()
    assert client.get("/nulle-part").status_code == 404  # what was prepared is now committed
    before = everything()
    wrong: list[dict[str, str]] = [{}, {"X-CSRFToken": "x"}, {"X-CSRFToken": foreign}]
    for method, address in unsafe(app):
        for headers in wrong:
            who = client if headers.get("X-CSRFToken") == foreign else ada
            assert who.open(address, method=method, csrf=False, headers=htmx | headers).status_code == 400, address
    assert everything() == before


def test_a_token_in_the_address_is_none(app, ada):
    for method, address in unsafe(app):
        answer = ada.open(address, method=method, csrf=False, query_string={"csrf_token": ada.csrf_token()})
        assert answer.status_code == 400, address


def test_no_route_takes_what_forms_cannot_send(app):
    assert {method for rule in rules(app) for method in rule.methods or ()} == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_number_that_is_none_matches_no_route(app):
    routes = app.url_map.bind("localhost")
    for rule in rules(app):
        method = "GET" if takes(rule, "GET") else "POST"
        assert routes.match(url(rule), method)[0] == rule.endpoint
        for name in parts(rule, "int"):
            for hostile in NO_NUMBER:
                with pytest.raises(NotFound):
                    routes.match(url(rule, **{name: hostile}), method)


def test_every_text_in_an_address_may_be_hostile(app, ada):
    for rule in rules(app):
        for name in parts(rule, None):
            for text in HOSTILE:
                answer = ada.open(url(rule, **{name: text}), method="POST" if takes(rule, "POST") else "GET")
                assert answer.status_code in {404, 410, 422}, (rule, text)
                assert "<svg onload" not in answer.text
