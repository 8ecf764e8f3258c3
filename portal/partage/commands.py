"""Costs, keys, decision, corrections: each write holds the lock of the action, as invoices do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from portal import clock, journal, reglage
from portal.actions import models as actions
from portal.actions import processus
from portal.actions.commands import apply
from portal.actions.models import Action, digest
from portal.comptes.models import NomRole, Personne
from portal.db import db, insert_once, lock_one
from portal.devis.commands import Typed, touched
from portal.factures import queries as invoices
from portal.fields import quantite
from portal.partage import calcul, justificatifs, queries
from portal.partage.justificatifs import Recu
from portal.partage.models import (
    Cle,
    Depense,
    Ecriture,
    Etat,
    Justificatif,
    Partage,
    clore,
    corriger,
    decider,
    digest_of_keys,
    modifier,
    noter,
    regler_les_cles,
    retirer,
)
from portal.partage.queries import Compte
from portal.workflow import MotifMissing, Refusal, fire


class NotOver(Refusal):
    sentence = "Une dépense se note une fois l’action confirmée."


class AlreadyDecided(Refusal):
    sentence = (
        "Le partage est déjà décidé\u00a0: ses clés ne changent plus. Seul le trésor change encore une dépense\u00a0; "
        "un justificatif s’y ajoute toujours."
    )


class YearClosed(Refusal):
    status = 422

    def __init__(self, annee: int):
        super().__init__(
            f"L’année {annee} est close\u00a0: ses dépenses ne changent plus. Date de cette année ce que tu notes."
        )


class NotTheirs(Refusal):
    status = 403
    sentence = "Ce compte vient d’être fermé\u00a0: rien n’est enregistré."


class Gone(Refusal):
    sentence = "Cette dépense a été retirée entre-temps."


class Beyond(Refusal):
    status = 422

    def __init__(self, whole: int):
        super().__init__(f"Ces clés font {quantite(whole)}\u00a0%\u00a0: 100\u00a0% au plus, le commun a le reste.")


class KeysMoved(Refusal):
    sentence = "Quelqu’un a changé les clés pendant que tu écrivais\u00a0: elles sont dans le tableau. Compare, puis renvoie."


class KeysNotKept(Refusal):
    sentence = (
        "Les clés que tu as écrites ne sont pas enregistrées, et rien n’est décidé\u00a0: enregistre-les, relis, puis décide."
    )


class NotInvoiced(Refusal):
    sentence = "Cette action n’est pas encore facturée\u00a0: le partage reste provisoire."


class NothingToShare(Refusal):
    sentence = "Cette action n’a rien coûté ni rapporté\u00a0: il n’y a rien à partager."


class NotIssued(Refusal):
    sentence = "Une facture est en préparation\u00a0: elle part, ou s’abandonne, avant que le partage se décide ou se close."


class NotPaid(Refusal):
    def __init__(self, label: str):
        super().__init__(f"{label} n’est pas soldée\u00a0: le partage se décide une fois tout payé, ou tout rendu.")


class NotDecided(Refusal):
    sentence = "Ce partage n’est pas encore décidé."


class NotCorrected(Refusal):
    sentence = "Les comptes ont bougé depuis la décision\u00a0: écris d’abord la correction."


class NothingMoved(Refusal):
    sentence = "Rien n’a bougé depuis la dernière écriture\u00a0: il n’y a rien à corriger."


class Reread(Refusal):
    sentence = "Les comptes ont changé pendant que tu les lisais\u00a0: les voici tels qu’ils sont maintenant."


class LossToExplain(MotifMissing):
    sentence = "C’est une perte\u00a0: dis pourquoi le commun la porte."


# --- what it cost --------------------------------------------------------------------------------------------


def received(raw: bytes, *, by: Personne) -> Recu:
    """The receipt of what `by` sent, made with no transaction open, which ends this one: nobody waits meanwhile.

    Raises what `justificatifs.made` does, or NotTheirs when they may not come in any more.
    """
    db.session.rollback()
    recu = justificatifs.made(raw)
    if not lock_one(by).is_active:
        raise NotTheirs
    return recu


def note(action: Action, *, by: Personne, recu: Recu | None = None, cle: str = "", **fields: Any) -> Depense:
    """An expense, with its receipt. The same form sent twice is one expense. Once the share-out is decided, it is corrected.

    Raises NotOver, AlreadyDecided, YearClosed.
    """
    action = lock_one(action)
    cle = journal.submission(cle, action.id, fields, recu and sha256(recu.contenu).hexdigest())
    if twin := journal.made_by(cle, noter.key, by=by):
        return _there(twin)
    if action.etat not in queries.COSTING:
        raise NotOver
    decided = queries.is_decided(action)
    _check(decided, by, fields["le"])
    made = Depense(action=action, par=by, **fields)
    _attach(made, recu)
    db.session.add(made)
    noter.tell(made, by=by, titre=made.libelle, montant=made.montant, cle=cle)
    if decided:
        correct(action, by=by, motif=f"Dépense n°\u00a0{made.id} ajoutée")  # never its words: this line is for ever
    return made


def edit(depense: Depense, *, by: Personne, said: Typed, recu: Recu | None = None) -> None:
    """Once the share-out is decided, it is corrected. A receipt alone is taken at any time.

    Raises Gone, AlreadyDecided, YearClosed, Conflict when somebody else changed the same thing meanwhile.
    """
    action = lock_one(depense.action)
    found, decided = _there(depense.id), queries.is_decided(action)
    if fields := touched(found.sheet, said):
        _check(decided, by, found.le, fields.get("le", found.le))
    before = found.montant
    changed = apply(found, fields) + (["justificatif"] if recu else [])
    _attach(found, recu)
    moved = journal.moves("", {"montant": before}, {"montant": found.montant})
    if changed:
        modifier.tell(found, by=by, champs=[name for name in changed if name != "montant"], changements=moved)
    if decided and moved:
        correct(action, by=by, motif=f"Dépense n°\u00a0{found.id} modifiée")


def remove(depense: Depense, *, by: Personne) -> None:
    """Once the share-out is decided, it is corrected. Raises Gone, AlreadyDecided, YearClosed."""
    action = lock_one(depense.action)
    found, decided = _there(depense.id), queries.is_decided(action)
    _check(decided, by, found.le)
    retirer.tell(found, by=by, titre=found.libelle, montant=found.montant)
    db.session.delete(found)
    if decided:
        correct(action, by=by, motif=f"Dépense n°\u00a0{found.id} retirée")


def _check(decided: bool, by: Personne, *days: date) -> None:
    """Whether this person may move what was paid on these days. Raises AlreadyDecided, YearClosed."""
    if decided and not by.has_role(NomRole.TRESORIER):
        raise AlreadyDecided
    if (first := min(days).year) <= invoices.closed_until():
        raise YearClosed(first)


def _there(id: int) -> Depense:
    found = db.session.get(Depense, id, populate_existing=True)
    if found is None:
        raise Gone
    return found


def _attach(depense: Depense, recu: Recu | None) -> None:
    if recu:
        depense.justificatif = Justificatif(mime=recu.mime, contenu=recu.contenu, taille=len(recu.contenu))


# --- who gets what -------------------------------------------------------------------------------------------


def set_keys(action: Action, *, by: Personne, cles: Mapping[int, int], motif: str, read: str) -> None:
    """Other keys than what the lines say, by pôle, in hundredths of a percent; `read`: `keys_reading` of what was shown.

    The same form sent twice changes them once. Raises Beyond, MotifMissing, AlreadyDecided, KeysMoved.
    """
    whole, motif = sum(cles.values()), motif.strip()
    if whole > calcul.WHOLE:
        raise Beyond(whole)
    if not motif:
        raise MotifMissing
    partage = _shared(action)
    compte = queries.compte(partage.action)
    if (partage.motif, compte.cles) == (motif, {pole: part for pole, part in cles.items() if part}):
        return
    if read != keys_reading(compte):
        raise KeysMoved
    moved = _moved(compte, cles)
    partage.motif = motif
    _freeze_keys(partage, cles)
    regler_les_cles.tell(partage, by=by, motif=partage.motif, changements=moved)


def keys_reading(compte: Compte) -> str:
    """One digest of its keys, and of why they are what they are."""
    return digest_of_keys(compte.cles, compte.partage.motif if compte.partage else "")


def follow_the_lines(action: Action, *, by: Personne) -> None:
    """The keys that the lines say again. Raises AlreadyDecided."""
    partage = _shared(action)
    compte = queries.compte(partage.action)
    moved = _moved(compte, compte.cles_des_lignes)
    partage.motif = ""
    _freeze_keys(partage, {})
    regler_les_cles.tell(partage, by=by, changements=moved)


def _moved(compte: Compte, cles: Mapping[int, int]) -> list[list[Any]]:
    """From its keys to these, for the journal."""
    before = compte.cles
    keys = ((compte.poles[id].label, before.get(id, 0), cles.get(id, 0)) for id in {**before, **cles})
    return [move for label, old, new in keys for move in journal.moves(label, {"cle": old}, {"cle": new})]


def _shared(action: Action) -> Partage:
    """Its share-out, under its lock, as long as nothing is decided."""
    action = lock_one(action)
    insert_once(Partage, action_id=action.id, etat=Etat.PROVISOIRE, motif="")
    partage = queries.compte(action).partage
    assert partage
    if partage.etat is not Etat.PROVISOIRE:
        raise AlreadyDecided
    return partage


def _freeze_keys(partage: Partage, cles: Mapping[int, int]) -> None:
    partage.cles.clear()
    db.session.flush()
    partage.cles = [Cle(pole_id=pole, part=part) for pole, part in cles.items() if part]
    db.session.flush()


class KeysSent(NamedTuple):
    """Keys as a form brought them: `keys_reading` of those that it showed, and whether it holds others."""

    read: str
    typed: bool


def reading(compte: Compte) -> str:
    """One digest of all that a decision would write."""
    return digest((compte.benefice, sorted(compte.parts.items(), key=str), sorted(compte.cles.items())))


def decide(action: Action, *, by: Personne, read: str, motif: str = "", sent: KeysSent | None = None) -> Partage:
    """Write what each gets; `read`: `reading` of what was shown. A loss is the commun's, and somebody says why.

    `sent`: the keys that came along, which are never left behind.
    Raises AlreadyDecided, NotInvoiced, NothingToShare, NotIssued, NotPaid, KeysMoved, KeysNotKept, Reread, LossToExplain.
    """
    partage = _shared(action)
    compte = queries.compte(partage.action)
    if not compte.is_ready:
        raise NothingToShare if compte.is_ended else NotInvoiced
    _refuse_unsettled(compte)
    moved = read != reading(compte) or (sent is not None and sent.read != keys_reading(compte))
    if sent and sent.typed:
        raise KeysMoved if moved else KeysNotKept
    if moved:
        raise Reread
    if compte.benefice < 0 and not motif.strip():
        raise LossToExplain
    _give(partage, compte, by=by, motif=motif.strip())
    return partage


def _refuse_unsettled(compte: Compte) -> None:
    if compte.is_prepared:
        raise NotIssued
    if compte.unpaid:
        raise NotPaid(compte.unpaid[0].label)


def settle(action: Action, *, by: Personne, motif: str) -> None:
    """What nobody invoices brought nothing in: what it cost is the commun's, and that is the end. The action is locked."""
    partage = _shared(action)
    _give(partage, queries.compte(action), by=by, motif=motif)
    fire(clore, partage, by=by)


