"""What the demandeur sends: the request of the public form, their corrections, their giving it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal import clock, journal, reglage
from portal.actions import queries
from portal.actions.commands import apply, reach_anew
from portal.actions.models import CLIENT, Action, Canal, Demandeur, Etat, TypeAction
from portal.actions.processus import corriger, decliner, renouveler, solliciter
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.fields import name_key
from portal.poles import queries as poles
from portal.security import fingerprint
from portal.workflow import Refusal, fire

GIVEN_UP = "Renoncé depuis sa page, sans autre mot."


class LinkReplaced(Refusal):
    status = 410
    sentence = (
        "Ce lien a été remplacé par un plus récent\u00a0: ouvrez celui de notre dernier e-mail. "
        "Vous ne le trouvez pas\u00a0? L’équipe peut vous en envoyer un autre."
    )


class LinkOver(Refusal):
    status = 410
    sentence = "Cette demande date de plus d’un an\u00a0: son lien ne s’ouvre plus. Pour vos données, écrivez à l’équipe."


class RequestErased(Refusal):
    status = 410
    sentence = "Les informations de cette demande ont été effacées\u00a0: il ne reste rien à lire ici."


class NoAddress(Refusal):
    status = 422
    sentence = "Le demandeur n’a pas d’adresse e-mail\u00a0: ajoute-la d’abord sur la fiche."


class RequestClosed(Refusal):
    sentence = "Cette demande est close\u00a0: elle ne se modifie plus."


@dataclass(frozen=True)
class Demande:
    """What the public form says; `souhaits` are ids of what the house offers."""

    cle: str
    nom: str
    contact: str
    email: str
    telephone: str
    titre: str
    description: str
    debut: datetime
    fin: datetime
    souple: bool
    personnes: int | None
    souhaits: Sequence[int] = ()

    @property
    def client(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in CLIENT}

    @property
    def wanted(self) -> dict[str, Any]:
        """The fields of the action that it fills."""
        names = ("titre", "description", "debut", "fin", "souple", "personnes")
        return {name: getattr(self, name) for name in names}

    @property
    def of_form(self) -> str:
        """What all the sendings of one form have in common."""
        return fingerprint(self.cle)[:16]

    @property
    def sending(self) -> str:
        """The key of these very words, sent by that form."""
        return self.of_form + journal.submission(self.cle, self)[:16]


def ask(demande: Demande) -> Action:
    """One sending is one action, to be taken; sent again it gives back the first. Other words mend it, or ask for another."""
    if again := queries.by_key(demande.sending):
        return again
    if (before := queries.by_form(demande.of_form)) and _mended(before, demande):
        return before
    try:
        with db.session.begin_nested():
            action = _recorded(demande)
    except IntegrityError:  # the same form, sent twice at once
        if twin := queries.by_key(demande.sending):
            return twin
        raise
    solliciter.tell(action, by=None, souhaits=action.souhaits)
    return action


def _recorded(demande: Demande) -> Action:
    action = Action(
        demandeur=Demandeur(**demande.client),
        canal=Canal.PORTAIL,
        type=TypeAction.AUTRE,
        etat=Etat.SOLLICITEE,
        lieu=reglage.ici(),
        cle=demande.sending,
        souhaits=poles.known_prestations(demande.souhaits),
        **demande.wanted,
    )
    db.session.add(action)
    db.session.flush()
    return action


def _mended(action: Action, demande: Demande) -> bool:
    """Back, a word changed, sent again: the last words count. Whether they do: nothing that somebody said is written over.

    Not once somebody of the house works on it; not for another day, nor for another asker on a phone that is shared.
    """
    action = lock_one(action)
    db.session.refresh(action.demandeur)
    free = action.etat is Etat.SOLLICITEE and action.bienveillant_id is None
    if not free or _who_and_when(action.demandeur.nom, action.debut) != _who_and_when(demande.nom, demande.debut):
        return False
    email, action.cle = action.demandeur.email, demande.sending
    champs = apply(action, demande.wanted | {"souhaits": poles.known_prestations(demande.souhaits)})
    champs += apply(action.demandeur, demande.client)
    corriger.tell(action, by=None, champs=champs)
    reach_anew(action, email, by=None)
    return True


def _who_and_when(nom: str, debut: datetime) -> tuple[str, date]:
    return name_key(nom), clock.local(debut).date()


def edit_contact(action: Action, **fields: str) -> None:
    """The demandeur mends how to reach them; a new address receives the link. Raises RequestClosed."""
    action = _open(action)
    db.session.refresh(action.demandeur)
    email = action.demandeur.email
    if champs := apply(action.demandeur, fields):
        corriger.tell(action, by=None, champs=champs)
        reach_anew(action, email, by=None)


def give_up(action: Action, *, mot: str = "") -> None:
    """The demandeur does not want it any more; twice is once. Raises TransitionRefused once it is confirmed."""
    action = lock_one(action)
    if action.etat is not Etat.DECLINEE:
        fire(decliner, action, by=None, motif=mot or GIVEN_UP)


def send_link(action: Action, *, by: Personne) -> None:
    """A new link for the demandeur: those sent before open nothing any more. Raises NoAddress or RequestClosed."""
    action = _open(action)
    if not action.demandeur.email:
        raise NoAddress
    action.generation += 1
    renouveler.tell(action, by=by, generation=action.generation)


def _open(action: Action) -> Action:
    action = lock_one(action)
    if action.is_stopped:
        raise RequestClosed
    return action
