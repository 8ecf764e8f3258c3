"""The templates and what they show: nothing unused, nothing missing, no code in them, nobody's text unescaped."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from portal import layout
from portal.accueil.routes import PAGES
from portal.config import ROOT
from portal.shown import Shown
from portal.workflow import EVENTS

TEMPLATES = ROOT / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*"))
SCREENS = [name for name in NAMES if name.endswith(".html") and not name.startswith("messages/")]
PYTHON = "\n".join(path.read_text() for path in sorted((ROOT / "portal").rglob("*.py")))
SPRITE = frozenset(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
FORBIDDEN = {
    "an hx-on attribute": r"hx-on",
    "code in an attribute": r"""["'](?:js|javascript):""",
    "a filter in a trigger": r"""hx-trigger="[^"]*\[""",
    "an on… handler": r"""\son[a-z]+=["'{]""",
    "an inline style": r"\bstyle\s*=|<style",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)",
    "text that is not escaped": r"\|\s*safe\b|autoescape|Markup",
    "an attribute without quotes": r"[\w-]=\{\{",
    "a picture fetched by the copy of its page": r"<img[^>]*\bsrc=[^>]*\bloading=",
    "another site's file": r"""<(?:script|link|img|iframe)[^>]*\b(?:src|href)=["'](?:https?:)?//""",
}


def source(name: str) -> str:
    return (TEMPLATES / name).read_text()


@pytest.fixture(scope="module")
def parsed(sqlite_site):
    """Each template as Jinja reads it."""
    return {name: sqlite_site.app.jinja_env.parse(source(name)) for name in NAMES}


# --- nothing unused, nothing missing ---------------------------------------------------------------------------


def test_a_block_that_htmx_is_given_alone_needs_nothing_set_outside_of_it(parsed):
    given = set(re.findall(r"\w+", " ".join(re.findall(r'render\(\s*"[^"]+",\s*("[a-z]+"|\([^)]*\))', PYTHON))))
    assert {"liste", "file", "montants"} <= given
    for name in SCREENS:
        assigned = [one for one in parsed[name].body if isinstance(one, nodes.Assign)]
        outside = {to.name for one in assigned for to in one.find_all(nodes.Name) if to.ctx == "store"}
        for block in (one for one in parsed[name].find_all(nodes.Block) if one.name in given):
            assert not outside & {used.name for used in block.find_all(nodes.Name)}, (name, block.name)


def test_every_template_is_used(parsed):
    literal = set(re.findall(r'"(\w[\w/-]*\.(?:html|txt|xml|webmanifest))"', PYTHON))
    by_others = {str(used) for tree in parsed.values() for used in meta.find_referenced_templates(tree)}
    pages = {f"accueil/pages/{name}.html" for name in PAGES}
    written = re.findall(r'"([a-z_]+)"', PYTHON)
    messages = {f"messages/{kind}.{end}" for kind in written for end in ("html", "txt")}
    assert set(NAMES) - literal - by_others - pages - messages == set()
    assert (literal | by_others | pages) - set(NAMES) == set()


def test_a_message_is_written_in_both_forms():
    html, text = ({Path(n).stem for n in NAMES if n.startswith("messages/") and n.endswith(end)} for end in (".html", ".txt"))
    assert html == text


def calls(tree: nodes.Template, name: str) -> Iterator[nodes.Call]:
    return (call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name == name)


def test_every_file_that_a_page_asks_for_is_there(sqlite_site, parsed):
    named = {
        call.args[0].value for tree in parsed.values() for call in calls(tree, "asset") if isinstance(call.args[0], nodes.Const)
    }
    assert {"app.css", "app.js", "icons.svg", "vendor/htmx.min.js"} <= named
    with sqlite_site.app.test_request_context():
        urls = [sqlite_site.app.jinja_env.globals["asset"](name) for name in named]
    assert {sqlite_site.app.test_client().get(url).status_code for url in urls} == {200}


# --- icons -----------------------------------------------------------------------------------------------------


def said(node: nodes.Node | None) -> set[str]:
    """The words that an expression may come to."""
    if isinstance(node, nodes.Const):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, nodes.CondExpr):
        return said(node.expr1) | said(node.expr2)
    if isinstance(node, nodes.Getitem):
        return said(node.node)
    if isinstance(node, nodes.Dict):
        return {word for pair in node.items for word in said(pair.value)}
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "get":
        return said(node.node.node) | {word for arg in node.args[1:] for word in said(arg)}
    return set()


