"""A Rocket.Chat of the tests' own: one incoming webhook, with the server's real answers."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

import pytest

from tests.services import bound_socket

HOOK = "/hooks/64f0integrationid/jeton-tres-secret-42"
Answer = tuple[int, dict[str, Any], dict[str, str]]
POSTED: Answer = (200, {"success": True}, {})


class Chat:
    """Keeps what is posted. `answers` come first, one each; then every message is posted. `hangs`: it takes and never answers.

    `most`: so many calls in a minute, as the server's own limit; None is no limit.
    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._socket = bound_socket()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._socket.getsockname()[1]}{HOOK}"
        self.reset()
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                chat._take(self)

            def do_GET(self) -> None:  # where a redirection would lead
                chat.calls += 1

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.socket.close()
        self._socket.listen(16)
        self._server.socket = tls.wrap_socket(self._socket, server_side=True) if tls else self._socket
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self) -> None:
        self.texts: list[str] = []
        self.answers: list[Answer] = []
        self.calls = 0
        self.most: int | None = None
        self.hangs = False

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        self.calls += 1
        body = request.rfile.read(int(request.headers["Content-Length"]))
        while self.hangs:
            time.sleep(0.01)
        status, said, headers = self._answer(request, body)
        content = json.dumps(said).encode()
        try:
            request.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(content)
        except OSError:
            pass  # nobody waits any more

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        if self.answers:
            return self.answers.pop(0)
        if self.most is not None and self.calls > self.most:
            soon = {"X-RateLimit-Reset": str(int((time.time() + 40) * 1000))}
            return 429, {"success": False, "error": "Error, too many requests. Please slow down."}, soon
        if request.path != HOOK:
            return 400, {"success": False, "error": "Invalid integration id or token provided."}, {}
        if request.headers["Content-Type"] != "application/json":
            self.texts.append("")  # what it does: the caller hears of a success, and the message is empty
            return POSTED
        self.texts.append(json.loads(body)["text"])
        return POSTED

    def stop(self) -> None:
        self.hangs = False
        self._server.shutdown()
        self._server.server_close()


class Silent:
    """A server that takes the call and never says a word, whatever it is sent."""

    def __init__(self) -> None:
        self._socket: socket.socket = bound_socket()
        self._socket.listen(16)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}{HOOK}"
        self._taken: list[socket.socket] = []

    @property
    def calls(self) -> int:
        """How many called so far."""
        self._socket.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self._taken.append(self._socket.accept()[0])
        return len(self._taken)

    def stop(self) -> None:
        for taken in (*self._taken, self._socket):
            taken.close()


class Dripping(Silent):
    """A server that takes the call, and says yes a byte at a time, each in good time."""

    def __init__(self) -> None:
        super().__init__()
        threading.Thread(target=self._drip, daemon=True).start()

    def _drip(self) -> None:
        with suppress(OSError), closing(self._socket.accept()[0]) as taken:
            taken.recv(2**16)
            for byte in b"HTTP/1.1 100 Continue\r\n\r\n" * 5 + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
                taken.send(bytes([byte]))
                time.sleep(0.05)


@pytest.fixture(scope="module")
def server():
    chat = Chat()
    yield chat
    chat.stop()


@pytest.fixture
def chat(server, settings):
    server.reset()
    settings(rocketchat_url=server.url)
    return server
