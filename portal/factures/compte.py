"""What a deposit and an avoir are made of, rate by rate. Amounts in cents, rates in hundredths of a percent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
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


def left(parts: Iterable[Part], taken: Iterable[Part]) -> list[Part]:
    """What remains of `parts` once `taken` is off, rate by rate, the highest first; of a rate that is over, nothing.

    Where more was taken of a rate than there was, the largest of the others bears it, and the whole still falls on the cent.
    """
    bases, taxes = Counter[int](), Counter[int]()
    for sign, some in ((1, parts), (-1, taken)):
        for part in some:
            bases[part.taux] += sign * part.base
            taxes[part.taux] += sign * part.tva
    found = [Part(taux, bases[taux], taxes[taux]) for taux in sorted(bases, reverse=True)]
    there = {part.taux: part for part in found if part.base > 0}
    excess = _total(list(there.values())) - _total(found)
    for part in sorted(there.values(), key=lambda part: -_total([part])):
        bears = min(excess, _total([part]))
        excess -= bears
        there[part.taux] = _worth(part.taux, _total([part]) - bears) if bears else part
    return [part for part in there.values() if part.base > 0]


def _worth(taux: int, montant: int) -> Part:
    """A part of that rate that comes to that amount, its TVA in it."""
    base = half_up(montant * WHOLE, WHOLE + taux)
    return Part(taux, base, montant - base)


def credited(parts: Iterable[Part], left: Iterable[Part]) -> list[Part]:
    """The parts of an avoir on what is `left`: who takes back all of a rate takes back the TVA that was asked, to the cent."""
    there = {part.taux: part for part in left}
    return [_within(part, there.get(part.taux, Part(part.taux, 0, 0))) for part in parts]


def _within(part: Part, left: Part) -> Part:
    """Its TVA is what leaves that of its rate on what remains."""
    if part.base > left.base:
        return part
    stays = half_up((left.base - part.base) * part.taux, WHOLE)
    return replace(part, tva=max(0, left.tva - stays))


def exceeds(parts: Iterable[Part], left: Iterable[Part]) -> Part | None:
    """The first of `parts` that is more than what is left of its rate."""
    there = {part.taux: part.base for part in left}
    return next((part for part in parts if part.base > there.get(part.taux, 0)), None)


def _taxed(parts: Sequence[Part], bases: Sequence[int], moves: Sequence[int]) -> list[Part]:
    found = [(part.taux, base + move) for part, base, move in zip(parts, bases, moves, strict=True)]
    return [Part(taux, base, half_up(max(base, 0) * taux, WHOLE)) for taux, base in found]


def _total(parts: Sequence[Part]) -> int:
    return sum(part.base + part.tva for part in parts)


def _moved(parts: Sequence[Part], bases: Sequence[int]) -> int:
    return sum(abs(part.base - base) for part, base in zip(parts, bases, strict=True))
