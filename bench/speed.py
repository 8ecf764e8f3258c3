"""The portal beside Flask itself: requests a second, and the processor's time of one request."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import urlencode

from bench.data import BIENVEILLANT, NATURES, VOLONTAIRE, House, build
from bench.devis import DRAFT, OUT, SIXTY
from bench.house import MISSIONS, Site
from bench.load import ROUNDS, Comparison, Load, Refused, Target, compare, compared, spread
from bench.results import Result, number
from bench.servers import Server
from portal.devis import document, lien, queries
from portal.presse import FONTS, STANDARDS

ZIPPED = {"Accept-Encoding": "gzip"}  # as every browser asks
CLIENTS = 32  # people who apply at once
RENDERINGS = 20  # of a devis, in one round
TABLE = Path(__file__).with_name("templates") / "tableau.typ"


def listing(site: Site) -> Iterator[Result]:
    """Anonymous, 50 cards: kept, then made anew each time (a query that nobody asked before)."""
    portal, page = site.portal, _page(site.portal, "/missions/", ZIPPED)
    bare = Target(site.witness("bare", page), "/", ZIPPED)
    kept = compare(Target(portal, "/missions/", ZIPPED), bare, _rate)
    yield _ratio("liste publique", kept, _a_second, "Flask nu", least=0.5)
    cold = compare(Target(portal, "/missions/?n={n}", ZIPPED), bare, _rate)
    yield _ratio("liste publique, cache vide", cold, _a_second, "Flask nu")


def signed_in(site: Site) -> Iterator[Result]:
    """The listing as a volunteer sees it, kept for everybody then made anew each time; the queue of a bienveillant."""
    for name, witness, path, who, least in (
        ("liste, connecté", "listing", "/missions/", VOLONTAIRE, 0.7),
        ("liste, connecté, cache vide", "listing", "/missions/?n={n}", VOLONTAIRE, None),
        ("file, 50 candidatures", "queue", "/candidatures/", BIENVEILLANT, 0.7),
    ):
        headers = {"Cookie": site.house.cookies[who]}
        minimal = site.witness(witness, _page(site.portal, path.replace("{n}", "0"), headers))
        found = compare(Target(site.portal, path, headers), Target(minimal, "/"), _rate)
        yield _ratio(name, found, _a_second, "Flask minimal", least=least)


def unchanged(site: Site) -> Iterator[Result]:
    """A public page that the browser already has, asked again."""
    _, headers, page = site.portal.ask("/missions/", ZIPPED)
    again = ZIPPED | {"If-None-Match": headers["ETag"]}
    bare = Target(site.witness("bare", page), "/", ZIPPED, clients=1)
    found = compare(Target(site.portal, "/missions/", again, clients=1), bare, _cpu)
    if site.portal.ask("/missions/", again)[0] != 304:
        raise Refused("la page a changé pendant la mesure de 304 : à refaire")
    yield _ratio("304, processeur", found, _milliseconds, "Flask nu", most=2)


def forms(site: Site) -> Iterator[Result]:
    """A mission's page that nobody asked for lately, and the candidature form."""
    minimal = Target(site.witness("form"), "/{id}", ids=MISSIONS, clients=1)
    for name, path in (
        ("page d’une mission, processeur", "/missions/{id}"),
        ("formulaire, processeur", "/candidatures/deposer/{id}"),
    ):
        found = compare(Target(site.portal, path, ZIPPED, ids=MISSIONS, clients=1), minimal, _cpu)
        yield _ratio(name, found, _milliseconds, "formulaire minimal", most=2.5)


def applying(site: Site) -> Iterator[Result]:
    """Thirty-two people who apply at once, each to another mission, on copies of the house that only this writes to."""
    mine, other = (site.house.copy(site.new_folder()) for _ in range(2))
    ours = _applicants(site.serve(mine), "/candidatures/deposer/")
    found = compare(ours, _applicants(site.witness("insert", house=other), "/"), _rate)
    lost = ours.counted - _received(mine)
    if lost > 0:
        raise Refused(f"{lost} candidatures reçues ne sont pas dans la base")
    yield _ratio("dépôt, 32 personnes", found, _a_second, "insertion minimale", least=0.6)


