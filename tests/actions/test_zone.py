"""A house where the hour changes twice a year: what is typed, shown, sent and moved says the hour of the wall."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal import clock
from portal.actions import programme, queries
from portal.actions.models import Action, Etape
from portal.db import db
from portal.territoire import PARIS, TERRITOIRES
from tests import builders
from tests.actions.test_routes import typed, words


@pytest.fixture
def zoe(app):
    """A bienveillant of a house in metropolitan France."""
    clock.stand_in(TERRITOIRES["FX"])
    yield builders.bienveillant()
    clock.stand_in(TERRITOIRES["RE"])


def said(day: int, hour: int, minute: int = 0) -> datetime:
    """An hour of the wall, around the end of summer time: the night of Saturday 30 to Sunday 31 October 2027."""
    return datetime(2027, 10, day, hour, minute, tzinfo=PARIS)


@pytest.mark.both
def test_a_night_when_the_hour_changes_is_dated_as_it_was_typed(as_, zoe, client):
    fields = typed(
        debut="2027-10-30T20:00", fin="2027-10-31T05:00", publique="y", deja_validee="y", motif="réunion", prise="moi"
    )
    answer = as_(zoe).post("/actions/nouvelle", data=fields)
    assert answer.status_code == 303
    made = db.session.scalars(select(Action)).one()
    assert (made.debut, made.fin) == (datetime(2027, 10, 30, 18, tzinfo=UTC), datetime(2027, 10, 31, 4, tzinfo=UTC))
    assert "20 h à 5 h" in words(as_(zoe).get(answer.location)).replace("\u00a0", " ")
    calendar = Calendar.from_ical(client.get("/actions/agenda.ics").data)
    [event], [zone] = calendar.walk("VEVENT"), calendar.walk("VTIMEZONE")
    assert (event["dtstart"].params["TZID"], event.decoded("dtend").hour) == ("Europe/Paris", 5)
    assert zone.walk("DAYLIGHT")
    assert zone.walk("STANDARD")


@pytest.mark.parametrize(("now", "today"), [(said(30, 23, 59), False), (said(31, 0), True), (said(31, 23, 59), True)])
def test_an_evening_belongs_to_its_day_of_twenty_five_hours(zoe, now, today):
    late = builders.action(zoe, debut=said(31, 23, 30), fin=datetime(2027, 11, 1, 2, tzinfo=PARIS))
    with clock.freeze(now):
        assert (late in queries.on_day()) is today


def test_what_is_fixed_by_the_clock_keeps_its_hour_from_summer_to_winter(zoe):
    item = Etape(id=1, titre="Feu d’artifice", debut=said(24, 22), fin=said(24, 23), piste="", ancre=True, butoir=False)
    moved = programme.shifted([item], said(31, 18) - said(24, 18), 7)[1]
    assert (clock.local(moved.debut), clock.local(moved.fin)) == (said(31, 22), said(31, 23))
    assert moved.debut - item.debut.astimezone(UTC) != said(31, 22) - said(24, 22)  # an hour more has passed
