"""Every route of the portal, walked: guarded, closed to strangers unless named here, deaf to posts without their token."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from portal.db import SAFE_METHODS, Base, db
from tests import builders

PUBLIC = {  # what anybody may ask for; all the rest sends a stranger to the door
    "accueil.health", "accueil.index", "accueil.page", "candidatures.apply", "candidatures.confirmer", "candidatures.corriger",
    "candidatures.deposer", "candidatures.leave", "candidatures.suivi", "comptes.ask_link", "comptes.code", "comptes.connexion",
    "comptes.deconnexion", "comptes.lien", "comptes.sign_in", "comptes.use_code", "comptes.use_link", "missions.calendar",
    "missions.feed", "missions.index", "missions.show",
}  # fmt: skip
TYPICAL = {
    "IntegerConverter": "1",
    "RowId": "1",
    "UnicodeConverter": "x",
    "UUIDConverter": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
}
NO_NUMBER = ["0", "-1", "01", "9" * 10, "9" * 25, "１２", "١٢", "1_000", "1.0", "%00", "1%00", "%E2%80%AE1", "abc"]


def rules(app) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def url(rule: Rule, **changed: str) -> str:
    """An address of this route, typical but for these parts."""
    parts = []
    for is_dynamic, part in rule._trace:
        if not is_dynamic:
            parts.append("" if part.startswith("|") and not part.strip("|") else part.removeprefix("|"))
            continue
        converter = rule._converters[part]
        choices = getattr(converter, "items", None)
        parts.append(changed.get(part) or (sorted(choices)[0] if choices else TYPICAL[type(converter).__name__]))
    return "".join(parts)


def unsafe(app) -> list[tuple[str, str]]:
    """(method, address) of all that may change something."""
    return [(method, url(rule)) for rule in rules(app) for method in sorted((rule.methods or set()) - SAFE_METHODS)]


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
    assert all("|" not in url(rule) and "<" not in url(rule) for rule in rules(app))


def test_every_view_is_a_guarded_one(app):
    views = {app.view_functions[rule.endpoint].__code__.co_qualname for rule in rules(app)}
    assert views == {"GuardedBlueprint.route.<locals>.decorate.<locals>.guarded"}


def test_the_first_segment_of_an_address_is_its_package(app):
    for rule in rules(app):
        first, package = rule.rule.split("/")[1], rule.endpoint.partition(".")[0]
        assert first.replace("-", "_") == package or package == "accueil", rule


def test_an_address_that_lists_ends_with_a_slash_and_no_other(app):
    for rule in rules(app):
        assert rule.is_leaf or not rule._converters or rule.rule.count("/") > 2, rule


def test_public_names_are_those_of_routes(app):
    assert {rule.endpoint for rule in rules(app)} >= PUBLIC


def test_a_stranger_enters_nowhere_but_in_public(app, client):
    for rule in rules(app):
        if rule.endpoint in PUBLIC:
            continue
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = client.open(url(rule), method=method)
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/comptes/connexion"), rule
            fragment = client.open(url(rule), method=method, headers={"HX-Request": "true"})
            assert fragment.status_code == 401, rule
            assert fragment.headers["HX-Redirect"].startswith("/comptes/connexion"), rule


def test_what_is_public_answers_a_stranger(app, client):
    for rule in rules(app):
        if rule.endpoint in PUBLIC and "GET" in (rule.methods or ()):
            assert client.get(url(rule)).status_code in {200, 404, 503}, rule


@pytest.mark.both
@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_without_its_token_no_post_changes_anything(app, client, ada, htmx):
    builders.mission(builders.action(builders.bienveillant()))
    foreign = ada.csrf_token()
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


def test_a_number_that_is_none_is_absent(app, ada):
    """Whoever asks, whatever the route; and never a crash."""
    for rule in rules(app):
        numbers = [name for name, converter in rule._converters.items() if type(converter).__name__ == "RowId"]
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        for name in numbers:
            for hostile in NO_NUMBER:
                address = url(rule, **{name: hostile})
                assert ada.open(address, method=method, csrf=False).status_code == 404, (method, address)


def test_every_text_in_an_address_may_be_hostile(app, ada):
    hostile = ["%00", "%E2%80%AE", "%22%3E%3Csvg%20onload=x%3E", "..%2f..", "1-1.x", "9" * 300, "é", "%ed%a0%80", "{{7*7}}"]
    for rule in rules(app):
        for name, converter in rule._converters.items():
            if type(converter).__name__ != "UnicodeConverter":
                continue
            for text in hostile:
                answer: Any = ada.open(url(rule, **{name: text}), method="POST" if "POST" in (rule.methods or ()) else "GET")
                assert answer.status_code in {404, 410, 422}, (rule, text)
                assert "<svg onload" not in answer.text
