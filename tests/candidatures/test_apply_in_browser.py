"""Applying on a phone, the way phones are used: twice, and back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.candidatures.models import Candidature
from portal.db import db
from portal.outbox import Message
from tests import builders

pytestmark = pytest.mark.browser


def count(column) -> int:
    return db.session.scalar(select(func.count(column))) or 0


def test_back_and_sent_again_is_the_same_candidature(visit, app):
    """The browser asks for the page anew, which comes with another key, and puts back what was typed."""
    path = f"/missions/{builders.mission(builders.action(builders.bienveillant())).id}"
    db.session.commit()
    page = visit()
    page.goto(path)
    page.get_by_role("link", name="Je candidate").click()
    page.get_by_label("Ton nom").fill("Léa Grondin")
    page.get_by_label("Ton adresse e-mail").fill("lea@example.org")
    page.get_by_label("J’ai lu").check()
    page.get_by_role("button", name="Envoyer ma candidature").click()
    page.wait_for_url("**/candidatures/suivi/**")
    first = page.url
    page.go_back()
    assert page.get_by_label("Ton nom").input_value() == "Léa Grondin"
    page.get_by_label("Un mot pour l’équipe").fill("J’ai mon vélo.")
    page.get_by_role("button", name="Envoyer ma candidature").click()
    page.wait_for_url("**/candidatures/suivi/**")
    assert page.url == first
    assert (count(Candidature.id), count(Message.id)) == (1, 1)
    assert db.session.scalar(select(Candidature.message)) == "J’ai mon vélo."
