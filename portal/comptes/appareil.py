"""What a browser says of itself, in the few French words by which its owner knows the device."""

from __future__ import annotations

import re

DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android.*Mobile", "Téléphone Android"),
    ("Android", "Tablette Android"),
    ("Windows", "Ordinateur Windows"),
    ("Macintosh", "Ordinateur Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Ordinateur Linux"),
)
BROWSERS = (  # each says the names of those that come after it too
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg(e|A|iOS)?/", "Edge"),
    ("OPR/", "Opera"),
    ("(Firefox|FxiOS)/", "Firefox"),
    ("(Chrome|CriOS)/", "Chrome"),
    ("Safari/", "Safari"),
)


def named(agent: str) -> str:
    """ "Téléphone Android, Firefox"; what is not recognised is left out."""
    known = filter(None, (_first(DEVICES, agent), _first(BROWSERS, agent)))
    return ", ".join(known) or "Appareil inconnu"


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for sign, name in names if re.search(sign, agent)), "")
