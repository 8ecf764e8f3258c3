"""The portal behind gunicorn, as it is run: asked over HTTP, killed, started again, short of disk."""

from __future__ import annotations

import http.client
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from portal.config import ROOT
from tests import services


class Answer(NamedTuple):
    status: int
    body: str
    headers: http.client.HTTPMessage


class Served:
    """Two processes of eight threads on one port, which stays theirs when they come back."""

    def __init__(self, processes: services.Processes, environ: Mapping[str, str]) -> None:
        self._processes, self._environ = processes, environ
        self.port = processes.free_port()
        self.start()

    def start(self) -> None:
        options = f"--workers 2 --threads 8 --bind 127.0.0.1:{self.port} --log-level critical --preload --no-control-socket"
        command = [sys.executable, "-m", "gunicorn", *options.split(), "wsgi:app"]
        self._process = self._processes.start(*command, cwd=ROOT, env=os.environ | self._environ)
        services.wait_until(self._answers, "gunicorn", 30)

    def kill(self) -> None:
        self._processes.kill(self._process)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str | None = None) -> Answer:
        """Raises OSError or HTTPException when the answer is cut."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as line:
            line.request(method, path, body, dict(headers or {}))
            answer = line.getresponse()
            return Answer(answer.status, answer.read().decode(), answer.headers)

    @contextmanager
    def without_room(self) -> Iterator[None]:
        """None of its processes can make a file larger than a page, as on a full disk."""
        pids = [self._process.pid, *self._children()]
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        yield
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def _children(self) -> list[int]:
        master = self._process.pid
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/comptes/connexion").status == 200
        except OSError:
            return False
