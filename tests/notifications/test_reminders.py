"""A week before, the day before at ten, two hours before: each once, at the hour of La Réunion, whatever the clock does."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from portal import clock
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.comptes.models import Reception
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import annuler
from portal.missions.queries import active_of
from portal.notifications import worker
from tests import builders

SATURDAY = datetime(2026, 12, 12, tzinfo=clock.ZONE)  # midnight at La Réunion, eight in the evening of Friday UTC
NAMES = {"Dans une semaine": "semaine", "Demain": "veille", "Dans deux heures": "bientot"}


@pytest.fixture(autouse=True)
def month_before(app):
    """What a test prepares is prepared a month before."""
    with clock.freeze(SATURDAY - timedelta(days=30)):
        yield


@pytest.fixture
def zoe(month_before):
    return builders.bienveillant()


@pytest.fixture
def awa(month_before):
    return builders.personne()


def mission(by, debut: datetime, **fields):
    action = builders.action(by, debut=debut, fin=debut + timedelta(hours=3))
    return builders.mission(action, **fields)


def wake(*instants: datetime) -> None:
    """The worker looks, at each of these instants; it remembers nothing of the one before."""
    db.session.commit()
    for instant in instants:
        with clock.freeze(instant):
            worker.run_once()


def hours(first: float, last: float, step: float = 1) -> list[datetime]:
    """From that many hours after the midnight of Saturday."""
    return [SATURDAY + timedelta(hours=first + n * step) for n in range(int((last - first) / step) + 1)]


def reminders(smtp, who) -> list[str]:
    """Which ones this person received, in order."""
    mine = [mail.message["Subject"].partition(" :")[0] for mail in smtp.mails if mail.recipients == [who.email]]
    return [NAMES[subject] for subject in mine if subject in NAMES]


@pytest.mark.both
def test_each_comes_once_at_its_hour(zoe, awa, smtp):
    builders.hold(mission(zoe, SATURDAY + timedelta(hours=9), titre="Accueil"), awa)
    seen = []
    for look in hours(-9 * 24, 10):
        before = len(smtp.mails)
        wake(look)
        seen += [(look, mail.message["Subject"].partition(" :")[0]) for mail in smtp.mails[before:]]
    expected = zip(hours(9 - 7 * 24, 9 - 7 * 24) + hours(-14, -14) + hours(7, 7), NAMES, strict=True)
    assert seen == list(expected)


@pytest.mark.both
def test_twenty_four_hours_around_both_midnights_miss_none_and_repeat_none(zoe, smtp):
    """A mission begins every two hours; the worker starts afresh at each look, and once its clock is an hour behind."""
    people = {debut: builders.personne(f"Volontaire{n}") for n, debut in enumerate(hours(0, 46, 2))}
    for debut, who in people.items():
        builders.hold(mission(zoe, debut), who)
    looks = hours(-4, 20, 0.5)  # from eight in the evening at La Réunion, four in the afternoon UTC
    wake(SATURDAY - timedelta(days=20), looks[0] - timedelta(minutes=1))
    arrived: dict[str, Counter[tuple[str, datetime]]] = {}
    for n, look in enumerate(looks):
        before = len(smtp.mails)
        wake(*((look, look - timedelta(hours=1), look) if n == 20 else (look,)))
        for mail in smtp.mails[before:]:
            arrived.setdefault(mail.recipients[0], Counter())[mail.message["Subject"].partition(" :")[0], look] += 1
    for debut, who in people.items():
        eve = clock.start_of(clock.local(debut).date()) - timedelta(hours=14)  # ten in the morning of the day before
        expected = {"Demain": eve, "Dans deux heures": debut - timedelta(hours=2)}
        due = Counter((what, at) for what, at in expected.items() if looks[0] <= at <= looks[-1])
        assert arrived.get(who.email, Counter()) == due, debut
    assert sum(sum(arrived.get(who.email, Counter()).values()) for who in people.values()) == 24


@pytest.mark.both
def test_moved_they_come_again_for_the_new_time_and_no_more_for_the_old(zoe, awa, smtp):
    coming = mission(zoe, SATURDAY + timedelta(hours=9))
    builders.hold(coming, awa)
    wake(*hours(-8 * 24, -14))
    assert reminders(smtp, awa) == ["semaine", "veille"]
    coming.debut, coming.fin = SATURDAY + timedelta(hours=39), SATURDAY + timedelta(hours=41)
    wake(*hours(-12, 41))
    assert reminders(smtp, awa)[2:] == ["veille", "bientot"]


def test_moved_away_and_back_nothing_is_said_twice(zoe, awa, smtp):
    coming = mission(zoe, debut := SATURDAY + timedelta(hours=9))
    builders.hold(coming, awa)
    wake(*hours(-20, -14))
    for slot in (debut + timedelta(hours=1), debut):
        coming.debut, coming.fin = slot, slot + timedelta(hours=2)
        wake(*hours(-13, -12))
    assert reminders(smtp, awa) == ["veille"]


def test_whoever_joins_late_is_not_reminded_of_a_week_that_is_not_there(zoe, awa, smtp):
    coming = mission(zoe, SATURDAY + timedelta(hours=9))
    with clock.freeze(SATURDAY - timedelta(days=3)):
        candidatures.decide(builders.candidature(coming, awa), accepter, by=zoe)
    wake(*hours(-70, 10))
    assert reminders(smtp, awa) == ["veille", "bientot"]


def test_late_it_says_nothing_that_is_no_longer_true(zoe, awa, smtp):
    """The worker was down for a week: « demain » is not said on the day."""
    builders.hold(mission(zoe, SATURDAY + timedelta(hours=9)), awa)
    wake(*hours(-8 * 24, -8 * 24))
    wake(*hours(6, 6))
    assert reminders(smtp, awa) == []


@pytest.mark.parametrize("what", ["left", "cancelled"])
def test_nobody_is_reminded_of_what_is_no_longer_theirs(zoe, awa, smtp, what):
    held = builders.hold(coming := mission(zoe, SATURDAY + timedelta(hours=9)), awa)
    wake(*hours(-8 * 24, -48))
    if what == "left":
        missions.release(held, motif="désistement")
    else:
        missions.decide(coming, annuler, by=zoe, motif="Cyclone")
    wake(*hours(-40, 10))
    assert reminders(smtp, awa) == ["semaine"]


def test_an_answer_that_waits_to_be_sent_brings_no_reminder(zoe, awa, smtp):
    zoe.repond_plus_tard = True
    coming = mission(zoe, SATURDAY + timedelta(hours=9))
    candidatures.decide(builders.candidature(coming, awa), accepter, by=zoe)
    assert active_of(coming, awa)
    wake(*hours(-8 * 24, -6 * 24))
    assert reminders(smtp, awa) == []


def test_it_says_what_to_bring_where_whom_to_call_and_how_to_step_back(zoe, awa, smtp):
    coming = mission(zoe, SATURDAY + timedelta(hours=9), apporter="Chaussures fermées", fourni="Un repas")
    builders.hold(builders.referent_mission(coming.action), builders.personne("Rémi Fontaine", telephone="+262692123456"))
    candidatures.decide(builders.candidature(coming, awa), accepter, by=zoe)
    wake(*hours(-20, -14))
    [mail] = [m for m in smtp.mails if m.recipients == [awa.email] and "Demain" in m.message["Subject"]]
    said = " ".join(mail.text.split())
    for words in (
        "Chaussures fermées",
        "Un repas",
        "openstreetmap.org",
        "Rémi Fontaine",
        "0692 12 34 56",
        "/candidatures/suivi/",
    ):
        assert words in said, words


@pytest.mark.parametrize(
    ("reception", "received"),
    [
        (Reception.AUSSITOT, ["semaine", "veille", "bientot"]),
        (Reception.RESUME, ["veille", "bientot"]),  # the week is in the day's digest
        (Reception.ESSENTIEL, ["veille"]),
    ],
)
def test_the_eve_is_essential_the_last_hours_press_the_week_may_wait(zoe, awa, smtp, reception, received):
    awa.reception = reception
    builders.hold(mission(zoe, SATURDAY + timedelta(hours=9)), awa)
    wake(*hours(-8 * 24, 10))
    assert reminders(smtp, awa) == received
    digests = [
        mail for mail in smtp.mails if "Ta mission est dans une semaine" in mail.text and "résumé" in mail.message["Subject"]
    ]
    assert len(digests) == (reception is Reception.RESUME)
