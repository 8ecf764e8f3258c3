"""The agenda: a month or a list, for everybody or for the house, and the feeds that agendas follow."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, request, url_for
from flask_login import current_user

from portal import clock, ical, security
from portal.actions import calendrier
from portal.actions.agenda import Mois, grid
from portal.actions.calendrier import Regard
from portal.actions.guichet import bp
from portal.comptes import queries as comptes
from portal.fields import row_id
from portal.poles import queries as poles
from portal.policy import can
from portal.web import me, page_number, render

FEED = "agenda.actions"  # what the secret addresses of the house's agenda are sealed for


@bp.get("/agenda", access="public", kept=True)
def calendar() -> Any:
    """Everybody's, or the house's for whoever belongs to it; a month, or a list from a day on."""
    asked = Mois.read(request.args.get("mois"))
    mois, regard = asked or Mois.of(clock.today()), _regard()
    interne = regard.interne
    shown = _listed(mois, regard) if request.args.get("vue") == "liste" else _month(mois, regard, whole=asked is not None)
    clashes = calendrier.clashes(shown["actions"]) if interne else {}
    kept = ("vue", "mois", "pole", "qui") if interne else ("vue", "mois")
    stay = {name: value for name in kept if (value := request.args.get(name))}
    return render(
        "actions/agenda.html", mois=mois, regard=regard, clashes=clashes, stay=stay,
        poles=poles.poles() if interne else [], **shown,
    )  # fmt: skip


def _regard() -> Regard:
    if not can(current_user, "action.lister"):
        return Regard()
    mine = request.args.get("qui") == "miennes"
    return Regard(True, row_id(request.args.get("pole")), me().id if mine else None)


def _month(mois: Mois, regard: Regard, *, whole: bool) -> dict[str, Any]:
    """`whole`: a phone shows the days of the present month that are over too; `quiet`: nothing falls on those it shows."""
    first, last = mois.weeks[0][0], mois.weeks[-1][-1]
    actions = calendrier.between(regard, first, last)
    weeks = grid(mois, actions)
    quiet = not any(case.actions for week in weeks for case in week if case.is_on_a_phone(whole=whole))
    return {"weeks": weeks, "actions": actions, "whole": whole, "quiet": quiet, "too_many": len(actions) == calendrier.MOST}


def _listed(mois: Mois, regard: Regard) -> dict[str, Any]:
    found = calendrier.from_day(regard, clock.today() if mois.is_current else mois.premier, page_number())
    return {"leaf": found, "actions": found.items}


@bp.get("/agenda.ics", access="public", kept=True)
def public_feed() -> Any:
    return Response(calendrier.public_feed(_base_url()), mimetype="text/calendar")


@bp.get("/agenda/<jeton>.ics", access="public")
def house_feed(jeton: str) -> Any:
    """What an agenda of somebody of the house reads, without signing in; their right is asked again each time."""
    opened = security.unseal(FEED, jeton)
    personne = (comptes.calendar_owner(*opened) if opened else None) or abort(404)
    if not can(personne, "action.lister"):
        abort(404)
    return ical.followed(calendrier.house_feed(_base_url()))


@bp.get("/agenda/abonnement", access="public")
def subscribe() -> Any:
    addresses = {"publique": _base_url() + url_for(".public_feed")}
    if can(current_user, "action.lister"):
        jeton = security.seal(FEED, me().id, me().agenda_generation)
        addresses["interne"] = _base_url() + url_for(".house_feed", jeton=jeton)
    return render("actions/abonnement.html", addresses=addresses)


def _base_url() -> str:
    return str(current_app.config["PORTAL"].base_url)
