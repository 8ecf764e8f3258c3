"""The manners of every route: who enters, a page or one block of it, where one goes next, and never to another site."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from flask import session

from portal.db import MANY
from portal.web import GuardedBlueprint, Leaf, page_number, safe_next, toast, toasts, wants_fragment
from tests import builders, workshop

HTMX = {"HX-Request": "true"}
OFFSITE = [  # the fuzzer's list, and the twins that browsers read like them
    "//evil.example/", "/\\evil.example/", "/\t/evil.example/", "https:evil.example/", "http:evil.example/",
    "///evil.example/", "\\\\evil.example/", "http://evil.example/", " //evil.example/", "javascript:alert(1)",
    "/\r\nX-Kq: 1", "/a\r\nX-Kq: 1", "https://evil.example", "\\/evil.example", "/\\/evil.example", "/\x00/evil.example",
    "//", "///", "data:text/html,x", "evil.example", "missions/", "?q=1", "#x", "/été", "/a b", "/a\\b", "/\u2028", "",
    "/" + "a" * 500,
]  # fmt: skip
OURS = ["/", "/missions/?nature=volontaire&page=2", "/moi/#demain", "/a%0d%0aX-Kq:1", "/candidatures/suivi/3-1.aZ_-9"]


@pytest.fixture
def app(site):
    with workshop.opened(site) as app:
        yield app


@pytest.fixture
def ada(as_):
    return as_(builders.personne("Ada", [builders.ADMIN]))


# --- who enters ------------------------------------------------------------------------------------------------


def a_view():
    return ""


def test_a_route_says_who_enters_or_is_not_declared():
    bp = GuardedBlueprint("essai", __name__)
    with pytest.raises(TypeError, match="access"):
        bp.get("/x")
    with pytest.raises(TypeError, match="access"):
        bp.route("/x", methods=["POST"])
    with pytest.raises(AssertionError, match="not in policy"):
        bp.get("/x", access="faute.de.frappe")
    with pytest.raises(KeyError):
        bp.post("/x", access="public", limit="faute")
    with pytest.raises(TypeError, match="access"):
        bp.add_url_rule("/x", view_func=a_view)


def test_a_stranger_is_shown_the_door_and_comes_back_where_they_were_going(client):
    answer = client.get("/atelier/close?x=é&y=1")
    assert answer.status_code == 303
    assert answer.location == "/comptes/connexion?next=/atelier/close?x%3D%C3%A9%26y%3D1"
    assert answer.data == b""


def test_a_stranger_with_htmx_is_sent_there_whole(client):
    answer = client.get("/atelier/close", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/comptes/connexion")


def test_whoever_is_known_but_not_allowed_is_told_so(as_):
    assert as_(builders.personne()).get("/atelier/close").status_code == 403


def test_whoever_may_enters(ada):
    assert ada.get("/atelier/close").status_code == 200


# --- a page or one block ---------------------------------------------------------------------------------------


def test_without_htmx_it_is_the_whole_page(client):
    page = client.get("/atelier/")
    assert page.text.startswith("<!doctype html>")
    assert "HX-Request" in page.vary


def test_with_htmx_it_is_the_block_and_the_words_that_go_with_it(client):
    fragment = client.post("/atelier/page", headers=HTMX)
    assert fragment.text.lstrip().startswith('<p id="combien">1</p>')
    assert "Une personne de plus." in fragment.text
    assert not re.search("<html|<h1|encore", fragment.text)
    assert "HX-Request" in fragment.vary


def test_a_block_may_bring_companions(client):
    shown = BeautifulSoup(client.post("/atelier/two", headers=HTMX).text, "html5lib")
    assert [p["id"] for p in shown.select("p[id]")] == ["combien", "encore"]


@pytest.mark.parametrize("more", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}])
def test_a_whole_navigation_gets_the_whole_page(client, more):
    assert client.get("/atelier/", headers=HTMX | more).text.startswith("<!doctype html>")


def test_a_fragment_is_what_the_page_itself_holds(client):
    client.post("/atelier/page")
    page = BeautifulSoup(client.get("/atelier/").text, "html5lib").select_one("#combien")
    fragment = BeautifulSoup(client.get("/atelier/", headers=HTMX).text, "html5lib").select_one("#combien")
    assert str(fragment) == str(page) == '<p id="combien">1</p>'


def test_a_change_leads_on_without_script_and_shows_its_block_with_it(client):
    answer = client.post("/atelier/done")
    assert (answer.status_code, answer.location, answer.data) == (303, "/atelier/", b"")
    assert "Une personne de plus." in client.get("/atelier/").text
    assert '<p id="combien">2</p>' in client.post("/atelier/done", headers=HTMX).text


def test_a_change_that_leads_elsewhere_leads_htmx_there_too(client):
    assert client.post("/atelier/moved").status_code == 303
    answer = client.post("/atelier/moved", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.data) == (204, "/atelier/", b"")


def test_a_refused_change_is_shown_as_it_is_once_undone(client):
    answer = client.post("/atelier/refused", headers=HTMX)
    assert answer.status_code == 409
    assert '<p id="combien">0</p>' in answer.text


def test_a_word_is_shown_once_and_escaped(app):
    with app.test_request_context():
        toast("<b>Fait</b>", undo=("/moi/", "Annuler"))
        toast("Hélas", "attention")
        first, second = toasts()
        assert (first["text"], first["tone"], first["undo"]) == ("<b>Fait</b>", "bon", {"url": "/moi/", "label": "Annuler"})
        assert (second["tone"], second["undo"]) == ("attention", None)
        html = str(app.jinja_env.globals["ui"].toasts([first], oob=False))
        assert "&lt;b&gt;Fait" in html
        assert "<b>" not in html
    with app.test_request_context():
        session["_flashes"] = []
        assert toasts() == []


# --- where one goes next ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", OFFSITE, ids=ascii)
def test_next_never_leads_elsewhere(app, wanted):
    with app.test_request_context("/", query_string={"next": wanted}):
        assert safe_next("/moi/") == "/moi/"
    with app.test_request_context("/", method="POST", data={"next": wanted}):
        assert safe_next("/") == "/"


@pytest.mark.parametrize("wanted", OURS)
def test_next_leads_where_one_was_going(app, wanted):
    with app.test_request_context("/", query_string={"next": wanted}):
        assert safe_next("/autre") == wanted


def test_no_header_can_be_slipped_into_an_answer(client):
    answer = client.get("/comptes/connexion?next=/a%250d%250aX-Kq:1")
    assert answer.status_code == 200
    assert "X-Kq" not in answer.headers


def test_a_signed_in_person_is_not_led_elsewhere_either(ada):
    answers = [ada.get("/comptes/connexion", query_string={"next": wanted}) for wanted in OFFSITE]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/")}


# --- lists -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 1), ("1", 1), ("7", 7), ("9999", 9999), ("10000", 1), ("0", 1), ("-1", 1), ("1_0", 1), ("１", 1), ("١٢", 1),
     ("9" * 40, 1), ("abc", 1), ("1.0", 1), ("\x00", 1), ("1 ", 1)],
)  # fmt: skip
def test_the_page_of_a_list(app, text, number):
    with app.test_request_context("/", query_string={"page": text}):
        assert page_number() == number


def test_a_list_says_where_the_next_page_is_and_keeps_the_filters(app):
    with app.test_request_context("/missions/?q=four&nature=volontaire&nature=referent&page=2"):
        leaf = Leaf(["x"], number=2, total=101, size=50)
        assert leaf.pages == 3
        assert leaf.prev_url == "/missions/?q=four&nature=volontaire&nature=referent&page=1"
        assert leaf.next_url == "/missions/?q=four&nature=volontaire&nature=referent&page=3"
        assert (Leaf([], 1, 0, 50).pages, Leaf([], 1, 50, 50).pages, Leaf([], 1, 51, 50).pages) == (1, 1, 2)
        many = Leaf(["x"] * 50, number=30, total=MANY + 1, size=50)  # nobody counted further: a full page has a next one
        assert str(many.next_url).endswith("page=31")
        assert Leaf(["x"] * 49, number=30, total=MANY + 1, size=50).next_url is None
        assert (Leaf([], 1, 50, 50).prev_url, Leaf([], 1, 50, 50).next_url) == (None, None)


def test_what_is_a_fragment(app):
    with app.test_request_context(headers=HTMX):
        assert wants_fragment()
    with app.test_request_context():
        assert not wants_fragment()


@pytest.mark.parametrize("id", ["0", "-1", "01", "1_0", "１２", "١٢", "9" * 10, "9" * 25, "1.0", "1%00", "%E2%80%AE1", "x"])
def test_a_number_in_an_address_is_a_plain_one(client, id):
    assert client.get(f"/atelier/statut/{id}").status_code == 404
    assert client.get("/atelier/statut/410").status_code == 410
