"""What the open screens of a day share: it is read once for all of them, and what says the same to several is drawn once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast
from zlib import crc32

from flask import current_app

from portal.jour_j import queries

T = TypeVar("T")
Block = tuple[str, str]  # what it says, and its mark, which changes with it


class Screens:
    """One day at one moment, never read again: its rows belong to no session any more."""

    def __init__(self, jour_id: int, moment: str):
        self.moment, self._jour_id = moment, jour_id
        self._known: dict[Hashable, Any] = {}
        self._locks: defaultdict[Hashable, Lock] = defaultdict(Lock)

    @property
    def day(self) -> queries.Day:
        return self._once("day", self._read)

    def _read(self) -> queries.Day:
        with current_app.app_context():  # its session ends with it, and leaves the rows as they were read
            return queries.whole(self._jour_id)

    def block(self, key: Hashable, draw: Callable[[], str]) -> Block:
        """The block of that key."""
        return self._once(key, lambda: _marked(draw()))

    def piece(self, *key: Hashable, caller: Callable[[], str]) -> str:
        """A part of a block, which several of them have in common."""
        return self._once(key, caller)

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Made by whoever asks first; those who ask meanwhile wait for it."""
        if key not in self._known:
            with self._locks[key]:
                if key not in self._known:
                    self._known[key] = make()
        return cast("T", self._known[key])


def _marked(said: str) -> Block:
    return said, f"{crc32(said.encode()):x}"


def of(jour_id: int, moment: str) -> Screens:
    """What this process remembers of a day at that moment; of days that nobody has looked at for a minute, nothing."""
    known: dict[int, Screens] = current_app.extensions.setdefault("screens", {})
    screens = known.get(jour_id)
    if screens is None or screens.moment != moment:
        screens, minute = Screens(jour_id, moment), moment.rpartition("-")[2]
        kept = {id: other for id, other in known.items() if other.moment.endswith(f"-{minute}")}
        current_app.extensions["screens"] = kept | {jour_id: screens}
    return screens
