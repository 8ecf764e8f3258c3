"""The papers of the house: a PDF/A by typst, the same to the byte each time, in the letters that its font has.

The rest would break the promise of PDF/A, that all of it is readable for ever.
"""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from portal.config import ROOT

FONTS = ROOT / "portal" / "polices"
FONT = FONTS / "atkinson-400.ttf"  # the bold one has the same letters
STANDARDS = ["a-3b", "ua-1"]  # kept for ten years; read aloud by a screen reader
UNREAD = "?"  # a letter of a script that the font does not have; its page still shows it
TOO_LONG = re.compile(r"\S{28,}")  # for its place: it goes on below
BREAK = "\u200b"  # nothing to see
SPACES = "\n\u202f\u200b"  # drawn without a glyph of their own


def pdf(layout: Path, faits: dict[str, Any]) -> bytes:
    """What people typed goes in as data, `sys.inputs.faits`, which typst never reads as its own language."""
    made = _compiler(layout).compile(format="pdf", sys_inputs={"faits": json.dumps(faits)}, pdf_standards=STANDARDS)
    assert isinstance(made, bytes)
    return made


@cache
def _compiler(layout: Path) -> Any:
    """One a layout in each process: it keeps the fonts and the layout that it has read."""
    import typst  # heavy, for the few who ask

    return typst.Compiler(layout, root=ROOT / "portal", font_paths=[FONTS], ignore_system_fonts=True)


def written(value: Any) -> Any:
    """The same JSON value, in letters that the font has: an accent is composed, a picture goes, another script is a « ? »."""
    if isinstance(value, str):
        return TOO_LONG.sub(lambda word: BREAK.join(word[0]), _letters(value, _known(FONT)))
    if isinstance(value, dict):
        return {name: written(part) for name, part in value.items()}
    return [written(part) for part in value] if isinstance(value, list) else value


def _letters(text: str, known: frozenset[str]) -> str:
    text = unicodedata.normalize("NFC", text)
    return text if known.issuperset(text) else "".join(char if char in known else _alike(char, known) for char in text).strip()


def _alike(char: str, known: frozenset[str]) -> str:
    if plain := "".join(part for part in unicodedata.normalize("NFKD", char) if part in known):
        return plain
    kind = unicodedata.category(char)
    return UNREAD if kind[0] in "LN" else "\u00a0" if kind[0] == "Z" else "-" if kind == "Pd" else ""


@cache
def _known(font: Path) -> frozenset[str]:
    """The characters of its `cmap` table, by its Windows subtable of format 4, which every font for papers has."""
    data = font.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    records = [struct.unpack_from(">4s4xI", data, 12 + 16 * n) for n in range(tables)]
    start = dict(records)[b"cmap"]
    (many,) = struct.unpack_from(">H", data, start + 2)
    parts = {(p, e): start + offset for p, e, offset in struct.iter_unpack(">HHI", data[start + 4 : start + 4 + 8 * many])}
    unicode = parts[3, 1]
    (twice,) = struct.unpack_from(">H", data, unicode + 6)
    lasts = struct.unpack_from(f">{twice // 2}H", data, unicode + 14)
    firsts = struct.unpack_from(f">{twice // 2}H", data, unicode + 16 + twice)
    found = {chr(code) for first, last in zip(firsts, lasts, strict=True) for code in range(first, last + 1)}
    return frozenset(found - {"\uffff"}) | frozenset(SPACES)
