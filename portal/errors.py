"""Every refusal becomes an answer here, once: a status and a French sentence that says what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from portal import policy, traces
from portal.db import undo
from portal.web import see_other, typed_words, wants_fragment
from portal.workflow import Refusal

# To anybody: a volunteer is told « tu », a demandeur « vous », and these suit both.
SENTENCES = {
    400: (
        "Cette demande est mal formée",
        "À reprendre depuis la page précédente. Si cela se répète, l’équipe voudra le savoir.",
    ),
    401: ("La connexion s’est fermée", "À rouvrir dans un autre onglet, puis à reprendre ici."),
    403: ("Ce n’est pas ouvert à tout le monde", "Cette page, ou ce geste, est réservé à d’autres personnes de l’équipe."),
    404: ("Cette page n’existe pas", "Le lien est peut-être incomplet, ou la page a changé d’adresse."),
    405: ("Cette adresse ne s’utilise pas ainsi", "Le plus simple est de repartir de l’accueil."),
    408: ("La connexion a été trop lente", "Rien n’est enregistré. À réessayer."),
    409: ("La situation a changé", "La page, rechargée, dit où en sont les choses."),
    410: ("Ce lien ne sert plus", "L’équipe peut en envoyer un autre."),
    413: ("C’est trop lourd", "Un texte plus court ou un fichier plus petit passera."),
    414: ("Cette adresse est trop longue", "Le plus simple est de repartir de l’accueil."),
    415: ("Ce format n’est pas pris en charge", "Le formulaire de la page, lui, convient."),
    422: ("Quelque chose manque", "Ce qui est signalé est à corriger, puis à renvoyer."),
    429: ("Doucement", "Beaucoup d’essais en peu de temps. À reprendre dans un moment."),
    500: (
        "Le portail a trébuché",
        "La faute est au portail, et l’équipe technique est prévenue. À réessayer dans un instant.",
    ),
    503: ("Le portail est momentanément occupé", "Rien n’est perdu\u00a0: à renvoyer dans quelques secondes."),
}
READ_ONLY = "25006"  # what PostgreSQL says then, by a name that speaks of no outage


def init_app(app: Flask) -> None:
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(IntegrityError, _collision)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: Refusal) -> Response:
    of_the_house = not error.outside or policy.can(current_user, "action.lister")
    return answer(error.status, error.sentence if of_the_house else error.outside)


def _stale_form(_error: CSRFError) -> Response:
    return answer(400, "Ce formulaire n’est plus à jour\u00a0: il a attendu longtemps, ou une connexion a eu lieu entre-temps.")


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, MethodNotAllowed) and (above := _page_above()):
        return see_other(above)
    # A Host that is not ours builds no link: the page without links is all it gets.
    response = answer(error.code, bare=isinstance(error, SecurityError))
    for name, value in error.get_headers(request.environ):
        if name in {"Retry-After", "Allow"}:
            response.headers[name] = value
    return response


def _page_above() -> str | None:
    """Of a form that was refused, the browser keeps the address: read again, it is the page that the form is of."""
    adapter = request_ctx.url_adapter
    if request.method != "GET" or "text/html" not in request.headers.get("Accept", "") or adapter is None:
        return None
    parts = request.path.split("/")
    above = ("/".join(parts[:n]) for n in range(len(parts) - 1, 1, -1))
    return next((quote(path) for path in above if adapter.test(path, "GET")), None)


def _collision(error: IntegrityError) -> Response:
    """A constraint spoke where a command should have: the data is safe, the sentence can only be general."""
    current_app.logger.error("constraint: %s", _named(error))
    return answer(409)


def _database(error: DBAPIError) -> Response:
    if isinstance(error, DataError):  # a value that the database cannot hold came from outside
        current_app.logger.error("value refused: %s", _named(error))
        return answer(400)
    read_only = getattr(error.orig, "sqlstate", None) == READ_ONLY
    if isinstance(error, OperationalError) or error.connection_invalidated or read_only:
        return _unavailable(error)
    return _unexpected(error)


def _named(error: DBAPIError) -> str:
    """What was broken, without the row that PostgreSQL adds to it: it names people."""
    said = getattr(error.orig, "diag", None)
    return f"{said.sqlstate} {said.table_name} {said.constraint_name}" if said else str(error.orig)


def _unavailable(error: DBAPIError | PoolTimeout) -> Response:
    current_app.logger.error("database unavailable: %s", getattr(error, "orig", error))
    g.setdefault("maison", "")  # nothing can be read to say its name
    response = answer(503)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    current_app.logger.error("unexpected", exc_info=error)
    return answer(500)


def answer(status: int, sentence: str | None = None, *, bare: bool = False) -> Response:
    """The error page, or its fragment for htmx. What was typed is shown back, since the form itself is gone."""
    undo()
    title, advice = SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
    context: dict[str, Any] = {"status": status, "titre": title, "conseil": sentence or advice, "typed": typed_words()}
    if status >= 500:
        context["reference"] = traces.reference()
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(erreur=context["conseil"]), status)
    response = make_response(_bare(context) if bare else _dressed(context), status)
    response.vary.add("HX-Request")
    return response


def _dressed(context: dict[str, Any]) -> str:
    try:
        return render_template("erreur_fragment.html" if wants_fragment() else "erreur.html", **context)
    except Exception:  # the layout itself may need what just failed
        current_app.logger.exception("the error page itself failed")
        undo()
        return _bare(context)


def _bare(context: dict[str, Any]) -> str:
    """The page that needs nothing: neither the database, nor to know who is there."""
    return current_app.jinja_env.get_template("erreur_nue.html").render(context)
