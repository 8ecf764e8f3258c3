"""Whoever asked for an action is kept no longer than the house said: sooner when nothing came of it than when it was invoiced.

The months run from the refusal, the renouncing or the cancelling, the years from the last euro. Whoever owes money, or is
owed some, stays; names on what was issued stay ten years (code de commerce, art. L123-22).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, or_, select

from portal import clock
from portal.actions import effacement
from portal.actions.models import SETTLED, STOPPED, Action, Demandeur
from portal.db import STRUCK, db
from portal.factures import queries
from portal.factures.models import Etat, Facture
from portal.journal import EntreeJournal
from portal.reglage import GARDE_CLIENT, GARDE_DEMANDE


def due(*where: ColumnElement[bool]) -> Select[int]:
    """The actions whose demandeur nobody has to reach any more."""
    ended = select(func.max(EntreeJournal.quand)).where(
        EntreeJournal.sujet == literal("action:").concat(cast(Action.id, Text)), EntreeJournal.apres == cast(Action.etat, Text)
    )
    since = func.coalesce(ended.correlate(Action).scalar_subquery(), Action.fin)  # of before the portal, no line says when
    invoiced = exists().where(Facture.action_id == Action.id, Facture.etat != Etat.BROUILLON)
    nothing_came = and_(Action.etat.in_(STOPPED), ~invoiced, since < clock.months_ago(GARDE_DEMANDE.valeur))
    over = or_(nothing_came, since < clock.months_ago(12 * GARDE_CLIENT.valeur))
    reachable = or_(Demandeur.contact != STRUCK, Demandeur.email != "", Demandeur.telephone != "")
    owing = exists().where(Facture.action_id == Action.id, queries.is_unsettled())
    which = (Action.etat.in_(SETTLED), reachable, over, ~owing, *where)
    return select(Action.id).join(Action.demandeur).where(*which).order_by(Action.id)


def erase(action_id: int) -> None:
    """Looked at again: somebody may have reopened it meanwhile."""
    if db.session.scalar(due(Action.id == action_id)):
        effacement.erase(db.session.get_one(Action, action_id), by=None)
