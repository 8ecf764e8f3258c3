"""What the portal holds about a person, to be read section by section or taken away whole (RGPD, art. 15 and 20).

A person reads words, on the page and in the tables; a machine reads codes and instants, in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from portal import clock, tableur
from portal.comptes.models import Personne
from portal.donnees import SECTIONS, Code, Section
from portal.shown import Shown
from portal.web import Leaf, leaf

PAGE = 50
SORTES = {"json": "application/json", "zip": "application/zip"}


def part_of(section: Section, personne: Personne, number: int) -> Leaf:
    """A page of one section, as lines of (what, words)."""
    found = leaf(section.rows(personne), number, PAGE)
    told = section.words(personne, found.items)
    return replace(found, items=[list(zip(section.tete, map(_shown, line), strict=True)) for line in told])


def whole(personne: Personne, sorte: str) -> bytes:
    """All the sections: one JSON file, or a table each in a ZIP."""
    told = {cle: section.told(personne) for cle, section in SECTIONS.items()}
    return _as_json(told) if sorte == "json" else _as_zip(told)


def _as_json(told: dict[str, list[Sequence[object]]]) -> bytes:
    parts = [
        {
            "cle": cle,
            "titre": SECTIONS[cle].titre,
            "lignes": [dict(zip(SECTIONS[cle].tete, line, strict=True)) for line in lines],
        }
        for cle, lines in told.items()
    ]
    return json.dumps({"le": clock.now(), "parties": parts}, ensure_ascii=False, indent=1, default=_kept).encode()


def _as_zip(told: dict[str, list[Sequence[object]]]) -> bytes:
    written, at = BytesIO(), clock.local(clock.now())
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for cle, lines in told.items():
            name = ZipInfo(f"{cle}.csv", (at.year, at.month, at.day, at.hour, at.minute, at.second))
            table = tableur.table(SECTIONS[cle].tete, [[_shown(cell) for cell in line] for line in lines])
            archive.writestr(name, table, ZIP_DEFLATED)
    return written.getvalue()


def _kept(value: Any) -> str:
    """What JSON has no word for: an instant with its zone, to the second; a day, a code, an exact amount."""
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="seconds")
    if isinstance(value, Code):
        return value.kept
    return value.isoformat() if isinstance(value, date) else str(value)


def _shown(value: object) -> object:
    """The same for a person: the word of a code, an instant as a clock here shows it, a day as a calendar, yes or no."""
    match value:
        case bool():
            return "oui" if value else "non"
        case Code():
            return value.words
        case Shown():
            return value.label
        case datetime():
            return f"{clock.local(value):%d/%m/%Y %H:%M}"
        case date():
            return f"{value:%d/%m/%Y}"
        case list():
            return ", ".join(str(_shown(one)) for one in value)
        case _:
            return value
