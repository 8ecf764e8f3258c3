"""The closing report on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portal import clock, presse, reglage
from portal.filters import date_longue

LAYOUT = Path(__file__).with_name("bilan.typ")


def pdf(contenu: dict[str, Any]) -> bytes:
    """What the page says (bilan.content), as a PDF/A."""
    today = clock.today()
    made = {"maison": reglage.association(), "le": date_longue(today), "jour": [today.year, today.month, today.day]}
    return presse.pdf(LAYOUT, presse.written(contenu | made))
