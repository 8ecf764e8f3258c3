"""A portal with one more blueprint, whose routes do one gesture each: what every route gets can be tried on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from flask import Flask, abort, request
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import func, select

from portal import create_app
from portal.comptes.commands import introduce
from portal.comptes.models import Personne
from portal.db import db
from portal.web import GuardedBlueprint, Page, done, refused, render, toast
from portal.workflow import Refusal
from tests import support

bp = GuardedBlueprint("atelier", __name__, url_prefix="/atelier")
TEMPLATE = """{% extends "base.html" %}{% block title %}Atelier{% endblock %}
{% block main %}<h1>Atelier</h1>
{% block combien %}<p id="combien">{{ combien }}{{ regarder() }}</p>{% endblock %}
{% block encore %}<p id="encore">encore</p>{% endblock %}{% endblock %}"""


@contextmanager
def opened(site: support.Site, **environ: str) -> Iterator[Flask]:
    """Another process of the portal, so to speak: on the site's database, with its settings but for these."""
    app = _made(site, **environ)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()  # the next test gets another database
        app.extensions["watch"].tell()


@cache
def _made(site: support.Site, **environ: str) -> Flask:
    app = create_app(site.environ | environ)
    app.register_blueprint(bp)
    assert app.jinja_env.loader
    app.jinja_env.loader = ChoiceLoader([DictLoader({"atelier.html": TEMPLATE}), app.jinja_env.loader])
    app.jinja_env.globals["regarder"] = lambda: ""  # what a test wants done while the page is being made
    app.test_client_class = support.PortalClient
    with app.app_context():
        app.extensions["watch"] = support.Watch(app)
        db.engine.dispose()
    return app


def people() -> int:
    """How many people the database holds."""
    return db.session.scalar(select(func.count(Personne.id))) or 0


def _page(status: int = 200) -> Page:
    return render("atelier.html", "combien", status, combien=people())


def _refuse() -> Any:
    raise Refusal("Non, et voici pourquoi.")


class Hushed(Refusal):
    outside = "Non, et l’équipe sait pourquoi."


def _hush() -> Any:
    raise Hushed("Non, à cause de «\u00a0Kabar privé\u00a0».")


ENDINGS: dict[str, Callable[[], Any]] = {
    "done": lambda: done("/atelier/", _page),
    "moved": lambda: done("/atelier/"),
    "page": _page,
    "two": lambda: render("atelier.html", ("combien", "encore"), combien=0),
    "form": lambda: _page(422),
    "refused": lambda: refused(409, _page),
    "refusal": _refuse,
    "hushed": _hush,
    "text": lambda: ("non", 409),
    "crash": lambda: 1 / 0,
}


@bp.get("/", access="public")
def index() -> Any:
    return _page()


@bp.get("/close", access="reglages.voir")
def closed() -> Any:
    return _page()


@bp.get("/adresse", access="public")
def address() -> Any:
    return request.remote_addr or ""


@bp.route("/statut/<int:status>", access="public", methods=["GET", "POST"])
def stop(status: int) -> Any:
    abort(status)


@bp.post("/<how>", access="public")
def write(how: str) -> Any:
    """Add a person, say so, then end in one of the ENDINGS."""
    introduce(nom=request.form.get("nom", "Léa"), email="lea@example.org")
    db.session.flush()
    toast("Une personne de plus.")
    return ENDINGS[how]()
