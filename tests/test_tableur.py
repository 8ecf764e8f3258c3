"""Spreadsheets: nothing in them computes, accents stay, amounts are exact."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from portal import tableur

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
TRAPS = (
    "=1+1",
    "+262692123456",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "{=1+1}",
    '=HYPERLINK("http://example.org")',
    "http://example.org",
)


def read(content: bytes, sheet: int = 1) -> tuple[ElementTree.Element, list[list[Any]]]:
    """A sheet of an .xlsx, and its cells as any reader understands them: texts, numbers."""
    with ZipFile(BytesIO(content)) as book:
        page = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    texts = ["".join(t.text or "" for t in si.iter(f"{{{NS['m']}}}t")) for si in shared]

    def value(cell: ElementTree.Element) -> Any:
        found = cell.findtext("m:v", namespaces=NS)
        return texts[int(found)] if cell.get("t") == "s" else Decimal(found)

    return page, [[value(cell) for cell in row.findall("m:c", NS)] for row in page.iterfind("m:sheetData/m:row", NS)]


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("trap", TRAPS)
def test_no_cell_computes(trap):
    [_, [found]] = lines(tableur.table(["Mot"], [[trap]]))
    assert not found.startswith(tableur.COMPUTES)
    assert found.removeprefix("'") == trap
    page, rows = read(tableur.workbook([("Mots", ["Mot"], [[trap]])]))
    assert rows == [["Mot"], [trap.replace("\r", "_x000D_")]]  # a text, as it was written
    assert not list(page.iterfind(".//m:f", NS))
    assert not list(page.iterfind(".//m:hyperlink", NS))


@pytest.mark.parametrize("amount", ["0.00", "0.01", "1234.50", "-12.05", "9999999.99", "10000000.00"])
def test_amounts_are_numbers_to_the_cent(amount):
    cents = Decimal(amount)
    assert lines(tableur.table(["€"], [[cents]]))[1] == [amount.replace(".", ",")]
    assert read(tableur.workbook([("€", ["€"], [[cents]])]))[1][1] == [cents]


def test_days_and_accents():
    row = ["Fête de l’été à l’Hermitage, « île »", date(2026, 3, 1), 12, None]
    head = ["Évènement", "Jour", "Combien", "Rien"]
    assert lines(tableur.table(head, [row])) == [head, [row[0], "01/03/2026", "12", ""]]
    _, rows = read(tableur.workbook([("Évènements", head, [row])]))
    assert rows == [head, [row[0], (date(2026, 3, 1) - date(1899, 12, 30)).days, 12, ""]]


def test_the_head_stays_in_sight_and_each_sheet_has_its_name():
    content = tableur.workbook([("Devis", ["A"], []), ("Par pôle", ["B"], [["x"]])])
    page, _ = read(content, 2)
    pane = page.find(".//m:pane", NS)
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    with ZipFile(BytesIO(content)) as book:
        assert 'name="Par pôle"' in book.read("xl/workbook.xml").decode()
