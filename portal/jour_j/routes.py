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
from portal.jour_j.models import Entree, Genre, Jour
from portal.missions.models import Nature
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, done, me, render, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("jour_j", __name__, url_prefix="/jour-j")

EVERYTHING = ("mots", "maintenant", "ouverture", "equipe", "programme", "fermeture", "geste", "journal")
CHANGED = {  # the blocks of the page that each tap changes
    Genre.SITE: EVERYTHING,
    Genre.COCHE: ("mots", "maintenant", "ouverture", "fermeture", "geste", "journal"),
    Genre.PRESENCE: ("mots", "maintenant", "equipe", "journal"),
    Genre.ETAPE: ("mots", "maintenant", "programme", "fermeture", "geste", "journal"),
    Genre.INCIDENT: ("mots", "incident", "journal"),
    Genre.ANNULE: EVERYTHING,
}
ASKED = {  # where a missing word is asked for
    Genre.SITE: ("mots", "ouverture", "fermeture"),
    Genre.INCIDENT: ("mots", "incident"),
}
PLACE = {  # where the page goes back to, without htmx
    Genre.SITE: "maintenant",
    Genre.COCHE: "point-{}",
    Genre.PRESENCE: "place-{}",
    Genre.ETAPE: "etape-{}",
    Genre.INCIDENT: "journal",
    Genre.ANNULE: "journal",
}
PLAIN = (Genre.COCHE, Genre.PRESENCE)  # the line itself shows what was said and takes it back: no words pass over the next


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
    ago = timedelta(minutes=form.il_y_a.data or 0)
    said = (form.uuid.data, form.genre.data, clock.now() - ago, form.cible.data, form.valeur.data, form.mot.data)
    return _received(jour, Tap(*said))


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
    if outcome.refusal:
        return _refused(jour, said, outcome.refusal)
    entree = queries.entry(said.uuid)
    assert entree
    genre = entree.genre  # of the first sending, when this one is another
    if genre not in PLAIN:
        _tell(jour, entree)
    place = url_for(".show", id=jour.id, _anchor=PLACE[genre].format(entree.cible))
    return done(place, lambda: _page(jour, CHANGED[genre], goes_up=genre is Genre.SITE))


def _tell(jour: Jour, entree: Entree) -> None:
    line = queries.read(jour.id).line(entree)
    toast(f"{line.words}.", undo=(url_for(".undo", id=jour.id, cle=entree.uuid), "Annuler") if line.may_be_undone else None)


def _refused(jour: Jour, said: Tap, refusal: Refusal) -> Page:
    if said.genre not in ASKED or refusal.status != 422:
        raise refusal
    toast(refusal.sentence, "attention")
    return _page(jour, ASKED[Genre(said.genre)], 422, typed={said.genre: said.mot})


def _page(jour: Jour, blocks: tuple[str, ...] = (), status: int = 200, **more: Any) -> Page:
    """The day page; `typed` is what a refused form had written, by genre; `goes_up` shows its top again."""
    shown = {"typed": {}, "goes_up": False, "new_uuid": lambda: str(uuid4()), **_shown(jour), **more}
    return render("jour_j/page.html", blocks, status, **shown)


def _shown(jour: Jour) -> dict[str, Any]:
    """The day as this person may see it: `notes` incidents at any time, `acts` once the day is near."""
    day = queries.read(jour.id)
    notes = day.jour.is_live and can(me(), "jour.agir", day.jour)
    acts = notes and not day.is_too_early
    return {"day": day, "jour": day.jour, "action": day.action, "notes": notes, "acts": acts, "callable": _callable(day.jour)}


def _callable(jour: Jour) -> Set[Nature]:
    """Whose number this person may have now (design.md, phones)."""
    if jour.action.shares_team and can(me(), "jour.telephones", jour):
        return frozenset(Nature)
    if jour.action.shares_referent and can(me(), "jour.appeler_le_referent", jour):
        return frozenset({Nature.REFERENT})
    return frozenset()
