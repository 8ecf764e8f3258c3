"""The Unicode forms of what strangers type."""

from __future__ import annotations

import unicodedata
from typing import Literal

MOST_MARKS = 8  # on one letter; Vietnamese has two, polytonic Greek three


def normal(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """That form of the text, without the marks that no letter bears: to sort the 100,000 of one would take a minute."""
    return unicodedata.normalize(form, text if text.isascii() else _readable(text))


def _readable(text: str) -> str:
    kept, marks = [], 0
    for letter in text:  # some that are no marks come apart into them
        marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFKD", letter)[0]) else 0
        if marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)
