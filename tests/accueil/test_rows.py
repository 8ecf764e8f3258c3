"""Rows of the home page about missions and their candidatures: each opens, and shows the very thing that it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.db import db
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def soup(answer) -> BeautifulSoup:
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def behind(visitor, said: str) -> str:
    """What the page says to which that row leads."""
    rows = soup(visitor.get("/")).select(".rangees li a")
    [href] = [str(row["href"]) for row in rows if said in row.get_text(" ", strip=True)]
    return soup(visitor.get(href)).main.get_text(" ", strip=True)


def test_a_volunteer_s(as_, zoe):
    awa = builders.personne()
    builders.offer(builders.in_line(builders.mission(builders.action(zoe), titre="Le bar", places=1), awa))
    held = builders.hold(builders.mission(builders.action(zoe), titre="La plonge"), awa)
    held.a_confirmer_avant = clock.now() + timedelta(days=2)
    db.session.commit()
    assert "Le bar" in behind(as_(awa), "1 place libre")
    assert "La plonge" in behind(as_(awa), "1 créneau à confirmer")


def test_a_bienveillant_s(as_, zoe):
    zoe.repond_plus_tard = True
    builders.candidature(builders.mission(builders.action(zoe), titre="La buvette"), nom="Inès Clain")
    told = builders.candidature(builders.mission(builders.action(zoe), titre="La scène"), nom="Jean Rivière")
    candidatures.decide(told, accepter, by=zoe)
    db.session.commit()
    waiting, kept = (behind(as_(zoe), said) for said in ("1 candidature à valider", "1 réponse à envoyer"))
    assert ["Inès Clain" in waiting, "Jean Rivière" in waiting] == [True, False]
    assert ["Inès Clain" in kept, "Jean Rivière" in kept] == [False, True]
