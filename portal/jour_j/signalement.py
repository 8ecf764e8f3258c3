"""What the bienveillant is told while the day goes on."""

from __future__ import annotations

from portal import outbox
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.jour_j.models import Entree, Point


def tell_what_is_wrong(entree: Entree, point: Point, *, by: Personne) -> None:
    """A line is not as it should be; whoever sets the action up hears of it at once, unless they said it themself."""
    action = point.jour.action
    if action.bienveillant is None or action.bienveillant_id == by.id:
        return
    outbox.post(
        "point_non_conforme",
        f"jour:{action.id}:coche:{entree.uuid}",
        to=action.bienveillant.email,
        personne_id=action.bienveillant_id,
        action=action.id,
        par=by.id,
        quand=entree.quand.isoformat(),
        ligne=point.label,
        motif=entree.mot,
    )


def tell_of_an_incident(entree: Entree, action: Action, *, by: Personne) -> None:
    """The same of a serious incident."""
    if action.bienveillant is None or action.bienveillant_id == by.id:
        return
    outbox.post(
        "jour_incident",
        f"jour:{action.id}:incident:{entree.uuid}",
        to=action.bienveillant.email,
        personne_id=action.bienveillant_id,
        action=action.id,
        par=by.id,
        entree=entree.uuid,
    )
