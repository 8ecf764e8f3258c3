"""Changing what the collective sets, a page of settings at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal import reglage
from portal.actions.commands import check_reading
from portal.comptes.models import Personne
from portal.reglage import Setting
from portal.workflow import Event

exporter = Event("journal.exporter", "Télécharger le journal", "téléchargé en tableur", "download")


def sheet(settings: Iterable[Setting]) -> dict[str, Any]:
    """What these settings are, by key."""
    return {setting.cle: setting.valeur for setting in settings}


def save(settings: Iterable[Setting], typed: Mapping[str, Any], *, read: str, by: Personne) -> None:
    """Set them all; `read` is `reading` of their sheet when the form was shown. Raises Conflict."""
    asked = list(settings)
    reglage.hold()
    check_reading(read, sheet(asked), typed)
    for setting in asked:
        reglage.change(setting, typed[setting.cle], by=by)


def note_export(lines: int, *, by: Personne) -> None:
    """Who took the journal away, and how many lines of it."""
    exporter.tell(by, by=by, lignes=lines)
