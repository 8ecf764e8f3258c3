"""Tables for spreadsheets as they are opened here: commas in numbers, semicolons, accents kept, no cell that computes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO

COMPUTES = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run
MARK = "\ufeff"  # without it, Excel reads the accents in another alphabet


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The file; numbers are Decimal or int and stay numbers, all the rest is text."""
    written = StringIO(newline="")
    writer = csv.writer(written, delimiter=";")
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return (MARK + written.getvalue()).encode()


def cell(value: object) -> str:
    if isinstance(value, Decimal | int):
        return f"{value}".replace(".", ",")
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(COMPUTES) else text
