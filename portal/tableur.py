"""Tables for spreadsheets as they are opened here: commas in numbers, semicolons, accents kept, no cell that computes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

COMPUTES = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run
MARK = "\ufeff"  # without it, Excel reads the accents in another alphabet
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SORTES = {"csv": CSV, "xlsx": XLSX}
FICHIERS = {"xlsx": "Excel\u00a0(.xlsx)", "csv": "Tableur\u00a0(.csv)"}  # what a button calls them, the same everywhere
SORTE = f"<any({', '.join(SORTES)}):sorte>"  # in a URL
WIDEST = 48  # characters of a column, at most
# Text is never read as something else; numbers and days are what they are.
PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def sheet(name: str, head: Sequence[str], rows: Sequence[Sequence[object]], sorte: str) -> bytes:
    """One table, as the file of that name of SORTES."""
    return workbook([(name, head, rows)]) if sorte == "xlsx" else table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The file; numbers are Decimal or int and stay numbers, days are written the French way, all the rest is text."""
    written = StringIO(newline="")
    writer = csv.writer(written, delimiter=";")
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return (MARK + written.getvalue()).encode()


def cell(value: object) -> str:
    if isinstance(value, Decimal | int):
        return f"{value}".replace(".", ",")
    text = _text(value)
    return f"'{text}" if text.startswith(COMPUTES) else text


def _text(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value)


def workbook(sheets: Iterable[tuple[str, Sequence[str], Sequence[Sequence[object]]]]) -> bytes:
    """The same as an .xlsx, of several sheets: name, head, rows. The head stays in sight; amounts and days are real ones."""
    from xlsxwriter import Workbook  # when somebody asks for one

    written = BytesIO()
    with Workbook(written, PLAIN | {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, head, rows in sheets:
            _fill(book, book.add_worksheet(name), head, rows)
    return written.getvalue()


def _fill(book: Any, sheet: Any, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    amount, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(head) - 1)
    for column, words in enumerate(head):
        shown = (len(_text(row[column])) for row in rows)
        sheet.set_column(column, column, min(WIDEST, max(len(words), *shown, 8) + 3))
        sheet.write_string(0, column, words, bold)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write(sheet, number, column, value, amount)


def _write(sheet: Any, row: int, column: int, value: object, amount: Any) -> None:
    if isinstance(value, Decimal | int):
        sheet.write_number(row, column, value, *([amount] if isinstance(value, Decimal) else ()))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value)
    else:
        sheet.write_string(row, column, _text(value))
