"""The codes that every authenticator application makes, as RFC 6238 has them: six digits, for thirty seconds."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

SECONDS, DIGITS = 30, 6


def new_secret() -> str:
    """In base32, the letters that applications let one type."""
    return pyotp.random_base32()


def code(secret: str, step: int) -> str:
    """What the application shows during that step."""
    return pyotp.HOTP(secret, digits=DIGITS).at(step)


def step_at(instant: datetime) -> int:
    return int(instant.timestamp()) // SECONDS


def step_of(secret: str, typed: str, *, now: datetime, after: int) -> int | None:
    """The step of the code that was typed, later than `after`; a clock may be half a minute fast or slow."""
    present = step_at(now)
    good = [step for step in (present - 1, present, present + 1) if hmac.compare_digest(code(secret, step), typed)]
    return next((step for step in good if step > after), None)


def address(secret: str, account: str, house: str) -> str:
    """What the QR code says to the application."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS).provisioning_uri(name=account, issuer_name=house)
