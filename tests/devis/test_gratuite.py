"""A free action skips the devis, with a reason; never the validation of the interpôle."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.actions.models import Etat
from portal.besoins import commands as besoins
from portal.besoins.models import Occupation, confirmer
from portal.db import db
from portal.journal import EntreeJournal
from portal.notifications import messages
from portal.outbox import Message
from tests import builders
from tests.cells import fingerprint


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.validated(zoe)


def skip(client, action, motif: str = "Journée de l’association, offerte."):
    return client.post(f"/actions/{action.id}/confirmer_sans_devis", data={"motif": motif})


@pytest.mark.both
def test_it_is_confirmed_its_spaces_are_firm_and_the_demandeur_hears_yes_without_the_reason(as_, zoe, action):
    gina = builders.personne("Gina Payet")
    besoin = builders.besoin(action, builders.pole("Communs", members=[gina]), builders.espace())
    besoins.answer(besoin, confirmer, by=gina)
    assert skip(as_(zoe), action).status_code == 303
    assert action.etat is Etat.CONFIRMEE
    assert set(db.session.scalars(select(Occupation.ferme))) == {True}
    message = db.session.scalars(select(Message).where(Message.genre == "demande_suite").order_by(Message.id.desc())).first()
    assert (message.adresse, message.faits["etat"]) == ("dal@example.org", "confirmee")
    assert "offerte" not in messages.render(message.genre, message.faits).texte
    said = select(EntreeJournal.motif).where(EntreeJournal.evenement == "action.confirmer_sans_devis")
    assert db.session.scalars(said).all() == ["Journée de l’association, offerte."]


def test_a_space_that_another_action_took_stops_it_and_the_reason_comes_back(as_, zoe, action):
    gina, case = builders.personne("Gina Payet"), builders.espace()
    pole, other = builders.pole("Communs", members=[gina]), builders.validated(zoe, titre="Kabar")
    for one in (action, other):
        besoins.answer(builders.besoin(one, pole, case), confirmer, by=gina)
    assert skip(as_(zoe), other).status_code == 303
    before = fingerprint()
    answer = skip(as_(zoe), action, "Offerte.")
    found = BeautifulSoup(answer.text, "html5lib")
    assert (answer.status_code, fingerprint()) == (409, before)
    assert found.select_one("#motif-confirmer_sans_devis")["value"] == "Offerte."
    assert "Kabar" in found.select_one("#motif-confirmer_sans_devis-erreur").get_text()


@pytest.mark.parametrize("path", ["/actions/{id}", "/devis/action/{id}"])
def test_the_sheet_and_the_tab_of_the_devis_offer_it_and_ask_why(as_, zoe, action, path):
    form = f'form[action="/actions/{action.id}/confirmer_sans_devis"]'
    found = BeautifulSoup(as_(zoe).get(path.format(id=action.id)).text, "html5lib").select_one(form)
    assert found.select_one("input[name=motif][required]")
    rose = builders.bienveillant("Rose Técher")
    assert not BeautifulSoup(as_(rose).get(path.format(id=action.id)).text, "html5lib").select(form)


@pytest.mark.parametrize("motif", ["", "   "])
def test_without_a_reason_nothing_moves(as_, zoe, action, motif):
    client = as_(zoe)
    db.session.commit()
    before = fingerprint()
    answer = skip(client, action, motif)
    assert (answer.status_code, fingerprint()) == (422, before)
    assert "Un motif est nécessaire" in answer.text


def test_an_admin_may_and_another_bienveillant_may_not(as_, action):
    assert skip(as_(builders.bienveillant("Rose Técher")), action).status_code == 403
    assert skip(as_(builders.personne("Ada Dijoux", [builders.ADMIN])), action).status_code == 303


def test_the_interpole_is_never_skipped_nor_a_devis_that_left(as_, zoe):
    voice = builders.interpole("Culture")["Culture"]
    before = (
        builders.action(zoe, confirmed=False),
        builders.proposed(zoe, voice.pole),
        builders.in_validation(zoe, voice),
    )
    priced = builders.validated(zoe)
    builders.sent(priced)
    client = as_(zoe)
    assert [skip(client, one).status_code for one in (*before, priced)] == [409] * 4
    db.session.expire_all()
    assert [one.etat for one in (*before, priced)] == [
        Etat.SOLLICITEE, Etat.PROPOSEE, Etat.EN_VALIDATION, Etat.DEVIS_ENVOYE,
    ]  # fmt: skip
