"""Changing what the collective sets, a page of settings at a time; trying the chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal import clock, outbox, reglage
from portal.actions.commands import check_reading
from portal.comptes.models import Personne
from portal.db import undo
from portal.notifications import queries as messages
from portal.notifications.lettres.canal import CANAL, CHAT, TRIAL
from portal.outbox import Voie
from portal.reglage import Setting
from portal.workflow import Event

essayer = Event("outbox.essayer", "Envoyer un message d’essai", "message d’essai envoyé", "send")
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


def begin_again(settings: Iterable[Setting], *, read: str, by: Personne) -> None:
    """Back to what they begin with, as `save` does; what they said stays in the journal."""
    asked = list(settings)
    reglage.hold()
    check_reading(read, sheet(asked), {setting.cle: setting.defaut for setting in asked})
    for setting in asked:
        reglage.begin_again(setting, by=by)


def take_turns() -> None:
    """One file at a time is taken over: sent twice by one tap, or by two people, the second finds it all there."""
    reglage.hold()


def only_look() -> None:
    """What a file would do is found out while the others write: thousands of lines take seconds."""
    undo()


def note_export(what: Event, lines: int, *, by: Personne) -> None:
    """Who took the journal away, or who looked at what, and how many lines of it."""
    what.tell(by, by=by, lignes=lines)


def try_the_chat(*, by: Personne) -> None:
    """Write a word to the channel of the interpôle; two taps within a minute are one word."""
    cle = f"{CHAT}:{TRIAL}:{clock.now():%Y%m%d%H%M}"
    if outbox.post(CHAT, cle, to=CANAL, par_id=by.id, voie=Voie.ROCKETCHAT, fait=TRIAL):
        essayer.tell(messages.written(cle), by=by)
