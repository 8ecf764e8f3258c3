"""docs/security.md says of each requirement of the ASVS where it is met: its numbers, its counts, what it names is there."""

from __future__ import annotations

import functools
import re
from collections import Counter

import pytest

from portal import FEATURES
from portal.config import ROOT
from portal.security import LIMITS

DOC = (ROOT / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\| ((\d+)\.\d+\.\d+) \| (L\d) \| ([a-z ]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall(DOC)
NAMED = re.compile(r"`((?:portal|tests|templates|static|tools|docs|deploy)/[^`]*|[\w-]+\.(?:txt|toml)|Makefile)`")
STATES = ("atteint", "sans objet", "non")
# Of ASVS 5.0.0, requirements of level 1 and of level 2 in each of its chapters; the last number of each of its sections
# that is of these levels, those of level 3 left out.
LEVELS = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3), 10: (5, 24),
    11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7),
}  # fmt: skip
NUMBERS = """
1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1 3.2.1-2 3.3.1-4 3.4.1-6 3.5.1-5 3.7.1-2 4.1.1-3 4.2.1
4.3.1-2 4.4.1-4 5.1.1 5.2.1-3 5.3.1-2 5.4.1-3 6.1.1-3 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.2.1-4
7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2 8.1.1-2 8.2.1-3 8.3.1 8.4.1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.1-11 10.5.1-5
10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1 12.1.1-3 12.2.1-2 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2
13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 15.1.1-3 15.2.1-3 15.3.1-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3 17.1.1 17.2.1-4
17.3.1-2
"""


def numbers() -> list[str]:
    found = []
    for span in NUMBERS.split():
        section, _, reach = span.rpartition(".")
        first, _, last = reach.partition("-")
        found += [f"{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return found


def test_every_requirement_of_levels_1_and_2_is_there_once_in_order():
    assert [number for number, *_ in ROWS] == numbers()
    levels = Counter((int(chapter), level) for _, chapter, level, *_ in ROWS)
    assert {chapter: (levels[chapter, "L1"], levels[chapter, "L2"]) for chapter in LEVELS} == LEVELS
    assert [sum(counts) for counts in zip(*LEVELS.values(), strict=True)] == [70, 183]


def test_its_summary_counts_its_rows():
    states = Counter((int(chapter), state) for _, chapter, _, state, *_ in ROWS)
    assert {state for _, state in states} == set(STATES)
    counted = {n: (*LEVELS[n], *(states[n, state] for state in STATES)) for n in LEVELS}
    said = re.findall(r"^\| (?:V(\d+)[^|]*|\*\*total\*\*) " + r"\| (\d+) " * 5 + r"\|$", DOC, re.MULTILINE)
    assert {int(chapter): tuple(map(int, counts)) for chapter, *counts in said if chapter} == counted
    assert tuple(map(int, said[-1][1:])) == tuple(sum(counts) for counts in zip(*counted.values(), strict=True))


def test_the_files_and_tests_that_it_names_are_there():
    assert [told for row in ROWS for told in missing(row[-1])] == []


def missing(where: str) -> list[str]:
    """What this cell names between backquotes, from the root of the repository, and is not there."""
    return [name for name in NAMED.findall(where) if not is_there(*name.partition("::")[::2])]


def is_there(file: str, test: str) -> bool:
    path = ROOT / file
    return path.exists() and (not test or re.search(rf"^def {test}\(", path.read_text("utf-8"), re.MULTILINE) is not None)


def test_its_limits_are_those_that_hold():
    said = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) min \|$", DOC, re.MULTILINE)
    held = [(li.name, li.per_account, li.per_host, li.window.total_seconds() // 60) for li in LIMITS.values()]
    assert [(name, *map(int, counts)) for name, *counts in said] == held


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]+)(#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_of_a_page_is_dead(page):
    said = [target for target, _ in LINK.findall(page.read_text("utf-8"))]
    assert [target for target in said if not (page.parent / target).exists()] == []


DECISIONS = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
SAID_OF_EACH = ["Le besoin", "Le choix", "Écarté", "Ce qu’il coûte", "Où le lire", "Ce qui ferait changer d’avis"]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_what_it_sets_aside_and_where_it_is_read(page):
    text = page.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SAID_OF_EACH
    assert missing(text) == []


def test_the_decisions_are_listed_in_order():
    listed = LINK.findall((ROOT / "docs" / "decisions" / "README.md").read_text("utf-8"))
    assert [name for name, _ in listed] == [page.name for page in DECISIONS]


def test_the_picture_of_the_house_names_its_rooms_and_they_are_there():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text[text.index("## Les pièces") : text.index("Au-dessous, le socle")]
    named = {name for cell in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(FEATURES)
    rest = set(re.findall(r"`(\w+)`", text[text.index("Au-dessous, le socle") : text.index("Dans une pièce")]))
    assert [name for name in rest if not (ROOT / "portal" / f"{name}.py").exists()] == []


GUIDES = sorted(ROOT.glob("docs/guides/*.md"))
SHOWN = [
    path
    for end in ("html", "txt", "py", "js")
    for top in ("templates", "portal", "static")
    for path in (ROOT / top).rglob(f"*.{end}")
]


@functools.cache
def on_screens() -> str:
    return plain(" ".join(path.read_text("utf-8") for path in SHOWN if path.suffix in {".html", ".txt", ".py", ".js"}))


def plain(text: str) -> str:
    """As it is read, whatever the apostrophes and the blanks that no line breaks."""
    return " ".join(text.replace("’", "'").replace("\\u00a0", " ").replace("&nbsp;", " ").replace("\u00a0", " ").split())


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_what_a_guide_quotes_is_said_on_a_screen(guide):
    quoted = re.findall(r"«\s*([^»]+?)\s*»", plain(guide.read_text("utf-8")))
    assert quoted
    assert [words for words in quoted if words not in on_screens()] == []


def test_there_is_a_guide_for_each_of_those_who_work_with_it():
    assert {path.stem for path in GUIDES} == {"volontaire", "bienveillant", "referent", "tresorier", "administration"}
