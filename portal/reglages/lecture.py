"""A table that somebody brings: its alphabet, its separator, its columns by the names that people give them. No I/O here."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO

from portal.fields import CONTROL, name_key, one_line
from portal.tableur import COMPUTES
from portal.workflow import Refusal

MOST_LINES, HEAVIEST = 2_000, 200_000  # bytes: between the two steps it travels in a form, three times as long at worst
ALPHABETS = ("utf-8-sig", "cp1252")  # as spreadsheets write them here; every text of the first kind is told from the second


class Unreadable(Refusal):
    status = 422
    sentence = (
        "Ce fichier n’est pas un tableau en texte\u00a0: dans le tableur, «\u00a0Enregistrer sous\u00a0», CSV (UTF-8), puis "
        "choisis ce nouveau fichier."
    )


class TooBig(Unreadable):
    sentence = "C’est trop pour une fois\u00a0: 2\u00a0000 lignes et 200\u00a0ko au plus. Coupe le fichier en plusieurs."


class ColumnsMissing(Unreadable):
    def __init__(self, names: Sequence[str]):
        super().__init__(
            f"La première ligne nomme les colonnes\u00a0: il manque {', '.join(names)}. Le modèle à télécharger les a toutes."
        )


class ColumnTwice(Unreadable):
    def __init__(self, name: str):
        super().__init__(f"Deux colonnes disent la même chose\u00a0: {name}. Gardes-en une.")


@dataclass(frozen=True)
class Rangee:
    """One line: its number as the spreadsheet shows it, its cells by column, and why it cannot be read ("" when it can)."""

    numero: int
    cellules: dict[str, str]
    faute: str = ""


@dataclass(frozen=True)
class Tableau:
    """What was read; `ignorees` are the names of the columns that nobody asked for."""

    rangees: list[Rangee]
    ignorees: list[str]


def text_of(brought: bytes | str) -> str:
    """The text of a file, or what was pasted, without the signs that no page can show. Raises TooBig or Unreadable."""
    raw = brought.encode("utf-8", "replace") if isinstance(brought, str) else brought
    if len(raw) > HEAVIEST:
        raise TooBig
    for alphabet in ALPHABETS:
        with suppress(UnicodeDecodeError):
            texte = raw.decode(alphabet)
            if "\0" in texte:
                break
            if len("\r\n".join(texte.splitlines()).encode()) > HEAVIEST:  # as a form sends it again
                raise TooBig
            return CONTROL.sub("", texte)
    raise Unreadable


def read(texte: str, colonnes: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> Tableau:
    """The lines of what `text_of` gave; their head calls each of `colonnes` by one of its names, the `wanted` ones at least.

    Raises TooBig, Unreadable, ColumnsMissing or ColumnTwice.
    """
    head, *lines = _lines(texte) or [(1, [])]
    named = [_column(cell, colonnes) for cell in head[1]]
    if missing := [colonnes[name][0] for name in wanted if name not in named]:
        raise ColumnsMissing(missing)
    if twice := [name for name, times in Counter(filter(None, named)).items() if times > 1]:
        raise ColumnTwice(colonnes[twice[0]][0])
    ignored = [one_line(cell)[:60] for cell, name in zip(head[1], named, strict=True) if not name and cell.strip()]
    return Tableau([_rangee(numero, cells, named) for numero, cells in lines], ignored)


def _lines(texte: str) -> list[tuple[int, list[str]]]:
    """Those that say something, with their numbers."""
    if told := re.match(r'"?sep=([;,\t])"?\r?\n', texte, re.IGNORECASE):  # by Excel, to itself
        texte = texte[told.end() :]
    first = texte.lstrip().partition("\n")[0]
    sign = told[1] if told else max(";,\t", key=first.count)
    lines = csv.reader(StringIO(texte, newline=""), delimiter=sign, strict=True)
    try:
        found = [(numero, cells) for numero, cells in enumerate(lines, 1) if any(map(str.strip, cells))]
    except csv.Error:
        raise Unreadable("Un guillemet ouvert n’est pas refermé, ou l’est trop tôt\u00a0: corrige-le, puis renvoie.") from None
    if len(found) > MOST_LINES + 1:
        raise TooBig
    return found


def _column(cell: str, colonnes: Mapping[str, Sequence[str]]) -> str:
    said = name_key(cell).replace("-", "").strip(" *:")
    return next((name for name, names in colonnes.items() if said in (name_key(n).replace("-", "") for n in names)), "")


def _said(cell: str) -> str:
    """A dash alone says nothing, as in many a spreadsheet."""
    said = one_line(cell)
    return said if said.strip("-–—−") else ""


def _rangee(numero: int, cells: list[str], named: list[str]) -> Rangee:
    said = {name: _said(cell) for name, cell in zip(named, cells, strict=False) if name}
    faute = "Elle a plus de cases que la première ligne." if any(map(str.strip, cells[len(named) :])) else ""
    for name, cell in said.items():
        if cell.startswith(COMPUTES) and name != "telephone":
            faute = f"«\u00a0{cell[:30]}\u00a0» commence par «\u00a0{cell[0]}\u00a0»\u00a0: un tableur y lirait un calcul."
    return Rangee(numero, said, faute)
