"""What a message says is still true when it leaves; else it does not leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.candidatures import commands
from portal.candidatures.models import accepter, mettre_en_attente, refuser
from portal.comptes import entree
from portal.db import db
from portal.notifications import messages
from portal.notifications.genres import GENRES, Outdated
from portal.outbox import Message
from tests import builders
from tests.notifications.test_messages import composed, last, letter, mission, zoe

__all__ = ["mission", "zoe"]  # fixtures


def assert_outdated(genre: str) -> None:
    with pytest.raises(Outdated):
        letter(genre)


def test_an_answer_that_changed_is_not_sent(zoe, mission):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    first = last("candidature_reponse")
    first.essais = 1  # the worker has begun, and the server takes its time
    commands.free(candidature, by=zoe, motif="Mission raccourcie")
    with pytest.raises(Outdated):
        composed(first)
    assert "libérée" in composed(last("candidature_reponse"))["Subject"]


def test_an_answer_followed_by_another_never_leaves(zoe, mission):
    """Waiting list, then yes, then undone, then waiting list again, within two minutes: one message, when it is final."""
    candidature = builders.candidature(mission)
    commands.decide(candidature, mettre_en_attente, by=zoe)
    commands.decide(candidature, accepter, by=zoe)
    commands.undo(candidature, by=zoe)
    commands.decide(candidature, mettre_en_attente, by=zoe)
    assert [m.faits["etat"] for m in db.session.scalars(select(Message)) if m.genre == "candidature_reponse"] == [
        "liste_attente"
    ]
    assert candidature.is_undoable


def test_a_candidature_taken_back_is_not_acknowledged(mission):
    commands.leave(builders.candidature(mission))
    assert_outdated("candidature_recue")


def test_a_candidature_answered_meanwhile_still_gets_its_link(zoe, mission):
    commands.decide(builders.candidature(mission), refuser, by=zoe, motif="Complet")
    assert "/candidatures/suivi/" in letter("candidature_recue").texte


def test_what_no_longer_exists_is_not_spoken_of(app):
    for genre in GENRES.keys() - {"candidature_reponse"}:
        with pytest.raises(Outdated):
            messages.render(
                genre,
                {
                    "jeton": 9,
                    "candidature": 9,
                    "action": 9,
                    "affectation": 9,
                    "mission": 9,
                    "releve": 9,
                    "avis": 9,
                    "devis": 9,
                    "facture": 9,
                    "resume": "9",
                    "adresse": "9",
                    "entree": "9",
                    "rappel": "veille",
                    "debut": "",
                },
            )
    with pytest.raises(Outdated):
        messages.render("candidature_reponse", {"candidature": 9, "etat": "acceptee"})


@pytest.mark.parametrize("transition", [accepter, mettre_en_attente])
def test_hope_for_a_mission_that_is_over_is_not_sent(zoe, mission, transition):
    commands.decide(builders.candidature(mission), transition, by=zoe)
    with clock.freeze(mission.fin):
        assert_outdated("candidature_recue")
        assert_outdated("candidature_reponse")


def test_a_refusal_stays_true_after_the_day(zoe, mission):
    commands.decide(builders.candidature(mission), refuser, by=zoe, motif="Complet")
    with clock.freeze(mission.fin):
        assert "n’est pas retenue" in letter("candidature_reponse").texte


def test_a_link_that_no_longer_opens_is_not_sent(app):
    awa = builders.personne()
    jeton = entree.ask_link(awa.email, suite="/")
    with clock.freeze(clock.now() + timedelta(minutes=11)):
        assert_outdated("connexion")
    entree.use_link(jeton.id, jeton.generation)
    assert_outdated("connexion")
