"""What a file that somebody brings would do, line by line, before anything is done. No I/O here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from portal.fields import Form
from portal.shown import Shown


class Sort(Shown):
    CREEE = "creee", "Créée", "plus", "bon"
    COMPLETEE = "completee", "Complétée", "pencil", "action"
    INCHANGEE = "inchangee", "Déjà là", "check", "neutre"
    REFUSEE = "refusee", "Refusée", "x", "attention"


def first_error(form: Form) -> str:
    """Why what a line says cannot be; "" when it can."""
    return "" if form.validate() else str(next(iter(form.errors.values()))[0])


@dataclass(frozen=True)
class Ligne:
    """One line of the file: what it is about, what becomes of it, why or with what; `fait` is what is then written."""

    numero: int
    quoi: str
    sort: Sort
    mot: str = ""
    fait: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """All its lines, in order; plain data, which outlives the transaction that read it."""

    lignes: list[Ligne]
    ignorees: list[str]

    @cached_property
    def cle(self) -> str:
        """What was announced: another plan has another key."""
        return sha256(repr(self.lignes).encode()).hexdigest()[:32]

    @cached_property
    def counts(self) -> Counter[Sort]:
        return Counter(ligne.sort for ligne in self.lignes)

    @property
    def to_do(self) -> list[Ligne]:
        return [ligne for ligne in self.lignes if ligne.sort in (Sort.CREEE, Sort.COMPLETEE)]
