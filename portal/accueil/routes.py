"""The home page, the legal pages, and the portal's pulse."""

from __future__ import annotations

from typing import Any

from portal.web import GuardedBlueprint, render

bp = GuardedBlueprint("accueil", __name__)


@bp.get("/", access="public")
def index() -> Any:
    return render("accueil/index.html")
