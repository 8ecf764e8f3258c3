"""What the bienveillant is told while the day goes on."""

from __future__ import annotations

from typing import Any

from portal import outbox
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.jour_j.models import Entree, Point


def tell_what_is_wrong(entree: Entree, point: Point, *, by: Personne) -> None:
    """A line is not as it should be."""
    facts = {"quand": entree.quand.isoformat(), "ligne": point.label, "motif": entree.mot}
    _tell("point_non_conforme", entree, point.jour.action, by, facts)


def tell_of_an_incident(entree: Entree, action: Action, *, by: Personne) -> None:
    """A serious one."""
    _tell("jour_incident", entree, action, by, {"entree": entree.uuid})


def _tell(genre: str, entree: Entree, action: Action, by: Personne, facts: dict[str, Any]) -> None:
    """Whoever sets the action up hears of it at once, unless they said it themself."""
    who = action.bienveillant
    if who and who.id != by.id:
        key = f"jour:{action.id}:{genre}:{entree.uuid}"
        outbox.post(genre, key, to=who.email, personne_id=who.id, action=action.id, par=by.id, **facts)
