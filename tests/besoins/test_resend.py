"""Back, other boxes ticked, sent again: the draft needs follow the last ticks, but for what somebody of the house touched."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions import relais
from portal.actions.models import Action, reading
from portal.besoins import commands
from portal.besoins.models import Besoin, Etat
from portal.db import db
from portal.poles.models import Prestation, Ressource
from tests import builders

ASK = "/actions/solliciter"
TITLES = ("La grande salle", "Un repas", "La sono")


@pytest.fixture
def offers(app) -> dict[str, Prestation]:
    kitchen = builders.pole("Cuisine", builders.Genre.GROUPE, [builders.personne("Gina")])
    made = {titre: builders.prestation(titre, kitchen) for titre in TITLES}
    db.session.commit()
    return made


def send(client, offers: dict[str, Prestation], *ticked: str, **more: str) -> Action:
    """The same form, with these boxes ticked."""
    said: dict[str, Any] = {
        "cle": "une-cle-de-formulaire-1", "nom": "Chorale", "email": "vwa@example.org", "titre": "Vingt ans",
        "jour": "2027-10-30", "de": "15:00", "a": "22:00", "souhaits": [offers[titre].id for titre in ticked],
    }  # fmt: skip
    assert client.post(ASK, data=said | more).status_code == 303
    db.session.expire_all()
    return db.session.scalars(select(Action).order_by(Action.id)).all()[-1]


def needs() -> list[str]:
    return sorted(db.session.scalars(select(Besoin.titre)))


@pytest.mark.both
def test_the_drafts_follow_the_last_ticks_as_often_as_they_change(client, offers):
    for ticked in (TITLES[:2], TITLES[1:], (), TITLES, TITLES[:1]):
        action = send(client, offers, *ticked)
        assert needs() == sorted(ticked)
        assert sorted(action.souhaits) == sorted(offers[titre].id for titre in ticked)


@pytest.mark.both
def test_a_meal_is_for_as_many_as_are_expected(client, offers):
    offers["Un repas"].ressource = Ressource.CONSOMMABLE
    db.session.commit()
    for people, meals in (("80", 80), ("60", 60), ("", 1)):
        send(client, offers, "Un repas", "La sono", personnes=people)
        assert dict(db.session.execute(select(Besoin.titre, Besoin.quantite)).all()) == {"Un repas": meals, "La sono": 1}


@pytest.mark.both
def test_they_follow_the_last_hours(client, offers):
    send(client, offers, "Un repas")
    action = send(client, offers, "Un repas", a="23:00")
    [besoin] = db.session.scalars(select(Besoin))
    assert (besoin.debut, besoin.fin) == (action.debut, action.fin)
    assert clock.local(besoin.fin).strftime("%d/%m %H:%M") == "30/10 23:00"


def test_other_words_alone_leave_them_as_they_are(client, offers):
    send(client, offers, "Un repas")
    before = db.session.scalars(select(Besoin.id)).all()
    send(client, offers, "Un repas", titre="Trente ans")
    assert db.session.scalars(select(Besoin.id)).all() == before


def test_what_somebody_of_the_house_touched_stays(client, offers):
    action = send(client, offers, "Un repas", "La sono")
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    repas = db.session.scalars(select(Besoin).where(Besoin.titre == "Un repas")).one()
    commands.edit(repas, by=ada, read=reading(repas.sheet), quantite=60)
    commands.add(action, by=ada, ressource=repas.ressource, titre="Le café", debut=action.debut, fin=action.fin)
    db.session.commit()
    send(client, offers, "La grande salle")
    assert needs() == ["La grande salle", "Le café", "Un repas"]
    send(client, offers, "Un repas")  # it is there already: not doubled
    assert needs() == ["Le café", "Un repas"]
    assert {b.etat for b in db.session.scalars(select(Besoin))} == {Etat.BROUILLON}


def test_once_somebody_took_it_other_words_are_another_request_with_needs_of_its_own(client, offers):
    taken = send(client, offers, "Un repas")
    relais.take(taken, by=builders.bienveillant())
    db.session.commit()
    other = send(client, offers, "La sono")
    found = {b.action_id: b.titre for b in db.session.scalars(select(Besoin))}
    assert found == {taken.id: "Un repas", other.id: "La sono"}


def test_a_mended_address_receives_the_link(client, offers, outbox):
    send(client, offers, email="vwa@exemple.org")
    send(client, offers, email="vwa@example.org")
    told = [(m.genre, m.adresse) for m in outbox()]
    assert told == [("demande_recue", "vwa@exemple.org"), ("demande_lien", "vwa@example.org")]
