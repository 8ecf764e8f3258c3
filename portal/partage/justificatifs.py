"""Receipts: known by what they hold, never by their name, and small enough to be kept ten years."""

from __future__ import annotations

import re
from typing import NamedTuple

from portal.jour_j import cliche
from portal.workflow import Refusal

HEAVIEST = 5 * 1024 * 1024  # bytes of a PDF; a picture is made smaller
HEAVIEST_PICTURE = cliche.HEAVIEST
HEAVIEST_OF_ALL = HEAVIEST_PICTURE + 64 * 1024  # what a form with a receipt may weigh
LIMITS = f"{HEAVIEST >> 20}\u00a0Mo au plus pour un PDF, {HEAVIEST_PICTURE >> 20}\u00a0Mo pour une photo"
PDF, JPEG = "application/pdf", "image/jpeg"
ENDINGS = {PDF: "pdf", JPEG: "jpg"}


def _spelled(name: bytes) -> bytes:
    """A PDF's name, each of its signs possibly written by its number: one look, since undoing them first takes seconds."""
    return b"".join(b"(?:%c|(?i:#%02x))" % (sign, sign) for sign in name)


ACTIVE = re.compile(  # what a receipt has no use for
    rb"/(?:%s)\b" % b"|".join(_spelled(name) for name in (b"JavaScript", b"Launch", b"EmbeddedFile", b"RichMedia"))
)


class NotAReceipt(Refusal):
    status = 422
    sentence = "Ce fichier n’est ni un PDF ni une photo (JPEG, PNG, WebP)\u00a0: choisis-en un autre."


class ActiveReceipt(Refusal):
    status = 422
    sentence = "Ce PDF contient un programme ou un autre fichier\u00a0: imprime-le en PDF, puis envoie ce nouveau fichier."


class TooHeavy(Refusal):
    status = 413
    sentence = f"Ce fichier est trop lourd\u00a0: {LIMITS}."


class Recu(NamedTuple):
    mime: str
    contenu: bytes


def made(raw: bytes) -> Recu:
    """What is kept of what was sent. Raises NotAReceipt, ActiveReceipt, TooHeavy, cliche.TooHeavy."""
    if raw.startswith(b"%PDF-"):
        return Recu(PDF, _checked(raw))
    try:
        return Recu(JPEG, cliche.develop(raw).contenu)
    except cliche.NotAPicture:
        raise NotAReceipt from None


def _checked(raw: bytes) -> bytes:
    if len(raw) > HEAVIEST:
        raise TooHeavy
    if b"%%EOF" not in raw[-2048:]:
        raise NotAReceipt
    if ACTIVE.search(raw):
        raise ActiveReceipt
    return raw
