"""Dates, hours, amounts and people's own text, as the screens say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock, filters
from portal.filters import NBSP, THIN


def reunion(text: str) -> datetime:
    """An instant in UTC from what the clock on the wall says at La Réunion."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONE).astimezone(UTC)


def said(text: str) -> str:
    """What is said, its unbreakable spaces made plain."""
    return text.replace(NBSP, " ").replace(THIN, " ")


@pytest.fixture(autouse=True)
def new_year_s_eve():
    with clock.freeze(reunion("2026-12-31T22:00")):
        yield


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-12-31", "aujourd’hui"),
        ("2027-01-01", "demain"),
        ("2027-01-02", "samedi 2 janvier 2027"),
        ("2026-12-30", "mercredi 30 décembre"),
        ("2026-11-01", "dimanche 1er novembre"),
        ("2027-08-01", "dimanche 1er août 2027"),
    ],
)
def test_a_day_is_said_as_near_as_it_is(day, words):
    assert said(filters.jour(date.fromisoformat(day))) == words


def test_an_instant_belongs_to_the_day_of_la_reunion():
    assert said(filters.jour(datetime(2026, 12, 31, 20, tzinfo=UTC))) == "demain"
    assert said(filters.jour(datetime(2026, 12, 31, 19, 59, tzinfo=UTC))) == "aujourd’hui"


def test_long_and_short_dates():
    assert said(filters.jour_long(date(2026, 12, 31))) == "jeudi 31 décembre"
    assert said(filters.date_longue(date(2026, 11, 12))) == "12 novembre 2026"
    assert said(filters.date_longue(reunion("2026-11-12T01:00"))) == "12 novembre 2026"
    assert said(filters.date_courte(date(2026, 11, 12))) == "jeu. 12 nov."
    assert said(filters.date_courte(date(2027, 1, 2))) == "sam. 2 janv. 2027"


def test_a_number_is_never_parted_from_its_month():
    assert f"12{NBSP}novembre" in filters.jour_long(date(2026, 11, 12))
    assert f"9{NBSP}h{NBSP}30" in filters.heure(reunion("2026-11-12T09:30"))


@pytest.mark.parametrize(("at", "words"), [("T00:00", "0 h"), ("T09:00", "9 h"), ("T08:30", "8 h 30"), ("T23:05", "23 h 05")])
def test_hours(at, words):
    assert said(filters.heure(reunion(f"2026-11-12{at}"))) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-10-29T09:00", "2026-10-29T13:00", "9 h à 13 h"),
        ("2026-10-29T20:00", "2026-10-30T02:00", "20 h à 2 h"),  # one evening, whatever the date says
        ("2026-12-31T20:00", "2027-01-01T05:59", "20 h à 5 h 59"),
        ("2026-10-29T20:00", "2026-10-30T06:00", "20 h jusqu’au vendredi 30 octobre, 6 h"),
        ("2026-10-29T09:00", "2026-10-31T13:00", "9 h jusqu’au samedi 31 octobre, 13 h"),
        ("2026-10-29T01:00", "2026-10-30T02:00", "1 h jusqu’au vendredi 30 octobre, 2 h"),  # a day and an hour
    ],
)
def test_slots(start, end, words):
    assert said(filters.creneau(reunion(start), reunion(end))) == words


def test_a_moment():
    assert said(filters.moment(reunion("2027-01-01T09:00"))) == "demain à 9 h"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (45, "45 min"), (60, "1 h"), (90, "1 h 30"), (605, "10 h 05"), (0, "0 min"),
        (timedelta(hours=1, minutes=5, seconds=59), "1 h 05"), (timedelta(days=1), "24 h"),
    ],
)  # fmt: skip
def test_durations(length, words):
    assert said(filters.duree(length)) == words


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (timedelta(seconds=59), "à l’instant"),
        (timedelta(minutes=-5), "à l’instant"),  # a clock that stepped back
        (timedelta(minutes=1), "il y a 1 min"),
        (timedelta(minutes=59), "il y a 59 min"),
        (timedelta(hours=1), "il y a 1 heure"),
        (timedelta(hours=23, minutes=59), "il y a 23 heures"),
        (timedelta(days=1), "hier"),
        (timedelta(days=2), "il y a 2 jours"),
    ],
)
def test_how_long_ago(gone, words):
    assert said(filters.depuis(clock.now() - gone)) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=25), "encore 25 min"),
        (timedelta(seconds=10), "c’est l’heure"),
        (timedelta(seconds=50), "encore 1 min"),
        (timedelta(), "c’est l’heure"),
        (timedelta(seconds=-20), "c’est l’heure"),
        (timedelta(seconds=-30), "dépasse de 1 min"),
        (timedelta(minutes=-5), "dépasse de 5 min"),
        (timedelta(hours=2, minutes=5), "encore 2 h 05"),
        (timedelta(hours=13), ""),
        (timedelta(hours=-13), ""),
    ],
)
def test_how_long_is_left(left, words):
    """Between the two hours as they are read: it is 10 h 03 (and 25 seconds), so until 11 h there are 57 minutes."""
    with clock.freeze(clock.now().replace(second=25, microsecond=0)):
        assert said(filters.rebours(clock.now() + left, "encore", "dépasse de")) == words
    assert filters.rebours(clock.now() - timedelta(minutes=2), "dans", "") == ""


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (timedelta(seconds=9), "depuis un instant"),
        (timedelta(hours=3), "depuis 3 heures"),
        (timedelta(days=1), "depuis hier"),
        (timedelta(days=2), "depuis 2 jours"),
    ],
)
def test_since_when(gone, words):
    assert said(filters.depuis_quand(clock.now() - gone)) == words


