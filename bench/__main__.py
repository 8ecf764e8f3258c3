"""`make bench`: measure, compare with the budgets and with the last runs, keep the figures; 1 when one of them is bad.

SQLite only, but for what is live: what the budgets compare (pages, queries, one machine's processors) does not depend on
the server of the database, and `make proofs` plays the races on both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench import direct, growth, phone, place, profil, results, search, speed, sql, startup
from bench.house import Site
from bench.load import Refused
from bench.results import Result
from portal.config import ROOT
from tests.services import Processes

MEASURES: dict[str, Callable[[Site], Iterator[Result]]] = {
    "demarrage": startup.startup,  # first: to start a server copies the pages of this process, 50 ms for each Go that it holds
    "listing": speed.listing,
    "connecte": speed.signed_in,
    "304": speed.unchanged,
    "formulaire": speed.forms,
    "croissance": growth.growth,
    "recherche": search.search,
    "depot": speed.applying,
    "devis": speed.devis,
    "direct": direct.direct,
    "sql": sql.queries,
    "telephone": phone.phone,
    "place": place.place,
    "profil": profil.profil,
}
ON_DISK = "/var/tmp"  # never memory: writing there would cost nothing


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("make bench", description="Mesure le portail.")
    parser.add_argument("mesures", nargs="*", metavar="MESURE", help=f"toutes par défaut : {', '.join(MEASURES)}")
    asked = parser.parse_args(arguments).mesures or list(MEASURES)
    if unknown := set(asked) - MEASURES.keys():
        parser.error(f"mesure inconnue : {', '.join(sorted(unknown))} (choisir parmi {', '.join(MEASURES)})")
    last = results.last_runs()
    found = _measure([name for name in MEASURES if name in asked])
    file = results.keep(found, _revision())
    print(f"\n{results.table(found, last)}\n\nGardé dans {file.relative_to(ROOT)}.")
    return 1 if any(r.is_missed or r.has_regressed(last[r.name]) for r in found) else 0


def _measure(names: list[str]) -> list[Result]:
    found = []
    with TemporaryDirectory(prefix="portail-bench-", dir=ON_DISK) as folder, Processes() as processes:
        site = Site(Path(folder), processes)
        for name in names:
            start = perf_counter()
            for result in _told(name, site):
                print(f"{result.name} : {result}" + f" ({result.detail})" * bool(result.detail), flush=True)
                found.append(result)
            print(f"  ({name}, {perf_counter() - start:.0f} s ; machine chargée à {os.getloadavg()[0]:.1f})", flush=True)
    return found


def _told(name: str, site: Site) -> Iterator[Result]:
    """The results of a measure, the last of which says what broke it, if anything did."""
    try:
        yield from MEASURES[name](site)
    except Refused as refused:
        yield Result(f"{name} : panne", 1, unit="panne", most=0, detail=str(refused))


def _revision() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
