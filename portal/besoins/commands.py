"""Every write about needs: each holds the lock of the action, then takes those of the spaces and of the equipment."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal import clock, journal
from portal.actions.commands import ActionOver, check_reading
from portal.actions.models import Action, reading
from portal.besoins import occupations, promesses, queries
from portal.besoins.models import (
    Besoin,
    Etat,
    Occupation,
    adopter,
    ajouter,
    confirmer,
    demander,
    modifier,
    reprendre,
    retirer,
)
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.poles import queries as house
from portal.poles.models import Prestation, Ressource
from portal.workflow import MotifMissing, Refusal, Transition, TransitionRefused, fire

OFFERED = ("ressource", "titre", "pole_id", "espace_id", "materiel_id")  # what a need takes from an offer


class NeedGone(Refusal):
    sentence = "Ce besoin a été retiré entre-temps."


class Asked(Refusal):
    sentence = "Ce besoin est déjà entre les mains d’un pôle : reprends-le d’abord, puis change-le."


class Changed(Refusal):
    sentence = "La demande a changé pendant que tu la lisais : la voici telle qu’elle est maintenant."


class NoPole(Refusal):
    status = 422
    sentence = "Choisis le pôle ou le groupe à qui demander."


class NothingChosen(Refusal):
    status = 422
    sentence = "Choisis d’abord l’espace ou le matériel qu’il faut."


class TooSmall(Refusal):
    """More people are expected than the space holds, and nobody said why that is all right."""

    status = 422

    def __init__(self, besoin: Besoin):
        assert besoin.espace
        super().__init__(
            f"{besoin.espace.nom}\u00a0: {besoin.espace.capacite} personnes au plus, et l’action en attend "
            f"{besoin.action.personnes}. Choisis plus grand, ou écris dans le besoin pourquoi cela tient."
        )


def add(action: Action, *, by: Personne | None, cle: str = "", **fields: Any) -> Besoin:
    """A draft need; the same form (its `cle`) sent twice is one need."""
    action = _open(action)
    cle = journal.submission(cle, action.id, fields)
    if by and (made := journal.made_by(cle, ajouter.key, by=by)) and (twin := queries.need(made)):
        return twin
    besoin = Besoin(action=action, **fields)
    besoin.pole_id = besoin.pole_id or queries.usual_pole(besoin.espace_id, besoin.materiel_id)
    db.session.add(besoin)
    db.session.flush()
    ajouter.tell(besoin, by=by, titre=besoin.titre, cle=cle)
    return besoin


def draft_from(action: Action, prestation_ids: Collection[int], *, by: Personne | None = None) -> list[Besoin]:
    """What a demandeur ticked becomes draft needs, for the whole action; one that is already there is not doubled."""
    there = {besoin.titre for besoin in queries.of_action(action)}
    wanted = [offered for offered in house.prestations(prestation_ids) if offered.titre not in there]
    slot: dict[str, Any] = {"debut": action.debut, "fin": action.fin}
    return [add(action, by=by, **slot, **_wished(offered, action)) for offered in wanted]


def _wished(offered: Prestation, action: Action) -> dict[str, Any]:
    """What is eaten or drunk is for everyone who is expected."""
    eaten = offered.ressource is Ressource.CONSOMMABLE
    return {name: getattr(offered, name) for name in OFFERED} | ({"quantite": action.personnes or 1} if eaten else {})


def redraft(action: Action) -> None:
    """The demandeur sent the same form with other words: drafts that nobody of the house touched follow them."""
    for besoin in queries.untouched_drafts(action):
        remove(besoin, by=None)
    draft_from(action, action.souhaits)


def edit(besoin: Besoin, *, by: Personne, read: str, **fields: Any) -> None:
    """Change a need that nobody works on; `read` as for an action's sheet. Raises Asked, Conflict or NoPole."""
    besoin = _editable(besoin)
    check_reading(read, besoin.sheet, fields)
    if not fields.get("pole_id", besoin.pole_id):
        fields["pole_id"] = _pole_of(besoin, **fields)
    changed = [name for name, value in fields.items() if getattr(besoin, name) != value]
    for name in changed:
        setattr(besoin, name, fields[name])
    if changed:
        db.session.flush()
        modifier.tell(besoin, by=by, titre=besoin.titre, champs=changed)


def remove(besoin: Besoin, *, by: Personne | None) -> None:
    besoin = _editable(besoin)
    retirer.tell(besoin, by=by, titre=besoin.titre)
    db.session.delete(besoin)
    db.session.flush()


