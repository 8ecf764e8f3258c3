"""Once a night: what is kept too long goes, by itself or by the command, and a report says how much went."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.candidatures.models import Candidature
from portal.db import db
from portal.notifications import nuit
from portal.notifications.echeances import pass_time
from tests import builders
from tests.accueil.test_pages import words
from tests.candidatures.test_retention import at, gone, refused, reports
from tests.comptes.test_erase import everything
from tests.test_cli import run as run  # a fixture

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe))


def test_once_a_day_at_night_and_again_the_next_day(mission, zoe):
    refused(mission, zoe, nom="Awa Unique")
    db.session.commit()
    night = clock.start_of(clock.local(mission.fin).date() + timedelta(days=400))
    with clock.freeze(night + timedelta(hours=3, minutes=59)):
        pass_time()
        assert reports() == []
    for hours in (4, 5, 23):
        with clock.freeze(night + timedelta(hours=hours)):
            pass_time()
    assert reports() == [gone(personnes=1)]
    with clock.freeze(night + timedelta(hours=29)):
        pass_time()
    assert reports()[1:] == [gone()]


def test_the_command_says_what_would_go_and_then_takes_it_away(mission, zoe, run):
    sent = refused(mission, zoe, nom="Awa Unique", message="Mot unique")
    refused(mission, zoe, builders.personne("Léa Grondin"))
    db.session.commit()
    ids = sent.personne_id, db.session.scalar(select(func.max(Candidature.id))), sent.id
    with at(mission, days=370):
        before = everything()
        tried = run("retention", "--essai")
        assert everything() == before
        assert tried.output.replace("\u00a0", " ").splitlines() == [
            f"Personnes sans nouvelles depuis trop longtemps : 1 personnes:{ids[0]}",
            f"Candidatures sans suite, passé leur délai : 2 candidatures:{ids[2]} candidatures:{ids[1]}",
            "Responsables légaux de mineurs, passé leur délai : 0",
            "Demandeurs, passé leur délai : 0",
            "Jours dont on ne garde plus qui a regardé quelle fiche : 0",
            "C’est un essai : rien n’est effacé.",
        ]
        for number in ("1", "0"):
            done = run("retention")
            assert (done.exit_code, done.output.replace("\u00a0", " ").splitlines()) == (0, [
                f"Personnes sans nouvelles depuis trop longtemps : {number}",
                f"Candidatures sans suite, passé leur délai : {number}",
                "Responsables légaux de mineurs, passé leur délai : 0",
                "Demandeurs, passé leur délai : 0",
                "Jours dont on ne garde plus qui a regardé quelle fiche : 0",
            ])  # fmt: skip
        db.session.expire_all()
        assert "unique" not in everything().lower()
    assert reports() == [gone(personnes=1, candidatures=1), gone()]


def test_an_admin_reads_what_goes_tonight_and_what_went(mission, zoe, as_, count_queries):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    refused(mission, zoe, nom="Awa Unique")
    db.session.commit()
    with at(mission, days=370):
        client = as_(ada)
        with count_queries() as statements:
            tonight = words(client.get("/reglages/conservation"))
        assert len(statements) <= 6
        assert "sans nouvelles depuis trop longtemps 1 Candidatures sans suite, passé leur délai 1" in tonight
        assert "Pas encore de rapport" in tonight
        pass_time()
        went = words(client.get("/reglages/conservation"))
    assert "sans nouvelles depuis trop longtemps 0 Candidatures sans suite, passé leur délai 0 Responsables" in went
    assert went.count("sans nouvelles depuis trop longtemps 1") == 1
    assert "Unique" not in went


def test_a_backlog_goes_over_several_nights(mission, zoe, monkeypatch):
    monkeypatch.setattr(nuit, "A_NIGHT", 2)
    for number in range(3):
        refused(mission, zoe, email=f"c{number}@example.org")
    db.session.commit()
    for days in (370, 371):
        with at(mission, days=days):
            pass_time()
    assert [report["personnes"] for report in reports()] == [2, 1]


def test_two_workers_write_one_report_a_night(mission):
    db.session.commit()
    with at(mission, days=10):
        [day] = nuit.to_report()
        for _ in range(2):  # the second one had looked before the first one was done
            nuit.report(day)
            db.session.commit()
    assert reports() == [gone()]
