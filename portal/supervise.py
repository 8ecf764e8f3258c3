"""Web and worker side by side: started together, stopped together."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType
from urllib.error import URLError
from urllib.request import Request, urlopen

from portal.config import ROOT

GRACE = 10  # seconds left to a process that was asked to stop


def run(*, port: int, host: str, ready: Callable[[str], None]) -> int:
    """Run gunicorn and the worker until either dies or TERM/INT arrives; `ready(address)` is called once /sante answers.

    Returns the exit status: 0 when stopped on purpose, 1 when a process died by itself.
    """
    children = [subprocess.Popen(command, cwd=ROOT) for command in (_web(port), _worker())]
    asked_to_stop: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked_to_stop.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    address, said = f"http://127.0.0.1:{port}", False
    try:
        while not asked_to_stop and all(child.poll() is None for child in children):
            if not said and _answers(address, host):
                ready(address)
                said = True
            time.sleep(0.2)
    finally:
        _stop(children)
    return 0 if asked_to_stop else 1


def _web(port: int) -> list[str]:
    options = f"--workers 2 --threads 4 --bind 127.0.0.1:{port} --log-level warning --graceful-timeout 5"
    return [sys.executable, "-m", "gunicorn", *options.split(), "wsgi:app"]


def _worker() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "worker"]


def _answers(address: str, host: str) -> bool:
    """The portal only listens to its own name, which the loopback address is not."""
    try:
        with urlopen(Request(f"{address}/sante", headers={"Host": host}), timeout=2) as response:
            return bool(json.load(response).get("etat") == "ok")
    except (URLError, OSError, ValueError):
        return False


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
