"""What the worker posts to the servers of others, at addresses that the configuration gives.

A name may lead anywhere: where it does is looked at each time, and a private network is not written to. No redirection is
followed.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Timer
from urllib.parse import urlsplit

from portal import clock
from portal.notifications.delivery import Doubtful, Final, Unreachable

TIMEOUT = 5  # seconds to reach the server, then for each of its words; twice that for all of them
READ = 2000  # bytes of an answer
AWAY = frozenset({408, 425, 429, 502, 503, 504})  # nobody is there, or not now
PRIVATE = (
    "L’adresse du webhook mène à cette machine ou à un réseau privé\u00a0: rien n’y est envoyé. S’il est bien sur le réseau "
    "de la maison, {}=on le permet"
)


@dataclass(frozen=True)
class Porte:
    """Where it is posted: its address, how it is called, whether it may be on the house's own network, what setting says so."""

    url: str
    nom: str
    private: bool
    setting: str

    def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and the beginning of the answer. Raises Final, Unreachable, or Doubtful once all was given."""
        parts = urlsplit(self.url)
        assert parts.hostname
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        line = HTTPSConnection(parts.hostname, parts.port, context=tls) if tls else HTTPConnection(parts.hostname, parts.port)
        line.auto_open = 0  # it is given a line, and opens none by itself
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        with ExitStack() as end:
            end.enter_context(closing(line))
            try:
                line.sock = reached = self._reach(parts.hostname, line.port, tls=tls)
                end.enter_context(_cut_off(reached))
                if isinstance(reached, ssl.SSLSocket):
                    reached.do_handshake()
                line.request("POST", path, body, {"Content-Type": "application/json", **headers})
            except Final:
                raise
            except (OSError, HTTPException, UnicodeError) as error:
                raise Unreachable(f"{self.nom} ne répond pas ({type(error).__name__})") from error
            try:
                with closing(line.getresponse()) as answer:
                    return answer.status, dict(answer.headers), answer.read1(READ).decode(errors="replace")
            except (OSError, HTTPException) as error:
                raise Doubtful(f"{self.nom} n’a pas dit s’il l’a pris ({type(error).__name__})") from error

    def _reach(self, host: str, port: int, *, tls: ssl.SSLContext | None) -> socket.socket:
        """A line to that host, at an address that was looked at: what its name answers a moment later changes nothing.

        Raises Final when one of its addresses is not public, unless `private`; OSError when nobody answers.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not self.private and not all(is_public(str(address[0])) for *_, address in found):
            raise Final(PRIVATE.format(self.setting))
        for family, kind, proto, _, address in found:
            line = socket.socket(family, kind, proto)
            line.settimeout(TIMEOUT)
            try:
                line.connect(address)
                return tls.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False) if tls else line
            except OSError:
                line.close()
                if address is found[-1][-1]:
                    raise
        raise OSError("no address")

    def complain(self, status: int, headers: Mapping[str, str], advice: Mapping[int, str]) -> None:
        """Raises Unreachable, OSError for what may pass, or Final with the advice; none of them repeats the answer."""
        words = f"{self.nom} a répondu {status}"
        if status in AWAY:
            away = Unreachable(f"{words}\u00a0: il ne prend rien pour l’instant")
            away.rest = rest(headers)
            raise away
        if status >= 500:
            raise OSError(words)
        known = "l’adresse du webhook renvoie ailleurs" if status // 100 == 3 else advice.get(status, advice[400])
        raise Final(f"{words}\u00a0: {known}")


@contextmanager
def _cut_off(line: socket.socket) -> Iterator[None]:
    """A server that says a byte at a time is hung up on, as one that says nothing is."""

    def cut() -> None:
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # TLS's own takes apart what is being read

    timer = Timer(2 * TIMEOUT, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def is_public(address: str) -> bool:
    """Whether an address leads to the internet at large, and to nothing of ours by a detour of IPv6."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False))


def rest(headers: Mapping[str, str]) -> float:
    """The seconds that the server asks for: Retry-After, or Rocket.Chat's own header, an instant in milliseconds; else 0."""
    given = {name.lower(): value for name, value in headers.items()}
    after, until = given.get("retry-after", ""), given.get("x-ratelimit-reset", "")
    if after.isascii() and after.isdigit():
        return float(after[:9])
    if until.isascii() and until.isdigit():
        return max(0.0, int(until[:15]) / 1000 - clock.now().timestamp())
    return 0.0
