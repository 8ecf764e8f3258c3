"""What the portal is compared with: Flask alone, and the least Flask that does the same work.

Each function is an application for gunicorn, run with the portal's own options. They read BENCH_PAGE (a file: the
portal's own answer), PORTAL_DATABASE_URL (a house to read, or a copy of it to write in) and PORTAL_SECRET_KEY.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, render_template
from flask_wtf import CSRFProtect, FlaskForm
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from wtforms import BooleanField, EmailField, HiddenField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, Length

from bench.data import BIENVEILLANT
from portal import db as settings
from portal.candidatures import queries as candidatures
from portal.candidatures.forms import MOTIFS
from portal.candidatures.models import DECISIONS, Candidature
from portal.comptes.models import Personne
from portal.db import db
from portal.missions import queries as missions
from portal.missions.models import Mission
from portal.outbox import Message

TOKEN = secrets.token_urlsafe(68)  # as long as the one that each form of the portal's queue carries


class ApplicationForm(FlaskForm):
    cle = HiddenField()
    nom = StringField("Ton nom", [DataRequired(), Length(max=120)])
    email = EmailField("Ton adresse e-mail", [DataRequired(), Length(max=254)])
    telephone = TelField("Ton téléphone")
    message = TextAreaField("Un mot pour l’équipe", [Length(max=2000)])
    accord = BooleanField("J’ai lu", [DataRequired()])


def bare() -> Flask:
    """One route, the same compressed bytes from memory."""
    app = Flask(__name__)
    body = Path(os.environ["BENCH_PAGE"]).read_bytes()

    @app.get("/")
    def page() -> Response:
        return Response(body, mimetype="text/html", headers={"Content-Encoding": "gzip"})

    return app


def listing() -> Flask:
    """The listing's queries, a page of the same size."""
    app = _with_database()
    filler = _filler(app, lambda: render_template("listing.html", leaf=_listed(), filler=""))

    @app.get("/")
    def page() -> str:
        return render_template("listing.html", leaf=_listed(), filler=filler)

    return app


def queue() -> Flask:
    """The queue's queries, a page of the same size with as many forms."""
    app = _with_database()
    filler = _filler(app, lambda: _queue_page(Markup()))

    @app.get("/")
    def page() -> str:
        return _queue_page(filler)

    return app


def form() -> Flask:
    """A guarded form of the same fields, about a row that one query reads."""
    app = _with_database()

    @app.get("/<int:id>")
    def page(id: int) -> str:
        mission = db.session.scalar(select(Mission).where(Mission.id == id).options(joinedload(Mission.action)))
        return render_template("form.html", mission=mission, form=ApplicationForm())

    return app


def insert() -> Flask:
    """The form, and what it sends: one row under a unique key and its message, on disk before the answer.

    Guarded: a mission that is not there, is closed or is full, as it is read under the lock, takes nothing.
    """
    app = form()

    @app.post("/<int:id>")
    def apply(id: int) -> Any:
        sent = ApplicationForm()
        if not sent.validate():
            return "", 422
        mission = db.session.get(Mission, id, with_for_update=True)
        if mission is None or not mission.accepts_candidatures or mission.is_full:
            return "", 409
        key, address = sent.cle.data, sent.email.data
        row = Candidature(mission_id=id, personne_id=BIENVEILLANT, message=sent.message.data, cle=key)
        note = Message(cle=key, genre="candidature_recue", adresse=address, faits={"nom": sent.nom.data})
        db.session.add_all([row, note])
        with suppress(IntegrityError):  # sent twice, it is there
            db.session.commit()
        return redirect("/", 303)

    return app


def _with_database() -> Flask:
    """Flask with the portal's tables, on the portal's settings of SQLite: synchronous=FULL, BEGIN IMMEDIATE to write."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["PORTAL_SECRET_KEY"]
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["PORTAL_DATABASE_URL"]
    settings.init_app(app)
    CSRFProtect(app)
    return app


def _listed() -> Any:
    return missions.public_list(missions.Filters(), 1)


def _queue_page(filler: Markup) -> str:
    leaf = candidatures.queue(Personne(id=BIENVEILLANT, roles=[]))
    gestures = [(decision.slug, decision.label) for decision in DECISIONS]
    return render_template("queue.html", leaf=leaf, gestures=gestures, motifs=MOTIFS, token=TOKEN, filler=filler)


def _filler(app: Flask, page: Any) -> Markup:
    """What a page lacks to be as long as the portal's, in characters of plain text."""
    with app.test_request_context():
        lacking = len(Path(os.environ["BENCH_PAGE"]).read_text()) - len(page())
    return Markup(" " * lacking)
