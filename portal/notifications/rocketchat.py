"""A message leaves for the channel of the interpôle, by an incoming webhook of Rocket.Chat.

The webhook's name may lead anywhere: where it does is looked at each time, and a private network is not written to.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from portal import clock
from portal.config import Settings
from portal.notifications.delivery import Doubtful, Final, Unreachable
from portal.notifications.genres import Outdated
from portal.notifications.messages import Letter
from portal.outbox import Message, Voie

TIMEOUT = 5  # seconds for each exchange with the server
CALLS, WINDOW = 10, 60.0  # what Rocket.Chat takes from one address, in seconds, unless it is set otherwise
READ = 2000  # bytes of an answer
AWAY = frozenset({408, 425, 429, 502, 503, 504})  # nobody is there, or not now
ADVICE = {
    400: "il n’a pas voulu du message",
    401: "l’adresse du webhook n’est pas, ou plus, la bonne",
    403: "l’adresse du webhook n’est pas, ou plus, la bonne",
    404: "l’adresse du webhook n’est pas, ou plus, la bonne",
    410: "ce webhook a été supprimé",
}
PRIVATE = (
    "L’adresse du webhook mène à cette machine ou à un réseau privé\u00a0: rien n’y est envoyé. Si le chat est bien sur le "
    "réseau de la maison, PORTAL_ROCKETCHAT_PRIVATE=on le permet"
)


class Channel:
    """Posts messages one after the other, never more in a minute than the server takes. Follows no redirection."""

    name = "Rocket.Chat"
    voies = (Voie.ROCKETCHAT,)

    def __init__(self, settings: Settings) -> None:
        self._url, self._private = settings.rocketchat_url, settings.rocketchat_private
        self._calls: deque[float] = deque(maxlen=CALLS)
        self._quiet_until = float("-inf")  # after it took a message without a word: mails do not wait for it at each turn

    @property
    def free_at(self) -> float:
        return max(self._quiet_until, self._calls[0] + WINDOW if len(self._calls) == CALLS else float("-inf"))

    def carry(self, message: Message, letter: Letter) -> None:
        """Raises Outdated when no channel is set any more, else as a Courier does. No transaction may be open."""
        if self._url is None:
            raise Outdated
        self._calls.append(time.monotonic())
        try:
            judge(*_post(self._url, {"text": letter.texte, "parseUrls": False}, private=self._private))
        except Doubtful:
            self._quiet_until = time.monotonic() + WINDOW
            raise

    def hang_up(self) -> None:
        """Each message has a line of its own; without an address none will come, and nothing is asked of the table again."""
        if self._url is None:
            self._quiet_until = float("inf")


def _post(url: str, body: dict[str, Any], *, private: bool) -> tuple[int, Mapping[str, str], str]:
    """Status, headers and the beginning of the answer. Raises Final, Unreachable, or Doubtful once all was given.

    Without its content type, Rocket.Chat would post an empty message.
    """
    parts = urlsplit(url)
    assert parts.hostname
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    line = HTTPSConnection(parts.hostname, parts.port, context=tls) if tls else HTTPConnection(parts.hostname, parts.port)
    line.auto_open = 0  # it is given a line, and opens none by itself
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with closing(line):
        try:
            line.sock = _reach(parts.hostname, line.port, tls=tls, private=private)
            line.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        except Final:
            raise
        except (OSError, HTTPException, UnicodeError) as error:
            raise Unreachable(f"Rocket.Chat ne répond pas ({type(error).__name__})") from error
        try:
            with closing(line.getresponse()) as answer:
                return answer.status, dict(answer.headers), answer.read1(READ).decode(errors="replace")
        except (OSError, HTTPException) as error:
            raise Doubtful(f"Rocket.Chat n’a pas dit s’il l’a pris ({type(error).__name__})") from error


def _reach(host: str, port: int, *, tls: ssl.SSLContext | None, private: bool) -> socket.socket:
    """A line to that host, at an address that was looked at: what its name answers a moment later changes nothing.

    Raises Final when one of its addresses is not public, unless `private`; OSError when nobody answers.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not private and not all(is_public(str(address[0])) for *_, address in found):
        raise Final(PRIVATE)
    for family, kind, proto, _, address in found:
        line = socket.socket(family, kind, proto)
        line.settimeout(TIMEOUT)
        try:
            line.connect(address)
            return tls.wrap_socket(line, server_hostname=host) if tls else line
        except OSError:
            line.close()
            if address is found[-1][-1]:
                raise
    raise OSError("no address")


def is_public(address: str) -> bool:
    """Whether an address leads to the internet at large, and to nothing of ours by a detour of IPv6."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False))


def judge(status: int, headers: Mapping[str, str], body: str) -> None:
    """Nothing when it was posted; raises Unreachable, Final, or OSError for what may pass, none of which repeats the answer."""
    if status // 100 == 2 and _said(body).get("success") is not False:
        return
    words = f"Rocket.Chat a répondu {status}"
    if status in AWAY:
        away = Unreachable(f"{words} : il ne prend rien pour l’instant")
        away.rest = _rest(headers)
        raise away
    if status >= 500:
        raise OSError(words)
    advice = "l’adresse du webhook renvoie ailleurs" if status // 100 == 3 else ADVICE.get(status, ADVICE[400])
    raise Final(f"{words} : {advice}")


def _said(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _rest(headers: Mapping[str, str]) -> float:
    """The seconds that the server asks for: Retry-After, or Rocket.Chat's own header, an instant in milliseconds; else 0."""
    given = {name.lower(): value for name, value in headers.items()}
    after, until = given.get("retry-after", ""), given.get("x-ratelimit-reset", "")
    if after.isascii() and after.isdigit():
        return float(after[:9])
    if until.isascii() and until.isdigit():
        return max(0.0, int(until[:15]) / 1000 - clock.now().timestamp())
    return 0.0
