"""HTTP manners shared by every blueprint: who enters, one commit, one page or one block of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    get_flashed_messages,
    make_response,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from jinja2 import Template
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm.interfaces import ORMOption
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from portal import cache, policy, security
from portal.db import MANY, SAFE_METHODS, commit, count, db, undo

LONGEST = 20_000  # characters of a text given back; no field takes as many
PROOF = ("preuve_vers", "preuve_passe", "preuve_code", "preuve_cle")  # what a proof carries besides the form that waits for it
TOKEN = re.compile(r"[\w.:=-]{20,}")
LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")  # a path of ours, as browsers read it


class RowId(IntegerConverter):
    """`<int:…>` in a URL: plain ASCII digits that both databases can hold; anything else is 404."""

    regex = r"[1-9][0-9]{0,8}"


@dataclass
class Page:
    """What a view wants shown; it becomes HTML once the transaction is over."""

    template: str
    block: str | tuple[str, ...] | None = None  # what htmx gets: one block, or one and its out-of-band companions
    status: int = 200
    context: dict[str, Any] = field(default_factory=dict)
    read: Callable[[], dict[str, Any]] | None = None  # the rest of the context, for a main block that is everybody's
    mimetype: str = "text/html"


@dataclass
class Done:
    """A successful change: where to go without htmx, what to show with it."""

    location: str
    page: Callable[[], Page] | None = None
    status = 303


@dataclass
class Refused:
    """A change that did not pass, or was only looked at: its page is read once everything is undone."""

    status: int
    page: Callable[[], Page]


Answer = Page | Done | Refused | ResponseReturnValue


class GuardedBlueprint(Blueprint):
    """A blueprint whose routes cannot be declared without saying who enters.

    `access` is a key of policy.RULES; `limit` a name of security.LIMITS; `kept` lets cache.py serve it; `preview`: sent with
    `apercu`, it shows the messages that it would send, and does nothing; `question`: another server POSTs it, hence without
    a form's token, and it writes nothing; `fresh`: it wants a proof, a quarter of an hour old at most, of who sends it.
    An unsafe view's work is committed here, once, before anything is rendered, and only when its answer is below 400.
    """

    def route(  # type: ignore[override]
        self,
        rule: str,
        *,
        access: str,
        limit: str | None = None,
        kept: bool = False,
        preview: bool = False,
        question: bool = False,
        fresh: bool = False,
        **options: Any,
    ) -> Callable[..., Any]:
        assert access in policy.RULES, f"{access} is not in policy.RULES"
        quota = security.LIMITS[limit] if limit else None

        def decorate(view: Callable[..., Answer]) -> Callable[..., Response]:
            def enter(**args: Any) -> Response:
                refused = _enter(access, question, fresh)
                answer = view(**args) if refused is None else refused
                if request.method not in SAFE_METHODS:
                    if preview and "apercu" in request.form and isinstance(answer, Done):
                        answer = previewed(answer)
                    _settle(answer, question, quota)
                return _respond(answer)

            @wraps(view)
            def guarded(**args: Any) -> Response:
                if quota and request.method not in SAFE_METHODS:
                    quota.spend()
                return cache.serve(wants_fragment(), lambda: enter(**args)) if kept else enter(**args)

            if question:
                questions.add(f"{guarded.__module__}.{guarded.__name__}")
            return super(GuardedBlueprint, self).route(rule, **options)(guarded)

        return decorate

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any) -> None:  # type: ignore[override]
        if getattr(view_func, "__name__", "") and not hasattr(view_func, "__wrapped__"):
            raise TypeError(f"{self.name}: declare {rule} with @route(…, access=…)")
        super().add_url_rule(rule, endpoint, view_func, **options)


questions: set[str] = set()  # the views that no form's token protects, since they change nothing
_previews: list[Callable[[], dict[str, Any]]] = []
_provers: list[Callable[[], Refused]] = []


def previewer(read: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Decorator: this function says, before all is undone, what the page of a preview shows."""
    _previews.append(read)
    return read


def prover(ask: Callable[[], Refused]) -> Callable[[], Refused]:
    """Decorator: this function asks whoever is signed in to prove once more who they are, and keeps what they were sending."""
    _provers.append(ask)
    return ask


