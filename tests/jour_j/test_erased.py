"""Somebody erased: the day keeps what happened and when, and says no more who they were nor why they were not there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.actions import effacement
from portal.actions.commands import decide
from portal.actions.processus import annuler
from portal.comptes.commands import erase
from portal.db import db
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre
from portal.jour_j.pli import Presence
from portal.journal import EntreeJournal
from portal.missions.models import Nature
from tests import builders
from tests.comptes.test_erase import everything
from tests.jour_j.conftest import at, kept, tap

pytestmark = pytest.mark.both


@pytest.fixture
def lea(saturday):
    saturday.lea.telephone = "+262692777777"
    saturday.held_by(saturday.lea).mission.nature = Nature.CHARGE_DE_MISSION  # who says what happened
    return saturday.lea


def erased(personne) -> None:
    erase(personne, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    db.session.commit()
    db.session.expire_all()


def test_why_they_were_absent_goes_and_that_they_were_stays(saturday, lea):
    place, mine = saturday.held_by(lea), saturday.held_by(saturday.awa)
    absent = tap(Genre.PRESENCE, place.id, "absent", "Opération du genou")
    other = tap(Genre.PRESENCE, mine.id, "absent", "Un bus manqué")
    saturday.send(absent, other)
    erased(lea)
    assert (kept(absent).mot, kept(other).mot) == ("", "Un bus manqué")
    assert saturday.day().state.presence(place.id) is Presence.ABSENT


@pytest.mark.parametrize("number", ["0692 77 77 77", "0692777777", "+262692777777"])
def test_the_safety_record_stays_without_their_name_nor_their_number(saturday, lea, number):
    incident = tap(Genre.INCIDENT, mot=f"{lea.nom} a glissé, pompiers prévenus. Joindre {number} ou {lea.email}.")
    theirs = tap(Genre.INCIDENT, mot="Barrière tombée.")
    saturday.send(incident)
    saturday.send(theirs, by=lea)
    nom, email = lea.nom, lea.email
    erased(lea)
    assert kept(incident).mot == "(effacé) a glissé, pompiers prévenus. Joindre (effacé) ou (effacé)."
    assert (kept(theirs).mot, kept(theirs).personne.nom) == ("Barrière tombée.", "Personne effacée")
    assert not [sign for sign in (nom, email, "777777", number) if sign in everything()]


def test_nor_in_where_it_happened_and_what_was_done(saturday, lea):
    said = Tap(tap("x").uuid, Genre.INCIDENT, at(9), mot="Chute.", lieu=f"Chez {lea.nom}", mesures=f"{lea.nom} prévenue.")
    saturday.send(said)
    erased(lea)
    assert (kept(said).lieu, kept(said).mesures) == ("Chez (effacé)", "(effacé) prévenue.")


def test_nor_does_the_journal_name_them_in_why_the_site_opened(saturday, lea):
    saturday.send(tap(Genre.SITE, valeur="ouvrir", mot=f"Gaz non vérifié, {lea.nom} s’en occupe"))
    nom = lea.nom
    erased(lea)
    [opened] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.ouvrir"))
    assert opened.motif == "Gaz non vérifié, (effacé) s’en occupe"
    assert nom not in everything()  # nor what its bienveillant is told of it


def test_nor_does_it_name_the_demandeur_of_an_action_that_was_stopped(saturday):
    client = saturday.action.demandeur
    incident = tap(Genre.INCIDENT, mot=f"{client.nom} arrête tout.")
    saturday.send(tap(Genre.SITE, valeur="ouvrir"), incident)
    decide(saturday.action, annuler, by=saturday.zoe, motif="Cyclone.")
    effacement.erase(saturday.action, by=saturday.zoe)
    db.session.commit()
    assert kept(incident).mot == "(effacé) arrête tout."
