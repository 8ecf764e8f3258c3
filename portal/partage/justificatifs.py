"""Receipts: known by what they hold, never by their name, and small enough to be kept ten years."""

from __future__ import annotations

import re
from typing import NamedTuple

from portal.jour_j import cliche
from portal.workflow import Refusal

HEAVIEST = 5 * 1024 * 1024  # bytes of a PDF; a picture is made smaller
HEAVIEST_OF_ALL = cliche.HEAVIEST + 64 * 1024  # what a form with a receipt may weigh
PDF, JPEG = "application/pdf", "image/jpeg"
ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia)\b")  # what a receipt has no use for
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # a sign of a PDF's name, written by its number
ENDINGS = {PDF: "pdf", JPEG: "jpg"}


class NotAReceipt(Refusal):
    status = 422
    sentence = "Ce fichier n’est ni un PDF ni une photo (JPEG, PNG, WebP) : choisis-en un autre."


class ActiveReceipt(Refusal):
    status = 422
    sentence = "Ce PDF contient un programme ou un autre fichier : imprime-le en PDF, puis envoie ce nouveau fichier."


class TooHeavy(Refusal):
    status = 413
    sentence = "Ce fichier est trop lourd : 5 Mo au plus pour un PDF, 12 Mo pour une photo."


class Recu(NamedTuple):
    mime: str
    contenu: bytes


def made(raw: bytes) -> Recu:
    """What is kept of what was sent. Raises NotAReceipt, ActiveReceipt, TooHeavy."""
    if raw.startswith(b"%PDF-"):
        return Recu(PDF, _checked(raw))
    try:
        return Recu(JPEG, cliche.develop(raw).contenu)
    except cliche.TooHeavy:
        raise TooHeavy from None
    except cliche.NotAPicture:
        raise NotAReceipt from None


def _checked(raw: bytes) -> bytes:
    if len(raw) > HEAVIEST:
        raise TooHeavy
    if b"%%EOF" not in raw[-2048:]:
        raise NotAReceipt
    if ACTIVE.search(ESCAPED.sub(lambda sign: bytes([int(sign[1], 16)]), raw)):
        raise ActiveReceipt
    return raw
