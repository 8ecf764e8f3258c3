"""What an acceptance does, at once or not at all: the action, its options, who hears of it; killed in the middle, nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions.models import Etat as ActionEtat
from portal.besoins import commands as besoins
from portal.besoins.models import Besoin, Occupation, confirmer
from portal.besoins.models import Etat as BesoinEtat
from portal.config import ROOT
from portal.db import db
from portal.devis import accords, lien, queries
from portal.devis.accords import Signature
from portal.devis.models import Accord, Devis, Etat, Voie
from portal.journal import EntreeJournal
from portal.notifications import messages
from portal.outbox import Message
from portal.poles.commands import save_equipment
from portal.poles.models import Genre
from tests import builders
from tests.cells import fingerprint
from tests.test_races import badge
from tests.test_races import crowd as crowd  # a fixture

pytestmark = pytest.mark.both
SIGNED = Signature("Armelle Gigan")


class House:
    def __init__(self) -> None:
        self.zoe, self.rose = builders.bienveillant(), builders.bienveillant("Rose Técher")
        self.gina = builders.personne("Gina Payet")
        self.groupe = builders.pole("Mobilier", Genre.GROUPE, members=[self.gina])
        self.site = builders.espace("Le site")
        self.case = builders.espace("La case", self.site)
        self.chairs = save_equipment(None, nom="Chaises", stock=80, pole=self.groupe, by=None)

    def promised(self, action, thing=None, **fields) -> Besoin:
        besoin = builders.besoin(action, self.groupe, thing, **fields)
        besoins.answer(besoin, confirmer, by=self.gina)
        return besoin

    def offered(self, *things, by=None, **fields) -> Devis:
        """An action with these things by an option, and its devis as it left."""
        action = builders.validated(by or self.zoe, **fields)
        for thing in things:
            self.promised(action, thing)
        devis = builders.sent(action)
        db.session.commit()
        return devis


@pytest.fixture
def house(app):
    return House()


def accept(devis: Devis, by=None, signature=SIGNED) -> None:
    accords.accept(devis, signature=signature, empreinte=devis.empreinte, by=by)
    db.session.commit()


def told(since: int = 0) -> Counter[tuple[str, str]]:
    """(genre, address) of what was written after that message."""
    new = db.session.scalars(select(Message).where(Message.id > since))
    return Counter((m.genre, m.adresse) for m in new)


def last_message() -> int:
    return max(db.session.scalars(select(Message.id)), default=0)


def kept(besoin_id: int) -> set[bool]:
    """How it keeps its space: firmly, by an option, or not at all."""
    db.session.expire_all()
    return set(db.session.scalars(select(Occupation.ferme).where(Occupation.besoin_id == besoin_id)))


def state() -> tuple[set[str], set[str], int, set[bool]]:
    """Of the devis and actions, how many agreements there are, and how the spaces are kept."""
    db.session.expire_all()
    devis = set(db.session.scalars(select(Devis.etat)))
    etats = {d.action.etat for d in db.session.scalars(select(Devis))}
    return devis, etats, len(db.session.scalars(select(Accord)).all()), set(db.session.scalars(select(Occupation.ferme)))


# --- all of it -----------------------------------------------------------------------------------------------


def test_the_action_is_confirmed_its_spaces_are_firm_and_each_hears_of_it_once(house):
    devis = house.offered(house.case, house.chairs, None)
    before = last_message()
    accept(devis)
    assert state() == ({Etat.ACCEPTE}, {ActionEtat.CONFIRMEE}, 1, {True})
    assert told(before) == {
        ("devis_accord", "dal@example.org"): 1,
        ("devis_repondu", house.zoe.email): 1,
        ("devis_confirme", house.gina.email): 1,
    }


def test_its_bienveillant_is_led_to_the_missions(house):
    devis = house.offered()
    accept(devis)
    message = db.session.scalars(select(Message).where(Message.genre == "devis_repondu")).one()
    letter = messages.render(message.genre, message.faits)
    assert all(f"/missions/ouvrir/{devis.action_id}" in text for text in (letter.html, letter.texte))


def test_a_space_that_was_taken_since_stops_nothing_and_goes_back_to_its_pole(house):
    devis = house.offered(house.case, house.chairs)
    lost, chairs = sorted(db.session.scalars(select(Besoin)), key=lambda b: b.materiel_id or 0)
    taken = house.promised(builders.action(house.rose, titre="Kabar"), house.case)
    db.session.commit()
    before = last_message()
    with clock.freeze(clock.now() + timedelta(hours=1)):  # what is asked of a pôle in ten minutes is one message
        accept(devis)
    assert (devis.etat, devis.action.etat) == (Etat.ACCEPTE, ActionEtat.CONFIRMEE)
    assert (kept(lost.id), kept(taken.id)) == (set(), {True})
    assert (lost.etat, chairs.etat) == (BesoinEtat.A_CONFIRMER, BesoinEtat.CONFIRME)
    heard = told(before)
    assert [heard["besoin_perdu", house.zoe.email], heard["besoin_a_confirmer", house.gina.email]] == [1, 1]


def test_whoever_records_an_agreement_by_phone_hears_of_a_lost_space_too(house):
    devis = house.offered(house.case)
    house.promised(builders.action(house.rose), house.case)
    by_phone = Signature("Armelle", voie=Voie.TELEPHONE, preuve="Appelée à midi.")
    before = last_message()
    accept(devis, by=house.zoe, signature=by_phone)
    assert told(before)["besoin_perdu", house.zoe.email] == 1


def test_accepted_twice_is_once(house):
    devis = house.offered(house.case)
    accept(devis)
    before = fingerprint()
    accept(devis)
    assert fingerprint() == before


# --- killed in the middle ------------------------------------------------------------------------------------

HANGS = """
import sys, time
from portal import create_app
from portal.db import db
from portal.devis import accords, queries
from portal.workflow import EVENTS
app = create_app()
with app.app_context():
    @EVENTS[sys.argv[1]].react
    def hang(news):
        db.session.flush()
        print("au milieu", flush=True)
        time.sleep(60)
    devis = queries.fresh(int(sys.argv[2]))
    accords.accept(devis, signature=accords.Signature("Armelle Gigan"), empreinte=devis.empreinte, by=None)
    db.session.commit()
