"""The codes that every application makes: RFC 6238's own examples, and how far a clock may be."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from portal.comptes import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 12, 20, 9, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("second", "shown"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_the_examples_of_the_rfc(second, shown):
    assert totp.code(SECRET, second // 30) == shown


@pytest.mark.parametrize(("away", "known"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_half_a_minute_away(away, known):
    typed = totp.code(SECRET, totp.step_at(NOW + timedelta(seconds=away)))
    assert (totp.step_of(SECRET, typed, now=NOW, after=0) is not None) == known


def test_no_step_serves_again_nor_one_before_it():
    step = totp.step_at(NOW)
    assert totp.step_of(SECRET, totp.code(SECRET, step), now=NOW, after=step) is None
    assert totp.step_of(SECRET, totp.code(SECRET, step - 1), now=NOW, after=step) is None
    assert totp.step_of(SECRET, totp.code(SECRET, step + 1), now=NOW, after=step) == step + 1


def test_each_secret_is_another():
    made = {totp.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b32decode(secret)) for secret in made} == {20}


def test_the_address_says_who_and_what():
    address = urlsplit(totp.address(SECRET, "awa@example.org", "La Raffinerie"))
    assert (address.scheme, address.netloc, unquote(address.path)) == ("otpauth", "totp", "/La Raffinerie:awa@example.org")
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": ["La Raffinerie"]}
    assert "+" not in address.query  # which some applications read as a plus
