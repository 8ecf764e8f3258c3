"""What is wrong with a piece of the portal's HTML, whole page or htmx fragment, as a list of sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from html5lib import HTMLParser
from html5lib.constants import E as PARSE_ERRORS

from portal.config import ROOT

# A fragment is parsed where it will be put: a row is only valid in a table.
CONTAINERS = {"tr": "tbody", "td": "tr", "th": "tr", "tbody": "table", "thead": "table", "option": "select"}
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
FIRST_TAG = re.compile(r"\s*(?:<!--.*?-->\s*)*<([a-z0-9]+)", re.DOTALL)
ICONS = frozenset(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
TABLES = {".xlsx": "Excel\u00a0(.xlsx)", ".csv": "Tableur\u00a0(.csv)"}  # what a file is called, the same on every page
SCRIPT_IN = re.compile(r"\s*(?:js|javascript):", re.IGNORECASE)


def audit(html: str) -> list[str]:
    """Every fault found; an empty list is a good page."""
    tree, faults = _parse(html)
    page = Document(tree, whole=_is_page(html))
    return faults + [fault for check in CHECKS for fault in check(page)]


def _is_page(html: str) -> bool:
    return html[:200].lstrip().lower().startswith("<!doctype")


def _parse(html: str) -> tuple[Element, list[str]]:
    parser = HTMLParser(namespaceHTMLElements=False)
    if _is_page(html):
        tree = parser.parse(html)
    else:
        first = FIRST_TAG.match(html)
        tree = parser.parseFragment(html, container=CONTAINERS.get(first[1] if first else "", "div"))
    return tree, [f"line {line}: {PARSE_ERRORS[code] % data}" for (line, _), code, data in parser.errors]


class Document:
    """The tree with what several checks ask of it."""

    def __init__(self, tree: Element, *, whole: bool) -> None:
        self.whole = whole
        self.elements = [e for e in tree.iter() if isinstance(e.tag, str)]  # not the comments
        self.parent = {child: parent for parent in self.elements for child in parent}
        self.ids = Counter(e.attrib["id"] for e in self.elements if "id" in e.attrib)
        self.label_of = {e.get("for"): e for e in self.elements if e.tag == "label" and e.get("for")}

    def all(self, *tags: str) -> Iterator[Element]:
        return (e for e in self.elements if e.tag in tags)

    def ancestors(self, element: Element) -> Iterator[Element]:
        while (up := self.parent.get(element)) is not None:
            yield up
            element = up

    def is_named(self, element: Element) -> bool:
        """Whether a screen reader has a name to say for it; an id that a fragment's page holds is taken on trust."""
        if element.get("aria-label", "").strip():
            return True
        names = element.get("aria-labelledby", "").split()
        return bool(names) and (not self.whole or all(name in self.ids for name in names))


def name(element: Element) -> str:
    """How a fault names an element."""
    shown = ("id", "name", "type", "class", "href", "action")
    return f"<{element.tag}{''.join(f' {k}={element.attrib[k]!r}' for k in shown if k in element.attrib)}>"


def text(element: Element) -> str:
    """The words that it gives a screen reader."""
    if element.get("aria-hidden") == "true":
        return ""
    own = [element.text or "", element.get("alt", "") if element.tag == "img" else "", element.get("aria-label", "")]
    return " ".join([*own, *(text(child) + " " + (child.tail or "") for child in element if isinstance(child.tag, str))])


def page_has_its_landmarks(page: Document) -> Iterator[str]:
    if not page.whole:
        return
    for tag in ("h1", "main", "title"):
        found = [e for e in page.all(tag) if tag != "title" or page.parent[e].tag == "head"]
        if len(found) != 1 or not text(found[0]).strip():
            yield f"{len(found)} <{tag}>: one is wanted, with words in it"
    if not all(e.get("lang") for e in page.all("html")):
        yield "<html> without lang"


def ids_are_unique(page: Document) -> Iterator[str]:
    for id, count in page.ids.items():
        if count > 1 or not id or " " in id:
            yield f"id {id!r} stands {count} times"


def references_exist(page: Document) -> Iterator[str]:
    for e in page.elements if page.whole else []:
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for id in e.get(attribute, "").split():
                if id not in page.ids:
                    yield f"{name(e)}: {attribute}={id!r} names no id of this page"


def fields_are_labelled(page: Document) -> Iterator[str]:
    for field in page.all("input", "select", "textarea"):
        if field.tag == "input" and field.get("type", "text") in UNLABELLED:
            continue
        labels = [page.label_of.get(field.get("id"))] + [e for e in page.ancestors(field) if e.tag == "label"]
        if not page.is_named(field) and not any(e is not None and text(e).strip() for e in labels):
            yield f"{name(field)} has no label"


def links_and_buttons_say_what_they_do(page: Document) -> Iterator[str]:
    for e in page.all("a", "button", "summary"):
        if not text(e).strip() and not page.is_named(e):
            yield f"{name(e)} has no name"
    for e in page.all("input"):
        if e.get("type") in {"submit", "button"} and not e.get("value", "").strip():
            yield f"{name(e)} has no name"
    for e in page.all("img"):
        if "alt" not in e.attrib:
            yield f"{name(e)} has no alt"


def forms_work_without_script(page: Document) -> Iterator[str]:
    for form in page.all("form"):
        method = form.get("method", "").lower()
        if method not in {"get", "post"} or not form.get("action"):
            yield f"{name(form)} wants a method and an action"
        if "data-geste" in form.attrib and not page.whole:
            continue  # a script asked for this fragment, and sends its forms
        tokens = [e for e in form.iter("input") if e.get("name") == "csrf_token"]
        if len(tokens) != (method == "post"):
            yield f"{name(form)}: {len(tokens)} csrf_token in a {method} form"


def no_code_in_the_page(page: Document) -> Iterator[str]:
    for e in page.elements:
        if e.tag == "style" or (e.tag == "script" and not e.get("src") and e.get("type") != "application/ld+json"):
            yield f"inline {name(e)}"
        for attribute, value in e.attrib.items():
            key = str(attribute).lower().removeprefix("data-")
            if key == "style" or key.startswith(("on", "hx-on")):
                yield f"{name(e)}: inline {attribute}"
            elif SCRIPT_IN.match(value) or (key.startswith(("hx-vals", "hx-headers")) and "js:" in value):
                yield f"{name(e)}: code in {attribute}"
            elif key.startswith("hx-trigger") and "[" in value:
                yield f"{name(e)}: a filter in hx-trigger is code"


def icons_are_in_the_sprite(page: Document) -> Iterator[str]:
    for e in page.all("{http://www.w3.org/2000/svg}use"):
        if e.get("href", "").partition("#")[2] not in ICONS:
            yield f"the icon of {name(e)} is not in the sprite"


def tables_are_called_by_one_name(page: Document) -> Iterator[str]:
    for e in page.all("a", "form"):
        path = (e.get("href") or e.get("action") or "").partition("?")[0]
        for ending, words in TABLES.items():
            if path.endswith(ending) and words not in text(e):
                yield f"{name(e)} gives a {ending}, and does not say « {words} »"


CHECKS: tuple[Callable[[Document], Iterator[str]], ...] = (
    page_has_its_landmarks,
    ids_are_unique,
    references_exist,
    fields_are_labelled,
    links_and_buttons_say_what_they_do,
    forms_work_without_script,
    no_code_in_the_page,
    icons_are_in_the_sprite,
    tables_are_called_by_one_name,
)