def _applicants(server: Server, path: str) -> Target:
    """A form seen once, sent as many times with another key and another address."""
    _, headers, page = server.ask(f"{path}1")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.decode())
    assert token
    sent = {"csrf_token": token[1], "nom": "Léa Grondin", "telephone": "0692 12 34 56", "message": "Je viens.", "accord": "y"}
    numbered = "cle=cle-de-mesure-numero-{n}&email=candidate{n}%40example.org"
    cookie = headers["Set-Cookie"].partition(";")[0]
    asked = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    return Target(server, path + "{id}", asked, f"{numbered}&{urlencode(sent)}", MISSIONS, CLIENTS)


def _received(house: House) -> int:
    """How many candidatures the house holds besides those it was built with."""
    with closing(sqlite3.connect(house.instance / "portail.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM candidature").fetchone()[0]) - 2 * house.missions


def devis(site: Site) -> Iterator[Result]:
    """Sixty lines, once the process is warm: shown to whoever builds it, read by its demandeur, printed.

    The paper is compared with what typst takes for its lines alone: of one code it took 28.9 then 32.7 ms on one machine.
    """
    house = build(site.new_folder(), len(NATURES), SIXTY)
    client, contenu, link = house.app.test_client(use_cookies=False), *_at_its_demandeur(house)

    def show(path: str, **headers: str) -> None:
        assert client.get(path, headers=headers).status_code == 200

    cookie = house.cookies[BIENVEILLANT]
    yield _warm("devis de 60 lignes, page du demandeur", lambda _: show(link), most=30)
    paper, bare = partial(_printed, contenu), partial(_table, _compiler(), document.facts(contenu))
    yield _ratio("devis de 60 lignes, PDF, processeur", _in_turn(paper, bare), _milliseconds, "tableau nu", most=1.5)
    yield _warm("devis de 60 lignes, en construction", lambda _: show(f"/devis/{DRAFT}", Cookie=cookie))


def _at_its_demandeur(house: House) -> tuple[dict[str, Any], str]:
    """What the devis that is out says, and its link."""
    with house.app.app_context():
        found = queries.fresh(OUT)
        assert found
        assert found.contenu
        assert len(found.lignes) == SIXTY
        return found.contenu, f"/devis/lien/{lien.page_token(found)}"


def _printed(contenu: dict[str, Any], turn: int) -> None:
    document.pdf(contenu | {"mot": f"Mesure {turn}"})


def _compiler() -> Any:
    import typst  # one of the heavy ones, which this process is not to have while it starts others

    return typst.Compiler(TABLE, font_paths=[FONTS], ignore_system_fonts=True)


def _table(compiler: Any, facts: dict[str, Any], turn: int) -> None:
    said = {"mot": f"Mesure {turn}", "lignes": [line for group in facts["groupes"] for line in group["lignes"]]}
    compiler.compile(format="pdf", sys_inputs={"faits": json.dumps(said)}, pdf_standards=STANDARDS)


def _in_turn(ours: Callable[[int], object], theirs: Callable[[int], object]) -> Comparison:
    """Both in this process, once it is warm."""
    for render in (ours, theirs):
        render(0)
    pairs = []
    for n in range(ROUNDS):
        found = {render: _round(render, n) for render in ((ours, theirs) if n % 2 else (theirs, ours))}
        pairs.append((found[ours], found[theirs]))
    return compared(pairs)


def _warm(name: str, render: Callable[[int], object], most: float | None = None) -> Result:
    """The processor's milliseconds of one rendering in this process."""
    render(0)
    found = spread([_round(render, n) * 1000 for n in range(ROUNDS)])
    return Result(name, found.value, found.noise, "ms", most=most)


def _round(render: Callable[[int], object], n: int) -> float:
    """The processor's seconds of one rendering, of which no two are the same."""
    start = process_time()
    for turn in range(RENDERINGS):
        render(1 + n * RENDERINGS + turn)
    return (process_time() - start) / RENDERINGS


def _page(server: Server, path: str, headers: dict[str, str]) -> bytes:
    status, _, body = server.ask(path, headers)
    assert status == 200, f"{path} : {status}"
    return body


def _rate(load: Load) -> float:
    return load.rate


def _cpu(load: Load) -> float:
    return load.cpu


def _a_second(rate: float) -> str:
    return f"{number(rate)}/s"


def _milliseconds(seconds: float) -> str:
    return f"{number(seconds * 1000)} ms"


def _ratio(
    name: str,
    found: Comparison,
    said: Callable[[float], str],
    other: str,
    least: float | None = None,
    most: float | None = None,
) -> Result:
    detail = f"portail {said(found.ours)}, {other} {said(found.theirs)}"
    return Result(name, found.ratio.value, found.ratio.noise, least=least, most=most, detail=detail)
