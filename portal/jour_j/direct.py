"""The programme under way, for everybody: a page, its copy for a wall, and the code that leads there.

Whoever asks gets the same bytes, so any cache on the way may keep them for a moment: nothing here looks at who they are.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Response, abort, current_app, request, url_for

from portal.jour_j import affiche
from portal.web import GuardedBlueprint

bp = GuardedBlueprint(
    "direct", __name__, url_prefix="/actions"
)  # of the screens of an action, though it reads the day's journal


@bp.get("/<int:id>/direct", access="public")
def show(id: int) -> Any:
    """The page, or `?ecran=1` for a wall; with `v`, what an open one shows: nothing while that is still true."""
    seen, ecran = request.args.get("v"), request.args.get("ecran") == "1"
    now = affiche.version(id)
    if now is None:
        abort(404)
    if seen == now:
        return _open(Response(status=204))
    part = "jour_j/mur.html" if ecran else "jour_j/direct_programme.html"
    shown = {"affiche": affiche.read(id, now), "ecran": ecran}
    return _open(Response(_drawn("jour_j/direct.html" if seen is None else part, **shown)))


@bp.get("/<int:id>/direct.svg", access="public")
def code(id: int) -> Any:
    """The address of the page as a QR code, dark on light whatever lies behind."""
    if affiche.version(id) is None:
        abort(404)
    import segno  # only whoever shows the code waits for it

    drawn = BytesIO()
    address = f"{current_app.config['PORTAL'].base_url}{url_for('.show', id=id)}"
    segno.make(address, micro=False, error="m").save(drawn, kind="svg", scale=8, light="#fff", xmldecl=False)
    return _open(Response(drawn.getvalue(), mimetype="image/svg+xml"))


def _drawn(name: str, **context: Any) -> str:
    """Without what templates know of the person in front of the screen."""
    return current_app.jinja_env.get_template(name).render(**context)


def _open(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=5"
    return response
