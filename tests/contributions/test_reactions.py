"""Who is told of hours: the référent, then the bienveillant, then whoever gave them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal import clock
from portal.actions.models import NIGHT
from portal.contributions import commands, queries
from portal.contributions.models import transmettre, valider
from portal.db import db
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.notifications.publics.heures import PATIENCE
from tests import builders
from tests.contributions.conftest import at


def told(outbox, genre: str) -> list[str]:
    """Who is written to now."""
    return [m.adresse for m in outbox() if m.genre == genre and m.du_le - clock.now() < timedelta(days=1)]


def test_each_hears_when_it_is_their_turn(closed, outbox):
    assert told(outbox, "heures_a_valider") == [closed.awa.email]
    closed.settle(transmettre, by=closed.awa)
    assert told(outbox, "heures_a_valider") == [closed.awa.email, closed.zoe.email]
    closed.settle(valider)
    given = [closed.awa, closed.lea, closed.remi, closed.noe]
    assert sorted(told(outbox, "heures_validees")) == sorted(p.email for p in given)


def test_each_hears_again_of_a_mission_that_ends_the_next_day(past, outbox):
    past.clear_up(past.lea)
    past.close()
    past.settle(transmettre, by=past.awa)
    past.settle(valider)
    db.session.commit()
    with clock.freeze(at(36)):
        pass_time()
        assert told(outbox, "heures_a_valider") == [past.awa.email, past.zoe.email, past.awa.email]
        past.settle(transmettre, by=past.awa)
        assert told(outbox, "heures_a_valider")[3:] == [past.zoe.email]


def reminder(outbox):
    """What waits for the bienveillant, in case nothing moves."""
    [waiting] = [m for m in outbox() if m.genre == "heures_a_valider" and m.faits.get("sans_nouvelle")]
    return waiting


def test_after_three_days_without_a_move_the_bienveillant_is_told(closed, outbox):
    waiting = reminder(outbox)
    assert (waiting.adresse, waiting.du_le) == (closed.zoe.email, at(18) + PATIENCE)
    assert "n’a pas encore relu" in messages.render(waiting.genre, waiting.faits).texte


def test_nothing_is_said_of_hours_that_moved(closed, outbox):
    closed.settle(transmettre, by=closed.awa)
    with pytest.raises(Outdated):
        messages.render("heures_a_valider", reminder(outbox).faits)


def letter(outbox, who):
    mine = [m for m in outbox() if m.genre == "heures_validees" and m.adresse == who.email]
    return messages.render(mine[-1].genre, mine[-1].faits)


def test_whoever_is_paid_reads_no_word_of_hours(past, outbox):
    paul = builders.personne("Paul Maillot")
    past.pay(paul, titre="Photo")
    past.close()
    past.settle(valider)
    assert "Ta mission validée" in letter(outbox, past.noe).objet
    assert "110 points" in letter(outbox, past.noe).texte
    assert "hors du portail" in letter(outbox, paul).texte
    assert "heure n’est" not in letter(outbox, paul).texte


def test_whoever_validated_reads_nothing_of_what_was_earned_elsewhere(closed, outbox, as_):
    """They may open the message at /notifications/<id>: it speaks of their own action alone."""
    with clock.freeze(at(-100)):
        elsewhere = builders.mission(builders.action(builders.bienveillant("Bruno Ozoux"), debut=at(-50), fin=at(-43)))
        builders.hold(elsewhere, closed.lea)
    commands.propose(elsewhere.action)
    replace(closed, action=elsewhere.action, zoe=elsewhere.action.bienveillant).settle(valider)
    closed.settle(valider)
    db.session.commit()
    [sent] = [m for m in outbox() if (m.genre, m.adresse, m.par_id) == ("heures_validees", closed.lea.email, closed.zoe.id)]
    said = as_(closed.zoe).get(f"/notifications/{sent.id}").text.replace("\u00a0", " ")
    assert "a validé : 4 h" in said
    assert "11 h" not in said  # with the seven of the other action


def test_a_correction_is_told_too_with_its_reason(closed, outbox):
    closed.settle(valider)
    before = told(outbox, "heures_validees").count(closed.lea.email)
    with clock.freeze(at(21)):
        closed.correct(closed.lea, 3)
    mine = [m for m in outbox() if m.genre == "heures_validees" and m.adresse == closed.lea.email]
    assert len(mine) == before + 1
    letter = messages.render(mine[-1].genre, mine[-1].faits)
    assert "Tes heures corrigées" in letter.objet
    assert "3\u00a0h" in letter.texte
    assert "Compté deux fois." in letter.texte


def test_the_clock_proposes_the_hours_of_a_site_that_nobody_closed(past, outbox):
    pass_time()
    assert queries.of_action(past.action) == []
    with clock.freeze(at(18) + NIGHT):
        pass_time()
        assert len(queries.of_action(past.action)) == 4
        pass_time()
        commands.propose(past.action)
    assert told(outbox, "heures_a_valider") == [past.awa.email]
