"""Markup, a right-to-left mark, faces, four thousand characters in every free field of the chain: they stay words."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import echanges, suivi
from portal.actions.models import Action, Demandeur
from portal.besoins.models import Besoin
from portal.db import db
from tests import builders

LINE = "<script>alert(1)</script>\u202eمرحبا 🥥 \"'><img src=x onerror=alert(1)>"
LONG = (LINE + " ") * 62
KEPT = LINE.replace("\u202e", "")
SLOT = {"debut": "2030-10-29T09:00", "fin": "2030-10-29T12:00"}
ASKED = {"nom": LINE, "contact": LINE, "email": "a@example.org", "titre": LINE, "description": LONG}
ASKED |= {"jour": "2030-10-29", "de": "09:00", "a": "18:00"}
CRITERIA = ("technique", "ethique", "organisationnelle")
DOUBTS = dict.fromkeys(CRITERIA, "reserve") | {f"mot_{name}": LONG[:2000] for name in CRITERIA}
DECIDED = {
    "favorable": "favorable",
    "ou": "reunion",
    "presents": LONG[:2000],
    "compte_rendu": LONG,
}


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport")


def sent(client: Any, path: str, **data: Any) -> str:
    """Where the answer to a form leads; it was taken."""
    answer = client.post(path, data=data)
    assert answer.status_code == 303, (path, answer.text)
    return str(answer.location)


def words_of(client: Any, path: str) -> str:
    """What is read there, once nothing of it was taken for markup."""
    html = BeautifulSoup(client.get(path).text, "html5lib")
    assert not html.select("main script, main img, main [onerror]"), path
    assert html.main, path
    return " ".join(html.main.get_text(" ").split())


def test_what_is_written_all_along_the_chain_stays_words(client, as_, house):
    zoe, culture, jardin = as_(builders.bienveillant()), as_(house["Culture"].member), as_(house["Jardin"].member)
    mine = sent(client, "/actions/solliciter", **ASKED)
    sent(client, f"{mine}/ecrire", texte=LONG[:4000])
    sent(client, f"{mine}/corriger", contact=LINE, email="a@example.org")
    action = db.session.scalars(select(Action.id)).one()
    here = f"/actions/{action}"
    sent(zoe, f"{here}/prendre")
    sent(zoe, f"{here}/echanges", texte=LONG[:4000])
    sent(zoe, f"{here}/proposer", pole=house["Jardin"].pole.id)
    sent(jardin, f"{here}/passer", motif=LINE, pole=house["Culture"].pole.id)
    sent(culture, f"{here}/prendre_en_charge")
    sent(jardin, f"{here}/avis/{house['Jardin'].pole.id}", **DOUBTS)
    assert KEPT in words_of(culture, "/actions/reunion")
    sent(zoe, f"{here}/programme", titre=LINE, lieu=LINE, piste=LINE[:60], **SLOT)
    sent(zoe, f"{here}/retroplanning", titre=LINE, jours="J-3")
    needed = {"ressource": "consommable", "titre": LINE, "quantite": "3", "unite": LINE[:40], "mot": LONG[:1000]} | SLOT
    sent(zoe, f"/besoins/nouveau/{action}", suite="demander", pole_id=house["Jardin"].pole.id, **needed)
    need = db.session.scalars(select(Besoin.id)).one()
    assert KEPT in words_of(jardin, "/besoins/")
    sent(jardin, f"/besoins/{need}/confirmer", quantite="2", motif=LINE)
    sent(culture, f"{here}/decision", le=clock.today().isoformat(), **DECIDED)

    for tab in ("", "/echanges", "/validation", "/programme", "/retroplanning", "/journal", "/decaler", "/confier"):
        assert KEPT in words_of(zoe, here + tab), tab
    for path in (f"/besoins/action/{action}", "/actions/", "/actions/tableau", "/actions/agenda?vue=liste&mois=2030-10"):
        assert KEPT in words_of(zoe, path), path
    for path in (f"{here}/modifier", f"{here}/programme", "/"):
        words_of(zoe, path)
    for path in ("/poles/", "/besoins/", "/besoins/espaces", "/actions/agenda?mois=2030-10", "/"):
        words_of(jardin, path)
    assert KEPT in words_of(client, mine)
    kept = db.session.scalars(select(Demandeur)).one()
    assert (kept.nom, kept.contact) == (KEPT, KEPT)


@pytest.mark.browser
def test_a_word_without_end_never_pushes_a_page_wider_than_the_phone(visit, house):
    endless = "X" * 110
    action = builders.request(nom=endless, contact=endless, titre=endless, description=endless * 3)
    echanges.write(action, texte=endless * 3, cle="", by=None)
    mine, here = f"/actions/suivi/{suivi.page_token(action)}", f"/actions/{action.id}"
    page = visit(builders.bienveillant())
    for path in ("/actions/?qui=a_prendre", here, f"{here}/echanges", f"{here}/modifier", "/actions/tableau", mine):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