def icons_of(tree: nodes.Template, macros: dict[str, tuple[str, ...]]) -> set[str]:
    """The icons that it names when it calls a macro of ui.html."""
    found: set[str] = set()
    for call in tree.find_all(nodes.Call):
        called = call.node
        name = called.attr if isinstance(called, nodes.Getattr) else getattr(called, "name", "")
        wanted = ("name",) if name in {"icon", "_icon"} else ("icon", "icone")
        given = dict(zip(macros.get(name, ()), call.args, strict=False)) | {pair.key: pair.value for pair in call.kwargs}
        if name in macros:
            found |= {word for parameter in wanted for word in said(given.get(parameter))}
    return found


def test_every_icon_named_by_a_template_is_in_the_sprite(sqlite_site, parsed):
    ui = sqlite_site.app.jinja_env.globals["ui"]
    macros = {name: macro.arguments for name, macro in vars(ui).items() if hasattr(macro, "arguments")}
    named = {word for tree in parsed.values() for word in icons_of(tree, macros)}
    assert len(named) > 40
    assert named - SPRITE == set()


def test_every_icon_named_by_the_portal_is_in_the_sprite():
    states = {state.icon for kind in Shown.__subclasses__() for state in kind} - {""}
    places = {place[2] for place in (*layout.PLACES, layout.MINE)}
    events = {event.icon for event in EVENTS.values()}
    assert len(states) > 10
    assert (states | places | events) - SPRITE == set()


def test_the_scripts_draw_icons_of_the_sprite_too():
    drawn = [call for path in (ROOT / "static").glob("*.js") for call in re.findall(r"\bicon\(([^)]+)\)", path.read_text())]
    named = {name for call in drawn for name in re.findall(r'(?<!=== )"([a-z0-9-]+)"', call)}
    assert "circle-alert" in named
    assert named - SPRITE == set()


# --- no code, no unescaped text --------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_no_screen_has(fault):
    assert [name for name in SCREENS if re.search(FORBIDDEN[fault], source(name), re.IGNORECASE)] == []


def test_what_is_forbidden_would_be_found():
    examples = (
        '<p hx-on:click="x()">', "<p hx-vals='js:{a: 1}'>", '<p hx-trigger="click[ctrlKey]">', '<p onclick="x()">',
        '<p style="color: red">', "<script>x()</script>", "{{ text|safe }}", "<a href={{ url }}>",
        '<img src="/x.png" loading="lazy">',
        '<script src="https://cdn.example/x.js"></script>',
    )  # fmt: skip
    for pattern, example in zip(FORBIDDEN.values(), examples, strict=True):
        assert re.search(pattern, example, re.IGNORECASE), pattern
    for good in ('<script type="module" src="/x.js">', '<script type="application/ld+json">', '<button formaction="/x">'):
        assert not any(re.search(pattern, good, re.IGNORECASE) for pattern in FORBIDDEN.values())


def test_people_s_own_text_is_out_of_reach_of_htmx():
    for name in SCREENS:
        for line in source(name).splitlines():
            if re.search(r"\|\s*markdown", line):
                assert re.search(r"<\w+ hx-ignore[^>]*>\{\{[^}]*\|\s*markdown", line), f"{name}: {line.strip()}"


def test_templates_are_escaped_whatever_their_name(sqlite_site):
    env = sqlite_site.app.jinja_env
    assert [name for name in NAMES if name.endswith((".html", ".xml")) and not env.autoescape(name)] == []


# --- what we did not write -------------------------------------------------------------------------------------


def test_what_we_ship_of_others_is_what_we_wrote_down():
    packages = tomllib.loads((ROOT / "tools" / "vendor.toml").read_text())["package"]
    recorded = {file["to"]: file["sha256"] for package in packages for file in package["files"]}
    there = {
        str(path.relative_to(ROOT))
        for folder in ("static/vendor", "portal/polices", "tests/vendor")
        for path in (ROOT / folder).iterdir()
    }
    assert there == recorded.keys()
    assert {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in there} == recorded
    for package in packages:
        assert package["integrity"].startswith("sha512-")
        assert any("LICENSE" in file["to"] for file in package["files"]), f"{package['name']} comes without its licence"
    [drawn] = [package for package in packages if "icons" in package]
    assert frozenset(drawn["icons"]) | drawn["own"].keys() == SPRITE
