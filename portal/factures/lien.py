"""The demandeur's link: an invoice that left is read without an account, with what was paid of it and what remains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from werkzeug.exceptions import NotFound

from portal import security
from portal.actions.depot import LinkOver, LinkReplaced, RequestErased
from portal.actions.models import UNDECIDED, Action
from portal.db import db
from portal.devis.lien import reach
from portal.factures import queries
from portal.factures.models import Facture
from portal.web import GuardedBlueprint, as_file, render

bp = GuardedBlueprint("factures", __name__, url_prefix="/factures")
PURPOSE = "facture"


def page_token(facture: Facture) -> str:
    return security.seal(PURPOSE, facture.id, facture.action.generation)


def read(jeton: str, sheet: tuple[Any, ...] = queries.SHEET) -> Facture:
    """The invoice of a personal link, which opens as long as the demandeur's own page does.

    Raises NotFound, RequestErased, LinkReplaced when the demandeur was sent newer links, or LinkOver a year after.
    """
    id, generation = security.unseal(PURPOSE, jeton) or (0, 0)
    facture = db.session.get(Facture, id, options=sheet) if id else None
    if facture is None or facture.is_draft or generation > facture.action.generation:
        raise NotFound
    if facture.action.demandeur.is_erased:
        raise RequestErased
    if generation < facture.action.generation:
        raise LinkReplaced
    if not facture.action.link_opens:
        raise LinkOver
    return facture


@dataclass(frozen=True)
class Paper:
    """What the demandeur's own page says of an invoice; `url` is its link."""

    facture: Facture
    url: str


@bp.app_template_global("factures_de")
def papers_of(action: Action) -> list[Paper]:
    """All that left, the oldest first, for the page of the demandeur, in a package below."""
    left = [] if action.etat in UNDECIDED else queries.left_for(action)
    return [Paper(facture, _url(facture)) for facture in left]


def _url(facture: Facture) -> str:
    return url_for("factures.link", jeton=page_token(facture))


@bp.get("/lien/<jeton>", access="public")
def link(jeton: str) -> Any:
    facture = read(jeton)
    contenu = facture.contenu
    assert contenu
    return render(
        "factures/lien.html",
        facture=facture,
        contenu=contenu,
        echeance=date.fromisoformat(contenu["echeance"]),
        corrige=facture.origine and Paper(facture.origine, _url(facture.origine)),
        avoirs=[Paper(avoir, _url(avoir)) for avoir in facture.avoirs if not avoir.is_draft],
        jeton=jeton,
        **reach(facture.action),
    )


@bp.get("/lien/<jeton>/facture.pdf", access="public")
def linked_paper(jeton: str) -> Any:
    facture = read(jeton, queries.PAPER)
    assert facture.pdf
    return as_file(facture.pdf, "application/pdf", f"{facture.numero}.pdf", inline=True)
