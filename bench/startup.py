"""How long the web process takes to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter

from bench.house import Site
from bench.load import ROUNDS, spread
from bench.results import Result
from portal.config import ROOT

HEAVY = (  # imported when first used, never at the start
    "typst", "facturx", "holidays", "icalendar", "alembic", "webauthn", "cryptography", "portal.demo",
)  # fmt: skip


def startup(site: Site) -> Iterator[Result]:
    """The import in a new process, and beside Flask's own; gunicorn to its first answer; which heavy libraries came along."""
    environ = os.environ | site.house.environ
    imported = spread([_seconds_of("import wsgi", environ) for _ in range(ROUNDS)])
    yield Result("démarrage : import wsgi", imported.value, imported.noise, "s", most=1.5)
    beside = spread([_seconds_of("import wsgi", environ) / _seconds_of("import flask", environ) for _ in range(ROUNDS)])
    yield Result(
        "démarrage : import wsgi, face à Flask", beside.value, beside.noise, detail="sans budget : la machine compte moins"
    )
    answered = spread([_seconds_to_answer(site) for _ in range(ROUNDS)])
    yield Result("démarrage : première réponse", answered.value, answered.noise, "s", most=1.5)
    script = f"import sys, wsgi; print(*sys.modules.keys() & {set(HEAVY)})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    yield Result("bibliothèques lourdes au démarrage", len(loaded), unit="modules", most=0, detail=" ".join(loaded))


def _seconds_of(script: str, environ: dict[str, str]) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, check=True)
    return perf_counter() - start


def _seconds_to_answer(site: Site) -> float:
    start = perf_counter()
    server = site.serve(site.house)
    took = perf_counter() - start
    server.stop()
    return took
