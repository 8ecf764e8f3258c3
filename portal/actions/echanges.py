"""The exchange of messages between the demandeur and whoever sets the action up."""

from __future__ import annotations

from portal import clock, journal
from portal.actions import queries
from portal.actions.models import Action, Echange
from portal.actions.processus import ecrire, repondre
from portal.comptes.models import Personne
from portal.db import db, lock_one


def write(action: Action, *, texte: str, cle: str, by: Personne | None) -> Echange:
    """A message of the team, or of the demandeur (`by` None); the same form sent twice is one. The other side hears of it."""
    action = lock_one(action)
    cle = journal.submission(cle, action.id, by and by.id, texte)
    if cle and (twin := queries.message_by_key(cle)):
        return twin
    echange = Echange(action=action, personne=by, texte=texte, cle=cle or None)
    db.session.add(echange)
    db.session.flush()
    if by:
        _answered(action)
    ecrire.tell(action, by=by, echange=echange.id)
    return echange


def note_answer(action: Action, *, by: Personne) -> None:
    """Somebody answered by telephone, by mail, face to face: the request no longer waits."""
    action = lock_one(action)
    if action.repondue_le is None:
        _answered(action)
        repondre.tell(action, by=by)


def _answered(action: Action) -> None:
    action.repondue_le = action.repondue_le or clock.now()
