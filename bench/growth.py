"""The same pages in a house ten times larger: the time that one person waits."""

from __future__ import annotations

from collections.abc import Iterator

from bench.data import ADMIN, BIENVEILLANT, VOLONTAIRE, build
from bench.house import MISSIONS, ROWS, Site
from bench.load import Load, Target, compare
from bench.results import Result, number

TIMES = 10
# who looks (None: anybody), and where; {n} makes a query that nobody asked before, so that nothing kept answers. What is
# searched grows with what is found, by its own budget (search.py).
PAGES: dict[str, tuple[int | None, str]] = {
    "liste gardée": (None, "/missions/"),
    "liste, cache vide": (None, "/missions/?n={n}"),
    "liste filtrée": (None, "/missions/?nature=volontaire&pole=3&places=1&n={n}"),
    "liste, connecté": (VOLONTAIRE, "/missions/"),
    "file": (BIENVEILLANT, "/candidatures/"),
    "file, administration": (ADMIN, "/candidatures/"),
    "page d’une mission": (None, "/missions/{id}"),
}


def growth(site: Site) -> Iterator[Result]:
    """Times of the large house divided by those of the usual one, one client."""
    large = build(site.new_folder(), TIMES * MISSIONS, ROWS)
    houses = [(site.serve(large), large), (site.portal, site.house)]
    for name, (who, path) in PAGES.items():
        theirs, ours = (
            Target(server, path, {"Cookie": house.cookies[who]} if who else {}, ids=MISSIONS, clients=1)
            for server, house in reversed(houses)
        )
        found = compare(ours, theirs, _latency, seconds=1)
        detail = " → ".join(f"{number(1000 * seconds)} ms" for seconds in (found.theirs, found.ours))
        yield Result(f"croissance : {name}", found.ratio.value, found.ratio.noise, most=1.2, detail=detail)


def _latency(load: Load) -> float:
    return load.latency
