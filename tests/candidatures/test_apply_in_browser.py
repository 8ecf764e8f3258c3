"""Applying on a phone, the way phones are used: twice, and back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.candidatures.models import Candidature
from portal.db import db
from portal.missions.models import Mineur
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


def test_one_tick_opens_what_a_minor_says_and_an_adult_never_sees_it(visit, app):
    path = f"/candidatures/deposer/{builders.mission(builders.action(builders.bienveillant())).id}"
    db.session.commit()
    page = visit()
    page.goto(path)
    age, tick = page.get_by_label("Ton âge"), page.get_by_label("J’ai moins de 18 ans")
    assert not age.is_visible()
    tick.check()
    age.fill("15")
    page.get_by_label("Le nom de ton parent").fill("Marie Grondin")
    page.get_by_label("Son téléphone").fill("0692 12 34 56")
    page.get_by_label("Ton nom").fill("Léa Grondin")
    page.get_by_label("Ton adresse e-mail").fill("lea@example.org")
    page.get_by_label("J’ai lu").check()
    page.get_by_role("button", name="Envoyer ma candidature").click()
    page.get_by_text("Les missions s’ouvrent à").wait_for()
    assert (age.input_value(), page.get_by_label("Son téléphone").input_value()) == ("15", "0692 12 34 56")
    tick.uncheck()
    assert not age.is_visible()
    page.get_by_role("button", name="Envoyer ma candidature").click()
    page.wait_for_url("**/candidatures/suivi/**")
    assert (count(Candidature.id), count(Mineur.id)) == (1, 0)