"""


@pytest.mark.parametrize("event", ["devis.accepter", "action.confirmer"])
def test_killed_in_the_middle_it_leaves_nothing_and_is_then_done_whole(house, site, processes, event):
    """By kill -9, when all of that event is written and nothing is committed."""
    devis = house.offered(house.case, house.chairs)
    id, before = devis.id, fingerprint()
    db.session.rollback()  # the test holds no lock meanwhile
    command = (sys.executable, "-c", HANGS, event, str(id))
    process = processes.start(*command, cwd=ROOT, env=os.environ | site.environ, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == "au milieu\n"
    processes.kill(process)
    assert fingerprint() == before
    accept(queries.fresh(id))
    assert state() == ({Etat.ACCEPTE}, {ActionEtat.CONFIRMEE}, 1, {True})


# --- two at once ---------------------------------------------------------------------------------------------


@pytest.mark.proof
def test_two_actions_that_want_one_space_accepted_at_once_are_both_confirmed_and_one_has_it(
    house, crowd, client, size, record_property
):
    won = Counter[int]()
    for turn in range(size(2, 50)):
        slot = {"debut": builders.in_days(10 + turn, 9), "fin": builders.in_days(10 + turn, 18)}
        two = [house.offered(space, by=by, **slot) for space, by in ((house.site, house.zoe), (house.case, house.rose))]
        needs = [db.session.scalars(select(Besoin).where(Besoin.action_id == d.action_id)).one() for d in two]
        before = last_message()
        signed = {"nom": "Armelle", "accord": "y"}
        posts = [
            (f"/devis/lien/{lien.page_token(d)}/accepter", signed | {"empreinte": d.empreinte}, badge(client)) for d in two
        ]
        assert [a.status for a in crowd.press(posts)] == [303, 303]
        db.session.expire_all()
        assert {(d.etat, d.action.etat) for d in two} == {(Etat.ACCEPTE, ActionEtat.CONFIRMEE)}
        assert sorted(map(sorted, (kept(b.id) for b in needs))) == [[], [True]]
        [lost] = [b for b in needs if b.etat is BesoinEtat.A_CONFIRMER]
        assert told(before)["besoin_perdu", lost.action.bienveillant.email] == 1
        won[needs.index(lost)] += 1
        db.session.commit()
    record_property("perdues", f"{dict(won)}")


@pytest.mark.proof
def test_one_devis_accepted_and_refused_at_once_gets_one_answer(house, crowd, client, size):
    for _ in range(size(2, 50)):
        devis = house.offered()
        page, hands = f"/devis/lien/{lien.page_token(devis)}", badge(client)
        signed = {"nom": "Armelle", "accord": "y", "empreinte": devis.empreinte}
        pressed = crowd.press([(f"{page}/accepter", signed, hands), (f"{page}/accepter", signed, hands),
                               (f"{page}/refuser", {"motif": "Trop cher"}, hands)])  # fmt: skip
        db.session.expire_all()
        yes = devis.etat is Etat.ACCEPTE
        assert [a.status for a in pressed] == ([303, 303, 409] if yes else [409, 409, 303])
        assert len(db.session.scalars(select(Accord).where(Accord.devis_id == devis.id)).all()) == yes
        said = select(EntreeJournal).where(EntreeJournal.sujet == f"devis:{devis.id}", EntreeJournal.avant == "envoye")
        assert len(db.session.scalars(said).all()) == 1
        db.session.commit()
