"""An action that nobody of the house carries, or carries no more: it stays in sight, and whoever is concerned hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import chemin, commands, interpole, queries, relais
from portal.actions.deliberation import Ou
from portal.actions.models import Etat
from portal.actions.processus import annuler
from portal.comptes import commands as comptes
from portal.db import db
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def bruno(app):
    return builders.bienveillant("Bruno Ozoux")


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def asked(app):
    return builders.request()


def words(answer) -> str:
    return " ".join(BeautifulSoup(answer.text, "html5lib").main.get_text(" ").replace("\u00a0", " ").split())


def to_take() -> list[int]:
    return [action.id for action in db.session.scalars(queries.to_take())]


@pytest.mark.both
def test_whoever_is_a_bienveillant_no_more_carries_nothing(zoe, bruno, ada, asked):
    relais.take(asked, by=zoe)
    assert (asked.is_to_take, to_take()) == (False, [])
    comptes.set_roles(zoe, [builders.TRESORIER], by=ada)
    assert (asked.is_to_take, to_take()) == (True, [asked.id])
    assert chemin.awaited(asked) == "Une personne bienveillante la prend et répond."
    relais.take(asked, by=bruno)
    assert (asked.bienveillant, asked.is_to_take) == (bruno, False)


def test_an_admin_stands_in_until_a_bienveillant_takes_it(as_, ada, bruno, asked, outbox):
    assert as_(ada).post(f"/actions/{asked.id}/prendre").status_code == 303
    db.session.expire_all()
    assert (asked.bienveillant, to_take()) == (ada, [asked.id])
    assert "Je la prends" not in words(as_(ada).get(f"/actions/{asked.id}"))
    assert "Je la prends" in words(as_(bruno).get(f"/actions/{asked.id}"))
    assert as_(bruno).post(f"/actions/{asked.id}/prendre").status_code == 303
    db.session.expire_all()
    assert (asked.bienveillant, to_take()) == (bruno, [])


def test_nobody_is_said_to_carry_it_who_has_left(zoe, ada, asked):
    relais.take(asked, by=zoe)
    interpole.propose(asked, builders.interpole("Culture")["Culture"].pole, by=zoe)
    interpole.pass_on(asked, by=zoe, motif="Pas nous.")
    assert chemin.awaited(asked) == "Zoé Hoarau la propose à un pôle."
    comptes.set_active(zoe, False, by=ada)
    assert chemin.awaited(asked) == "Quelqu’un la propose à un pôle."


def test_passed_on_while_nobody_carries_it_whoever_proposed_it_hears_of_it(ada, asked, outbox):
    culture = builders.interpole("Culture")["Culture"]
    interpole.propose(asked, culture.pole, by=ada)
    interpole.pass_on(asked, by=culture.member, motif="Pas nous.")
    assert [m.adresse for m in outbox() if m.genre == "action_passee"] == [ada.email]


@pytest.mark.both
def test_unanswered_it_stands_out_until_it_is_decided(zoe, outbox):
    house = builders.interpole("Culture", "Jardin")
    with clock.freeze(clock.now() - timedelta(days=9)):
        asked = builders.request()
        relais.take(asked, by=zoe)
    interpole.propose(asked, house["Culture"].pole, by=zoe)
    assert (asked.is_unanswered, queries.unanswered()) == (True, [asked])
    interpole.take(asked, by=house["Culture"].member)
    assert (asked.is_unanswered, queries.unanswered()) == (True, [asked])
    said = {"ou": Ou.REUNION, "le": clock.today(), "favorable": True, "compte_rendu": "Oui."}
    interpole.decide(asked, by=house["Jardin"].member, **said)
    assert (asked.is_unanswered, queries.unanswered()) == (False, [])


def test_a_relay_falls_with_the_action(as_, zoe, bruno, asked):
    relais.take(asked, by=zoe)
    relais.offer(asked, to=bruno, by=zoe)
    commands.decide(asked, annuler, by=zoe, motif="Cyclone")
    assert (asked.etat, asked.relais) == (Etat.ANNULEE, None)
    assert "On te passe le relais" not in words(as_(bruno).get(f"/actions/{asked.id}"))
