"""What happens to actions and missions is posted to one other program: signed, and under an id by which it is taken once."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterable
from hashlib import sha256

from portal.config import Settings
from portal.notifications.dehors import Porte
from portal.notifications.delivery import Doubtful
from portal.notifications.genres import Outdated
from portal.notifications.messages import Letter
from portal.outbox import Message, Voie

ADVICE = {400: "il n’en a pas voulu"}


class Hook:
    """Posts one after the other, each until it is taken."""

    name = "Le webhook"
    voies = (Voie.WEBHOOK,)

    def __init__(self, settings: Settings) -> None:
        url, private = settings.webhook_url, settings.webhook_private
        self._porte = Porte(url, self.name, private, "PORTAL_WEBHOOK_PRIVATE") if url else None
        self._secrets = settings.webhook_secrets
        self.free_at = float("-inf")

    def carry(self, message: Message, letter: Letter) -> None:
        """Raises Outdated when no address is set any more, else as a Courier does. No transaction may be open."""
        if self._porte is None:
            raise Outdated
        stamp, body = str(int(time.time())), letter.texte.encode()
        headers = {"Portail-Id": message.faits["id"], "Portail-Instant": stamp}
        headers["Portail-Signature"] = ", ".join(signatures(self._secrets, stamp, body))
        try:
            status, said, _ = self._porte.post(body, headers)
        except Doubtful as doubt:  # a second one is known by its id
            raise OSError(str(doubt)) from doubt
        if status // 100 != 2:
            self._porte.complain(status, said, ADVICE)

    def hang_up(self) -> None:
        """Without an address none will come, and nothing is asked of the table again."""
        if self._porte is None:
            self.free_at = float("inf")


def signatures(secrets: Iterable[str], stamp: str, body: bytes) -> list[str]:
    """One for each secret, so that the other program changes its own when it likes."""
    return [hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest() for secret in secrets]
