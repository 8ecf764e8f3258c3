"""An incident that was taken back: the day goes on without it, the register and the report keep it, struck."""

from __future__ import annotations

from csv import reader
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from portal import clock
from portal.db import db
from portal.jour_j import commands
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre
from tests.jour_j.conftest import at, tap


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def said_in(element: Tag) -> str:
    return plain(element.get_text(" "))


@pytest.fixture
def undone(saturday):
    """Awa notes two incidents and what followed the first; at twenty past eleven Zoé takes back one of each."""
    glass, scratch, glazier = tap("x").uuid, tap("x").uuid, tap("x").uuid
    with clock.freeze(at(11)):
        saturday.send(
            Tap(glass, Genre.INCIDENT, at(10), mot="Verre cassé."),
            Tap(scratch, Genre.INCIDENT, at(10.5), mot="Une écorchure.", mesures="Un pansement."),
            Tap(glazier, Genre.SUITE, at(10.75), glass, mot="Vitrier appelé."),
        )
    with clock.freeze(at(11 + 1 / 3)):
        saturday.send(*(commands.undoing(uuid, at=clock.now()) for uuid in (scratch, glazier)), by=saturday.zoe)
        db.session.commit()
        yield saturday


@pytest.fixture
def by(undone) -> str:
    return f"à 11 h 20 par {undone.zoe.nom}"


def test_the_register_keeps_it_struck_with_who_took_it_back(undone, by, as_):
    page = BeautifulSoup(as_(undone.zoe).get("/jour-j/registre").text, "html5lib")
    scratch, glass = page.select("article")
    assert [s.text for s in scratch.select("s")] == ["Une écorchure.", "Un pansement."]
    assert f"Incident annulé {by}" in said_in(scratch)
    assert [s.text for s in glass.select("s")] == ["Vitrier appelé."]
    assert f"Vitrier appelé. (Awa Payet, annulée {by})" in said_in(glass)
    assert "Incident annulé" not in said_in(glass)


def test_its_spreadsheet_has_a_column_of_it(undone, by, as_):
    zoe = as_(undone.zoe)
    csv = zoe.post("/jour-j/registre/export.csv", data={"annee": "2037"}).data.decode("utf-8-sig")
    head, *rows = reader(StringIO(csv), delimiter=";")
    last = head.index("Annulation")
    assert [plain(row[last]) for row in rows] == ["", f"annulé {by}"]
    assert f"Vitrier appelé. (Awa Payet, annulée {by})" in plain(rows[0][head.index("Suites")])
    book = ZipFile(BytesIO(zoe.post("/jour-j/registre/export.xlsx", data={"annee": "2037"}).data))
    assert f"annulé {by}" in plain("".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml")))


def test_the_report_keeps_it_on_its_page_and_on_paper(undone, by, as_):
    zoe = as_(undone.zoe)
    page = BeautifulSoup(zoe.get(f"{undone.url}/bilan").text, "html5lib")
    assert "Une écorchure." in [s.text for s in page.select("s")]
    paper = PdfReader(BytesIO(zoe.get(f"{undone.url}/bilan.pdf").data))
    for text in (said_in(page), plain("".join(sheet.extract_text() for sheet in paper.pages))):
        assert "Une écorchure." in text
        assert f"Incident annulé {by}" in text


def test_taken_back_the_next_day_it_says_which(undone, by, as_):
    noted = tap(Genre.INCIDENT, mot="Un store tombé.")
    undone.send(noted)
    with clock.freeze(at(24 + 9)):
        undone.send(commands.undoing(noted.uuid, at=clock.now()))
        db.session.commit()
        assert "annulé le dim. 22 nov. à 9 h par Awa Payet" in plain(as_(undone.zoe).get("/jour-j/registre").text)


def test_the_day_goes_on_without_it_and_its_journal_tells_it(undone, as_):
    page = BeautifulSoup(as_(undone.awa).get(undone.url).text, "html5lib")
    assert "Une écorchure." not in said_in(page.select_one("#incidents"))
    assert "Verre cassé." in said_in(page.select_one("#incidents"))
    assert "Une écorchure." in said_in(page.select_one("#journal"))
