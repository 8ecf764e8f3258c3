"""What phones send of the day, and what they ask again and again: has it changed?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import abort, jsonify, make_response, request, session, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import HTTPException

from portal import clock
from portal.fields import clean, combine
from portal.jour_j import album, commands, ecran, queries, refus, rythme, suite
from portal.jour_j.cliche import Cliche
from portal.jour_j.commands import Statut, Tap
from portal.jour_j.forms import TapForm
from portal.jour_j.models import Entree, Genre, Jour
from portal.policy import load
from portal.web import GuardedBlueprint, Page, done, me, safe_next, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("jour_j", __name__, url_prefix="/jour-j")
MOST = 50  # taps of one sending
SAID = ("uuid", "genre", "cible", "valeur", "mot", "lieu", "mesures")


# --- a phone empties its outbox ------------------------------------------------------------------------------


@bp.get("/jeton", access="jour.lister")
def token() -> Any:
    """Who is signed in on this phone, and what their next sending carries; asked before each."""
    answer = jsonify(jeton=generate_csrf(), compte=me().id)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<int:id>/entrees", access="jour.lister")
def send(id: int) -> Any:
    """The taps of a phone, as JSON, each answered by its uuid; or the one tap of a plain form."""
    return _answers(id, request.get_json()) if request.is_json else _form(id)


def _answers(id: int, said: Any) -> Any:
    rows, sent = _sending(said)
    mine = [row for row in rows if row.get("compte") == me().id]
    outcomes = dict(_received(id, mine, sent))
    results = [outcomes.get(str(row.get("uuid")), {"statut": "autre-compte"}) | {"uuid": row.get("uuid")} for row in rows]
    return jsonify(resultats=results)


def _sending(said: Any) -> tuple[list[Mapping[str, Any]], datetime]:
    rows = said.get("entrees") if isinstance(said, dict) else None
    sent = _instant(said.get("envoye_le")) if isinstance(said, dict) else None
    if not isinstance(rows, list) or sent is None or len(rows) > MOST or not all(isinstance(row, dict) for row in rows):
        abort(400)
    return rows, sent


def _received(id: int, rows: list[Mapping[str, Any]], sent: datetime) -> Any:
    """(uuid, answer) of each. A day that one may no more act on refuses them all, and says so."""
    taps = [_tap(row) for row in rows]
    try:
        jour = load(Jour, id, "jour.participer", queries.WITH_ACTION)
    except HTTPException:
        return [(tap.uuid, {"statut": Statut.REFUSEE, "motif": refus.NotYours.sentence}) for tap in taps]
    return [(o.uuid, _answer(o)) for o in commands.receive(jour, taps, by=me(), sent=sent)]


def _answer(outcome: commands.Outcome) -> dict[str, str]:
    said = {"statut": outcome.statut.value}
    return said | {"motif": outcome.refusal.sentence} if outcome.refusal else said


def _tap(row: Mapping[str, Any]) -> Tap:
    """As it was said; what is not a text or an instant is refused with the rest of what is not understood."""
    texts = {name: row.get(name, "") for name in SAID}
    at = _instant(row.get("quand"))
    if at is None or not all(isinstance(text, str) for text in texts.values()):
        texts, at = texts | {"genre": ""}, clock.now()
    return Tap(saisi_le=at, **{name: clean(str(text)) for name, text in texts.items()})


def _instant(seconds: Any) -> datetime | None:
    """Of so many seconds since 1970, as a phone counts them."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


# --- without JavaScript --------------------------------------------------------------------------------------

PLACE = {  # where the page goes back to
    Genre.SITE: "maintenant",
    Genre.COCHE: "point-{}",
    Genre.PRESENCE: "place-{}",
    Genre.ETAPE: "etape-{}",
    Genre.JAUGE: "jauge",
    Genre.CHARGE: "maintenant",
    Genre.CONFIE: "point-{}",
    Genre.MESSAGE: "messages",
    Genre.INCIDENT: "incidents",
    Genre.SUITE: "incident-{}",
    **dict.fromkeys(commands.CHANGES, "etape-{}"),
    Genre.ANNULE: "journal",
}
# Where a missing word is asked for, on the page itself.
ASKS = (Genre.SITE, Genre.INCIDENT, Genre.SUITE, Genre.COCHE, Genre.MESSAGE)
BESIDE = ("cible", "valeur", "lieu", "mesures", "heure")  # what is typed or chosen beside that word


