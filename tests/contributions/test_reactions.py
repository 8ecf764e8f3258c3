"""Who is told of hours: the référent, then the bienveillant, then whoever gave them."""

from __future__ import annotations

from portal import clock
from portal.contributions import commands, queries
from portal.contributions.models import transmettre, valider
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from tests.contributions.conftest import at


def told(outbox, genre: str) -> list[str]:
    return [m.adresse for m in outbox() if m.genre == genre]


def test_each_hears_when_it_is_their_turn(closed, outbox):
    assert told(outbox, "heures_a_valider") == [closed.awa.email]
    closed.settle(transmettre, by=closed.awa)
    assert told(outbox, "heures_a_valider") == [closed.awa.email, closed.zoe.email]
    closed.settle(valider)
    given = [closed.awa, closed.lea, closed.remi, closed.noe]
    assert sorted(told(outbox, "heures_validees")) == sorted(p.email for p in given)


def test_a_correction_is_told_too_and_the_message_says_the_total(closed, outbox):
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
    with clock.freeze(at(18) + queries.NIGHT):
        pass_time()
        assert len(queries.of_action(past.action)) == 4
        pass_time()
        commands.propose(past.action)
    assert told(outbox, "heures_a_valider") == [past.awa.email]
