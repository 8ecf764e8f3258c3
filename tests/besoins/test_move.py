"""An action that moves says before it does what its pôles have promised, and takes it along."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal.besoins import commands
from portal.besoins.models import confirmer
from portal.db import db
from tests import builders


@pytest.mark.both
def test_what_is_promised_is_in_the_preview_and_follows(app, as_):
    zoe, paul = builders.bienveillant(), builders.personne("Paul Técher")
    action = builders.action(zoe)
    need = builders.besoin(action, builders.pole("Communs", members=[paul]), builders.espace())
    commands.answer(need, confirmer, by=paul, quantite=1, motif="")
    db.session.commit()
    before, url = need.debut, f"/actions/{action.id}/decaler"
    later = f"{action.debut + timedelta(days=7, hours=4):%Y-%m-%dT%H:%M}"  # the form speaks the hour of La Réunion
    client = as_(zoe)
    page = BeautifulSoup(client.post(url, data={"debut": later}).text, "html5lib")
    words = " ".join(page.main.get_text(" ").split())
    assert "Les besoins" in words
    assert "promis par Pôle Communs" in words
    db.session.expire_all()
    assert need.debut == before
    form = page.select_one("form#suite")
    client.post(form["action"], data={field["name"]: field["value"] for field in form.select("input")})
    db.session.expire_all()
    assert need.debut == before + timedelta(days=7)
