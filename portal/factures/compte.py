"""What a deposit is made of, rate by rate. Amounts in cents, rates in hundredths of a percent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from portal import money
from portal.devis.chiffrage import WHOLE, Part, half_up

AROUND = range(-2, 3)  # cents that a base may move, so that the whole falls on the cent that was asked


def deposit(montant: int, parts: Sequence[Part]) -> list[Part]:
    """An amount with its TVA, shared between the rates of `parts` as they are in the whole.

    TVA is counted on the base of each rate, so that some amounts fall between two: then the nearest one below.
    Raises ValueError when the whole is nothing.
    """
    shares = money.split(montant, [part.base + part.tva for part in parts])
    bases = [half_up(share * WHOLE, WHOLE + part.taux) for share, part in zip(shares, parts, strict=True)]
    tried = (_taxed(parts, bases, moves) for moves in product(AROUND, repeat=len(parts)))
    good = [found for found in tried if _total(found) <= montant and all(part.base >= 0 for part in found)]
    return max(good, key=lambda found: (_total(found), -_moved(found, bases)))


def _taxed(parts: Sequence[Part], bases: Sequence[int], moves: Sequence[int]) -> list[Part]:
    found = [(part.taux, base + move) for part, base, move in zip(parts, bases, moves, strict=True)]
    return [Part(taux, base, half_up(max(base, 0) * taux, WHOLE)) for taux, base in found]


def _total(parts: Sequence[Part]) -> int:
    return sum(part.base + part.tva for part in parts)


def _moved(parts: Sequence[Part], bases: Sequence[int]) -> int:
    return sum(abs(part.base - base) for part, base in zip(parts, bases, strict=True))
