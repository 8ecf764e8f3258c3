"""A message is read before it is sent: the same form, looked at, does nothing; confirmed, it does what was shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.candidatures import commands
from portal.candidatures.models import accepter
from portal.db import db
from portal.equipe import queries
from portal.journal import EntreeJournal
from portal.outbox import Message
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), titre="Accueil du public")


def rows() -> tuple[int, int]:
    return len(db.session.scalars(select(Message.id)).all()), len(db.session.scalars(select(EntreeJournal.id)).all())


def confirm(client, page):
    """The form of the preview, as it is."""
    form = BeautifulSoup(page.text, "html5lib").select_one("form#suite")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    return client.post(form["action"], data=fields)


@pytest.mark.both
def test_a_refusal_is_read_as_it_would_leave_and_nothing_is_done(zoe, mission, as_):
    candidature = builders.candidature(mission, email="lea@example.org")
    client = as_(zoe)
    before = rows()
    data = {"motif": "La mission a changé.", "mot": "<b>Une autre fois</b>", "apercu": "1"}
    page = client.post(f"/candidatures/{candidature.id}/refuser?etat=toutes", data=data)
    assert page.status_code == 200
    assert "lea@example.org" in page.text
    assert "La raison\u00a0: La mission a changé." in page.text
    assert "&lt;b&gt;Une autre fois" in page.text
    assert "/candidatures/suivi/" not in page.text  # the personal link proves an address: it is for its owner
    assert BeautifulSoup(page.text, "html5lib").select("#toasts > *") == []  # nothing was done: nothing says so
    db.session.expire_all()
    assert (candidature.etat, candidature.decisions, rows()) == ("deposee", 0, before)
    assert confirm(client, page).status_code == 303
    db.session.expire_all()
    assert candidature.etat == "refusee"
    message = db.session.scalars(select(Message).where(Message.genre == "candidature_reponse")).one()
    assert (message.faits["motif"], message.faits["mot"]) == ("La mission a changé.", "<b>Une autre fois</b>")


@pytest.mark.both
def test_cancelling_a_mission_shows_everybody_s_message(zoe, mission, as_):
    waiting, accepted = (builders.candidature(mission, builders.personne(name)) for name in ("Awa Payet", "Léa Grondin"))
    commands.decide(accepted, accepter, by=zoe)
    client = as_(zoe)
    page = client.post(f"/missions/{mission.id}/annuler", data={"motif": "Cyclone", "apercu": "1"})
    assert "Voici les 2 messages" in page.text
    assert waiting.personne.email in page.text
    assert accepted.personne.email in page.text
    db.session.expire_all()
    assert mission.etat == "ouverte"


def test_a_refused_form_is_refused_all_the_same(zoe, mission, as_):
    candidature = builders.candidature(mission)
    answer = as_(zoe).post(f"/candidatures/{candidature.id}/refuser", data={"apercu": "1"})
    assert answer.status_code == 422


def test_only_forms_that_say_so_can_be_looked_at(client, mission):
    """Elsewhere the word means nothing, and the form does what it does."""
    data = {"nom": "Léa", "email": "lea@example.org", "accord": "y", "apercu": "1"}
    assert client.post(f"/candidatures/deposer/{mission.id}", data=data).status_code == 303


@pytest.mark.browser
def test_with_htmx_the_preview_is_a_page_of_its_own(zoe, mission, visit):
    builders.candidature(mission, email="lea@example.org")
    page = visit(zoe)
    page.goto("/candidatures/")
    page.wait_for_function("() => window.htmx")
    page.locator("details.refus summary").first.click()
    page.get_by_label("Motif").first.select_option("La mission a changé.")
    page.get_by_role("button", name="Lire le message avant").first.click()
    page.get_by_role("heading", name="Voici le message").wait_for()
    page.get_by_role("button", name="Refuser").click()
    page.wait_for_url("**/candidatures/")


def test_whoever_said_yes_reads_the_message_before_it_leaves(zoe, mission, as_):
    candidature = builders.candidature(mission, builders.personne("Léa Grondin"))
    commands.decide(candidature, accepter, by=zoe)
    db.session.commit()
    letter, other = f"/notifications/reponses/{candidature.id}", builders.bienveillant()
    page = as_(zoe).get("/candidatures/?etat=acceptee")
    assert BeautifulSoup(page.text, "html5lib").select_one(f"a[href='{letter}']").text == "Le lire"
    assert "C’est oui" in as_(zoe).get(letter).text
    assert as_(other).get(letter).status_code == 404
    assert as_(candidature.personne).get(letter).status_code == 403
    assert "/candidatures/suivi/" not in as_(zoe).get(letter).text


def typed(client, url: str, **changes) -> dict:
    """The form of that page, as a browser would send it after these changes."""
    form = BeautifulSoup(client.get(url).text, "html5lib").select_one("main form.formulaire")
    sent: dict[str, list[str]] = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.get("type") not in ("checkbox", "radio") or field.has_attr("checked"):
            chosen = field.select_one("option[selected]") or field.select_one("option") if field.name == "select" else field
            sent.setdefault(field["name"], []).append(chosen.get("value", field.text if field.name == "textarea" else ""))
    return sent | changes


def test_a_slot_that_moves_and_a_place_that_changes_are_read_first(zoe, mission, as_):
    builders.hold(mission, builders.personne("Léa Grondin"))
    db.session.commit()
    client, url = as_(zoe), f"/missions/{mission.id}/modifier"
    later = f"{mission.fin + timedelta(hours=6):%Y-%m-%dT%H:%M}"
    page = client.post(url, data=typed(client, url, fin=later, prevenir="y", apercu="1"))
    assert "Voici le message" in page.text
    assert "confirme" in page.text
    before = mission.fin
    db.session.expire_all()
    assert mission.fin == before
    url = f"/actions/{mission.action_id}/modifier"
    page = client.post(url, data=typed(client, url, lieu="La grande salle", apercu="1"))
    assert "Voici le message" in page.text
    assert "La grande salle" in page.text


def test_an_invitation_is_read_first(zoe, mission, as_):
    lea = builders.personne("Léa Grondin")
    db.session.commit()
    client, url = as_(zoe), f"/equipe/renfort/{mission.id}"
    page = client.post(url, data={"personne": lea.id, "apercu": "1"})
    assert lea.email in page.text
    assert not queries.invited_to(mission)
    assert confirm(client, page).status_code == 303
    assert [i.personne for i in queries.invited_to(mission)] == [lea]
