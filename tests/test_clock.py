"""Instants are UTC; days are those of the place: La Réunion, four hours ahead all year, unless PORTAL_TERRITOIRE says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal import clock
from portal.territoire import TERRITOIRES


@pytest.fixture(autouse=True)
def real_time():
    yield
    clock.set_from(None)
    clock.stand_in(TERRITOIRES["RE"])


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-12-31T19:59:59", date(2026, 12, 31)),
        ("2026-12-31T20:00:00", date(2027, 1, 1)),  # midnight at La Réunion
        ("2026-12-31T23:59:59", date(2027, 1, 1)),
        ("2027-01-01T00:00:00", date(2027, 1, 1)),
        ("2026-07-14T20:00:00", date(2026, 7, 15)),  # no summer time either
    ],
)
def test_today_changes_at_eight_in_the_evening_utc(instant, day):
    with clock.freeze(datetime.fromisoformat(instant).replace(tzinfo=UTC)):
        assert clock.today() == day


def test_a_day_starts_at_midnight_at_la_reunion():
    assert clock.start_of(date(2027, 1, 1)) == datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert clock.start_of(date(2027, 1, 1)).tzinfo is UTC


def test_local_shows_the_clock_on_the_wall():
    at = clock.local(datetime(2026, 10, 29, 5, 30, tzinfo=UTC))
    assert (at.day, at.hour, at.minute, at.utcoffset()) == (29, 9, 30, timedelta(hours=4))


def test_now_is_the_real_time_and_aware():
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)


def test_freezing_stops_the_clock_then_gives_it_back():
    paris = datetime.fromisoformat("2026-10-29T09:00:00+02:00")
    with clock.freeze(paris):
        assert clock.now() == paris
        assert clock.now().tzinfo is UTC
        with clock.freeze(paris + timedelta(hours=1)):
            assert clock.now() == paris + timedelta(hours=1)
        assert clock.now() == paris
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_an_error_gives_the_clock_back_too():
    with pytest.raises(ZeroDivisionError), clock.freeze(datetime(2020, 1, 1, tzinfo=UTC)):
        _ = 1 / 0
    assert clock.now().year > 2020


@pytest.mark.parametrize(("text", "shift"), [("+3600", 3600), ("-60", -60), ("+0", 0)])
def test_the_setting_shifts_the_clock(text, shift):
    clock.set_from(text)
    assert abs(clock.now() - datetime.now(UTC) - timedelta(seconds=shift)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-20T09:00", datetime(2026, 12, 20, 5, tzinfo=UTC)),  # an hour without zone is La Réunion's
        ("2026-12-20T09:00:00+00:00", datetime(2026, 12, 20, 9, tzinfo=UTC)),
    ],
)
def test_the_setting_stops_the_clock(text, instant):
    clock.set_from(text)
    assert clock.now() == instant
    clock.set_from(None)
    assert clock.now() != instant


@pytest.mark.parametrize("text", ["hier", "+une heure", "2026-13-01T00:00"])
def test_a_setting_that_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        clock.set_from(text)


def test_months_are_those_of_the_calendar():
    with clock.freeze(datetime(2028, 3, 31, 12, tzinfo=clock.ZONE)):
        assert f"{clock.months_ago(1):%Y-%m-%d}" == "2028-02-29"
        assert f"{clock.months_ago(13):%Y-%m-%d}" == "2027-02-28"
        assert f"{clock.months_ago(36):%Y-%m-%d}" == "2025-03-31"


# --- where the hour changes --------------------------------------------------------------------------------------


def test_a_house_in_metropolitan_france_lives_its_own_days():
    clock.stand_in(TERRITOIRES["FX"])
    with clock.freeze(datetime(2026, 7, 14, 21, 59, tzinfo=UTC)):
        assert clock.today() == date(2026, 7, 14)
    with clock.freeze(datetime(2026, 7, 14, 22, 0, tzinfo=UTC)):
        assert clock.today() == date(2026, 7, 15)
    assert clock.start_of(date(2026, 1, 1)) == datetime(2025, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_ends_at_the_next_midnight(day, hours):
    clock.stand_in(TERRITOIRES["FX"])
    assert clock.end_of(day) - clock.start_of(day) == timedelta(hours=hours)
    assert clock.end_of(day) == clock.start_of(day + timedelta(days=1))


@pytest.mark.parametrize(
    ("days", "instant"), [(7, datetime(2026, 10, 31, 8, tzinfo=UTC)), (-1, datetime(2026, 10, 23, 7, tzinfo=UTC))]
)
def test_the_same_hour_another_day_is_that_of_the_wall(days, instant):
    clock.stand_in(TERRITOIRES["FX"])
    nine = datetime(2026, 10, 24, 7, tzinfo=UTC)  # nine in the morning, the day before winter time
    assert clock.same_hour(nine, days) == instant
    assert clock.local(instant).hour == clock.local(nine).hour == 9


@pytest.mark.parametrize(("code", "hours"), [("RE", 4), ("GP", -4), ("MQ", -4), ("GF", -3), ("YT", 3), ("FX", 1), ("AM", 1)])
def test_each_territory_has_its_hour(code, hours):
    clock.stand_in(TERRITOIRES[code])
    assert clock.local(datetime(2026, 1, 15, 12, tzinfo=UTC)).utcoffset() == timedelta(hours=hours)
