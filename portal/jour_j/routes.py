"""The day, from a phone: today's actions, the day page, its taps, its sheet on paper."""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import abort, url_for

from portal import clock
from portal.jour_j import commands, queries
from portal.jour_j.commands import ReasonWanted, Tap
from portal.jour_j.forms import TapForm
from portal.jour_j.models import VALEURS, Genre, Jour, Phase
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
PLACE = {Genre.COCHE: "liste", Genre.PRESENCE: "equipe", Genre.ETAPE: "programme", Genre.INCIDENT: "journal"}


@bp.get("/", access="jour.lister")
def index() -> Any:
    return render("jour_j/liste.html", days=queries.today_seen_by(me()))


@bp.get("/<int:id>", access="jour.voir")
def show(id: int) -> Any:
    load(Jour, id, "jour.voir", queries.WITH_DAY)
    return _page(id)


@bp.get("/<int:id>/feuille", access="jour.voir")
def sheet(id: int) -> Any:
    load(Jour, id, "jour.voir", queries.WITH_DAY)
    return render("jour_j/feuille.html", **_shown(id))


@bp.post("/<int:id>/entrees", access="jour.agir")
def tap(id: int) -> Any:
    jour = load(Jour, id, "jour.agir")
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
    jour = load(Jour, id, "jour.agir")
    target = queries.entry(str(cle))
    if target is None or target.jour_id != jour.id:
        abort(404)
    return _received(jour, commands.undoing(target.uuid, at=clock.now()))


def _received(jour: Jour, said: Tap) -> Any:
    """One tap of a form: what it changed, or why not. A word that is missing is asked for on the page itself."""
    outcome = commands.receive(jour, [said], by=me())[0]
    if isinstance(outcome.refusal, ReasonWanted):
        return _page(jour.id, ("maintenant",), 422, ask=outcome.refusal)
    if outcome.refusal:
        raise outcome.refusal
    genre = Genre(said.genre)
    _say(jour.id, genre, said)
    id = jour.id
    return done(url_for(".show", id=id, _anchor=PLACE.get(genre)), lambda: _page(id, CHANGED[genre]))


def _say(id: int, genre: Genre, said: Tap) -> None:
    if genre is Genre.ANNULE:
        toast("C’est annulé.")
        return
    may_undo = None if genre is Genre.SITE else (url_for(".undo", id=id, cle=said.uuid), "Annuler")
    toast(f"{VALEURS[genre][said.valeur]}.", undo=may_undo)


def _page(id: int, blocks: tuple[str, ...] = (), status: int = 200, ask: ReasonWanted | None = None) -> Page:
    return render("jour_j/page.html", blocks, status, ask=ask, new_uuid=lambda: str(uuid4()), **_shown(id))


def _shown(id: int) -> dict[str, Any]:
    """The day as this person may see it."""
    day = queries.read(id)
    acts = can(me(), "jour.agir", day.jour)
    return {"day": day, "jour": day.jour, "action": day.action, "Phase": Phase, "acts": acts, "callable": _callable(day.jour)}


def _callable(jour: Jour) -> Set[Nature]:
    """Whose number this person may have now (design.md, phones)."""
    if jour.shares_team and can(me(), "jour.telephones", jour):
        return frozenset(Nature)
    if jour.shares_referent and can(me(), "jour.appeler_le_referent", jour):
        return frozenset({Nature.REFERENT})
    return frozenset()
