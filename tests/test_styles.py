"""The two style sheets: what a page shows without an account is told by app.css alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import url_for

from portal.actions import suivi as actions_suivi
from portal.actions.models import Action
from portal.candidatures import suivi
from portal.candidatures.models import Candidature
from portal.config import ROOT
from portal.db import db
from portal.devis import lien as devis_lien
from portal.devis.models import Devis
from portal.devis.models import Etat as EtatDevis
from portal.factures import lien as factures_lien
from portal.factures.models import Etat, Facture
from tests.test_every_page import house, reached

__all__ = ["house"]  # fixtures
pytestmark = pytest.mark.browser
SHEET = (ROOT / "static/connecte.css").read_text()
# What of a sheet's rules speaks of something that this page holds.
APPLYING = """text => {
  const sheet = new CSSStyleSheet(), found = [];
  sheet.replaceSync(text);
  const walk = (rules) => [...rules].forEach((rule) => {
    if (rule.cssRules?.length) walk(rule.cssRules);
    const selector = rule.selectorText?.replace(/::[\\w-]+(\\([^)]*\\))?/g, ""); // what it draws beside an element
    if (selector && document.querySelector(selector)) found.push(selector);
  });
  walk(sheet.cssRules);
  return found;
}"""


def links() -> list[str]:
    """Those that mails give, of whatever the demo holds."""
    with_one: list[tuple[Callable[[Any], str], str, list[Any]]] = [
        (suivi.page_token, "candidatures.suivi", db.session.query(Candidature).all()),
        (actions_suivi.page_token, "actions.follow", db.session.query(Action).all()),
        (devis_lien.page_token, "devis.link", db.session.query(Devis).filter(Devis.etat != EtatDevis.BROUILLON).all()),
        (factures_lien.page_token, "factures.link", db.session.query(Facture).filter(Facture.etat != Etat.BROUILLON).all()),
    ]
    return [url_for(endpoint, jeton=token(row)) for token, endpoint, rows in with_one for row in rows[:6]]


def test_no_public_page_needs_the_other_sheet(house, app, client, visit):
    with app.test_request_context():
        personal = links()
    db.session.rollback()
    urls = [*reached(client), *personal]
    page, faults = visit(None, bypass_csp=True), []
    for url in urls:
        answer = page.goto(url)
        assert answer.status == 200, url
        assert "connecte.css" not in page.content()
        faults += [f"{url}: {selector}" for selector in page.evaluate(APPLYING, SHEET)]
    assert len(urls) > 30
    assert not faults, "\n".join(sorted(set(faults)))
