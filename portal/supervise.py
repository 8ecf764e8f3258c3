"""Web and worker side by side: started together, stopped together."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from urllib.error import URLError
from urllib.request import Request, urlopen

from portal.config import ROOT

WEB_PROCESSES, THREADS = 4, 2  # a page shares its processor's time with few: while 200 screens ask, it waits half as much
GRACE = 10  # seconds left to a process that was asked to stop
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def try_port(listen: str, port: int) -> None:
    """Raises OSError when nothing can listen there; better known before anything is started."""
    socket.create_server((listen, port)).close()


def answers(address: str, host: str) -> bool:
    """The portal only listens to its own name, which the loopback address is not."""
    try:
        with urlopen(Request(f"{address}/sante", headers={"Host": host}), timeout=2) as response:
            return bool(json.load(response).get("etat") == "ok")
    except (URLError, OSError, ValueError):
        return False


def run(*, listen: str, port: int, host: str, measured: bool, ready: Callable[[str], None]) -> str:
    """Run gunicorn and the worker until one dies or a signal arrives, and meanwhile what serves the measures when it is
    `measured`; `ready(address)` is called once /sante answers.

    Returns how a process ended that died by itself, in a sentence; nothing when they were stopped on purpose.
    """
    asked_to_stop = _heed()
    children = {"Le site": _start(_web(listen, port)), "Le facteur": _start(_ours("worker"))}
    beside = [_start(_ours("metrics"))] if measured else []  # were it to die, whoever measures sees it, and visitors do not
    address, said = f"http://{listen}:{port}", False
    try:
        while not asked_to_stop:
            for name, child in children.items():
                if (status := child.poll()) is not None:
                    return _last_words(name, status)
            if not said and answers(address, host):
                ready(address)
                said = True
            time.sleep(0.2)
    finally:
        _stop([*children.values(), *beside])
    return ""


def _heed() -> list[int]:
    """The signals that ask to stop, as they come: a closed terminal too, unless nohup says to go on without it."""
    asked: list[int] = []
    heard = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    for number in heard:
        signal.signal(number, lambda number, _frame: asked.append(number))
    return asked


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """In a session of its own: the terminal's signals come to the supervisor alone, which passes them on."""
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=_stop_with_parent)


def _stop_with_parent() -> None:
    """Run in the child: no kill of the supervisor, however brutal, leaves it behind."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _last_words(name: str, status: int) -> str:
    how = f"code {status}" if status >= 0 else f"signal {-status}"
    return f"{name} s’est arrêté de lui-même ({how})\u00a0: tout s’arrête."


def _web(listen: str, port: int) -> list[str]:
    options = (
        f"--workers {WEB_PROCESSES} --threads {THREADS} --bind {listen}:{port} --log-level warning --graceful-timeout 5 "
        "--preload "  # the code is read once for all of them, which start and weigh so much less
        "--no-control-socket"  # it would be in the home folder, which may be read-only, or shared by two portals
    )
    return [sys.executable, "-m", "gunicorn", *options.split(), "wsgi:app"]


def _ours(command: str) -> list[str]:
    return [sys.executable, "-m", "portal", command]


def _stop(children: Collection[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