def unproved() -> Refused | None:
    """What asks whoever is signed in to prove once more who they are; None when they did a quarter of an hour ago at most."""
    return None if current_user.is_fresh else _provers[-1]()


def previewed(answer: Done, template: str = "apercu.html", *, cle: str = "", **context: Any) -> Refused:
    """What would be sent to whom; the same form goes on, and nothing has happened.

    `cle` goes with it as `annonce`: what was announced; nothing in `context` may be a row, they are undone.
    """
    shown = {name: value for read in _previews for name, value in read().items()} | context
    dropped = ("csrf_token", "apercu", "annonce", *PROOF)
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in dropped]
    kept += [("annonce", cle)] if cle else []
    session.pop("_flashes", None)  # they say what was not done
    suite = request.form.get("apercu", "")[:60] or "Confirmer"  # what its button said, to be said again
    return Refused(200, lambda: render(template, fields=kept, back=answer.location, suite=suite, **shown))


def _enter(access: str, question: bool, fresh: bool) -> Answer | None:
    if question:
        undo()  # from here on, this request only reads
    refused: Answer | None = policy.enter(access)
    return unproved() if refused is None and fresh else refused


def _settle(answer: Answer, question: bool, quota: security.Limit | None) -> None:
    status = answer.status if isinstance(answer, Page | Done | Refused) else make_response(answer).status_code
    if status < 400 and not question and not isinstance(answer, Refused):
        commit()
        policy.forget()
        if quota and isinstance(answer, Done):
            quota.give_back()
    else:
        undo()


def _respond(answer: Answer) -> Response:
    if isinstance(answer, Page):
        return _show(answer)
    if isinstance(answer, Done):
        if not wants_fragment():
            return see_other(answer.location)
        if answer.page is None:
            return htmx_redirect(answer.location)
        return _show(answer.page())
    if isinstance(answer, Refused):
        return _show(replace(answer.page(), status=answer.status))
    return make_response(answer)


def _show(page: Page) -> Response:
    context = dict(page.context)
    _leave_beyond(context)
    current_app.update_template_context(context)
    template = current_app.jinja_env.get_template(page.template)

    def read() -> dict[str, Any]:
        found = page.read() if page.read else {}
        _leave_beyond(found)
        return context | found

    if page.block and wants_fragment():
        names = (page.block,) if isinstance(page.block, str) else page.block
        html = _blocks(template, names, read()) + str(current_app.jinja_env.globals["ui"].toasts(toasts(), oob=True))  # type: ignore[attr-defined]
    else:
        if page.read:
            context["main"] = cache.remember("main", lambda: Markup(_blocks(template, ("main",), read())))  # noqa: S704
        html = template.render(context)
    response = make_response(html, page.status)
    response.mimetype = page.mimetype
    response.vary.add("HX-Request")
    if wants_fragment() and current_user.is_authenticated:
        response.headers["X-Compte"] = str(current_user.id)  # a page that bears another's name does not take it (app.js)
    return response


def _leave_beyond(context: dict[str, Any]) -> None:
    """To the last page of a list, from one after it: what was there was answered, or moved, meanwhile."""
    leaves = (getattr(value, "leaf", value) for value in context.values())
    beyond = next((leaf for leaf in leaves if isinstance(leaf, Leaf) and leaf.is_beyond), None)
    if beyond and request.method in SAFE_METHODS:
        abort(see_other(beyond.last_url))


def drawer(template: str, context: dict[str, Any]) -> Callable[[str], str]:
    """What draws a block of that template, given its name."""
    whole, found = dict(context), current_app.jinja_env.get_template(template)
    current_app.update_template_context(whole)
    return lambda block: _blocks(found, (block,), whole)


def _blocks(template: Template, names: tuple[str, ...], context: dict[str, Any]) -> str:
    scope = template.new_context(context)
    return "".join("".join(template.blocks[name](scope)) for name in names)


def as_file(content: bytes, mimetype: str, name: str, *, inline: bool = False) -> Response:
    """A file under that name, to be kept, or `inline` to be looked at."""
    how = "inline" if inline else "attachment"
    return Response(content, mimetype=mimetype, headers={"Content-Disposition": f'{how}; filename="{name}"'})