def _form(id: int) -> Any:
    jour = load(Jour, id, "jour.participer", queries.WITH_ACTION)
    form = TapForm()
    if not form.validate():
        raise refus.NotATap
    said = Tap(saisi_le=_when(form), **{name: form[name].data for name in SAID})
    return _one(jour, said, _picture())


def _when(form: TapForm) -> datetime:
    """Now, some minutes ago, or the last time that it was that hour."""
    now = clock.now()
    if form.heure.data is None:
        return now - timedelta(minutes=form.il_y_a.data or 0)
    at = combine(clock.today(), form.heure.data)
    return at if at <= now else clock.same_hour(at, -1)


@bp.post("/<int:id>/entrees/<uuid:cle>/annuler", access="jour.participer")
def undo(id: int, cle: UUID) -> Any:
    jour = load(Jour, id, "jour.participer", queries.WITH_ACTION)
    target = queries.entry(str(cle))
    if target is None or target.jour_id != jour.id:
        abort(404)
    return _one(jour, commands.undoing(target.uuid, at=clock.now()))


def _picture() -> Cliche | None:
    """What came with it, if any, made before anything is written: what is noted stays, even when its picture is no picture."""
    file = request.files.get("photo")
    if not file or not file.filename:
        return None
    try:
        return album.made(file.read, by=me())
    except Refusal as refusal:
        toast(refusal.sentence, "attention")
        return None


def _one(jour: Jour, said: Tap, cliche: Cliche | None = None) -> Any:
    """One tap of a form: it is done, or a word is asked for, or it is said why not."""
    outcome = commands.receive(jour, [said], by=me())[0]
    if outcome.refusal:
        return _refused(jour, said, outcome.refusal, cliche)
    entree = queries.entry(said.uuid)
    assert entree
    line = queries.read(jour.id).line(entree)
    if cliche:
        _show(jour, entree, cliche)
    toast(
        f"{suite.told(line)}.", undo=(url_for(".undo", id=jour.id, cle=entree.uuid), "Annuler") if line.may_be_undone else None
    )
    return done(safe_next(url_for(".show", id=jour.id, _anchor=PLACE[entree.genre].format(entree.cible))))


def _show(jour: Jour, entree: Entree, cliche: Cliche) -> None:
    try:
        album.keep(jour, entree.uuid, cliche, by=me())
    except Refusal as refusal:
        toast(refusal.sentence, "attention")


def _refused(jour: Jour, said: Tap, refusal: Refusal, cliche: Cliche | None) -> Page:
    """All that was written is given back; a browser lets nobody give a file back."""
    if said.genre not in ASKS or refusal.status != 422:
        raise refusal
    toast(refusal.sentence + (" La photo est à choisir de nouveau." if cliche else ""), "attention")
    form = f"{said.genre}-{said.cible}" if said.genre in (Genre.COCHE, Genre.SUITE) else said.genre
    typed = {form: said.mot} | {f"{form}-{name}": request.form.get(name, "") for name in BESIDE}
    return ecran.page(queries.read(jour.id), status=422, **typed)


# --- has it changed? -----------------------------------------------------------------------------------------


@bp.before_request
def nothing_new() -> Any:
    """What most questions hear: nothing while the screen shows what is true.

    Whether its reader may still see the day is asked when it changes and each minute: in between, this tells nobody anything.
    """
    shown, token = request.args.get("v", ""), session.get("_user_id", "")
    if request.endpoint != "jour_j.state" or not shown or not token:
        return None
    id = (request.view_args or {})["id"]
    found = queries.asked(id, token)
    if found is None or shown[:-2] != queries.moment(found[1]):
        return None
    return _in_time(id, ("", 204), found[0], token)


@bp.get("/<int:id>/etat", access="jour.voir")
def state(id: int) -> Any:
    """The blocks of the screen that changed; `vu` are the marks of those that it shows."""
    shown = request.args.get("v", "")
    said = ecran.seen(load(Jour, id, "jour.voir", queries.WITH_ACTION))
    # When one may do more here than before, or less, the page is another.
    other = shown and shown[-1] != ecran.shape(said)
    answer = ("", 204, {"X-Refaire": "1"}) if other else ecran.changed(said, request.args.getlist("vu"))
    return _in_time(id, answer, me().id, me().session_token)


def _in_time(id: int, answer: Any, who: int, token: str) -> Any:
    """With when to ask again, and to whom it is said."""
    response = make_response(answer)
    response.headers.update({"X-Toutes": str(rythme.pace(id, token)), "X-Compte": str(who)})
    return response
