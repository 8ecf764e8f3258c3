"""Preparing an invoice: each write holds the lock of the action, and touches a draft only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from portal import journal, reglage
from portal.actions.commands import apply
from portal.actions.models import STOPPED, Action
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.devis import commands as devis
from portal.devis import models as devis_models
from portal.devis import queries as devis_queries
from portal.devis.chiffrage import Part, Totaux, totaux
from portal.devis.models import HIGHEST, Devis, LigneDevis, Unite
from portal.factures import compte, queries
from portal.factures.models import LONGEST, Facture, LigneFacture, Nature, abandonner, ajouter, crediter, modifier, preparer
from portal.reglage import Profil
from portal.workflow import Refusal

TO_WHOM = ("livraison", "commande", "service", "chorus")  # what an invoice says as the one before it did
CREDITED = ("devis", "categorie", "commande", "service", "chorus")  # what an avoir says as its invoice did
COPIED = ("libelle", "detail", "quantite", "unite", "prix", "taux", "remise", "pole_id", "comprise", "rang")


class NoAgreement(Refusal):
    sentence = "Aucun devis accepté\u00a0: une facture suit un devis que le demandeur a accepté."


class TooEarly(Refusal):
    sentence = "La facture se fait une fois le site fermé\u00a0: elle dit ce qui s’est vraiment passé."


class TooLate(Refusal):
    sentence = "Le site est fermé\u00a0: la facture demande tout, un acompte ne part plus."


class ActionStopped(Refusal):
    sentence = "Cette action est arrêtée\u00a0: plus rien ne s’y facture."


class AlreadyInvoiced(Refusal):
    def __init__(self, facture: Facture):
        super().__init__(f"Cette action est déjà facturée\u00a0: {facture.label}.")


class NoDeposit(Refusal):
    sentence = "Ce devis ne demande pas d’acompte."


class DepositAsked(Refusal):
    def __init__(self, facture: Facture):
        super().__init__(f"L’acompte est déjà facturé\u00a0: {facture.label}.")


class NotToCredit(Refusal):
    sentence = "Il n’y a rien à annuler\u00a0: ce n’est pas une facture émise, ou des avoirs ont déjà tout repris."


class PaidByDeposits(Refusal):
    sentence = "Des acomptes avaient déjà tout payé\u00a0: c’est sur l’acompte que se fait l’avoir."


class Deducted(Refusal):
    def __init__(self, whole: Facture):
        super().__init__(
            f"La facture {whole.numero} déduit cet acompte\u00a0: fais d’abord un avoir de tout ce qu’elle demande."
        )


class AnotherCredit(Refusal):
    def __init__(self, avoir: Facture):
        assert avoir.origine
        super().__init__(f"Un avoir se prépare déjà sur {avoir.origine.numero}\u00a0: émets-le, ou abandonne-le d’abord.")


class NotDraft(Refusal):
    sentence = "Ce papier est émis\u00a0: il ne change plus. Un avoir corrige une facture."


class LineGone(Refusal):
    sentence = "Cette ligne a été retirée entre-temps."


class OfTheDevis(Refusal):
    sentence = "Cette ligne vient du devis\u00a0: mets sa quantité à 0, et écris pourquoi."


class OfADeposit(Refusal):
    sentence = "Une facture d’acompte n’a pas d’autre ligne\u00a0: ce qui s’ajoute va sur la facture."


class TooMany(Refusal):
    status = 422
    sentence = f"Une facture a {LONGEST} lignes au plus\u00a0: regroupe-en quelques-unes."


class TooMuch(Refusal):
    status = 422
    sentence = "Cette facture dépasse dix millions d’euros\u00a0: une quantité ou un prix a sans doute un chiffre de trop."


def prepare(action: Action, nature: Nature, *, by: Personne) -> Facture:
    """The draft of that nature: the one that is there, else a new one from the accepted devis.

    Raises NoAgreement, ActionStopped, TooEarly, TooLate, AlreadyInvoiced, NoDeposit, DepositAsked.
    """
    action = lock_one(action)
    if there := queries.drafted(action, nature):
        return there
    agreed = agreement(action, nature)
    lines = _deposit(action, agreed) if nature is Nature.ACOMPTE else [_copy(line) for line in agreed.lignes]
    before = next((one for one in reversed(queries.of_action(action)) if not one.is_draft and not one.is_credit), None)
    copied = {name: getattr(before, name) for name in TO_WHOM} if before else {}
    facture = Facture(action=action, devis=agreed, nature=nature, par=by, delai=reglage.FACTURE_DELAI.valeur, **copied)
    facture.lignes = lines
    db.session.add(facture)
    count(facture)
    preparer.tell(facture, by=by)
    return facture


def agreement(action: Action, nature: Nature) -> Devis:
    """The devis that an invoice of that nature follows now: asked again as it leaves, a draft may have waited.

    Raises NoAgreement, ActionStopped, TooEarly, TooLate, AlreadyInvoiced.
    """
    agreed = devis_queries.in_state(action, devis_models.Etat.ACCEPTE)
    if agreed is None:
        raise NoAgreement
    if whole := next(iter(queries.standing(action, Nature.FACTURE)), None):
        raise AlreadyInvoiced(whole)
    if refusal := untimely(action, nature):
        raise refusal
    return agreed


def untimely(action: Action, nature: Nature) -> Refusal | None:
    """Why that nature is not asked for as the action stands."""
    if action.etat in queries.ASKED_IN[nature]:
        return None
    if action.etat in STOPPED:
        return ActionStopped()
    if action.etat in queries.OVER:
        return TooLate()
    return TooEarly() if action.etat in queries.COMING else NoAgreement()


def is_outdated(facture: Facture) -> bool:
    """Another devis than its own is accepted by now."""
    return facture.devis.etat is not devis_models.Etat.ACCEPTE and devis_queries.agreed(facture.action) is not None


def openings(action: Action, there: Collection[Facture]) -> list[Nature]:
    """Which may be prepared, beside those that are there."""
    natures = {one.nature for one in there if not one.is_credit and not queries.is_void(one, there)}
    when = queries.ASKED_IN.items()
    free = [nature for nature, etats in when if nature not in natures and action.etat in etats]
    agreed = devis_queries.agreed(action) if free else None
    asks = bool(agreed and (agreed.contenu or {}).get("acompte"))
    return [nature for nature in free if agreed and (nature is Nature.FACTURE or asks)]


def _copy(line: LigneDevis) -> LigneFacture:
    return LigneFacture(ligne_devis=line, **{name: getattr(line, name) for name in COPIED})


def _deposit(action: Action, agreed: Devis) -> list[LigneFacture]:
    """One line for each rate of the devis, in the proportion that was agreed."""
    if asked := next(iter(queries.standing(action, Nature.ACOMPTE)), None):
        raise DepositAsked(asked)
    said = agreed.contenu or {}
    if not said.get("acompte"):
        raise NoDeposit
    parts = compte.deposit(said["acompte"], [Part(p["taux"], p["base"], p["tva"]) for p in said["parts"]])
    libelle = f"Acompte de {agreed.acompte}\u00a0% sur le devis {agreed.numero}"
    made = {"libelle": libelle, "unite": Unite.FORFAIT, "quantite": 100}
    return [LigneFacture(rang=rang, prix=part.base, taux=part.taux, **made) for rang, part in enumerate(parts, 1) if part.base]


def credit(facture: Facture, *, by: Personne) -> Facture:
    """The draft of an avoir on it, of all that remains: the one that is there, else a new one.

    Raises NotToCredit, PaidByDeposits, Deducted, AnotherCredit.
    """
    lock_one(facture.action)
    origine = queries.fresh(facture.id)
    if origine is None or origine.is_draft or origine.is_credit:
        raise NotToCredit
    if whole := deducting(origine):
        raise Deducted(whole)
    if there := queries.drafted(origine.action, Nature.AVOIR):
        if there.origine_id != origine.id:
            raise AnotherCredit(there)
        return there
    parts = remaining(origine)
    if not parts:
        raise NotToCredit if origine.a_payer else PaidByDeposits
    made = {"libelle": f"Avoir sur la facture {origine.numero}", "unite": Unite.FORFAIT, "quantite": 100}
    lines = [LigneFacture(rang=rang, prix=part.base, taux=part.taux, **made) for rang, part in enumerate(parts, 1)]
    copied = {name: getattr(origine, name) for name in CREDITED}
    avoir = Facture(action=origine.action, origine=origine, nature=Nature.AVOIR, par=by, delai=0, lignes=lines, **copied)
    db.session.add(avoir)
    count(avoir)
    crediter.tell(avoir, by=by, origine=origine.numero)
    return avoir


def deducting(deposit: Facture) -> Facture | None:
    """The invoice that takes this deposit off, as long as it stands and asks for something."""
    wholes = queries.still_asking(deposit.action) if deposit.nature is Nature.ACOMPTE else []
    taken = {whole: {said["numero"] for said in (whole.contenu or {})["acomptes"]} for whole in wholes}
    return next((whole for whole in wholes if deposit.numero in taken[whole]), None)


def edit(facture: Facture, *, by: Personne, read: str, head: Mapping[str, Any], lines: Mapping[int, devis.Typed]) -> None:
    """Its head and the numbers of its lines; `read` is `reading(facture.head)` when it was shown.

    Raises Conflict when somebody else changed the same thing meanwhile, LineGone when they removed the line.
    """
    facture = drafted(facture)
    there = {line.id: line for line in facture.lignes}
    if lines.keys() - there.keys():
        raise LineGone
    changed = apply(facture, devis.touched(facture.head, devis.Typed(read, head)))
    moved = list[list[Any]]()
    for id, said in lines.items():
        line, before = there[id], there[id].numbers
        if "motif" in apply(line, devis.touched(before, said)):
            changed.append(f"{line.libelle}, raison")
        moved += journal.moves(line.libelle, before, line.numbers)
    count(facture)
    if changed or moved:
        modifier.tell(facture, by=by, champs=changed, changements=moved)


def add(facture: Facture, *, by: Personne, cle: str = "", **fields: Any) -> LigneFacture:
    """A line that the devis did not foresee, at the end. The same form (its `cle`) sent twice is one line.

    Raises NotDraft, OfADeposit, TooMany, TooMuch.
    """
    facture = drafted(facture)
    refuse_another_line(facture)
    cle = journal.submission(cle, facture.id, fields)
    if (made := journal.made_by(cle, ajouter.key, by=by)) and (twin := line_of(facture, made)):
        return twin
    if len(facture.lignes) >= LONGEST:
        raise TooMany
    line = LigneFacture(rang=max((each.rang for each in facture.lignes), default=0) + 1, **fields)
    facture.lignes.append(line)
    count(facture)
    ajouter.tell(line, by=by, titre=line.libelle, cle=cle)
    return line


def refuse_another_line(facture: Facture) -> None:
    """Raises NotDraft, OfADeposit."""
    if not facture.is_draft:
        raise NotDraft
    if facture.nature is Nature.ACOMPTE:
        raise OfADeposit


def remove(line: LigneFacture, *, by: Personne) -> None:
    """A line that was added; one of the devis stays, at 0 if need be, so that it is explained. Raises OfTheDevis."""
    id, facture = line.id, drafted(line.facture)
    found = line_of(facture, id)
    if found is None:
        raise LineGone
    if found.ligne_devis_id:
        raise OfTheDevis
    facture.lignes.remove(found)
    count(facture)
    modifier.tell(facture, by=by, champs=[f"{found.libelle} retirée"])


def drop(facture: Facture, *, by: Personne) -> None:
    """Give a draft up: it bears no number yet, so that nothing is missing."""
    facture = drafted(facture)
    abandonner.tell(facture.action, by=by, facture=facture.nature.label)
    db.session.delete(facture)


def line_of(facture: Facture, id: int) -> LigneFacture | None:
    return next((line for line in facture.lignes if line.id == id), None)


def deposits(facture: Facture) -> list[Facture]:
    """The invoices of deposits that it takes off: an avoir may have taken them back whole."""
    return [one for one in facture.acomptes if not one.is_cancelled]


# --- the steps of these --------------------------------------------------------------------------------------


def drafted(facture: Facture) -> Facture:
    """The draft as it now is, under the lock of its action. Raises NotDraft."""
    lock_one(facture.action)
    found = queries.fresh(facture.id)
    if found is None or not found.is_draft:
        raise NotDraft
    return found


def count(facture: Facture) -> None:
    """Keep what its lines come to, under the lock of its action. Raises TooMuch."""
    db.session.flush()
    sums = totals(facture)
    if sums.ttc > HIGHEST:
        raise TooMuch
    paid = sum(one.a_payer - one.credite for one in deposits(facture))
    facture.ht, facture.ttc, facture.deduit = sums.ht, sums.ttc, min(paid, sums.ttc)
    db.session.flush()


def totals(facture: Facture) -> Totaux:
    """What its lines come to: an avoir follows the taxes of the invoice that it corrects, whatever they have become."""
    sums = totaux((line.compte for line in facture.lignes), taxed=is_taxed(facture))
    return replace(sums, parts=compte.credited(sums.parts, remaining(facture.origine))) if facture.origine else sums


def is_taxed(facture: Facture) -> bool:
    if facture.origine and facture.origine.contenu:
        return bool(facture.origine.contenu["avec_tva"])
    return reglage.PROFIL.valeur is Profil.ASSUJETTIE


def remaining(facture: Facture) -> list[Part]:
    """Rate by rate, what an issued invoice asks for and no avoir has taken off yet."""
    assert facture.contenu
    taken = [*facture.contenu["acomptes"], *(avoir.contenu for avoir in facture.avoirs if avoir.contenu)]
    return compte.left(parts_of(facture.contenu), (part for one in taken for part in parts_of(one)))


def parts_of(contenu: Mapping[str, Any]) -> list[Part]:
    return [Part(part["taux"], part["base"], part["tva"]) for part in contenu["parts"]]
