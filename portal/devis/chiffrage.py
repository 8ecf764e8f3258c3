"""What lines come to: amounts, discounts, TVA by rate, subtotals, deposit, and what is foreseen for the house.

Whole cents everywhere. A line is rounded once, half up, and all sums are sums of rounded lines, so that the parts make
the whole; TVA is counted on the sum of each rate, then rounded (CGI, annexe II, art. 242 nonies A).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal import money

WHOLE = 10_000  # hundredths of a percent in a whole


@dataclass(frozen=True)
class Ligne:
    """`quantite` in hundredths, `prix` and `cout` in cents of a unit, `taux` and `remise` in hundredths of a percent."""

    quantite: int
    prix: int
    taux: int = 0
    remise: int = 0
    comprise: bool = False
    pole_id: int | None = None  # None: the commun
    cout: int = 0

    @property
    def valeur(self) -> int:
        """Cents without TVA once discounted: what it weighs in the share-out, even when it is comprised in another."""
        return half_up(self.quantite * self.prix * (WHOLE - self.remise), 100 * WHOLE)

    @property
    def montant(self) -> int:
        """Cents without TVA, as the demandeur pays it."""
        return 0 if self.comprise else self.valeur

    @property
    def rabais(self) -> int:
        """Cents that its discount takes off."""
        return 0 if self.comprise else half_up(self.quantite * self.prix, 100) - self.valeur

    @property
    def depense(self) -> int:
        """Cents that it costs the house."""
        return half_up(self.quantite * self.cout, 100)


def half_up(number: int, by: int) -> int:
    """A quotient of whole numbers that are not negative, rounded half up."""
    return (2 * number + by) // (2 * by)


@dataclass(frozen=True)
class Part:
    """Of one rate: what is taxed, and the tax; cents."""

    taux: int
    base: int
    tva: int


@dataclass(frozen=True)
class Totaux:
    """What the demandeur pays, in cents."""

    sous_totaux: dict[int | None, int]  # without TVA, by pôle or groupe
    parts: list[Part]  # by rate, the highest first
    ht: int
    rabais: int  # already taken off

    @property
    def tva(self) -> int:
        return sum(part.tva for part in self.parts)

    @property
    def ttc(self) -> int:
        return self.ht + self.tva

    def acompte(self, percent: int) -> int:
        return half_up(self.ttc * percent, 100)


def totaux(lignes: Iterable[Ligne], *, taxed: bool = True) -> Totaux:
    """`taxed` is False for a house that charges no TVA, whatever the rates of the lines."""
    lines = list(lignes)
    sums: dict[int | None, int] = {}
    bases: dict[int, int] = {}
    for line in lines:
        sums[line.pole_id] = sums.get(line.pole_id, 0) + line.montant
        rate = line.taux if taxed else 0
        bases[rate] = bases.get(rate, 0) + line.montant
    parts = [Part(rate, base, half_up(base * rate, WHOLE)) for rate, base in sorted(bases.items(), reverse=True)]
    return Totaux(sums, parts, sum(bases.values()), sum(line.rabais for line in lines))


@dataclass(frozen=True)
class Prevision:
    """What the house foresees, in cents; the demandeur never sees it."""

    depenses: int
    benefice: int  # negative: a loss, which nobody shares
    parts: dict[int | None, int]  # of the profit, by pôle or groupe; None is the commun
    sous_depenses: Mapping[int | None, int]


def prevision(lignes: Iterable[Ligne], *, commun: int) -> Prevision:
    """Profit foreseen and its parts: `commun` percent to the commun, the rest by what the lines of each are worth.

    What lines without a pôle are worth goes to the commun too. The parts always sum to the profit.
    """
    lines = list(lignes)
    spent: dict[int | None, int] = {}
    worth: dict[int | None, int] = {}
    for line in lines:
        spent[line.pole_id] = spent.get(line.pole_id, 0) + line.depense
        worth[line.pole_id] = worth.get(line.pole_id, 0) + line.valeur
    profit = sum(line.montant for line in lines) - sum(spent.values())
    return Prevision(sum(spent.values()), profit, _shares(profit, worth, commun) if profit > 0 else {}, spent)


def _shares(profit: int, worth: dict[int | None, int], commun: int) -> dict[int | None, int]:
    if not any(worth.values()):
        return {None: profit}
    whole = sum(worth.values())
    weights = {pole: value * (100 - commun) for pole, value in worth.items()}
    weights[None] = weights.get(None, 0) + whole * commun
    shares = money.split(profit, list(weights.values()))
    return dict(zip(weights, shares, strict=True))
