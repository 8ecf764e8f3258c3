"""The journal of a year as the tax office reads it: the eighteen columns of article A47 A-1 of the LPF, tab-separated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from portal import clock
from portal.factures.models import Facture, Moyen, Nature, Reglement
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
PRESTATIONS = Compte("706", "Prestations de services")
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


def text(factures: Iterable[Facture], reglements: Iterable[Reglement], wholes: Iterable[Facture]) -> bytes:
    """The file: the entries in the order in which they became final, numbered without a gap.

    `wholes`: the invoices of the same actions that deduct deposits, of any year, the oldest first.
    """
    taken = _first_deductions(wholes)
    entries = [*(of_invoice(one, taken) for one in factures), *map(of_payment, reglements)]
    entries.sort(key=lambda one: (one.quand, one.piece))
    rows = [HEAD, *(row for rank, one in enumerate(entries, 1) for row in _rows(rank, one))]
    return "".join("\t".join(map(_clean, row)) + "\r\n" for row in rows).encode()


Taken = Mapping[str, Facture]  # by the number of a deposit, the first invoice that deducted it


def _first_deductions(wholes: Iterable[Facture]) -> Taken:
    first: dict[str, Facture] = {}
    for whole in wholes:
        for deposit in (whole.contenu or {})["acomptes"]:
            first.setdefault(deposit["numero"], whole)
    return first


def of_invoice(facture: Facture, taken: Taken) -> Ecriture:
    """What it asks for and what it is made of, of an avoir the other way round.

    A deposit is owed until a whole deducts it: whatever comes later, another whole or an avoir on it, moves the sales.
    """
    said = facture.contenu
    assert said
    assert facture.emise_le
    whole, sign = f"{facture.label}, {said['client']['nom']}", -1 if facture.is_credit else 1
    made_of = ACOMPTES if _is_owed(facture, taken) else PRESTATIONS
    moves = [Mouvement(CLIENTS, sign * said["a_payer"], whole), *_parts(said, made_of, -sign, whole)]
    for deposit in said["acomptes"]:
        of_it = ACOMPTES if taken[deposit["numero"]].id == facture.id else PRESTATIONS
        moves += _parts(deposit, of_it, 1, f"Acompte {deposit['numero']} déduit, {facture.numero}")
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


def _parts(said: Mapping[str, Any], compte: Compte, sign: int, words: str) -> Iterator[Mouvement]:
    for part in said["parts"]:
        of_rate = f"{words}, {taux(part['taux'])}" if part["taux"] else words
        yield Mouvement(compte, sign * part["base"], of_rate)
        yield Mouvement(TVA, sign * part["tva"], of_rate)


def of_payment(reglement: Reglement) -> Ecriture:
    journal, compte = RECUS[reglement.moyen]
    what = f"Annule {reglement.annule.numero}" if reglement.annule else reglement.moyen.label
    words = ", ".join(filter(None, [what, reglement.facture.numero, reglement.reference]))
    moves = [Mouvement(compte, reglement.montant, words), Mouvement(CLIENTS, -reglement.montant, words)]
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
