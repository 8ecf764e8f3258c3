"""The day, read: today's actions, the day page, its sheet on paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import after_this_request, url_for
from flask_login import current_user

from portal import clock
from portal.comptes import consultations
from portal.comptes.models import Personne, Vue
from portal.jour_j import apres as apres  # its pages join the blueprint, as those of the pictures
from portal.jour_j import arrivee, aujourdhui, direct, ecran, queries, refus
from portal.jour_j import photos as photos
from portal.jour_j.envois import bp
from portal.jour_j.forms import TapForm
from portal.jour_j.models import Jour
from portal.missions.models import Nature
from portal.policy import load
from portal.web import done, me, refused, render, toast
from portal.workflow import Refusal

KEPT = timedelta(days=2)  # after an action, or after the list was read, on the phones that have opened them (docs/security.md)
bp.record_once(lambda state: state.app.register_blueprint(direct.bp, name_prefix="actions"))


def _keep_until(end: datetime) -> None:
    """Tell the phones that keep this page whose it is, and until when they may: it names people, were it but its reader."""
    said = {"X-Oubli": f"{(end + KEPT).timestamp():.0f}", "X-Compte": str(me().id)}
    after_this_request(lambda response: (response.headers.update(said), response)[1])


@bp.get("/", access="jour.lister")
def index() -> Any:
    _keep_until(clock.now())
    return render("jour_j/liste.html", days=aujourdhui.today_seen_by(me()))


@bp.get("/<int:id>", access="jour.voir")
def show(id: int) -> Any:
    day = _read(id)
    _keep_until(day.action.fin)
    page = ecran.page(day)
    _note_look(page.context)
    return page


def _read(id: int) -> queries.Day:
    return queries.Day(load(Jour, id, "jour.voir", queries.WITH_DAY), clock.now())


def _note_look(said: dict[str, Any]) -> None:
    """Whoever may call the whole team has its numbers under their eyes."""
    if said["callable"] == set(Nature):
        numbers = (place.personne_id for place in said["day"].held if place.shows_a_number)
        consultations.note(numbers, Vue.JOUR_J, by=me())


@bp.get("/<int:id>/journal", access="jour.voir")
def journal(id: int) -> Any:
    """All that was tapped, where the page of the day shows the last of it."""
    return ecran.journal(_read(id))


@bp.get("/<int:id>/feuille", access="jour.voir")
def sheet(id: int) -> Any:
    said = ecran.shown(_read(id))
    _note_look(said)
    return render("jour_j/feuille.html", **said, **(arrivee.shown(said["jour"]) if said["notes"] else {}))


# --- one says of oneself that one is there -------------------------------------------------------------------


@bp.get("/<int:id>/code", access="jour.agir")
def code(id: int) -> Any:
    """What is shown on site, to be scanned."""
    jour = load(Jour, id, "jour.agir", queries.WITH_ACTION)
    return render("jour_j/code.html", jour=jour, action=jour.action, **arrivee.shown(jour))


@bp.get("/arrivee/<code>", access="public")
def arrival(code: str) -> Any:
    jour = arrivee.opened(code)
    who = me() if current_user.is_authenticated else None
    return arrivee.page(jour, who, url_for(".arrive", code=code), refusal=arrivee.out_of_date(jour, code))


@bp.post("/arrivee/<code>", access="jour.lister")
def arrive(code: str) -> Any:
    jour = arrivee.opened(code)
    here = url_for(".arrival", code=code)
    return _said(jour, me(), here, arrivee.out_of_date(jour, code))


@bp.get("/arrivee/lien/<jeton>", access="public")
def arrival_by_link(jeton: str) -> Any:
    jour, who = arrivee.followed(jeton)
    return arrivee.page(jour, who, url_for(".arrive_by_link", jeton=jeton), back=url_for("candidatures.suivi", jeton=jeton))


@bp.post("/arrivee/lien/<jeton>", access="public", limit="suivi")
def arrive_by_link(jeton: str) -> Any:
    jour, who = arrivee.followed(jeton)
    return _said(jour, who, url_for(".arrival_by_link", jeton=jeton))


def _said(jour: Jour, who: Personne, here: str, refusal: Refusal | None = None) -> Any:
    """It is written; or the same page says why not, and whom to see."""
    form = TapForm()
    try:
        if refusal or not form.validate():
            raise refusal or refus.NotATap
        toast(arrivee.say(jour, who, form.valeur.data or "arrive", form.cible.data))
    except Refusal as no:
        why = no  # Python forgets the name of what it caught
        return refused(why.status, lambda: arrivee.page(arrivee.again(jour.id), who, here, refusal=why))
    return done(here)
