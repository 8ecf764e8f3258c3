"""What a portal takes of its machine: memory at rest and once it has worked, disk of an empty house and of an action."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

from flask_migrate import upgrade
from sqlalchemy import func, select, text

from bench.house import Site
from bench.results import Result
from portal import create_app, demo
from portal.actions.models import Action
from portal.config import ROOT
from portal.db import commit, db
from portal.supervise import WEB_PROCESSES, answers
from tests.services import bound_socket, wait_until

KILO, MEGA = 1024, 1024**2
VISITED = ("/", "/missions/", "/actions/agenda", "/actions/solliciter", "/comptes/connexion")
VISITS = 40  # of each: every process of the site has answered


def place(site: Site) -> Iterator[Result]:
    """Of the demo, whose actions come with their messages, their papers and their journal."""
    environ = {"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(site.new_folder()), "PORTAL_RATE_LIMITS": "off"}
    empty, full, actions = _filled(environ)
    yield Result("disque d’une base neuve", empty / MEGA, unit="Mo")
    yield Result("disque d’une action", (full - empty) / actions / KILO, unit="ko", detail=f"{actions} de la démonstration")
    with closing(bound_socket()) as free:
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "portal", "run")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
    process = site.processes.start(*command, cwd=ROOT, env=kept | environ | {"PORT": str(port)}, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(address, f"127.0.0.1:{port}"), "portal run", seconds=30)
    whole = WEB_PROCESSES + 3  # the one that watches, the one that sends, and the father of those that serve
    wait_until(lambda: len(_family(process.pid)) == whole, "portal run", seconds=30)
    family = _family(process.pid)
    yield Result("mémoire au repos", _memory(family) / KILO, unit="Mo", detail=f"{len(family)} processus")
    for path in VISITED * VISITS:
        with urlopen(f"{address}{path}") as answer:
            answer.read()
    yield Result("mémoire après 200 pages", _memory(family) / KILO, unit="Mo")


def _filled(environ: dict[str, str]) -> tuple[int, int, int]:
    """(bytes of the empty database, bytes of the demo's, its actions)."""
    with create_app(environ).app_context():
        upgrade(directory=str(ROOT / "migrations"))
        empty = _bytes()
        demo.load()
        commit()
        found = empty, _bytes(), db.session.scalar(select(func.count(Action.id))) or 0
        db.session.remove()
        db.engine.dispose()
    return found


def _bytes() -> int:
    return int(db.session.scalar(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in _family(int(child)))]


def _memory(pids: list[int]) -> int:
    """Kilobytes; what several processes share is counted once."""
    rolled = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return sum(int(size) for said in rolled for size in re.findall(r"^Pss: +(\d+)", said, re.MULTILINE))
