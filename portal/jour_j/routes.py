"""The day, from a phone: today's actions, the day page, its taps, its sheet on paper."""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import abort, url_for

from portal import clock
from portal.jour_j import commands, queries
from portal.jour_j.commands import Tap
from portal.jour_j.forms import TapForm
from portal.jour_j.models import VALEURS, Genre, Jour
from portal.missions.models import Nature
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, done, me, render, toast

bp = GuardedBlueprint("jour_j", __name__, url_prefix="/jour-j")

CHANGED = {  # what each tap changes on the page
    Genre.SITE: ("maintenant", "liste", "programme", "geste", "journal"),
    Genre.COCHE: ("maintenant", "liste", "journal"),
    Genre.PRESENCE: ("maintenant", "equipe", "journal"),
    Genre.ETAPE: ("maintenant", "programme", "geste", "journal"),
    Genre.INCIDENT: ("incident", "journal"),
    Genre.ANNULE: ("maintenant", "liste", "equipe", "programme", "geste", "journal"),
}
ASKED = ("maintenant", "liste", "geste", "incident")  # what a refusal that wants a word shows again
PLACE = {Genre.COCHE: "liste", Genre.PRESENCE: "equipe", Genre.ETAPE: "programme", Genre.INCIDENT: "journal"}


@bp.get("/", access="jour.lister")
def index() -> Any:
    return render("jour_j/liste.html", days=queries.today_seen_by(me()))


@bp.get("/<int:id>", access="jour.voir")
def show(id: int) -> Any:
    return _page(load(Jour, id, "jour.voir", queries.WITH_ACTION))


@bp.get("/<int:id>/feuille", access="jour.voir")
def sheet(id: int) -> Any:
    return render("jour_j/feuille.html", **_shown(load(Jour, id, "jour.voir", queries.WITH_ACTION)))


@bp.post("/<int:id>/entrees", access="jour.agir")
def tap(id: int) -> Any:
    jour = load(Jour, id, "jour.agir", queries.WITH_ACTION)
    form = TapForm()
    if not form.validate():
        raise commands.NotATap
    now = clock.now()
    said = Tap(
        form.uuid.data,
        form.genre.data,
        now - timedelta(minutes=int(form.il_y_a.data)),
        form.cible.data,
        form.valeur.data,
        form.mot.data,
    )
    return _received(jour, said)


@bp.post("/<int:id>/entrees/<uuid:cle>/annuler", access="jour.agir")
def undo(id: int, cle: UUID) -> Any:
    jour = load(Jour, id, "jour.agir", queries.WITH_ACTION)
    target = queries.entry(str(cle))
    if target is None or target.jour_id != jour.id:
        abort(404)
    return _received(jour, commands.undoing(target.uuid, at=clock.now()))


def _received(jour: Jour, said: Tap) -> Any:
    """One tap of a form: what it changed, or why not. A word that is missing is asked for on the page itself."""
    outcome = commands.receive(jour, [said], by=me())[0]
    if outcome.refusal and outcome.refusal.status == 422:
        toast(outcome.refusal.sentence, "attention")
        return _page(jour, ASKED, 422, typed=said.mot)
    if outcome.refusal:
        raise outcome.refusal
    genre = Genre(said.genre)
    toast(f"{VALEURS[genre][said.valeur]}.", undo=_way_back(jour, said))
    return done(url_for(".show", id=jour.id, _anchor=PLACE.get(genre)), lambda: _page(jour, CHANGED[genre]))


def _way_back(jour: Jour, said: Tap) -> tuple[str, str] | None:
    """A site is opened or closed for everybody: the way back is to close or reopen it."""
    if said.genre in (Genre.SITE, Genre.ANNULE):
        return None
    return url_for(".undo", id=jour.id, cle=said.uuid), "Annuler"


def _page(jour: Jour, blocks: tuple[str, ...] = (), status: int = 200, typed: str = "") -> Page:
    context = _shown(jour)
    return render("jour_j/page.html", blocks, status, new_uuid=lambda: str(uuid4()), typed=typed, **context)


def _shown(jour: Jour) -> dict[str, Any]:
    """The day as this person may see it."""
    day = queries.read(jour.id)
    acts = day.jour.is_live and can(me(), "jour.agir", day.jour)
    return {"day": day, "jour": day.jour, "action": day.action, "acts": acts, "callable": _callable(day.jour)}


def _callable(jour: Jour) -> Set[Nature]:
    """Whose number this person may have now (design.md, phones)."""
    if jour.shares_team and can(me(), "jour.telephones", jour):
        return frozenset(Nature)
    if jour.shares_referent and can(me(), "jour.appeler_le_referent", jour):
        return frozenset({Nature.REFERENT})
    return frozenset()