def see_other(location: str) -> Response:
    """303, with no body: nobody reads it."""
    return Response(status=303, headers={"Location": location})


def htmx_redirect(location: str, status: int = 204) -> Response:
    response = make_response("", status)
    response.headers["HX-Redirect"] = location
    return response


def render(template: str, block: str | tuple[str, ...] | None = None, status: int = 200, **context: Any) -> Page:
    """The page; or, for htmx, the named block of that same page."""
    return Page(template, block, status, context)


def render_shared(template: str, block: tuple[str, ...], read: Callable[[], dict[str, Any]]) -> Page:
    """A page whose main block says the same to everybody: kept in memory for them all, `read` is what it is made of."""
    return Page(template, block, read=read)


def done(location: str, page: Callable[[], Page] | None = None) -> Done:
    """After a change: `page` is called once it is committed, so that it shows what is now true."""
    return Done(location, page)


def refused(status: int, page: Callable[[], Page]) -> Refused:
    """After a refusal: `page` is called once the transaction is undone, so that no row in it is stale."""
    return Refused(status, page)


def wants_fragment() -> bool:
    headers = request.headers
    return "HX-Request" in headers and "HX-Boosted" not in headers and "HX-History-Restore-Request" not in headers


def typed_words() -> list[str]:
    """What someone wrote in the form of this request: neither secrets, nor what the page itself put there."""
    if request.method in SAFE_METHODS:
        return []
    try:
        values = request.form.items(multi=True)
        typed = [value for name, value in values if "passe" not in name and name not in PROOF]
        return [v[:LONGEST] for v in typed if len(v) > 2 and not TOKEN.fullmatch(v)][:20]
    except HTTPException:
        return []


def me() -> Any:
    """The signed-in Personne itself, for commands, which must not hold a proxy of the request."""
    return current_user._get_current_object()


def safe_next(default: str) -> str:
    """The local path asked for in `next`, or the default: never another site."""
    wanted = request.values.get("next", "")
    return wanted if len(wanted) < 500 and LOCAL_PATH.fullmatch(wanted) else default


def toast(text: str, ton: str = "bon", undo: tuple[str, str] | None = None, lien: tuple[str, str] | None = None) -> None:
    """A word at the bottom of the next screen; `undo` is (url, label) of a POST that takes it back, `lien` of a page."""
    told = {"undo": undo and {"url": undo[0], "label": undo[1]}, "lien": lien and {"url": lien[0], "label": lien[1]}}
    flash({"text": text, "tone": ton, **told}, "toast")  # type: ignore[arg-type]


def toasts() -> list[Any]:
    """The words that nobody has read yet; they stay for the next page when this one is only kept (static/sw.js)."""
    return [] if "X-Garder" in request.headers else list(get_flashed_messages(category_filter=["toast"]))


@dataclass(frozen=True)
class Leaf:
    """One page of a list: `number` from 1, `pages` at least 1; `total` is db.count's, exact up to MANY."""

    items: list[Any]
    number: int
    total: int
    size: int
    path: str = ""  # of the list, when it is shown in the answer to something else

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def is_beyond(self) -> bool:
        return not self.items and self.number > self.pages

    @property
    def last_url(self) -> str:
        return self._url(self.pages)

    @property
    def is_counted(self) -> bool:
        return self.total <= MANY

    @property
    def prev_url(self) -> str | None:
        return self._url(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        further = self.number < self.pages if self.is_counted else len(self.items) == self.size
        return self._url(self.number + 1) if further else None

    def _url(self, number: int) -> str:
        kept = [(key, value) for key, value in request.args.items(multi=True) if key != "page"]
        return f"{self.path or request.path}?{urlencode([*kept, ('page', number)])}"


def leaf(query: Select[Any], number: int, size: int, *options: ORMOption) -> Leaf:
    """One page of a query's rows, in two statements; `options` say what to read along."""
    rows = db.session.scalars(query.options(*options).limit(size).offset((number - 1) * size))
    return Leaf(list(rows.unique()), number, count(query), size)


def page_number() -> int:
    """`page` of the query: a whole number from 1 to 9999, anything else is the first page."""
    text = request.args.get("page", "1")
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,3}", text) else 1
