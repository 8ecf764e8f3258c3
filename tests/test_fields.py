"""What people type is understood as they meant it, or refused with a word that helps; never a crash."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms.validators import InputRequired

from portal import clock, fields
from portal.fields import (
    Day,
    Email,
    Euros,
    Form,
    Hour,
    Hundredths,
    Line,
    LocalDateTime,
    Phone,
    Whole,
    Words,
    address_key,
    clean,
    name_key,
    one_line,
)
from portal.lettres import MOST_MARKS
from portal.security import _account_key
from portal.territoire import TERRITOIRES


class Everything(Form):
    line = Line("Une ligne")
    words = Words("Des mots")
    email = Email("Adresse")
    phone = Phone("Téléphone")
    at = LocalDateTime("Quand")
    day = Day("Jour")
    hour = Hour("Heure")
    whole = Whole("Combien", least=1, most=500)
    euros = Euros("Montant")

    part = Hundredths("Part", most=100_00)


NAMES = ("line", "words", "email", "phone", "at", "day", "hour", "whole", "euros", "part")


@pytest.fixture(autouse=True)
def request_of(app):
    """Forms are read inside a request."""
    with app.test_request_context(method="POST"):
        yield


def typed(name: str, text: str) -> Any:
    """The field once that text was sent in it."""
    form = Everything(MultiDict({name: text}), meta={"csrf": False})
    form.validate()
    return form[name]


def accepted(name: str, text: str) -> Any:
    field = typed(name, text)
    assert field.errors in ([], ()), f"{text!r}: {field.errors}"
    return field.data


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Résidence « Les voix » : et après ?", "Résidence «\u00a0Les voix\u00a0»\u00a0: et après\u00a0?"),
        ("Bal  !", "Bal\u00a0!"),
        ("À 9 h: café?", "À 9 h: café?"),
    ],
)
def test_a_line_never_breaks_before_its_signs(text, kept):
    assert accepted("line", text) == kept
    assert accepted("line", kept) == kept


def refused(name: str, text: str) -> str:
    """The sentence that refuses it; what was typed is still shown."""
    field = typed(name, text)
    assert field.errors, f"{text!r} gives {field.data!r}"
    assert field._value() == fields.one_line(text)
    return str(field.errors[0])


# --- text ------------------------------------------------------------------------------------------------------


def test_text_is_cleaned_of_what_is_not_seen():
    assert accepted("line", "  Zoé\t\x00 \u202eHoarau\u200b\ud800 \ufeff") == "Zoé Hoarau"
    assert accepted("words", " un\r\n\x0bdeux\rtrois\x00\u2066 ") == "un\ndeux\ntrois"


def test_both_ways_of_writing_an_accent_are_one():
    assert accepted("line", "Zoe\u0301") == accepted("words", "Zo\u00e9") == "Zoé"


def test_what_is_not_sent_is_empty():
    form = Everything(MultiDict(), meta={"csrf": False})
    assert form.validate()
    assert [form[name].data for name in NAMES] == ["", "", "", "", None, None, None, None, None, None]
    assert [accepted(name, " ") for name in NAMES] == ["", "", "", "", None, None, None, None, None, None]


@given(st.text(max_size=50))
def test_no_text_whatever_makes_a_field_fall_over(text):
    for name in NAMES:
        field = typed(name, text)
        assert isinstance(field._value(), str)
    assert not re.search(r"[\x00\u202e\ud800-\udfff]", typed("words", text).data)


@pytest.mark.parametrize("text", ["Éloïse  ÇELIK", "eloise celik", "E\u0301LOI\u0308SE C\u0327elik "])
def test_names_are_compared_without_accents_or_case(text):
    assert fields.name_key(text) == "eloise celik"


# --- e-mail ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A.b+x@Gmail.com", "a.b+x@gmail.com"),
        (" awa@example.org ", "awa@example.org"),
        ("ａ.b@gmail.com", "a.b@gmail.com"),
        ("zoe\u0301@example.org", "zo\u00e9@example.org"),
        ("awa@\u200bexample.org", "awa@example.org"),
    ],
)
def test_an_address_is_kept_as_typed_and_compared_by_its_key(text, key):
    address = accepted("email", text)
    assert address == fields.one_line(text)
    assert fields.address_key(address) == key


@pytest.mark.parametrize(
    "text",
    ["awa", "awa@", "@example.org", "awa@example", "a@b@example.org", "awa@[127.0.0.1]", "a b@example.org", "awa@exam_ple.org",
     "<awa@example.org>", "awa@example..org", f"{'a' * 300}@example.org", "x" * 10_000, "a@" + "b." * 5000, "awa@xn--.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    assert "prenom@exemple.re" in refused("email", text) or "trop longue" in refused("email", text)


def test_a_second_line_never_reaches_an_address():
    assert refused("email", "awa@example.org\r\nBcc: tous@example.org")


# --- phone -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0692 12 34 56", "+262692123456"),
        ("0692.12.34.56", "+262692123456"),
        ("0693123456", "+262693123456"),
        ("0262 45 12 34", "+262262451234"),
        ("+262 692 12 34 56", "+262692123456"),
        ("00262692123456", "+262692123456"),
        ("+262 (0) 692 12 34 56", "+262692123456"),
        ("06 12 34 56 78", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("+230 5251 2345", "+23052512345"),  # the neighbours, with their +
        ("０６９２１２３４５６", "+262692123456"),
    ],
)
def test_a_number_is_understood_however_it_is_typed(text, number):
    assert accepted("phone", text) == number


@pytest.mark.parametrize("text", ["+33692123456", "0033 692 12 34 56", "+33 0692 12 34 56", "33692123456"])
def test_a_reunion_number_with_the_prefix_of_france_gets_an_advice(text):
    assert refused("phone", text) == "Ce numéro est de La Réunion\u00a0: il s’écrit +262 692123456, ou simplement 0692123456."


@pytest.fixture
def elsewhere():
    """A call that puts the house in another territory, for this test."""
    yield lambda code: clock.stand_in(TERRITOIRES[code])
    clock.stand_in(TERRITOIRES["RE"])


@pytest.mark.parametrize(
    ("code", "text", "number", "shown"),
    [
        ("GP", "0690 00 12 34", "+590690001234", "0690 00 12 34"),
        ("MQ", "0696 20 12 34", "+596696201234", "0696 20 12 34"),
        ("GF", "0694 20 12 34", "+594694201234", "0694 20 12 34"),
        ("YT", "0639 01 23 45", "+262639012345", "0639 01 23 45"),
        ("FX", "06 12 34 56 78", "+33612345678", "06 12 34 56 78"),
        ("GP", "06 12 34 56 78", "+33612345678", "06 12 34 56 78"),
    ],
)
def test_a_number_is_first_one_of_the_place(elsewhere, code, text, number, shown):
    elsewhere(code)
    assert accepted("phone", text) == number
    assert fields.local_phone(number) == shown
    assert shown[:2] in refused("phone", "12")


@pytest.mark.parametrize("text", ["12", "0692 12 34", "06921234567", "bonjour", "+", "0" * 10_000, "+999 1234", "0692 1234 5x"])
def test_what_is_no_number_is_refused(text):
    assert "0692 12 34 56 ou 06 12 34 56 78" in refused("phone", text)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+262692123456", "0692 12 34 56"), ("+262262451234", "0262 45 12 34"), ("+33612345678", "06 12 34 56 78"),
     ("+23052512345", "+230 5251 2345"), ("", "")],
)  # fmt: skip
def test_a_number_is_shown_as_people_here_read_it(number, shown):
    assert fields.local_phone(number) == shown


# --- days and hours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2026-10-29T09:30", "2026-10-29T09:30:00", "2026-10-29 09:30", "29/10/2026 09:30", "29/10/2026 9h30", " 29/10/2026  9h30"],
)
def test_an_hour_is_that_of_la_reunion(text):
    assert accepted("at", text) == datetime(2026, 10, 29, 5, 30, tzinfo=UTC)


def test_an_instant_is_shown_as_the_clock_on_the_wall():
    form = Everything(formdata=None, data={"at": datetime(2026, 12, 31, 20, tzinfo=UTC)}, meta={"csrf": False})
    assert form.at._value() == "2027-01-01T00:00"


@pytest.mark.parametrize(
    "text", ["demain", "2026-02-30T09:00", "29/10/26 9h", "1999-12-31T23:00", "2101-01-01T00:00", "9h30", "0" * 10_000]
)
def test_what_is_no_hour_is_refused(text):
    assert refused("at", text) == "Cette date n’est pas comprise\u00a0: par exemple 29/10/2026 9h30."


@pytest.mark.parametrize("text", ["2026-10-29", "29/10/2026", " 29/10/2026 "])
def test_a_day_as_browsers_and_people_write_it(text):
    assert accepted("day", text) == date(2026, 10, 29)


def test_a_day_starts_at_midnight_at_la_reunion():
    assert typed("day", "2026-10-29").start() == datetime(2026, 10, 28, 20, tzinfo=UTC)
    assert typed("day", "").start() is None
    assert fields.combine(date(2026, 10, 29), time(9)) == datetime(2026, 10, 29, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["demain", "2026-02-30", "30/02/2026", "0" * 10_000])
def test_what_is_no_day_is_refused(text):
    assert refused("day", text) == "Cette date n’est pas comprise\u00a0: par exemple 29/10/2026."


@pytest.mark.parametrize("text", ["1999-12-31", "01/01/1999", "2101-01-01"])
def test_a_day_of_another_century_is_understood_and_refused(text):
    assert refused("day", text) == "Cette année est loin\u00a0: une date entre 2000 et 2100 est attendue."


@pytest.mark.parametrize("text", ["9:30", "09:30", "09:30:00", "9h30", "9 h 30", "9\u00a0H\u00a030"])
def test_an_hour_as_browsers_and_people_write_it(text):
    assert accepted("hour", text) == time(9, 30)
    assert accepted("hour", "9 h") == time(9)


@pytest.mark.parametrize("text", ["midi", "25:00", "9h60", "-1h", "0" * 10_000])
def test_what_is_no_hour_of_a_day_is_refused(text):
    assert refused("hour", text) == "Cette heure n’est pas comprise\u00a0: par exemple 9h30."


# --- numbers and amounts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("500", 500), (" 042 ", 42), ("", None)])
def test_whole_numbers(text, number):
    assert accepted("whole", text) == number


@pytest.mark.parametrize(
    "text", ["0", "501", "-1", "+1", "1_000", "１２", "١٢", "9" * 40, "1.0", "1,5", "1e2", "douze", "NaN", "0x10", "1 2", "²"]
)
def test_what_is_no_whole_number_of_ours_is_refused(text):
    assert refused("whole", text) == "Un nombre entier entre 1 et 500 est attendu."


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("12,50", 1250), ("12.5", 1250), ("12", 1200), ("1 234,50", 123450), ("1\u202f234,50\u00a0€", 123450), ("0,1", 10),
        ("-12,50", -1250), ("-0", 0), ("999999999,99", 99999999999), ("", None),
    ],
)  # fmt: skip
def test_an_amount_typed_the_french_way(text, cents):
    assert accepted("euros", text) == cents


@pytest.mark.parametrize(
    "text",
    ["NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e2", "1_000", "１２", "1.234,50", "9" * 40, "un", "--1", ","],
)
def test_what_is_no_amount_is_refused(text):
    assert refused("euros", text) == "Ce montant n’est pas compris\u00a0: par exemple 1 234,50."


@pytest.mark.parametrize(("name", "text"), [("euros", "12,505"), ("euros", "-0,001"), ("part", "33,333"), ("part", "8.555 %")])
def test_a_third_decimal_is_said_to_be_one_too_many(name, text):
    assert refused(name, text) == "Deux chiffres après la virgule, au plus."


@pytest.mark.parametrize(("text", "hundredths"), [("7,5", 750), ("8.55 %", 855), ("0", 0), ("1\u202f00", 10000), ("", None)])
def test_a_number_with_its_decimals(text, hundredths):
    assert accepted("part", text) == hundredths


@pytest.mark.parametrize("text", ["-3", "100,01", "150"])
def test_a_number_out_of_bounds_is_told_them(text):
    assert refused("part", text) == "Un nombre entre 0 et 100 est attendu."


class Wanted(Form):
    part = Hundredths("Part", [InputRequired("Écris combien.")])
    euros = Euros("Montant", [InputRequired("Écris combien.")])
    whole = Whole("Combien", [InputRequired("Écris combien.")])
    day = Day("Jour", [InputRequired("Écris combien.")])
    hour = Hour("Heure", [InputRequired("Écris combien.")])
    at = LocalDateTime("Quand", [InputRequired("Écris combien.")])


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\u202f"])
def test_what_is_required_is_asked_for_whatever_blanks_were_typed(text):
    form = Wanted(MultiDict(dict.fromkeys(("part", "euros", "whole", "day", "hour", "at"), text)), meta={"csrf": False})
    assert not form.validate()
    assert {tuple(errors) for errors in form.errors.values()} == {("Écris combien.",)}
    assert len(form.errors) == 6


@pytest.mark.parametrize(("name", "text"), [("part", "%"), ("euros", "€"), ("euros", " € ")])
def test_a_sign_alone_is_nothing(name, text):
    form = Wanted(MultiDict({name: text}), meta={"csrf": False})
    assert not form.validate()
    assert form[name].errors == ["Écris combien."]


@pytest.mark.parametrize(("name", "text"), [("part", "7 €"), ("part", "abc"), ("part", "--3"), ("euros", "5 %")])
def test_another_sign_is_not_understood(name, text):
    assert "n’est pas compris" in refused(name, text)


@given(st.integers(-99_999_999_999, 99_999_999_999))
def test_an_amount_shown_in_a_form_is_the_amount_read_back(cents):
    assert accepted("euros", fields.euros_typed(cents)) == cents


# --- letters and their marks -----------------------------------------------------------------------------------

MARKED = "a" + "\u0301\u0327" * 100_000  # to put these in order takes a minute of all the processor


@pytest.mark.parametrize("read", [clean, one_line, name_key, address_key, _account_key])
def test_no_letter_bears_more_marks_than_people_write(read):
    assert len(read(MARKED)) <= 1 + MOST_MARKS


# What is no mark by itself, and comes apart into some.
@pytest.mark.parametrize("letter", ["\u0f73", "\u0f75", "\u0f81", "\uff9e", "\uff9f"])
@pytest.mark.parametrize("read", [clean, name_key, address_key])
def test_nor_more_letters_that_come_apart_into_marks(read, letter):
    assert len(read("a" + "\u0301" + letter * 10_000)) <= 1 + 2 * MOST_MARKS


@pytest.mark.parametrize("read", [clean, one_line, name_key])
def test_nor_once_what_cannot_be_seen_between_them_is_gone(read):
    assert len(read("\u200b".join(MARKED[n : n + 9] for n in range(0, len(MARKED), 9)))) <= 1 + MOST_MARKS


def test_marks_that_people_write_are_kept():
    assert clean("Tiê\u0301ng Viê\u0323t") == "Tiếng Việt"
