"""The day, read: today's actions, the day page, its sheet on paper."""

from __future__ import annotations

from typing import Any

from portal.jour_j import ecran, queries
from portal.jour_j import photos as photos  # its pages join the blueprint
from portal.jour_j.envois import bp
from portal.jour_j.models import Jour
from portal.policy import load
from portal.web import me, render


@bp.get("/", access="jour.lister")
def index() -> Any:
    return render("jour_j/liste.html", days=queries.today_seen_by(me()))


@bp.get("/<int:id>", access="jour.voir")
def show(id: int) -> Any:
    return ecran.page(load(Jour, id, "jour.voir", queries.WITH_ACTION))


@bp.get("/<int:id>/feuille", access="jour.voir")
def sheet(id: int) -> Any:
    return render("jour_j/feuille.html", **ecran.shown(load(Jour, id, "jour.voir", queries.WITH_ACTION)))
