"""From a genre and its facts to what its template reads, true when it leaves: each is registered by a module of `lettres`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app

from portal.comptes.models import Personne

T = TypeVar("T")
Facts = dict[str, Any]
Context = dict[str, Any]

AGENDA_NOTE = "Pour prévenir si tu ne peux plus venir\u00a0: le lien de l’e-mail qui t’annonce la réponse."


class Outdated(Exception):
    """What the message is about is gone, or is no more what it says: it is dropped rather than sent."""


def link(endpoint: str, **values: Any) -> str:
    """The absolute address of a page, from PORTAL_BASE_URL: no request and no Host has a say in it."""
    base = urlsplit(current_app.config["PORTAL"].base_url)
    site = current_app.url_map.bind(base.netloc, base.path or "/", url_scheme=base.scheme)
    return site.build(endpoint, values, force_external=True)


GENRES: dict[str, Callable[[Facts], Context]] = {}


def genre(name: str) -> Callable[[Callable[[Facts], Context]], Callable[[Facts], Context]]:
    def register(function: Callable[[Facts], Context]) -> Callable[[Facts], Context]:
        GENRES[name] = function
        return function

    return register


def still(found: T | None) -> T:
    if not found:
        raise Outdated
    return found


def first_name(personne: Personne | None) -> str:
    """How to greet: a name that a stranger typed for an address is not repeated to whoever owns it."""
    return personne.prenom if personne and personne.confirme_le else ""