def ask(besoin: Besoin, *, by: Personne) -> None:
    """Put it before its pôle or groupe. Raises NoPole, NothingChosen, TooSmall, Passed."""
    besoin = _now(besoin)
    _check_asked(besoin)
    promesses.clear(besoin)
    fire(demander, besoin, by=by, titre=besoin.titre)


def ask_all(action: Action, *, by: Personne) -> tuple[int, dict[int, Refusal]]:
    """All the drafts that can be: how many were asked, and why each of the others was not, by need."""
    asked, refused = 0, dict[int, Refusal]()
    for besoin in queries.of_action(_open(action)):
        if besoin.etat is Etat.BROUILLON:
            try:
                ask(besoin, by=by)
                asked += 1
            except Refusal as refusal:  # raised before anything moved
                refused[besoin.id] = refusal
    return asked, refused


def take_back(besoin: Besoin, *, by: Personne) -> None:
    """A draft again: what was promised for it is free, and whoever had promised it hears so."""
    besoin = _now(besoin)
    if not reprendre.opens_from(besoin.etat):
        raise TransitionRefused
    promised = besoin.etat is Etat.CONFIRME
    promesses.free([besoin.id])
    promesses.clear(besoin)
    fire(reprendre, besoin, by=by, titre=besoin.titre, promis=promised)


def answer(
    besoin: Besoin,
    transition: Transition,
    *,
    by: Personne,
    quantite: int | None = None,
    motif: str = "",
    read: str | None = None,
) -> None:
    """The yes or the no of a pôle, or its yes taken back; said again, it changes nothing. Another quantity wants a word.

    `read` is `reading(besoin.sheet)` when it was shown. Raises TransitionRefused, Changed, MotifMissing, Passed, TooSmall;
    Taken, Twice or NotEnough when something else is promised.
    """
    besoin = _now(besoin)
    many = (quantite or besoin.quantite) if transition is confirmer else None
    if (besoin.etat, besoin.quantite_confirmee, besoin.motif) == (transition.target, many, motif.strip()):
        return
    if not transition.opens_from(besoin.etat):
        raise TransitionRefused
    if read is not None and read != reading(besoin.sheet):
        raise Changed
    if not motif.strip() and many != besoin.quantite:
        raise MotifMissing
    promesses.free([besoin.id])
    others = _promise(besoin, many) if many else []
    besoin.quantite_confirmee, besoin.motif = many, motif.strip()
    besoin.repondu_par, besoin.repondu_le = by, clock.now()
    fire(transition, besoin, by=by, motif=motif, titre=besoin.titre)
    promesses.warn(besoin, others, by=by)


def _promise(besoin: Besoin, many: int) -> list[Occupation]:
    """Kept, then looked at under the lock of its space, which may have shrunk; returns the options of others on the way."""
    others = promesses.keep(besoin, many)
    _check_slot(besoin)
    return others


def adopt(besoin: Besoin, *, by: Personne) -> None:
    """The bienveillant makes do with the quantity that the pôle confirmed."""
    besoin = _now(besoin)
    if besoin.quantite_confirmee and besoin.is_otherwise:
        besoin.quantite = besoin.quantite_confirmee
        adopter.tell(besoin, by=by, titre=besoin.titre)


# --- the steps of these --------------------------------------------------------------------------------------


def _open(action: Action) -> Action:
    action = lock_one(action)
    if action.is_over:
        raise ActionOver
    return action


def _now(besoin: Besoin) -> Besoin:
    """The need as it now is, under the lock of its action."""
    _open(besoin.action)
    found = queries.need(besoin.id)
    if found is None:
        raise NeedGone
    return found


def _editable(besoin: Besoin) -> Besoin:
    besoin = _now(besoin)
    if not besoin.is_editable:
        raise Asked
    return besoin


def _pole_of(besoin: Besoin, *, espace_id: int | None = None, materiel_id: int | None = None, **_: Any) -> int | None:
    """Who answers when nobody is chosen. Raises NoPole: what a pôle has refused has one."""
    usual = queries.usual_pole(espace_id or besoin.espace_id, materiel_id or besoin.materiel_id)
    if not usual and besoin.etat is not Etat.BROUILLON:
        raise NoPole
    return usual


def _check_asked(besoin: Besoin) -> None:
    """What a pôle can answer to."""
    if not demander.opens_from(besoin.etat):
        raise TransitionRefused
    if besoin.pole_id is None:
        raise NoPole
    if besoin.ressource in {"espace", "materiel"} and not (besoin.espace_id or besoin.materiel_id):
        raise NothingChosen
    _check_slot(besoin)


def _check_slot(besoin: Besoin) -> None:
    if besoin.is_past:
        raise occupations.Passed
    if besoin.is_overfull:
        raise TooSmall(besoin)
