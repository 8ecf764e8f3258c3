"""The pictures of the day over HTTP: a phone sends one once its entry is in, and whoever sees the day sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, jsonify, request
from werkzeug.exceptions import Forbidden, NotFound

from portal.jour_j import album, queries, refus
from portal.jour_j.cliche import HEAVIEST
from portal.jour_j.commands import Statut
from portal.jour_j.envois import MOST, bp
from portal.jour_j.models import Jour
from portal.policy import load
from portal.web import me
from portal.workflow import Refusal

HEADERS = {"Cache-Control": "private, no-store", "Content-Disposition": "inline; filename=photo.jpg"}
WITH_FILES = frozenset({"jour_j.send", "jour_j.send_photo"})
TAPS = MOST * 16 * 1024  # bytes: a tap holds 4,200 letters of three bytes at most, and what says which tap it is


@bp.before_app_request
def make_room() -> None:
    """A picture is heavier than any form; asked first, since the token of a form is looked for in what is sent.

    The taps of a phone are read at once, before a transaction is open: nobody waits for who has a poor network.
    """
    if request.endpoint == "jour_j.send" and request.is_json:
        request.max_content_length = TAPS
        request.get_data()
    elif request.endpoint in WITH_FILES:
        request.max_content_length = HEAVIEST + 64 * 1024


@bp.get("/<int:id>/entrees/<uuid:cle>/photo", access="jour.voir")
def photo(id: int, cle: UUID) -> Any:
    content = album.picture(load(Jour, id, "jour.voir", queries.WITH_ACTION), str(cle))
    return Response(content, mimetype="image/jpeg", headers=HEADERS) if content else abort(404)


@bp.post("/<int:id>/entrees/<uuid:cle>/photo", access="jour.lister")
def send_photo(id: int, cle: UUID) -> Any:
    """The bytes of a picture; answered as a tap is, so that a phone keeps it until it is named, and says why it is refused."""
    if request.args.get("compte", str(me().id)) != str(me().id):
        return _answer(cle, "autre-compte")
    try:
        jour = load(Jour, id, "jour.participer", queries.WITH_ACTION)
        new = album.receive(jour, str(cle), lambda: request.get_data(cache=False), by=me())
    except (NotFound, Forbidden):
        return _answer(cle, Statut.REFUSEE, refus.NotYours.sentence)
    except Refusal as refusal:
        return _answer(cle, Statut.REFUSEE, refusal.sentence)
    return _answer(cle, Statut.RECUE if new else Statut.DEJA_RECUE)


def _answer(cle: UUID, statut: str, motif: str = "") -> Response:
    said = {"uuid": str(cle), "statut": str(statut)}
    return jsonify(resultats=[said | {"motif": motif} if motif else said])
