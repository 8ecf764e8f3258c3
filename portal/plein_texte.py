"""What full-text search reads in French: words without accents nor case, and their stems."""

from __future__ import annotations

import re
from functools import lru_cache

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


def stems(text: str) -> list[str]:
    """What a `search_key` must hold of the words asked, for the shorter tables, that have no index."""
    return [stem(word) for word in asked(text)]


def _words(text: str) -> list[str]:
    return [word[:LONGEST] for word in re.findall(r"[^\W_]+", name_key(text).translate(TIED))]
