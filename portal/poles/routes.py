"""The house as its members see it: who belongs to which pôle, and which spaces there are."""

from __future__ import annotations

from typing import Any

from portal.poles import queries
from portal.web import GuardedBlueprint, me, render

bp = GuardedBlueprint("poles", __name__, url_prefix="/poles")


@bp.get("/", access="pole.voir")
def index() -> Any:
    return render(
        "poles/liste.html",
        awaiting=queries.awaiting(me()),
        poles=queries.poles_with_members(),
        espaces=queries.space_tree(),
    )
