"""How many queries each page asks, when every list has one row and when it has hundreds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule

from bench.argent import LEFT
from bench.data import BIENVEILLANT, VOLONTAIRE, House, build
from bench.devis import OUT
from bench.house import Site
from bench.results import Result
from portal import clock, security
from portal.db import db
from portal.jour_j import arrivee
from portal.jour_j import queries as jour_j
from tests.support import OVERHEAD

FEW, MANY = 1, 500
PAST = 5_000  # actions of the years before, in the house where lists are long
# Packages whose pages may ask ten queries, and the pages of one action elsewhere, its tabs and what a pôle reads of its
# share-out; the others six.
LARGE = {"accueil", "jour_j", "actions"}
OF_AN_ACTION = {
    "besoins.of_action",
    "devis.of_action",
    "factures.of_action",
    "missions.of_action",
    "partage.show",
    "partage.statement",
}
# pages that are not made of rows: files, one-use links, the health of the portal
ASIDE = {"static", "comptes.lien", "accueil.sante", "jour_j.photo"}


def queries(site: Site) -> Iterator[Result]:
    """Each page that answers GET, by whoever makes it ask the most; prints them all.

    The larger house has years of actions behind it too.
    """
    few, many = (_counted(build(site.new_folder(), size, size, past)) for size, past in ((FEW, 0), (MANY, PAST)))
    print(f"\n{'requêtes SQL par page':<32}{FEW:>6} ligne{MANY:>6} lignes  budget")
    for endpoint in sorted(many):
        print(f"{endpoint:<32}{few[endpoint]:>12}{many[endpoint]:>13}{'≤ ' + str(_budget(endpoint)):>8}")
    print()
    shown = {endpoint for endpoint, _ in _pages(site.house.app, site.house)}
    shut = sorted(shown - many.keys())
    over = [endpoint for endpoint in many if max(few[endpoint], many[endpoint]) > _budget(endpoint)]
    grown = [endpoint for endpoint in many if many[endpoint] > few[endpoint]]
    yield Result("pages que la maison du bench n’ouvre à personne", len(shut), unit="pages", most=0, detail=" ".join(shut))
    yield Result("pages de trop de requêtes SQL", len(over), unit="pages", most=0, detail=" ".join(over))
    yield Result("pages dont les requêtes croissent", len(grown), unit="pages", most=0, detail=" ".join(grown))


def _budget(endpoint: str) -> int:
    return 10 if endpoint.partition(".")[0] in LARGE or endpoint in OF_AN_ACTION else 6


def _counted(house: House) -> dict[str, int]:
    """By endpoint, the most queries that anybody's visit asked, nothing being kept from the visit before."""
    app, seen = house.app, list[str]()
    client = app.test_client(use_cookies=False)

    def note(statement: str) -> None:
        if not OVERHEAD.match(statement):
            seen.append(statement)

    def listen(connection: sqlite3.Connection, *_rest: object) -> None:
        connection.set_trace_callback(note)

    with app.app_context():
        event.listen(db.engine, "checkout", listen)
    counts: dict[str, int] = {}
    for endpoint, path in _pages(app, house):
        for cookie in ("", *house.cookies.values()):
            app.extensions["pages"].clear()
            seen.clear()
            if client.get(path, headers={"Cookie": cookie} if cookie else {}).status_code == 200:
                counts[endpoint] = max(counts.get(endpoint, 0), len(seen))
    return counts


def _pages(app: Flask, house: House) -> Iterator[tuple[str, str]]:
    """(endpoint, path) of every page; an argument nobody knows here stops the measure."""
    known: dict[str, Any] = {
        "code": "ABCDE-1",
        "action_id": house.day,
        "mission_id": 1,
        "etape_id": _first_step(house),
        "tache_id": 1,
        "line_id": 1,
        "page": "devis",
        "phase": "ouverture",
        "nom": "accessibilite",
        "cle": "merci",
        "annee": clock.today().year,
        "pole": "commun",
        "quoi": "personnes",
        "sorte": "csv",
    }
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in ASIDE:
            about_the_day = rule.endpoint.startswith(("actions.", "jour_j.")) and rule.endpoint != "actions.planning.move"
            own = {"id": house.day if about_the_day else 1, "jeton": _token(app, house, rule.endpoint)}
            if rule.endpoint == "jour_j.arrival":
                own["code"] = _code(app, house)
            yield rule.endpoint, _path(app, rule, known | own)
            if rule.endpoint == "factures.year":  # closed, it is proved again
                yield rule.endpoint, _path(app, rule, known | {"annee": clock.today().year - 1})


def _token(app: Flask, house: House, endpoint: str) -> str:
    """What opens the personal link of that page."""
    purpose, id = {
        "actions.follow": ("demandeur", house.day),
        "actions.house_feed": ("agenda.actions", BIENVEILLANT),
        "devis.link": ("devis", OUT),
        "devis.linked_paper": ("devis", OUT),
        "factures.link": ("facture", LEFT),
        "factures.linked_paper": ("facture", LEFT),
        "moi.feed": ("agenda", VOLONTAIRE),
        "jour_j.arrival_by_link": ("candidature.mail", 1),
    }.get(endpoint, ("candidature", 1))
    with app.app_context():
        return security.seal(purpose, id, 1)


def _code(app: Flask, house: House) -> str:
    """What the QR code of the day says."""
    with app.app_context():
        return arrivee.code_of(jour_j.read(house.day).jour)


def _first_step(house: House) -> int:
    """The id of the first item of the day's programme: those of the other actions come before."""
    return (house.day - 1) * min(house.rows, 4) + 1


def _path(app: Flask, rule: Rule, known: dict[str, Any]) -> str:
    with app.test_request_context():
        return app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
