"""What the demandeur answers to a devis, and what an acceptance does: all of it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal import clock, journal
from portal.actions import models as actions
from portal.actions import processus
from portal.actions import queries as requests
from portal.actions.models import Echange
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.devis import papier, queries
from portal.devis.models import (
    Accord,
    Devis,
    Etat,
    Voie,
    accepter,
    annuler_accord,
    demander_un_changement,
    refuser,
    remplacer,
    retablir,
)
from portal.workflow import MotifMissing, Refusal, fire


class Unanswerable(Refusal):
    """To the demandeur: this version is answered no more; its page says why, and whom to call."""

    sentence = "Ce devis ne peut plus être accepté en l’état."


class NotReadAgain(Refusal):
    """The paper that was shown is not the one that would be accepted."""

    sentence = "Ce devis a changé pendant que vous le lisiez\u00a0: le voici tel qu’il est maintenant."


class Moved(Refusal):
    """What would be agreed to takes place at another time by now."""

    sentence = "La date a changé depuis ce devis\u00a0: il ne s’accepte plus. L’équipe vous en envoie un nouveau."


class NoName(Refusal):
    status = 422
    sentence = "Écrivez votre nom\u00a0: il vaut signature."


class NoProof(Refusal):
    status = 422
    sentence = "Dis d’où vient cet accord\u00a0: qui l’a donné, quand, sur quel papier ou dans quel message."


class NotThen(Refusal):
    status = 422
    sentence = "Un accord ne date ni d’avant l’envoi de son devis, ni de plus tard que maintenant."


class AlreadySaid(Refusal):
    sentence = "Un autre accord est déjà noté sur ce devis\u00a0: relis-le, ou annule-le avant de noter celui-ci."


class NothingToUndo(Refusal):
    sentence = "Cet accord a déjà été annulé."


class NewerOut(Refusal):
    """An action has one devis at most that waits for its demandeur."""

    def __init__(self, newer: Devis):
        super().__init__(
            f"La version {newer.version} attend déjà la réponse du demandeur\u00a0: elle remplacera cet accord, ou le laissera."
        )


@dataclass(frozen=True)
class Signature:
    """Who accepts, and how: online by the demandeur (`adresse` is the network's), or recorded by somebody with a proof.

    `le` is when it was said, if not now.
    """

    nom: str
    voie: Voie = Voie.EN_LIGNE
    adresse: str = ""
    preuve: str = ""
    le: datetime | None = None


def is_answerable(devis: Devis, by: Personne | None = None) -> bool:
    """Whether it may still be accepted, or refused: by the link until the event ends, recorded by somebody even later."""
    late = by is None and devis.action.fin <= clock.now()
    return devis.etat is Etat.ENVOYE and not devis.is_over and devis.action.etat in _OPEN and not late


_OPEN = frozenset({actions.Etat.DEVIS_ENVOYE, actions.Etat.CONFIRMEE})


def accept(devis: Devis, *, signature: Signature, empreinte: str, by: Personne | None) -> Accord:
    """The demandeur agrees to the very paper of that hash; twice is once. `by` is None online.

    Raises NoName, NoProof, AlreadySaid, Unanswerable, Moved, NotReadAgain, NotThen.
    """
    if not signature.nom.strip():
        raise NoName
    if by and not signature.preuve.strip():
        raise NoProof
    devis = _current(devis)
    if there := _standing(devis):
        if by and (there.nom, there.preuve) != (signature.nom.strip(), signature.preuve.strip()):
            raise AlreadySaid
        return there
    _check(devis, signature, empreinte, by)
    return _agree(devis, signature, by=by)


def _check(devis: Devis, signature: Signature, empreinte: str, by: Personne | None) -> None:
    """Whether this paper may be agreed to, now."""
    if not is_answerable(devis, by):
        raise Unanswerable
    if by is None and papier.moved_to(devis):
        raise Moved
    if empreinte != devis.empreinte:
        raise NotReadAgain
    assert devis.envoye_le
    if signature.le and not devis.envoye_le.replace(second=0, microsecond=0) <= signature.le <= clock.now():
        raise NotThen


def _standing(devis: Devis) -> Accord | None:
    """What was agreed to of that version, while it is the one that counts."""
    return queries.accord_of(devis) if devis.etat is Etat.ACCEPTE and not devis.action.is_stopped else None


def _agree(devis: Devis, signature: Signature, *, by: Personne | None) -> Accord:
    accord = Accord(
        devis=devis,
        voie=signature.voie,
        nom=signature.nom.strip(),
        le=signature.le or clock.now(),
        adresse=signature.adresse,
        preuve=signature.preuve.strip(),
        empreinte=devis.empreinte,
        par=by,
    )
    db.session.add(accord)
    if before := queries.in_state(devis.action, Etat.ACCEPTE):
        fire(remplacer, before, by=by, par=devis.version)
        db.session.flush()  # an action has one accepted devis at most
    avant = before.version if before else None
    fire(accepter, devis, by=by, voie=accord.voie, empreinte=devis.empreinte, avant=avant)
    if devis.action.etat is actions.Etat.DEVIS_ENVOYE:
        fire(processus.confirmer, devis.action, by=by)
    return accord


def refuse(devis: Devis, *, mot: str, by: Personne | None) -> None:
    """The demandeur does not want it; the action waits for another version, or for them to give up. Said twice, once."""
    devis = _current(devis)
    if devis.etat is Etat.REFUSE and queries.refusal_of(devis).strip() == mot.strip():
        return
    if not is_answerable(devis, by):
        raise Unanswerable
    fire(refuser, devis, by=by, motif=mot)


def ask_for_a_change(devis: Devis, *, mot: str, cle: str = "") -> None:
    """In the demandeur's words, kept in their exchange with the team; the devis stays as it is until another version leaves.

    The same form sent twice is one. Raises MotifMissing, Unanswerable.
    """
    if not mot.strip():
        raise MotifMissing("Dites ce que vous aimeriez changer.")
    devis = _current(devis)
    cle = journal.submission(cle, devis.id, mot)
    if cle and requests.message_by_key(cle):
        return
    if not is_answerable(devis):
        raise Unanswerable
    said = Echange(action=devis.action, texte=f"À propos du devis {devis.numero}\u00a0: {mot}", cle=cle or None)
    db.session.add(said)
    db.session.flush()
    demander_un_changement.tell(devis, by=None, motif=mot, echange=said.id)


def undo(devis: Devis, *, by: Personne, motif: str) -> None:
    """The acceptance was a mistake: the devis waits again, and the version accepted before it, if any, is the one that holds.

    Whatever depends on it by now refuses, in its own package. Raises NothingToUndo, NewerOut, MotifMissing, and
    TransitionRefused once the site is open on this agreement alone.
    """
    devis = _current(devis)
    accord = queries.accord_of(devis)
    if accord is None:
        raise NothingToUndo
    if newer := queries.in_state(devis.action, Etat.ENVOYE):
        raise NewerOut(newer)
    before = queries.agreed_before(devis)
    fire(annuler_accord, devis, by=by, motif=motif, accord=accord.id, rend=before.version if before else None)
    accord.annule_le, accord.annule_par_id, accord.motif = clock.now(), by.id, motif.strip()
    db.session.flush()  # an action has one accepted devis at most
    if before:
        fire(retablir, before, by=by)
    else:
        fire(processus.revenir_au_devis, devis.action, by=by, motif=motif)


def _current(devis: Devis) -> Devis:
    """The devis as it now is, under the lock of its action."""
    lock_one(devis.action)
    found = queries.fresh(devis.id)
    assert found
    return found
