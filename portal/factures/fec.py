"""The journal of a year as the tax office reads it: the eighteen columns of article A47 A-1 of the LPF, tab-separated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from portal import clock
from portal.devis.chiffrage import half_up
from portal.factures.models import Categorie, Facture, Moyen, Nature, Reglement
from portal.filters import taux


class Compte(NamedTuple):
    numero: str
    label: str


class Journal(NamedTuple):
    code: str
    label: str


# The only place where the accounts are named: the accountant's own numbers go here.
CLIENTS = Compte("411", "Clients")
ACOMPTES = Compte("4191", "Clients, avances et acomptes reçus sur commandes")
TVA = Compte("44571", "TVA collectée")
TVA_EN_ATTENTE = Compte("44574", "TVA collectée en attente d’encaissement")
PRESTATIONS = Compte("706", "Prestations de services")
MARCHANDISES = Compte("707", "Ventes de marchandises")
BANQUE = Compte("512", "Banque")
CHEQUES = Compte("5112", "Chèques à encaisser")
CAISSE = Compte("530", "Caisse")
VENTES, TRESORERIE, ESPECES = Journal("VE", "Ventes"), Journal("BQ", "Banque"), Journal("CA", "Caisse")
RECUS = {
    Moyen.VIREMENT: (TRESORERIE, BANQUE),
    Moyen.CARTE: (TRESORERIE, BANQUE),
    Moyen.CHEQUE: (TRESORERIE, CHEQUES),
    Moyen.ESPECES: (ESPECES, CAISSE),
}
HEAD = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate",
    "Montantdevise", "Idevise",
)  # fmt: skip


class Mouvement(NamedTuple):
    """Of one account: cents, above 0 on its debit, below on its credit."""

    compte: Compte
    montant: int
    libelle: str


class Ecriture(NamedTuple):
    """What one paper or one payment moves; its sum is nothing."""

    journal: Journal
    piece: str
    jour: date
    quand: datetime  # when it became final
    tiers: Compte  # the client, as an account of its own below that of all
    mouvements: list[Mouvement]


def text(
    factures: Iterable[Facture], reglements: Iterable[Reglement], wholes: Iterable[Facture], asked: Iterable[Facture]
) -> bytes:
    """The file: the entries in the order in which they became final, numbered without a gap.

    `wholes`: the invoices of the same actions that deduct deposits, of any year, the oldest first; `asked`: what these
    papers and payments are of, with all their avoirs and payments.
    """
    taken, due = _first_deductions(wholes), {number: tva for one in asked for number, tva in _made_due(one)}
    entries = [*(of_invoice(one, taken, due) for one in factures), *(of_payment(one, due) for one in reglements)]
    entries.sort(key=lambda one: (one.quand, one.piece))
    rows = [HEAD, *(row for rank, one in enumerate(entries, 1) for row in _rows(rank, one))]
    return "".join("\t".join(map(_clean, row)) + "\r\n" for row in rows).encode()


Due = Mapping[str, int]  # by the number of a paper or of a payment, the TVA that it makes due, in cents


def _made_due(asked: Facture) -> Iterator[tuple[str, int]]:
    """That of a service is due as its money comes, unless the house opted for the « débits » (CGI, art. 269, 2 c)."""
    tva = to_pay = paid = told = 0
    moves: list[Facture | Reglement] = [asked, *(one for one in asked.avoirs if not one.is_draft), *asked.reglements]
    for one in sorted(moves, key=_final) if _waits(asked.contenu) else ():
        if isinstance(one, Reglement):
            paid += one.montant
        else:
            said, sign = one.contenu or {}, -1 if one.is_credit else 1
            to_pay += sign * said["a_payer"]
            tva += sign * (_tva(said) - sum(map(_tva, said["acomptes"])))
        came = max(paid, 0)  # what was given back may be all that is left, once the payment that it gave back is reversed
        due = tva if came >= to_pay else half_up(tva * came, to_pay)
        yield one.numero, due - told
        told = due


def _final(one: Facture | Reglement) -> datetime:
    when = one.quand if isinstance(one, Reglement) else one.emise_le
    assert when
    return when


def _waits(said: Mapping[str, Any] | None) -> bool:
    return bool(said and said["avec_tva"] and not said["debits"] and said["objet"] != Categorie.BIENS)


def _tva(said: Mapping[str, Any]) -> int:
    return sum(part["tva"] for part in said["parts"])


Taken = Mapping[str, Facture]  # by the number of a deposit, the first invoice that deducted it


def _first_deductions(wholes: Iterable[Facture]) -> Taken:
    first: dict[str, Facture] = {}
    for whole in wholes:
        for deposit in (whole.contenu or {})["acomptes"]:
            first.setdefault(deposit["numero"], whole)
    return first


def of_invoice(facture: Facture, taken: Taken, due: Due) -> Ecriture:
    """What it asks for and what it is made of, of an avoir the other way round.

    A deposit is owed until a whole deducts it: whatever comes later, another whole or an avoir on it, moves the sales.
    """
    said = facture.contenu
    assert said
    assert facture.emise_le
    whole, sign = f"{facture.label}, {said['client']['nom']}", -1 if facture.is_credit else 1
    sold = MARCHANDISES if said["objet"] == Categorie.BIENS else PRESTATIONS
    made_of = ACOMPTES if _is_owed(facture, taken) else sold
    tva = TVA_EN_ATTENTE if _waits(said) else TVA
    moves = [Mouvement(CLIENTS, sign * said["a_payer"], whole), *_parts(said, made_of, tva, -sign, whole)]
    for deposit in said["acomptes"]:
        of_it = ACOMPTES if taken[deposit["numero"]].id == facture.id else sold
        moves += _parts(deposit, of_it, tva, 1, f"Acompte {deposit['numero']} déduit, {facture.numero}")
    moves += _due_now(due.get(facture.numero, 0), facture.numero)
    jour = date.fromisoformat(said["le"])
    return Ecriture(VENTES, facture.numero, jour, facture.emise_le, _client(facture), [one for one in moves if one.montant])


def _is_owed(facture: Facture, taken: Taken) -> bool:
    """A deposit, or an avoir on one that nothing had deducted yet."""
    deposit = facture.origine or facture
    if deposit.nature is not Nature.ACOMPTE:
        return False
    first = taken.get(deposit.numero)
    assert facture.emise_le
    return first is None or first.emise_le is None or facture.emise_le < first.emise_le


def _parts(said: Mapping[str, Any], compte: Compte, tva: Compte, sign: int, words: str) -> Iterator[Mouvement]:
    for part in said["parts"]:
        of_rate = f"{words}, {taux(part['taux'])}" if part["taux"] else words
        yield Mouvement(compte, sign * part["base"], of_rate)
        yield Mouvement(tva, sign * part["tva"], of_rate)


def _due_now(tva: int, numero: str) -> list[Mouvement]:
    words = f"TVA exigible, {numero}"
    return [Mouvement(TVA_EN_ATTENTE, tva, words), Mouvement(TVA, -tva, words)] if tva else []


def of_payment(reglement: Reglement, due: Due) -> Ecriture:
    journal, compte = RECUS[reglement.moyen]
    what = f"Annule {reglement.annule.numero}" if reglement.annule else reglement.moyen.label
    words = ", ".join(filter(None, [what, reglement.facture.numero, reglement.reference]))
    moves = [Mouvement(compte, reglement.montant, words), Mouvement(CLIENTS, -reglement.montant, words)]
    moves += _due_now(due.get(reglement.numero, 0), reglement.numero)
    return Ecriture(journal, reglement.numero, reglement.le, reglement.quand, _client(reglement.facture), moves)


def _client(facture: Facture) -> Compte:
    assert facture.contenu
    return Compte(f"C{facture.action.demandeur_id:05d}", facture.contenu["client"]["nom"])


def _rows(rank: int, of: Ecriture) -> Iterator[tuple[str, ...]]:
    day, final = f"{of.jour:%Y%m%d}", f"{clock.local(of.quand):%Y%m%d}"
    for compte, montant, words in of.mouvements:
        tiers = of.tiers if compte is CLIENTS else ("", "")
        sums = _euros(max(montant, 0)), _euros(max(-montant, 0))
        yield (*of.journal, str(rank), day, *compte, *tiers, of.piece, day, words, *sums, "", "", final, "", "")


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def _clean(words: str) -> str:
    """On one line and in one column, whatever was typed."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
