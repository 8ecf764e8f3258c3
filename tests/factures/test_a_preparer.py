"""What is agreed and not yet asked for: the deposit promised, then the whole, until something of it is prepared."""

from __future__ import annotations

import pytest

from portal import reglage
from portal.db import db
from portal.factures import commands, queries
from portal.factures.models import Nature
from tests import builders
from tests.factures.conftest import agreed
from tests.factures.test_avoirs import credit


def waiting(of=None) -> list[str]:
    return [action.titre for action in db.session.scalars(queries.to_prepare(of=of))]


@pytest.mark.both
def test_a_promised_deposit_then_the_whole(to_come):
    title = to_come.action.titre
    assert waiting() == [title]
    deposit = to_come.draft(Nature.ACOMPTE)
    assert waiting() == []
    to_come.end()
    assert waiting() == [title]
    to_come.draft()
    assert waiting() == []
    assert deposit.is_draft  # what is there to be issued is said elsewhere


def test_what_is_abandoned_waits_again(affaire):
    commands.drop(affaire.draft(), by=affaire.rita)
    assert waiting() == [affaire.action.titre]


def test_what_an_avoir_took_back_is_prepared_again_by_whoever_wants_it(to_come):
    credit(to_come.issued(Nature.ACOMPTE), to_come.rita)
    assert waiting() == []
    assert commands.openings(to_come.action, queries.of_action(to_come.action)) == [Nature.ACOMPTE]


@pytest.mark.both
def test_no_deposit_is_proposed_once_the_day_is_over(to_come):
    """Nor is one that was prepared before to be issued any more: the invoice asks for all of it."""

    def to_issue() -> list[int]:
        return [one.id for one in db.session.scalars(queries.waiting("a_emettre"))]

    deposit = to_come.draft(Nature.ACOMPTE)
    assert to_issue() == [deposit.id]
    to_come.end()
    assert to_issue() == []
    assert commands.openings(to_come.action, [deposit]) == [Nature.FACTURE]
    whole = to_come.draft()
    assert to_issue() == [whole.id]


def test_nothing_before_the_day_when_no_deposit_is_promised(people):
    reglage.change(reglage.ACOMPTE, 0, by=people[1])
    there = agreed(*people)
    assert waiting() == []
    there.end()
    assert waiting() == [there.action.titre]


def test_each_bienveillant_prepares_their_own(affaire):
    assert waiting(of=affaire.zoe) == [affaire.action.titre]
    assert waiting(of=builders.bienveillant("Rose Técher")) == []


def test_nothing_without_an_agreement(people):
    builders.sent(builders.validated(people[0]))
    assert waiting() == []


@pytest.mark.parametrize("rows", [1, 4])
def test_their_page_asks_no_more_for_many(people, as_, count_queries, rows):
    for _ in range(rows):
        agreed(*people)
    db.session.commit()
    page = as_(people[1])
    with count_queries() as statements:
        answer = page.get("/factures/?vue=a_preparer")
    assert answer.text.count('class="carte"') == rows
    assert len(statements) == 5, statements
