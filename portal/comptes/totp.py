"""The codes that every authenticator application makes, as RFC 6238 has them: six digits, for thirty seconds."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

SECONDS, DIGITS = 30, 6


def new_secret() -> str:
    """As long as the HMAC's own digest; in base32, the letters that applications let one type."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """What the application shows during that step."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_at(instant: datetime) -> int:
    return int(instant.timestamp()) // SECONDS


def step_of(secret: str, typed: str, *, now: datetime, after: int) -> int | None:
    """The step of the code that was typed, later than `after`; a clock may be half a minute fast or slow."""
    present = step_at(now)
    good = [step for step in (present - 1, present, present + 1) if hmac.compare_digest(code(secret, step), typed)]
    return next((step for step in good if step > after), None)


def address(secret: str, account: str, house: str) -> str:
    """What the QR code says to the application."""
    return f"otpauth://totp/{quote(f'{house}:{account}')}?{urlencode({'secret': secret, 'issuer': house}, quote_via=quote)}"
