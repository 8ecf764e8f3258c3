"""One line for each request and each trouble, that a tool reads, and that names nobody."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from portal.traces import Line
from tests import builders, workshop

HOSTILE = 'deux\nlignes\r\n{"niveau": "faux"} \u2028 "guillemets"'


def record(message: str, *values: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("portal", logging.ERROR, __file__, 1, message, values, None)
    made.__dict__.update(more)
    return made


def test_a_line_is_one_line_whatever_is_in_it():
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        said = Line().format(record("refusé\u00a0: %s", HOSTILE, exc_info=(ValueError, error, error.__traceback__)))
    assert len(said.splitlines()) == 1
    read = json.loads(said)
    assert read["message"] == f"refusé\u00a0: {HOSTILE}"
    assert read["niveau"] == "error"
    assert "Traceback" in read["trace"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", read["quand"])


def test_what_is_no_text_nor_json_is_written_all_the_same():
    said = Line().format(record("reçu %s", "\udcff", faits={"quoi": Path("ici")}))
    assert json.loads(said.encode())["quoi"] == "ici"


@pytest.fixture
def told(app, caplog):
    """The lines of the requests."""
    logging.getLogger("portal.requetes").setLevel(logging.INFO)
    yield lambda: [json.loads(Line().format(line)) for line in caplog.records if line.name == "portal.requetes"]
    logging.getLogger("portal.requetes").setLevel(logging.WARNING)


def test_a_request_leaves_a_line_and_its_reference(client, told):
    answer = client.get("/missions/?q=jardin")
    [line] = told()
    assert {name: line[name] for name in ("methode", "page", "statut")} == {
        "methode": "GET",
        "page": "missions.index",
        "statut": 200,
    }
    assert line["ms"] >= 0
    assert re.fullmatch("[0-9a-f]{12}", answer.headers["X-Request-Id"])
    assert client.get("/missions/").headers["X-Request-Id"] != answer.headers["X-Request-Id"]


def test_no_line_holds_an_address_a_name_nor_a_link(app, client, as_, caplog, told):
    awa = builders.personne("Awa Payet", email="awa@example.org")
    client.post("/comptes/lien", data={"email": "awa@example.org"})
    as_(awa).get("/moi/", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    client.get("/candidatures/suivi/un-jeton-personnel")
    assert [line["page"] for line in told()] == ["comptes.ask_link", "moi.index", "candidatures.suivi"]
    said = " ".join(json.dumps(line) for line in told())
    assert not any(word in said for word in ("awa", "Payet", "203.0.113.7", "un-jeton-personnel"))


def test_what_only_asks_whether_anything_changed_leaves_none(client, told):
    etag = client.get("/missions/").headers["ETag"]
    assert client.get("/missions/", headers={"If-None-Match": etag}).status_code == 304
    client.get("/static/app.css")
    assert len(told()) == 1


def test_whoever_it_failed_may_quote_it(site, caplog):
    with workshop.opened(site) as app:
        answer = app.test_client().get("/atelier/statut/500", crash=True)
    assert answer.status_code == 500
    shown = BeautifulSoup(answer.text, "html5lib").select_one("code")
    assert shown.text == answer.headers["X-Request-Id"]
