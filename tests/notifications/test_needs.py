"""Who hears of needs: the pôle that is asked, whoever sets the action up, those whose spaces meet."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import reading
from portal.actions.processus import annuler, enregistrer, revenir_au_devis
from portal.actions.processus import confirmer as accept
from portal.besoins import commands, promesses
from portal.besoins.models import confirmer, desister, refuser
from portal.comptes.models import Personne
from portal.db import db
from portal.filters import creneau, jour_long
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Poids
from portal.poles.commands import add_member
from portal.workflow import fire
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


def yes(besoin, gina, transition=confirmer, **said):
    commands.answer(besoin, transition, by=gina, **said)


def yes_to(besoin, gina):
    """The same need, promised."""
    yes(besoin, gina)
    return besoin


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
        (confirmer, {}, "Gina Payet a répondu pour le pôle Mobilier\u00a0: c’est oui"),
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
    late = [m for m in outbox() if m.genre == "besoin_chevauche"][-1]
    assert "a réservé" in messages.render(late.genre, late.faits).texte


def test_whoever_sets_up_both_actions_reads_it_once(zoe, gina, groupe, told):
    case = builders.espace()
    one, two = (builders.action(zoe, titre=titre, confirmed=False) for titre in ("Kabar", "Séminaire"))
    for action in (one, two):
        yes(builders.besoin(action, groupe, case), gina)
    assert [who for genre, who in told() if genre == "besoin_chevauche"] == ["Zoé"]
    with clock.freeze(clock.now() + timedelta(hours=1)):
        actions.decide(one, enregistrer, by=builders.personne(), motif="vu")
    assert [who for genre, who in told() if genre == "besoin_chevauche"] == ["Zoé", "Zoé"]


def letter(message) -> str:
    return messages.render(message.genre, message.faits).texte


def of(outbox, genre: str, to: Personne) -> list[str]:
    """The texts of a genre to somebody, but for what is outdated."""
    found = []
    for message in outbox():
        if (message.genre, message.personne_id) == (genre, to.id):
            with suppress(Outdated):
                found.append(letter(message))
    return found


def test_an_option_that_runs_out_is_told_to_the_bienveillant_and_asked_again(zoe, gina, groupe, told, outbox):
    action = builders.action(zoe, confirmed=False, debut=builders.in_days(60), fin=builders.in_days(60, 18))
    yes(builders.besoin(action, groupe, builders.espace()), gina)
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=31)):
        pass_time()
        pass_time()
        assert [who for genre, who in told() if genre == "option_expiree"] == ["Zoé"]
        assert [who for genre, who in told() if genre == "besoin_a_confirmer"] == ["Bruno", "Gina"] * 2
        assert "À redire\u00a0: L’option a expiré" in of(outbox, "besoin_a_confirmer", gina)[-1]


def test_of_an_action_that_was_never_confirmed_nobody_is_asked_again_once_its_hour_is_over(zoe, gina, groupe, outbox):
    action = builders.action(zoe, confirmed=False)
    yes(builders.besoin(action, groupe, builders.espace()), gina)
    db.session.commit()
    with clock.freeze(action.fin + timedelta(hours=1)):  # the worker was down that day
        pass_time()
        assert of(outbox, "besoin_a_confirmer", gina) == []


def test_who_promised_hears_that_it_is_not_awaited_any_more(zoe, gina, groupe, told, outbox):
    """When the bienveillant takes it back, or when the whole action stops; not what nobody had promised."""
    action = builders.action(zoe)
    one, two = (builders.besoin(action, groupe) for _ in range(2))
    commands.take_back(two, by=zoe)
    yes(one, gina)
    assert "besoin_libere" not in dict(told())
    yes(builders.besoin(action, groupe), gina)
    actions.decide(action, annuler, by=zoe, motif="Pluie")
    assert [who for genre, who in told() if genre == "besoin_libere"] == ["Bruno", "Gina"] * 2
    for text in of(outbox, "besoin_libere", gina):
        assert "L’action s’arrête" in text
        assert "La raison\u00a0: Pluie" in text


def test_taken_back_then_removed_or_changed_it_is_said_as_it_was(zoe, gina, groupe, outbox):
    action = builders.action(zoe)
    gone, other = (yes_to(builders.besoin(action, groupe, titre=titre), gina) for titre in ("Deux bras", "Trois bras"))
    for besoin in (gone, other):
        commands.take_back(besoin, by=zoe)
    commands.remove(gone, by=zoe)
    commands.edit(other, by=zoe, read=reading(other.sheet), titre="Une sono", debut=action.debut - timedelta(days=1))
    texts = of(outbox, "besoin_libere", gina)
    for titre, text in zip(("Deux bras", "Trois bras"), texts, strict=True):
        assert f"{titre}\n" in text
        assert jour_long(action.debut) in text.lower()
        assert "Pour «\u00a0Fête du moulin\u00a0»" in text


def test_taken_back_then_asked_of_them_again_only_that_is_said(zoe, gina, groupe, outbox):
    besoin = yes_to(builders.besoin(builders.action(zoe), groupe), gina)
    commands.take_back(besoin, by=zoe)
    commands.ask(besoin, by=zoe)
    assert of(outbox, "besoin_libere", gina) == []
    yes(besoin, gina)
    assert of(outbox, "besoin_libere", gina) == []
    commands.take_back(besoin, by=zoe)
    commands.edit(besoin, by=zoe, read=reading(besoin.sheet), pole_id=builders.pole("Sport").id)
    commands.ask(besoin, by=zoe)
    assert of(outbox, "besoin_libere", gina) != []


def test_who_promised_hears_the_new_hour(zoe, gina, groupe, told, outbox):
    action = builders.action(zoe)
    besoin = yes_to(builders.besoin(action, groupe), gina)
    builders.besoin(action, groupe)
    promesses.shift(action, timedelta(hours=1), by=zoe)
    assert [who for genre, who in told() if genre == "besoin_deplace"] == ["Bruno", "Gina"]
    (text,) = of(outbox, "besoin_deplace", gina)
    assert creneau(besoin.debut, besoin.fin) in text
    assert "retire le oui" in text


def test_for_another_day_they_are_asked_again(zoe, gina, groupe, told, outbox):
    action = builders.action(zoe)
    besoin = yes_to(builders.besoin(action, groupe), gina)
    with clock.freeze(clock.now() + timedelta(hours=1)):
        promesses.shift(action, timedelta(days=1), by=zoe)
    assert "besoin_deplace" not in dict(told())
    assert [who for genre, who in told() if genre == "besoin_a_confirmer"] == ["Bruno", "Gina"] * 2
    text = of(outbox, "besoin_a_confirmer", gina)[-1]
    assert jour_long(besoin.debut) in text.lower()
    assert "À redire\u00a0: L’action a changé de jour." in text


def test_who_has_not_answered_yet_hears_for_which_day_it_now_is(zoe, gina, groupe, told, outbox):
    action = builders.action(zoe)
    besoin = builders.besoin(action, groupe)
    builders.besoin(action, groupe, titre="Des bras", asked=False)
    for hours in (1, 2):  # the second time, it was asked for another day already
        with clock.freeze(clock.now() + timedelta(hours=hours)):
            promesses.shift(action, timedelta(days=1), by=zoe)
    assert told() == [("besoin_a_confirmer", "Bruno"), ("besoin_a_confirmer", "Gina")] * 3
    assert jour_long(besoin.debut) in of(outbox, "besoin_a_confirmer", gina)[-1].lower()


def test_a_yes_taken_back_presses_the_bienveillant(zoe, gina, groupe, outbox):
    besoin = yes_to(builders.besoin(builders.action(zoe), groupe), gina)
    yes(besoin, gina, transition=desister, motif="Le camion est en panne")
    message = outbox()[-1]
    assert (message.genre, message.personne_id, message.poids) == ("besoin_perdu", zoe.id, Poids.PRESSANT)
    assert "Gina Payet a retiré le oui du pôle Mobilier" in letter(message)
    assert "La raison\u00a0: Le camion est en panne" in letter(message)
    commands.ask(besoin, by=zoe)
    assert of(outbox, "besoin_perdu", zoe) == []


def test_a_space_lost_while_the_demandeur_agreed_is_told_to_both_sides(zoe, gina, groupe, told, outbox):
    case = builders.espace()
    late, first = builders.action(zoe), builders.action(zoe, titre="Kabar", confirmed=False)
    actions.decide(late, revenir_au_devis, by=zoe, motif="il n’a pas encore dit oui")
    for action in (late, first):
        yes(builders.besoin(action, groupe, case), gina)
    actions.decide(first, enregistrer, by=zoe, motif="vu")
    with clock.freeze(clock.now() + timedelta(hours=1)):
        fire(accept, late, by=None)
    assert told()[-3:] == [("besoin_perdu", "Zoé"), ("besoin_a_confirmer", "Bruno"), ("besoin_a_confirmer", "Gina")]
    (text,) = of(outbox, "besoin_perdu", zoe)
    assert "Le oui du pôle Mobilier ne tient plus" in text
    assert "La raison\u00a0: L’espace a été pris entre-temps." in text
