"""The day, read: today's actions, the day page, its sheet on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import after_this_request

from portal.jour_j import apres as apres  # its pages join the blueprint, as those of the pictures
from portal.jour_j import direct, ecran, queries
from portal.jour_j import photos as photos
from portal.jour_j.envois import bp
from portal.jour_j.models import Jour
from portal.policy import load
from portal.web import me, render

KEPT = timedelta(days=2)  # after the end of an action, on the phones that have opened its page (live.md, A15)
bp.record_once(lambda state: state.app.register_blueprint(direct.bp, name_prefix="actions"))


@bp.get("/", access="jour.lister")
def index() -> Any:
    return render("jour_j/liste.html", days=queries.today_seen_by(me()))


@bp.get("/<int:id>", access="jour.voir")
def show(id: int) -> Any:
    """The page of the day; it tells the phones that keep it until when they may."""
    jour = load(Jour, id, "jour.voir", queries.WITH_ACTION)
    until = f"{(jour.action.fin + KEPT).timestamp():.0f}"
    after_this_request(lambda response: (response.headers.set("X-Oubli", until), response)[1])
    return ecran.page(jour)


@bp.get("/<int:id>/feuille", access="jour.voir")
def sheet(id: int) -> Any:
    return render("jour_j/feuille.html", **ecran.shown(load(Jour, id, "jour.voir", queries.WITH_ACTION)))
