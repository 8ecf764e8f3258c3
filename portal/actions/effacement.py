"""A demandeur erased on request: nothing says who they were nor what they wrote; the action and its counts stay."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete

from portal import journal, outbox
from portal.actions.deliberation import CRITERES, Avis, Decision
from portal.actions.models import SETTLED, Action, Demandeur, Echange, Etape
from portal.actions.processus import effacer_demandeur as effacer
from portal.actions.tache import Tache
from portal.comptes.models import Personne
from portal.db import STRUCK, db, lock_one, strike, struck
from portal.fields import local_phone
from portal.filters import telephone
from portal.journal import EntreeJournal
from portal.workflow import Refusal

WORDS = (
    *(Decision.presents, Decision.compte_rendu, Tache.titre, Tache.aide, Tache.motif, Etape.titre, Etape.lieu),
    *(getattr(Avis, f"mot_{name}") for name in CRITERES),
)


_papers: list[Callable[[Action], bool]] = []


def bears_the_name(of_it: Callable[[Action], bool]) -> Callable[[Action], bool]:
    """Decorator: this function says whether a paper that is kept bears the name of an action's demandeur."""
    _papers.append(of_it)
    return of_it


def name_stays(action: Action) -> bool:
    return any(of_it(action) for of_it in _papers)


class StillNeeded(Refusal):
    sentence = "Cette action n’est pas finie\u00a0: son demandeur doit encore pouvoir être joint."


def erase(action: Action, *, by: Personne | None) -> None:
    """Their contact, the exchange and what was mailed to them go; twice is once. Raises StillNeeded.

    So does their name, unless a paper that is kept bears it.
    """
    action = lock_one(action)
    client = action.demandeur
    db.session.refresh(client)
    if action.etat not in SETTLED:
        raise StillNeeded
    if client.is_erased:
        return
    known, keeps_name = signs(client), name_stays(action)
    effacer.tell(action, by=by)  # the packages above read here who they were
    _forget(action, [sign for sign in known if not (keeps_name and sign == client.nom)])
    client.nom = client.nom if keeps_name else STRUCK
    client.contact, client.email, client.telephone = STRUCK, "", ""
    if not keeps_name:
        client.adresse, client.siret = "", ""


def signs(client: Demandeur) -> list[str]:
    """What tells who they are; one word alone is anybody's."""
    number = local_phone(client.telephone)
    numbers = (client.telephone, number, number.replace(" ", ""), telephone(client.telephone) if number else "")
    names = [name for name in (client.nom, client.contact) if " " in name]
    return list(dict.fromkeys(filter(None, (*names, client.email, client.email.lower(), *numbers))))


def _forget(action: Action, known: list[str]) -> None:
    theirs = EntreeJournal.action_id == action.id
    journal.forget(theirs, EntreeJournal.personne_id.is_(None))
    journal.unsay(theirs, known)
    outbox.forget_outside(action.id, known)
    db.session.execute(delete(Echange).where(Echange.action_id == action.id))
    for column in WORDS:
        strike(column, known, column.class_.action_id == action.id)
    for name in ("titre", "lieu", "description", "valeurs"):
        setattr(action, name, struck(getattr(action, name), known))
