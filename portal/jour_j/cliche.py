"""A picture made anew from what a phone sent: read as an image or refused, put upright, made smaller, bare of all the rest."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from portal.workflow import Refusal

HEAVIEST = 12 * 1024 * 1024  # bytes
MOST_PIXELS = 50_000_000  # a phone of now takes that many
MOST_WHOLE = 16_000_000  # of what is only read whole, of which two kilobytes may fill the memory
MOST_SCANS = 64  # of a progressive JPEG, each of which is read over the whole picture; an ordinary one has ten
SIDE = 1600  # pixels: enough to read a label, and light on a poor network
READ = ("JPEG", "PNG", "WEBP")
_one_at_a_time = Lock()  # in this process: each fills its memory for a moment


class NotAPicture(Refusal):
    status = 422
    sentence = "Ce fichier n’est pas une photo que le portail sait lire\u00a0: JPEG, PNG ou WebP."


class TooHeavy(Refusal):
    status = 413
    sentence = (
        "Cette photo est trop lourde\u00a0: 12\u00a0Mo et 50 millions de points au plus, 16 en PNG, WebP ou JPEG progressif."
    )


@dataclass(frozen=True)
class Cliche:
    """A JPEG of `SIDE` pixels at most."""

    contenu: bytes
    largeur: int
    hauteur: int


def develop(raw: bytes) -> Cliche:
    """The same picture and nothing else that the file held: no place, no date, no script. Raises NotAPicture or TooHeavy."""
    from PIL import Image

    if len(raw) > HEAVIEST:
        raise TooHeavy
    try:
        with _one_at_a_time:
            return _made_anew(raw)
    except Image.DecompressionBombError:
        raise TooHeavy from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError, struct.error):
        raise NotAPicture from None  # whatever a broken file makes Pillow stumble on


def _made_anew(raw: bytes) -> Cliche:
    from PIL import Image, ImageOps

    with Image.open(BytesIO(raw), formats=READ) as image:
        by_parts = image.format == "JPEG" and not image.info.get("progressive")
        if image.width * image.height > (MOST_PIXELS if by_parts else MOST_WHOLE):
            raise TooHeavy
        if image.format == "JPEG" and raw.count(b"\xff\xda") > MOST_SCANS:
            raise TooHeavy
        image.draft("RGB", (SIDE, SIDE))  # a JPEG is then read smaller, hence never whole in memory
        image.thumbnail((SIDE, SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright)
    out = BytesIO()
    clean.save(out, "JPEG", quality=80, optimize=True, progressive=True)
    return Cliche(out.getvalue(), *clean.size)
