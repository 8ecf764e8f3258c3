"""Who hears of needs: the pôle that is asked, whoever sets the action up, those whose spaces meet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import annuler, enregistrer
from portal.besoins import commands
from portal.besoins.models import confirmer, refuser
from portal.comptes.models import Personne
from portal.db import db
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Poids
from portal.poles.commands import add_member
from tests import builders

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def gina(app):
    return builders.personne("Gina Payet")


@pytest.fixture
def groupe(gina):
    gone = builders.personne("Paul Parti")
    made = builders.pole("Mobilier", members=[gina, builders.personne("Bruno Sautron"), gone])
    gone.desactive_le = clock.now()
    return made


@pytest.fixture
def told(outbox):
    """(genre, first name) of the messages, in order."""
    return lambda: [(m.genre, db.session.get(Personne, m.personne_id).prenom) for m in outbox() if m.personne_id]


def yes(besoin, gina, **said):
    commands.answer(besoin, confirmer, by=gina, **said)


def test_a_groupe_is_told_once_of_all_that_an_action_asks_in_a_few_minutes(zoe, gina, groupe, told, outbox):
    action = builders.action(zoe)
    for minutes, titre in ((0, "Deux bras"), (9, "Trois bras")):
        with clock.freeze(builders.in_days(1) + timedelta(minutes=minutes)):
            builders.besoin(action, groupe, titre=titre)
    assert sorted(told()) == [("besoin_a_confirmer", "Bruno"), ("besoin_a_confirmer", "Gina")]
    assert {(m.poids, m.du_le) for m in outbox()} == {(Poids.ORDINAIRE, builders.in_days(1) + timedelta(minutes=10))}
    letter = messages.render(outbox()[0].genre, outbox()[0].faits)
    assert "Deux bras" in letter.texte
    assert "Trois bras" in letter.texte
    with clock.freeze(builders.in_days(1, 10)):
        builders.besoin(action, groupe)
    assert len(told()) == 4


def test_what_was_answered_or_taken_back_before_the_digest_is_not_asked(zoe, gina, groupe, outbox):
    one, two = (builders.besoin(builders.action(zoe), groupe) for _ in range(2))
    yes(one, gina)
    commands.take_back(two, by=zoe)
    for message in [m for m in outbox() if m.genre == "besoin_a_confirmer"]:
        with pytest.raises(Outdated):
            messages.render(message.genre, message.faits)


@pytest.mark.parametrize(
    ("transition", "said", "words"),
    [
        (confirmer, {}, "Gina Payet a répondu pour Pôle Mobilier\u00a0: c’est oui"),
        (confirmer, {"quantite": 1, "motif": "Gina seule"}, "1 au lieu de 2"),
        (refuser, {"motif": "Personne ce jour-là"}, "c’est non"),
    ],
)
def test_the_bienveillant_reads_the_answer(zoe, gina, groupe, outbox, transition, said, words):
    besoin = builders.besoin(builders.action(zoe), groupe)
    commands.answer(besoin, transition, by=gina, **said)
    message = outbox()[-1]
    assert (message.genre, message.adresse, message.poids) == ("besoin_repondu", zoe.email, Poids.ORDINAIRE)
    letter = messages.render(message.genre, message.faits)
    assert words in letter.texte
    assert said.get("motif", "") in letter.texte
    assert f"/besoins/action/{besoin.action_id}" in letter.texte


def test_whoever_answers_for_the_pole_of_their_own_action_is_not_told(zoe, groupe, told):
    add_member(groupe, zoe, by=None)
    yes(builders.besoin(builders.action(zoe), groupe), zoe)
    assert ("besoin_repondu", "Zoé") not in told()
    assert ("besoin_a_confirmer", "Zoé") not in told()


def test_two_options_on_one_space_are_told_to_both(zoe, gina, groupe, told, outbox):
    olivier, case = builders.bienveillant("Olivier Techer"), builders.espace()
    one, two = (builders.action(who, titre=titre, confirmed=False) for who, titre in ((zoe, "Kabar"), (olivier, "Séminaire")))
    for action in (one, two):
        yes(builders.besoin(action, groupe, case), gina)
    assert sorted(who for genre, who in told() if genre == "besoin_chevauche") == ["Olivier", "Zoé"]
    texts = {m.adresse: messages.render(m.genre, m.faits).texte for m in outbox() if m.genre == "besoin_chevauche"}
    assert "«\u00a0Kabar\u00a0» a aussi une option" in texts[olivier.email]
    assert "«\u00a0Séminaire\u00a0» a aussi une option" in texts[zoe.email]
    with clock.freeze(clock.now() + timedelta(hours=1)):
        actions.decide(one, enregistrer, by=builders.personne(), motif="vu")
    assert sorted(who for genre, who in told() if genre == "besoin_chevauche") == ["Olivier", "Olivier", "Zoé"]
    late = outbox()[-1]
    assert "a réservé" in messages.render(late.genre, late.faits).texte


def test_an_option_that_runs_out_is_told_to_the_bienveillant(zoe, gina, groupe, told):
    action = builders.action(zoe, confirmed=False, debut=builders.in_days(60), fin=builders.in_days(60, 18))
    yes(builders.besoin(action, groupe, builders.espace()), gina)
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=31)):
        pass_time()
        pass_time()
    assert [who for genre, who in told() if genre == "option_expiree"] == ["Zoé"]


def test_who_promised_hears_that_it_is_not_awaited_any_more(zoe, gina, groupe, told):
    """When the bienveillant takes it back, or when the whole action stops; not what nobody had promised."""
    action = builders.action(zoe)
    one, two = (builders.besoin(action, groupe) for _ in range(2))
    commands.take_back(two, by=zoe)
    yes(one, gina)
    assert "besoin_libere" not in dict(told())
    yes(builders.besoin(action, groupe), gina)
    actions.decide(action, annuler, by=zoe, motif="Pluie")
    assert [who for genre, who in told() if genre == "besoin_libere"] == ["Bruno", "Gina"] * 2


def test_who_promised_hears_the_new_hour(zoe, gina, groupe, told, outbox):
    action = builders.action(zoe)
    yes(builders.besoin(action, groupe), gina)
    builders.besoin(action, groupe)
    commands.shift(action, timedelta(days=1), by=zoe)
    assert [who for genre, who in told() if genre == "besoin_deplace"] == ["Bruno", "Gina"]
