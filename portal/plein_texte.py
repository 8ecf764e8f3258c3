"""What full-text search reads in French: words without accents nor case, and their stems."""

from __future__ import annotations

import re
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute

from portal.fields import name_key

LONGEST = 40  # letters of a word; PostgreSQL indexes none of 2 kB
MOST = 6  # words that a search looks for
TIED = str.maketrans({"œ": "oe", "æ": "ae"})  # two letters, which Unicode does not take apart
SAID_BY_ALL = "a au aux avec d dans de des du en et l la le les ou par pour sur un une"
EMPTY = frozenset(SAID_BY_ALL.split())


def search_key(*texts: str | None) -> str:
    """What is searched of these texts: their words as `name_key` writes them, then their stems, each once."""
    words = _words(" ".join(text or "" for text in texts))
    return " ".join(dict.fromkeys([*words, *map(stem, words)]))


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """What a word, as `name_key` writes it, has in common with its plural and its feminine."""
    from snowballstemmer import stemmer  # when first asked: thirty milliseconds of a start-up

    return str(stemmer("french").stemWord(word)).removesuffix("x") or word  # one stemmer each time: threads must not share it


def asked(text: str) -> list[str]:
    """The words that a search looks for; « de » and « la » only when there is nothing else."""
    words = _words(text)
    return [word for word in words if word not in EMPTY][:MOST] or words[:MOST]


def holds(key: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether a `search_key` says all the words asked, or their stems; for the shorter tables, that have no index."""
    words = asked(text)
    return and_(*(or_(key.contains(word), key.contains(stem(word))) for word in words)) if words else false()


def says(key: str, text: str) -> bool:
    """The same of one that was read."""
    words = asked(text)
    return bool(words) and all(word in key or stem(word) in key for word in words)


def _words(text: str) -> list[str]:
    return [word[:LONGEST] for word in re.findall(r"[^\W_]+", name_key(text).translate(TIED))]
