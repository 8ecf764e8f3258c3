"""What the portal holds about a person: each package tells its own part, and /moi/donnees gathers them (RGPD, art. 15).

A table that names a person is told by a section, or tests/moi/test_donnees.py says why it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from portal.db import db

Rows = Callable[[Any], Select[Any]]  # of that Personne, with what their words need
# Of that Personne and those rows, what each column holds as it is kept, never put into words: text, numbers, instants, yes
# or no, values of a Shown, Codes, lists of these. `moi.copie` says them, to a person or to a machine.
Words = Callable[[Any, Sequence[Any]], Iterable[Sequence[object]]]


@dataclass(frozen=True)
class Code:
    """What is kept as a code that no Shown names, with what a person reads of it."""

    kept: str
    words: str


@dataclass(frozen=True)
class Section:
    """One kind of thing; `tient` are the columns leading to a person that it answers for: "candidature.personne_id"."""

    cle: str  # names its file and its page
    titre: str
    tete: tuple[str, ...]
    tient: frozenset[str]
    words: Words
    rows: Rows

    def told(self, personne: Any) -> list[Sequence[object]]:
        """All of it."""
        return list(self.words(personne, db.session.scalars(self.rows(personne)).all()))


SECTIONS: dict[str, Section] = {}


def section(cle: str, titre: str, tete: Sequence[str], words: Words, *, tient: Iterable[str] = ()) -> Callable[[Rows], Rows]:
    """Decorator: this function selects the rows of a person that the section tells."""

    def register(rows: Rows) -> Rows:
        SECTIONS[cle] = Section(cle, titre, tuple(tete), frozenset(tient), words, rows)
        return rows

    return register


def each(line: Callable[[Any], Sequence[object]]) -> Words:
    """The words of rows that are told one by one."""
    return lambda _personne, rows: [line(row) for row in rows]


def counted(personne: Any) -> Mapping[str, int]:
    """How many rows each section tells of that person; one query."""
    each_one = []
    for cle, one in SECTIONS.items():
        rows = one.rows(personne).with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
        each_one.append(select(literal(cle), func.count()).select_from(rows.subquery()))
    return {row[0]: row[1] for row in db.session.execute(union_all(*each_one))}
