"""What keeps my account mine: where I am signed in."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for

from portal.comptes import entree
from portal.comptes import queries as comptes
from portal.security import fingerprint
from portal.web import GuardedBlueprint, done, me, render, toast

bp = GuardedBlueprint("securite", __name__, url_prefix="/securite")


@bp.get("", access="moi.voir")
def index() -> Any:
    return render("moi/securite.html", appareils=comptes.sessions_of(me()), ici=fingerprint(me().session_token))


@bp.post("/appareils/<int:id>/deconnecter", access="moi.voir")
def sign_out(id: int) -> Any:
    """404 for a device of somebody else's, as for one that is not there."""
    if not entree.sign_out(me(), id):
        abort(404)
    toast("Cet appareil est déconnecté.")
    return done(url_for(".index"))


@bp.post("/appareils/deconnecter", access="moi.voir")
def sign_others_out() -> Any:
    entree.sign_out(me())
    toast("Tous tes autres appareils sont déconnectés.")
    return done(url_for(".index"))