def _give(partage: Partage, compte: Compte, *, by: Personne, motif: str) -> None:
    _freeze_keys(partage, compte.cles)
    partage.decide_le, partage.decide_par, partage.valeur_point = clock.now(), by, reglage.VALEUR_POINT.valeur
    fire(decider, partage, by=by, motif=motif, benefice=compte.benefice)
    _write(partage, compte.parts, by=by, motif=motif or "Partage décidé")


def close(action: Action, *, by: Personne) -> None:
    """The end: the action is settled, or stays stopped.

    Raises NotDecided, NotIssued, NotPaid, NotCorrected, TransitionRefused when it is closed.
    """
    action = lock_one(action)
    compte = queries.compte(action)
    if compte.etat is Etat.PROVISOIRE:
        raise NotDecided
    _refuse_unsettled(compte)
    if compte.ecart:
        raise NotCorrected
    fire(clore, compte.partage, by=by)
    if action.etat is actions.Etat.FACTUREE:
        fire(processus.solder, action, by=by)


def correct(action: Action, *, by: Personne | None, motif: str) -> bool:
    """Make of what was given what is due now, by lines that say why, if anything moved since it was decided and may follow.

    Says whether it did. The action is locked.
    """
    compte = queries.compte(action)
    if compte.partage and compte.may_follow:
        _write(compte.partage, compte.ecart, by=by, motif=motif)
        corriger.tell(compte.partage, by=by, motif=motif, benefice=compte.benefice)
        return True
    return False


def mend(action: Action, *, by: Personne, motif: str) -> None:
    """The same, asked for by somebody who says why: hours that were validated since.

    Raises MotifMissing, NotPaid, NothingMoved.
    """
    if not motif.strip():
        raise MotifMissing
    action = lock_one(action)
    if not correct(action, by=by, motif=motif.strip()):
        compte = queries.compte(action)
        raise NotPaid(compte.awaited[0].label) if compte.ecart else NothingMoved


def _write(partage: Partage, parts: calcul.Parts, *, by: Personne | None, motif: str) -> None:
    rang = max((line.rang for line in partage.ecritures), default=0) + 1
    said = {"rang": rang, "motif": motif, "par": by, "quand": clock.now()}
    partage.ecritures.extend(Ecriture(pole_id=pole, montant=cents, **said) for pole, cents in parts.items() if cents)
    db.session.flush()
