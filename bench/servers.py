"""The portal and its witnesses under gunicorn, started as `make serve` starts the portal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from time import sleep
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from portal import supervise
from portal.config import ROOT
from tests.services import Processes, bound_socket, wait_until

TICKS = os.sysconf("SC_CLK_TCK")  # of the processor's time, a second
REST = 0.2  # seconds


class Server:
    """gunicorn running an application on a free port of its own, until the `with` of its processes ends."""

    def __init__(self, processes: Processes, app: str, environ: Mapping[str, str]) -> None:
        self._processes = processes
        self._socket = bound_socket()  # kept bound, so that no other program takes the port
        port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._command = [*supervise._web("127.0.0.1", port)[:-1], app]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
        self._environ = kept | dict(environ)
        self.start()

    def start(self) -> None:
        self._process = self._processes.start(*self._command, cwd=ROOT, env=self._environ, stdout=subprocess.DEVNULL)
        wait_until(self._answers, self._command[-1], seconds=30)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError("gunicorn s’est arrêté : son erreur est au-dessus.")
        try:
            return bool(self.ask("/")[0])
        except OSError:
            return False

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message, bytes]:
        """(status, headers, body) of one GET; redirections are not followed."""
        try:
            with _opener.open(Request(self.url + path, headers=dict(headers or {})), timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self) -> None:
        self._processes.kill(self._process)

    def restart(self) -> None:
        """Until all of its processes are there: the first one answers for the others that are coming."""
        self.stop()
        self.start()
        wait_until(lambda: len(self.cpu()) == 1 + supervise.WEB_PROCESSES, "les processus du site", seconds=30)

    def rest(self) -> None:
        """Wait until its processes stop working: one of them may still wait for the disk."""

        def works_no_more() -> bool:
            before = sum(self.cpu())
            sleep(REST)
            return sum(self.cpu()) <= before + 1 / TICKS

        wait_until(works_no_more, "le repos du site", seconds=30)

    def cpu(self) -> list[float]:
        """Seconds of processor that the master and each of its workers have used since they started."""
        pid = self._process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [_ticks(process) / TICKS for process in (str(pid), *workers)]


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_more: object) -> None:
        """A 303 is an answer."""


_opener = build_opener(_NoRedirect)


def _ticks(pid: str) -> int:
    """utime + stime, the 14th and 15th fields; the second one is a name that may hold blanks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
