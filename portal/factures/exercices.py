"""The closing of a year: what it came to is sealed, and nothing is dated in it any more (BOFiP, BOI-TVA-DECLA-30-10-30)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import current_app

from portal import clock
from portal.comptes.models import Personne
from portal.db import db
from portal.factures import numeros, queries, reglements
from portal.factures.models import (
    SERIE_REGLEMENTS,
    Exercice,
    Facture,
    Nature,
    Reglement,
    Serie,
    clore,
    exporter,
    numbered,
)
from portal.workflow import Refusal

SERIES = sorted({nature.prefixe for nature in Nature} | {SERIE_REGLEMENTS})  # the order in which they are locked


class NotOver(Refusal):
    def __init__(self, annee: int):
        super().__init__(f"L’année {annee} n’est pas finie\u00a0: elle se clôt à partir du 1er janvier {annee + 1}.")


class AlreadyClosed(Refusal):
    def __init__(self, last: int):
        super().__init__(f"L’année {last} est close, et celles d’avant avec elle.")


class EarlierOpen(Refusal):
    def __init__(self, annee: int):
        super().__init__(f"Les années se closent dans l’ordre\u00a0: clos d’abord {annee}.")


class NothingThere(Refusal):
    def __init__(self, annee: int):
        super().__init__(f"Ni facture ni règlement en {annee}\u00a0: il n’y a rien à clore.")


class ChainBroken(Refusal):
    def __init__(self, numero: str):
        super().__init__(f"Le règlement {numero} manque, ou n’est plus celui qui a été noté\u00a0: préviens un admin.")


class Forged(Refusal):
    def __init__(self, numero: str):
        super().__init__(f"Le papier {numero} manque, ou n’est plus celui qui a été émis\u00a0: préviens un admin.")


class Unreadable(Refusal):
    sentence = "Ce que dit un papier ne se lit plus\u00a0: préviens un admin."


class Another(Refusal):
    sentence = "Les comptes de cette année ne sont plus ceux qui ont été clos\u00a0: préviens un admin."


@dataclass(frozen=True)
class Annee:
    """A year as its card shows it."""

    annee: int
    exercice: Exercice | None  # None while it is open
    contenu: Mapping[str, Any] | None  # None when what its papers say is not read any more
    refusal: Refusal | None  # why it is not closed now, as far as dates and that tell
    reste: queries.Reste | None  # what its closing would leave; None when it is not closed now

    def net(self, quoi: str) -> dict[str, Any]:
        """Its "factures" or its "avoirs" without TVA, and rate by rate, less what they deduct: a deposit counts once."""
        assert self.contenu
        serie = self.contenu[quoi]
        taken = [{"taux": part["taux"], "base": -part["base"], "tva": -part["tva"]} for part in serie["deduits"]]
        parts = _by_rate([*serie["parts"], *taken])
        return {"ht": sum(part["base"] for part in parts), "parts": parts}

    @property
    def suffixe(self) -> str:
        """Of the names of its files."""
        return f"{self.annee}" if self.exercice else f"{self.annee}-provisoire"


def every() -> list[Annee]:
    """Those with papers, those that are closed and the present one, the latest first."""
    closed, there = queries.closings(), queries.years()
    return list(_shown(_known(closed, there), closed, there))


def one(annee: int) -> Annee | None:
    """The same, of one of these."""
    closed = queries.closings()
    there = [] if annee in closed else queries.years()
    return next(_shown({annee} & _known(closed, there), closed, there), None)


def _known(closed: Mapping[int, Exercice], there: list[int]) -> set[int]:
    return {*there, *closed, clock.today().year}


def _shown(annees: set[int], closed: Mapping[int, Exercice], there: list[int]) -> Iterator[Annee]:
    """The latest first; those that are open are counted together."""
    counted = _readable(annees - closed.keys())
    for annee in sorted(annees, reverse=True):
        exercice = closed.get(annee)
        contenu = exercice.contenu if exercice else counted.get(annee)
        refusal = Unreadable() if contenu is None else _too_soon_or_late(annee, there, max(closed, default=0))
        yield Annee(annee, exercice, contenu, refusal, None if refusal else queries.left_of(annee))


def _readable(annees: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """What each of these years comes to, but those of which a paper is not read any more: they are then read one by one."""
    try:
        return _contents(annees)
    except Unreadable:
        return {} if len(annees) == 1 else {annee: said for one in annees for annee, said in _readable({one}).items()}


def close(annee: int, *, by: Personne) -> Exercice:
    """Close a year that is over, once all that it holds is proved whole.

    Raises NotOver, AlreadyClosed, EarlierOpen, NothingThere, ChainBroken, Forged, Unreadable, numeros.Backwards.
    """
    held = [numeros.hold(prefixe) for prefixe in SERIES]
    if refusal := _too_soon_or_late(annee, queries.years(), queries.closed_until()):
        raise refusal
    contenu, empreinte = _proved(annee)
    exercice = Exercice(annee=annee, clos_le=clock.now(), par_id=by.id, contenu=contenu, empreinte=empreinte)
    db.session.add(exercice)
    for serie in held:
        serie.le = clock.today()  # whatever the clock says later, no number is dated before the closing
    clore.tell(exercice, by=by, empreinte=exercice.empreinte)
    return exercice


def doubt(exercice: Exercice) -> Refusal | None:
    """What is no longer as it was closed: None when all of it, counted again, is the same."""
    try:
        found = _proved(exercice.annee)
    except (ChainBroken, Forged, Unreadable) as refusal:
        return refusal
    return None if found == (exercice.contenu, exercice.empreinte) else Another()


def note_export(annee: int, quoi: str, *, by: Personne) -> None:
    """Who took the accounts of a year away."""
    exporter.tell(by, by=by, annee=annee, quoi=quoi)


# --- what a year holds ---------------------------------------------------------------------------------------


def _contents(annees: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """What each of these years comes to; two queries, none without a year. Raises Unreadable."""
    with reading():
        issued, paid = (queries.said_in(annees), queries.moved_in(annees)) if annees else ([], [])
        return {
            annee: _content([one for one in issued if one.annee == annee], [one for one in paid if one.le.year == annee])
            for annee in annees
        }


@contextmanager
def reading() -> Iterator[None]:
    """Raises Unreadable where what a paper says was made, by hand, no JSON or not that of a paper; the log says where."""
    try:
        yield
    except (AssertionError, ValueError, KeyError, TypeError) as error:
        current_app.logger.error("a year is not read any more", exc_info=error)
        raise Unreadable from error


def _content(issued: list[Facture], paid: list[Reglement]) -> Mapping[str, Any]:
    """In cents, as plain JSON: the invoices of a year as they are printed, its avoirs, its payments.

    `deduits` are the deposits that the invoices take off. What was taken back is counted with what it takes back.
    """
    came = sum(one.montant for one in paid if (one.annule or one).montant > 0)
    return {
        "factures": _series([one for one in issued if not one.is_credit]),
        "avoirs": _series([one for one in issued if one.is_credit]),
        "reglements": _bounds(paid) | {"recu": came, "rendu": came - sum(one.montant for one in paid)},
    }


def _series(factures: list[Facture]) -> dict[str, Any]:
    said: list[Mapping[str, Any]] = [one.contenu or {} for one in factures]
    return _bounds(factures) | {
        "ht": sum(one["ht"] for one in said),
        "ttc": sum(one["ttc"] for one in said),
        "a_payer": sum(one["a_payer"] for one in said),
        "parts": _by_rate(part for one in said for part in one["parts"]),
        "deduits": _by_rate(part for one in said for deposit in one["acomptes"] for part in deposit["parts"]),
    }


def _bounds(found: list[Facture] | list[Reglement]) -> dict[str, Any]:
    return {"nombre": len(found), "premier": found[0].numero if found else "", "dernier": found[-1].numero if found else ""}


def _by_rate(parts: Iterable[Mapping[str, int]]) -> list[dict[str, int]]:
    bases, taxes = Counter[int](), Counter[int]()
    for part in parts:
        bases[part["taux"]] += part["base"]
        taxes[part["taux"]] += part["tva"]
    return [{"taux": taux, "base": bases[taux], "tva": taxes[taux]} for taux in sorted(bases, reverse=True)]


# --- what keeps it from being closed -------------------------------------------------------------------------


def _too_soon_or_late(annee: int, there: list[int], last: int) -> Refusal | None:
    if annee <= last:
        return AlreadyClosed(last)
    if annee >= clock.today().year:
        return NotOver(annee)
    if earlier := [one for one in there if last < one < annee]:
        return EarlierOpen(earlier[0])
    return None if annee in there else NothingThere(annee)


# --- its proof -----------------------------------------------------------------------------------------------


def _proved(annee: int) -> tuple[Mapping[str, Any], str]:
    """What the year comes to, once all that was noted until its end is as it was; and its seal.

    SHA-256 of the footprints of its papers, of that of the last payment until then, and of what the year comes to.
    Raises ChainBroken, Forged, Unreadable.
    """
    last = queries.series()  # first: what is noted meanwhile comes after it
    paid = queries.chain()
    if broken := reglements.read(paid, last.pop(SERIE_REGLEMENTS, None)).broken:
        raise ChainBroken(broken)
    with reading():
        issued = list(_whole(annee, last.values()))
        contenu = _content(issued, [one for one in paid if one.le.year == annee])
    papers, payments = [one.empreinte for one in issued], [one.empreinte for one in paid if one.le.year <= annee]
    said = [annee, papers, payments[-1] if payments else "", contenu]
    return contenu, sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _whole(annee: int, last: Iterable[Serie]) -> Iterator[Facture]:
    """What was issued in that year, in the order of its numbers.

    Raises Forged at the first paper until its end that is missing, or is not what was issued.
    """
    ranks = Counter[tuple[str, int]]()
    for one in queries.papers_until(annee):
        series = (one.serie or "", one.annee or 0)
        ranks[series] += 1
        paper = one.pdf if isinstance(one.pdf, bytes) else b""  # by hand, anything can be written there
        if one.rang != ranks[series] or sha256(paper).hexdigest() != one.empreinte:
            raise Forged(numbered(*series, ranks[series]))
        db.session.expire(one, ["pdf"])  # read once: all those of a year would be heavy
        if one.annee == annee:
            yield one
    for given in last:
        series = (given.prefixe, given.annee)
        if given.annee <= annee and ranks[series] < given.dernier:
            raise Forged(numbered(*series, ranks[series] + 1))