def test_yesterday_is_a_day_not_a_length():
    with clock.freeze(clock.start_of(date(2026, 11, 25)) + timedelta(hours=22)):
        assert said(filters.depuis(clock.now() - timedelta(hours=46, minutes=30))) == "il y a 2 jours"  # Monday evening
        assert filters.depuis(clock.now() - timedelta(hours=45, minutes=30)) == "hier"


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "0,00 €"), (5, "0,05 €"), (123450, "1 234,50 €"), (-123450, "−1 234,50 €"), (-5, "−0,05 €"),
        (100000000, "1 000 000,00 €"),
    ],
)  # fmt: skip
def test_amounts(cents, words):
    assert said(filters.euros(cents)) == words
    assert filters.euros(cents).endswith(f"{NBSP}€")
    assert " " not in filters.euros(cents)


def test_phones_and_places():
    assert said(filters.telephone("+262692123456")) == "0692 12 34 56"
    assert " " not in filters.telephone("+262692123456")
    assert filters.telephone("") == ""
    assert filters.tel("+262692123456") == "tel:+262692123456"
    assert filters.carte("L’Hermitage & Cie") == "https://www.openstreetmap.org/search?query=L%E2%80%99Hermitage%20%26%20Cie"
    assert filters.iso(reunion("2026-10-29T09:30")) == "2026-10-29T09:30:00+04:00"


# --- people's own text -----------------------------------------------------------------------------------------

LIVE = ("script", "img", "iframe", "svg", "style", "form", "input", "button", "object", "math", "video", "link", "meta", "base")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "\"'><svg/onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "![image](https://evil.example/pixel.png)",
        "[lien](javascript:alert(1))",
        "[lien](JaVaScRiPt:alert(1))",
        "[lien](java&#115;cript:alert(1))",
        "[lien](data:text/html;base64,PHNjcmlwdD4=)",
        "[lien](vbscript:x)",
        "[lien](ftp://evil.example) [lien](magnet:?x)",
        "<javascript:alert(1)>",
        '<div hx-post="/candidatures/1/accepter" hx-trigger="load">x</div>',
        '<a href="/" hx-get="/" data-hx-get="/" onclick="x()">x</a>',
        '[x](/x "onmouseover=alert(1)")',
        "`<script>`",
        "```html\n<script>alert(1)</script>\n```",
        "<style>*{display:none}</style>",
        "<!-- --><!DOCTYPE html><base href=//evil.example>",
        "{{ 7 * 7 }} {% raw %}",
    ],
)
def test_hostile_text_is_only_text(text):
    shown = BeautifulSoup(str(filters.markdown(text)), "html5lib").body
    assert shown
    assert shown.find_all(LIVE) == []
    for element in shown.find_all(True):
        assert set(element.attrs) <= {"href", "rel", "title"}
        assert str(element.get("href", "/")).startswith(("/", "http", "mailto:", "tel:"))
    assert "49" not in shown.get_text()


def test_a_text_keeps_its_shape():
    html = str(filters.markdown("# Titre\n\nUn *mot*,\nune **ligne**\n\n- un\n- deux\n\n[lien](https://example.org)"))
    shown = BeautifulSoup(html, "html5lib").body
    assert shown
    assert [li.get_text() for li in shown.find_all("li")] == ["un", "deux"]
    assert [shown.em.get_text(), shown.strong.get_text(), len(shown.find_all("br"))] == ["mot", "ligne", 1]
    assert shown.a.attrs == {"href": "https://example.org", "rel": ["noopener", "nofollow", "ugc"]}
    assert shown.find_all(["h1", "h2"]) == []  # the page has its own titles
    assert filters.markdown("") == filters.markdown(None) == ""


def test_what_looks_like_html_is_shown_as_it_was_typed():
    assert filters.markdown("2 <b>x</b> & 3") == "<p>2 &lt;b&gt;x&lt;/b&gt; &amp; 3</p>\n"


@pytest.mark.parametrize("text", [">" * 5000, "[" * 5000, "*" * 5000 + "a", "`" * 5000, "- " * 2500, "<" * 5000, "&" * 5000])
def test_no_text_knots_up_its_reader(text):
    assert len(str(filters.markdown(text))) < 100_000


@pytest.mark.parametrize(("rows", "words"), [(0, "0"), (1, "1"), (500, "500"), (501, "plus de 500")])
def test_a_long_list_is_counted_up_to_a_point(rows, words):
    assert filters.combien(rows) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("une compresse", "une compresse"),
        ("une compresse, puis", "une compresse…"),
        ("une compresse bien froide", "une compresse…"),
        ("anticonstitutionnellement", "anticonstituti…"),
    ],
)
def test_a_long_text_is_cut_after_a_whole_word(text, said):
    assert filters.abrege(text, 14) == said
