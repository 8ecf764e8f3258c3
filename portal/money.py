"""Money is whole cents; nothing here knows a float."""

from __future__ import annotations

from collections.abc import Sequence


def split(cents: int, weights: Sequence[int]) -> list[int]:
    """Share an amount by whole weights with the largest remainder, so that the parts always sum to the amount.

    Ties go to the first. A negative amount is shared like its opposite. Raises ValueError when no weight is positive.
    """
    total = sum(weights)
    if total <= 0 or any(w < 0 for w in weights):
        raise ValueError("weights must be positive or null, and not all null")
    sign = -1 if cents < 0 else 1
    shares = [divmod(abs(cents) * w, total) for w in weights]
    left = abs(cents) - sum(whole for whole, _ in shares)
    first = sorted(range(len(weights)), key=lambda i: -shares[i][1])[:left]
    return [sign * (whole + (i in first)) for i, (whole, _) in enumerate(shares)]
