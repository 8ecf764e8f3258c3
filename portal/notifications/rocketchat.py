"""A message leaves for the channel of the interpôle, by an incoming webhook of Rocket.Chat."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any

from portal.config import Settings
from portal.notifications.dehors import Porte
from portal.notifications.delivery import Doubtful
from portal.notifications.genres import Outdated
from portal.notifications.messages import Letter
from portal.outbox import Message, Voie

CALLS, WINDOW = 10, 60.0  # what Rocket.Chat takes from one address, in seconds, unless it is set otherwise
ADVICE = {
    400: "il n’a pas voulu du message",
    401: "l’adresse du webhook n’est pas, ou plus, la bonne",
    403: "l’adresse du webhook n’est pas, ou plus, la bonne",
    404: "l’adresse du webhook n’est pas, ou plus, la bonne",
    410: "ce webhook a été supprimé",
}


class Channel:
    """Posts messages one after the other, never more in a minute than the server takes."""

    name = "Rocket.Chat"
    voies = (Voie.ROCKETCHAT,)

    def __init__(self, settings: Settings) -> None:
        url, private = settings.rocketchat_url, settings.rocketchat_private
        self._porte = Porte(url, self.name, private, "PORTAL_ROCKETCHAT_PRIVATE") if url else None
        self._calls: deque[float] = deque(maxlen=CALLS)
        self._quiet_until = float("-inf")  # after it took a message without a word: mails do not wait for it at each turn

    @property
    def free_at(self) -> float:
        return max(self._quiet_until, self._calls[0] + WINDOW if len(self._calls) == CALLS else float("-inf"))

    def carry(self, message: Message, letter: Letter) -> None:
        """Raises Outdated when no channel is set any more, else as a Courier does. No transaction may be open."""
        if self._porte is None:
            raise Outdated
        self._calls.append(time.monotonic())
        try:
            status, headers, body = self._porte.post(json.dumps({"text": letter.texte, "parseUrls": False}).encode(), {})
        except Doubtful:
            self._quiet_until = time.monotonic() + WINDOW
            raise
        if not was_posted(status, body):
            self._porte.complain(status, headers, ADVICE)

    def hang_up(self) -> None:
        """Each message has a line of its own; without an address none will come, and nothing is asked of the table again."""
        if self._porte is None:
            self._quiet_until = float("inf")


def was_posted(status: int, body: str) -> bool:
    return status // 100 == 2 and _said(body).get("success") is not False


def _said(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
