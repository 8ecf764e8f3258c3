"""Who gets what of a profit. Cents; keys in hundredths of a percent; None is the commun. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from portal import money

WHOLE = 10_000  # hundredths of a percent in a whole

Parts = dict[int | None, int]


def keys(worth: Mapping[int | None, int], *, commun: int) -> dict[int, int]:
    """The key of each pôle and groupe, from what the lines of each are worth: `commun` percent go to the commun first.

    So does what lines without a pôle are worth: it has all that the keys leave.
    """
    whole = sum(worth.values())
    weights = {pole: value * (100 - commun) for pole, value in worth.items() if pole is not None and value}
    if not weights or commun == 100:
        return {}
    shared = money.split(WHOLE, [*weights.values(), whole * 100 - sum(weights.values())])
    return dict(zip(weights, shared[:-1], strict=True))


def parts(benefice: int, cles: Mapping[int, int]) -> Parts:
    """The profit by its keys, the rest to the commun; they always sum to it. A loss is nobody's but the commun's."""
    if benefice <= 0:
        return {None: benefice} if benefice else {}
    shares = money.split(benefice, [*cles.values(), WHOLE - sum(cles.values())])
    return {pole: share for pole, share in zip([*cles, None], shares, strict=True) if share}


def correction(due: Mapping[int | None, int], given: Mapping[int | None, int]) -> Parts:
    """What makes of the parts that were given those that are due."""
    moves = {pole: due.get(pole, 0) - given.get(pole, 0) for pole in {**due, **given}}
    return {pole: cents for pole, cents in moves.items() if cents}
