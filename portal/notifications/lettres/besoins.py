"""Messages about needs: what is asked of a pôle, what it answered, what became of it."""

from __future__ import annotations

from datetime import datetime

from portal.actions.models import Action
from portal.besoins import queries
from portal.besoins.models import Besoin, Etat
from portal.db import db
from portal.notifications.genres import Context, Facts, genre, link, still
from portal.poles.models import Pole


@genre("besoin_a_confirmer")
def _asked(faits: Facts) -> Context:
    """To a member, while something waits."""
    action, pole = still(db.session.get(Action, faits["action"])), still(db.session.get(Pole, faits.get("pole", 0)))
    still(not action.is_over)
    found = still(queries.awaiting(action.id, pole.id))
    return {"action": action, "pole": pole, "besoins": found, "page": link("besoins.index")}


@genre("besoin_repondu")
@genre("besoin_perdu")
def _answered(faits: Facts) -> Context:
    """To the bienveillant, while it is that answer, or while nothing was promised since."""
    besoin = _need(faits)
    still(besoin.etat == faits["etat"])
    return _about(besoin)


@genre("option_expiree")
def _expired(faits: Facts) -> Context:
    """To the bienveillant, until the pôle has answered again."""
    besoin = _need(faits)
    still(besoin.etat is Etat.A_CONFIRMER and not besoin.action.is_over)
    return _about(besoin)


@genre("besoin_chevauche")
def _overlaps(faits: Facts) -> Context:
    """To a bienveillant, while both keep something of that space."""
    besoin, other = _need(faits), _need({"besoin": faits.get("autre", 0)})
    ways = queries.views([besoin])[0].ways
    return _about(besoin) | {"autre": still(next((o for o in ways if o.besoin_id == other.id), None))}


@genre("besoin_deplace")
def _moved(faits: Facts) -> Context:
    """To a member of the pôle that had promised it, while it is promised."""
    besoin = _need(faits)
    still(besoin.is_promised)
    return _about(besoin)


@genre("besoin_libere")
def _freed(faits: Facts) -> Context:
    """The same, such as it was promised; unless it was asked of that pôle again, which is said elsewhere."""
    action, besoin = still(db.session.get(Action, faits["action"])), queries.need(faits["besoin"])
    still(action.is_stopped or not besoin or not besoin.is_asked or besoin.pole_id != faits["pole"])
    promis = {name: datetime.fromisoformat(faits[name]) for name in ("debut", "fin")}
    return {"action": action, "promis": promis, "page": link("besoins.of_action", action_id=action.id)}


def _need(faits: Facts) -> Besoin:
    return still(queries.need(faits.get("besoin", 0)))


def _about(besoin: Besoin) -> Context:
    page = link("besoins.of_action", action_id=besoin.action_id)
    return {"besoin": besoin, "action": besoin.action, "page": f"{page}#besoin-{besoin.id}"}
