"""No pattern of the portal can be made to run for ever: each is tried on the repetitions that make the bad ones explode."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import walk_packages
from time import thread_time
from types import ModuleType
from typing import Any

import pytest

import portal

CALLS = {f"re.{name}" for name in ("compile", "fullmatch", "match", "search", "sub", "split", "findall", "finditer")}
SEEDS = tuple("aA09 \t\n-./\\(<&=,;:\"'@#é\u00a0")
PAIRS = [first + other for first, other in product("aA0 -./,=\n", repeat=2) if first != other]
LONG = (*SEEDS, *PAIRS, "0262 ", "a@", "1/2/", "://", "«\u00a0")
ENDS = ("", "!", "\0")
Tried = re.Pattern[str] | re.Pattern[bytes]


def calls() -> Iterator[tuple[str, ModuleType, ast.Call]]:
    """Each call of the re module in the portal's code, and where it stands."""
    for found in walk_packages(portal.__path__, "portal."):
        if found.name == "portal.__main__":  # which starts the portal
            continue
        module = import_module(found.name)
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS and node.args:
                yield f"{found.name}:{node.lineno}", module, node


class Names(dict[str, Any]):
    """Those of a module; what only a function knows is a letter."""

    def __missing__(self, name: str) -> str:
        if name in vars(builtins):
            raise KeyError(name)
        return "a"


def value_of(node: ast.expr, module: ModuleType) -> Any:
    return eval(ast.unparse(node), vars(module), Names(vars(module)))


def flags_of(call: ast.Call, module: ModuleType) -> Any:
    """Of re.compile(pattern, flags), re.sub(pattern, new, text, flags=…): whatever names re. or is given as flags."""
    given = [*(arg for arg in call.args[1:]), *(kw.value for kw in call.keywords if kw.arg == "flags")]
    named = [one for one in given if ast.unparse(one).startswith("re.")]
    return value_of(named[0], module) if named else 0


def patterns() -> dict[str, Tried]:
    """Every pattern, compiled as the code does."""
    return {where: re.compile(value_of(call.args[0], module), flags_of(call, module)) for where, module, call in calls()}


@pytest.mark.proof
def test_every_pattern_stays_quick_on_hostile_text(app, size, record_property):
    """Ten thousand letters that nearly match; the slowest is told. One that explodes would never end."""
    letters, worst = size(500, 10_000), (0.0, "", "")
    found = patterns()
    assert len(found) > 40
    for (where, pattern), seed, end in product(found.items(), size(SEEDS, LONG), ENDS):
        text: Any = (seed * letters)[:letters] + end
        hostile: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
        begun = thread_time()
        pattern.search(hostile)
        pattern.fullmatch(hostile)
        worst = max(worst, (thread_time() - begun, where, repr(seed)))
    record_property("motifs", len(found))
    record_property("le plus lent, ms", f"{worst[0] * 1000:.1f} {worst[1]} sur {worst[2]}")
