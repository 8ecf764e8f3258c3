"""A French space never ends a line: before : ; ? ! » and after « it is unbreakable, on every screen and in every message.

But their subjects, which are one line, and the help of the commands, which is their docstrings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import ROOT

BREAKS = re.compile(r"(?:^|(?<=\S)) (?=»|[:;?!](?:[\s).,…<\"'`]|$))|(?<=«) ")
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
MODULES = sorted((ROOT / "portal").rglob("*.py"))
STATIC = sorted(path for path in (ROOT / "static").iterdir() if path.suffix in {".js", ".html"})
SQL = {"VACUUM INTO ?"}
QUOTED = re.compile(r'"([^"\n]*)"|`([^`]*)`')
INNERMOST = re.compile(r"\$\{[^{}]*\}")


def of_template(source: str) -> Iterator[str]:
    yield re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)


def of_module(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    told_to_us = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told_to_us:
            yield node.value


def of_script(source: str) -> Iterator[str]:
    code = re.sub(r"^ *(?://|/?\*).*$", "", source, flags=re.MULTILINE)
    while code:  # what a sentence is given is code, which may hold another: innermost first
        inner, given = INNERMOST.subn("…", code)
        for piece in INNERMOST.findall(code) if given else [code]:
            yield from (text for quoted in QUOTED.findall(piece) for text in quoted)
        code = inner if given else ""


SENTENCES = {".py": of_module, ".js": of_script}


def broken(path: Path, source: str) -> list[str]:
    read = SENTENCES.get(path.suffix, of_template)
    return [
        text[max(0, m.start() - 30) : m.end() + 20] for text in read(source) if text not in SQL for m in BREAKS.finditer(text)
    ]


@pytest.mark.parametrize("paths", [TEMPLATES, MODULES, STATIC], ids=["templates", "modules", "static"])
def test_no_space_of_a_sentence_ends_a_line_where_french_forbids_it(paths):
    assert len(paths) > 5
    assert {str(path.relative_to(ROOT)): found for path in paths if (found := broken(path, path.read_text()))} == {}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("a.html", "<p>Deux places : {{ n }}"), ("a.html", "{{ titre }} : demain"), ("a.html", "l’onglet « Facture »"),
        ("a.py", 'x = "Trop tard ; relis."'), ("a.py", 'x = f"{nom} : {mot}"'), ("a.py", 'x = "Sûr ?"'),
        ("a.js", 'dire("Parti : il reste");'), ("a.js", "dire(`Annuler : ${mot}`);"),
        ("a.js", "dire(`${mot}${choix && ` : ${choix}`}`);"),
    ],
)  # fmt: skip
def test_one_that_would_is_found(name, bad):
    assert broken(Path(name), bad)
    assert not broken(Path(name), re.sub(BREAKS, "\u00a0", bad))


def test_what_is_not_a_sentence_is_left_alone():
    code = 'def f(x):\n    """« x » : what it is."""\n    return x[1 : 2]'
    assert not broken(Path("a.py"), code)
    assert not broken(Path("a.js"), '// « x » : so\nconst y = x ? "a" : "b";')
    assert not broken(Path("a.html"), "{# « x » : so #}")
