"""Who is in charge: exactly one while the site is open, and the post goes from hand to hand in one tap each."""

from __future__ import annotations

import pytest
from hypothesis import given

from portal import clock
from portal.db import db
from portal.jour_j import commands, refus
from portal.jour_j.commands import Statut
from portal.jour_j.models import Genre
from portal.jour_j.pli import Site, fold
from portal.missions import commands as missions
from tests import builders
from tests.jour_j.conftest import at, tap
from tests.jour_j.test_pli import LANES, journals


@pytest.fixture
def noe(saturday):
    """A second référent, for the evening."""
    noe = builders.personne("Noé Rivière")
    builders.hold(builders.referent_mission(saturday.action, debut=at(15)), noe)
    db.session.commit()
    return noe


def give(saturday, to, by):
    return saturday.send(tap(Genre.CHARGE, to.id, "passe"), by=by)[0]


def take(saturday, by):
    return saturday.send(tap(Genre.CHARGE, "", "prend"), by=by)[0]


def test_whoever_opens_is_in_charge_until_the_site_closes(saturday):
    assert saturday.day().in_charge is None
    saturday.open("Tout va bien.")
    assert saturday.day().in_charge == saturday.awa
    saturday.close("Rien à dire.")
    assert saturday.day().in_charge is None


def test_one_hands_it_over_and_keeps_it_until_the_other_takes_it(saturday, noe):
    saturday.open("Tout va bien.")
    assert give(saturday, noe, by=saturday.awa).statut is Statut.RECUE
    assert (saturday.day().in_charge, saturday.day().handed_to) == (saturday.awa, noe)
    take(saturday, by=noe)
    assert (saturday.day().in_charge, saturday.day().handed_to) == (noe, None)


def test_who_hands_it_over_may_keep_it_after_all(saturday, noe):
    saturday.open("Tout va bien.")
    give(saturday, noe, by=saturday.awa)
    take(saturday, by=saturday.awa)
    assert (saturday.day().in_charge, saturday.day().handed_to) == (saturday.awa, None)


def test_a_phone_that_is_dead_keeps_nobody_in_charge(saturday, noe):
    saturday.open("Tout va bien.")
    take(saturday, by=noe)
    assert saturday.day().in_charge == noe


def test_nobody_hands_over_what_somebody_took_meanwhile(saturday, noe):
    saturday.open("Tout va bien.")
    take(saturday, by=noe)
    give(saturday, saturday.zoe, by=saturday.awa)
    assert (saturday.day().in_charge, saturday.day().handed_to) == (noe, None)


def test_what_was_taken_before_the_closing_counts_even_if_it_comes_after(saturday, noe):
    saturday.open("Tout va bien.")
    with clock.freeze(at(22)):
        saturday.close("Rien à dire.")
    with clock.freeze(at(22.2)):
        assert saturday.send(tap(Genre.CHARGE, "", "prend", when=at(21.8)), by=noe, sent=at(22.2))[0].statut is Statut.RECUE
        assert isinstance(take(saturday, by=noe).refusal, refus.NotOpen)


def test_taking_it_is_undone_as_any_tap(saturday, noe):
    saturday.open("Tout va bien.")
    taken = tap(Genre.CHARGE, "", "prend")
    saturday.send(taken, commands.undoing(taken.uuid, at=at(9)), by=noe)
    assert saturday.day().in_charge == saturday.awa


def test_it_goes_to_nobody_who_does_not_run_the_day_nor_before_it_opens(saturday, noe):
    assert isinstance(take(saturday, by=noe).refusal, refus.NotOpen)
    saturday.open("Tout va bien.")
    assert isinstance(give(saturday, saturday.lea, by=saturday.awa).refusal, refus.NotARunner)
    assert isinstance(saturday.send(tap(Genre.CHARGE, "", "passe"))[0].refusal, refus.NotARunner)


def test_who_gives_the_post_back_meanwhile_leaves_it_to_whoever_set_the_day_up(saturday, noe):
    saturday.open("Tout va bien.")
    take(saturday, by=noe)
    missions.release(saturday.held_by(noe), motif="Malade.")
    assert saturday.day().in_charge == saturday.zoe


@given(journals())
def test_exactly_one_is_in_charge_while_the_site_is_open_and_nobody_otherwise(journal):
    state = fold(journal, LANES)
    assert (state.charge is not None) == (state.site is Site.OUVERT)


def test_each_reads_who_is_in_charge_and_only_what_they_may_do(saturday, noe, as_):
    saturday.open("Tout va bien.")
    give(saturday, noe, by=saturday.awa)
    db.session.commit()
    mine, theirs, lea = (as_(who).get(saturday.url).text for who in (saturday.awa, noe, saturday.lea))
    assert "qui passes la main à Noé Rivière" in mine
    assert "Je la garde" in mine
    assert "qui te passe la main" in theirs
    assert "Je prends la main" in theirs
    assert "En charge" in lea
    assert "la main</button>" not in lea
