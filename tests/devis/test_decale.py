"""An action moves while its devis is out: nobody agrees to a day that is no more, and the house is told to send another."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import decalage
from portal.db import db
from portal.devis import accords, commands, ecarts, envoi, lien, papier, queries
from portal.devis.models import Etat, Voie
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def devis(zoe):
    made = builders.sent(builders.validated(zoe))
    db.session.commit()
    return made


def move(devis, zoe, **later) -> decalage.Move:
    action, delta = devis.action, timedelta(**later)
    moved = decalage.shift(action, by=zoe, debut=action.debut + delta, fin=action.fin + delta, motif="La salle")
    db.session.commit()
    return moved


def agree(client, devis):
    said = {"nom": "Armelle", "accord": "y", "empreinte": devis.empreinte}
    return client.post(f"/devis/lien/{lien.page_token(devis)}/accepter", data=said)


def words(answer) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main
    return " ".join(main.get_text(" ").split())


@pytest.mark.both
@pytest.mark.parametrize("later", [{"days": 7}, {"minutes": 30}])
def test_the_old_day_is_accepted_no_more_and_another_version_is(client, as_, devis, zoe, later):
    move(devis, zoe, **later)
    shown = words(client.get(f"/devis/lien/{lien.page_token(devis)}"))
    assert "La date a changé depuis ce devis" in shown
    assert "J’accepte ce devis" not in shown
    assert "Demander un changement" in shown
    answer = agree(client, devis)
    assert (answer.status_code, "La date a changé depuis ce devis" in words(answer)) == (409, True)
    assert "Il dit une autre date" in words(as_(zoe).get(f"/devis/{devis.id}"))
    newer = commands.draft(devis.action, by=zoe)
    envoi.send(newer, by=zoe, force="Dit de vive voix")
    db.session.commit()
    assert agree(client, newer).status_code == 303
    assert queries.fresh(newer.id).etat is Etat.ACCEPTE
    assert "Il dit une autre date" not in words(as_(zoe).get(f"/devis/{newer.id}"))


def test_moved_back_it_is_accepted(client, devis, zoe):
    move(devis, zoe, days=7)
    move(devis, zoe, days=-7)
    assert agree(client, devis).status_code == 303


def test_whoever_has_it_signed_on_paper_records_it_all_the_same(devis, zoe):
    move(devis, zoe, days=7)
    signature = accords.Signature("Armelle", voie=Voie.PAPIER, preuve="Signé, la date corrigée à la main.")
    accords.accept(devis, signature=signature, empreinte=devis.empreinte, by=zoe)
    assert devis.etat is Etat.ACCEPTE


@pytest.mark.parametrize(("made", "said"), [
    (builders.devis, []),
    (builders.sent, [("Le devis", "garde l’ancienne date")]),
    (builders.accepted, [("Le devis", "garde l’ancienne date")]),
])  # fmt: skip
def test_whoever_moves_it_reads_first_that_the_devis_stays_behind(zoe, made, said):
    devis = made(builders.validated(zoe))
    assert [(part.titre, part.lines[0].note) for part in move(devis, zoe, days=7).parts] == said


def test_the_day_is_said_the_same_whatever_the_year_in_which_it_is_said(zoe):
    """A version compared with the one that left before the new year; over one day or several."""
    for nights in (0, 2):
        with clock.freeze(clock.start_of(date(2026, 12, 20)) + timedelta(hours=10)):
            action = builders.validated(zoe, debut=builders.in_days(20), fin=builders.in_days(20 + nights, 18))
            devis = builders.sent(action)
        with clock.freeze(clock.start_of(date(2027, 1, 2)) + timedelta(hours=10)):
            newer = commands.draft(action, by=zoe)
            assert not ecarts.between(devis.contenu, papier.content(newer, clock.now())).reste
            assert papier.moved_to(devis) == ""
