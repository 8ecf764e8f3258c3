"""Where the time of an answer goes, by what spends it: in one process, under Python's own profiler, which slows calls most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from cProfile import Profile
from itertools import count
from pstats import Stats
from time import process_time
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bench.data import BIENVEILLANT
from bench.house import Site
from bench.results import Result, number

TIMES = 40
SPENDERS = (  # what a function's file or name says, and who it works for; the first that fits
    (r"sqlite3|psycopg", "base"),
    (r"/sqlalchemy/|/flask_sqlalchemy/", "SQLAlchemy"),
    (r"zlib|/gzip\.py", "compression"),
    (r"/jinja2/|/markupsafe/|/templates/|<template>", "gabarits"),
    (r"/portal/", "portail"),
    (r"/wtforms/|/flask_wtf/", "formulaires"),
    (r"/site-packages/", "Flask et ses voisins"),
    (r"", "Python"),
)


def profil(site: Site) -> Iterator[Result]:
    """Milliseconds of processor for an answer, unprofiled; then the shares of each spender."""
    house = site.house
    client = house.app.test_client(use_cookies=False)
    mine = {"Cookie": house.cookies[BIENVEILLANT]}
    day = f"/jour-j/{house.day}"
    seen = re.search(r"etat\?v=([^\"&]+)", client.get(day, headers=mine).text)
    assert seen
    changed = f"{day}/etat?v=1{seen[1][seen[1].index('-') :]}"
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "liste, gardée": ("/missions/", {}),
        "liste, cherchée": ("/missions/?q=moulin&n={n}", {}),
        "formulaire": ("/candidatures/deposer/1", {}),
        "file": ("/candidatures/", mine),
        "fiche d’une action": (f"/actions/{house.day}", mine),
        "jour J, quand quelque chose a changé": (changed, mine | {"HX-Request": "true"}),
    }
    for name, (path, headers) in asked.items():
        yield _profiled(name, client, path, headers)


def _profiled(name: str, client: FlaskClient, path: str, headers: dict[str, str]) -> Result:
    turns = count()  # a page is kept by its address

    def ask() -> TestResponse:
        return client.get(path.format(n=next(turns)), headers=headers)

    ask()  # what is made once is made
    start = process_time()
    for _ in range(TIMES):
        assert ask().status_code == 200, name
    taken = (process_time() - start) / TIMES
    profile = Profile()
    profile.enable()
    for _ in range(TIMES):
        ask()
    profile.disable()
    spent = _spent(profile)
    shares = (f"{who} {number(100 * part / spent.total())} %" for who, part in spent.most_common())
    return Result(f"profil : {name}", 1000 * taken, unit="ms", detail=", ".join(shares))


def _spent(profile: Profile) -> Counter[str]:
    """Seconds in their own code, by spender."""
    spent = Counter[str]()
    functions: dict[tuple[str, int, str], tuple[Any, ...]] = Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, function), (_, _, own, *_) in functions.items():
        who = next(who for says, who in SPENDERS if re.search(says, f"{file} {function}"))
        spent[who] += own
    return spent
