"""What the open screens of a day share: it is read once for all of them, and what says the same to several is drawn once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from threading import Lock
from zlib import crc32

from flask import current_app

from portal.jour_j import queries

Block = tuple[str, str]  # what it says, and its mark, which changes with it


class Screens:
    """One day at one moment, never read again: drawn from rows that no session holds any more, by one request at a time."""

    def __init__(self, jour_id: int, moment: str):
        self.moment, self.lock = moment, Lock()
        self._jour_id = jour_id
        self._blocks: dict[Hashable, Block] = {}

    @cached_property
    def day(self) -> queries.Day:
        with current_app.app_context():  # its session ends with it, and leaves the rows as they were read
            return queries.whole(self._jour_id)

    def block(self, key: Hashable, draw: Callable[[], str]) -> Block:
        """The block of that key, drawn when it is first asked for."""
        if key not in self._blocks:
            said = draw()
            self._blocks[key] = said, f"{crc32(said.encode()):x}"
        return self._blocks[key]


def of(jour_id: int, moment: str) -> Screens:
    """What this process remembers of a day at that moment, and nothing of those before."""
    known: dict[int, Screens] = current_app.extensions.setdefault("screens", {})
    if jour_id not in known or known[jour_id].moment != moment:
        known[jour_id] = Screens(jour_id, moment)
    return known[jour_id]
