"""What is kept no longer than the house said (security.md, "Keeping data"): who goes, who stays, and what is told of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal import clock, reglage
from portal.candidatures import commands as candidatures
from portal.candidatures import retention
from portal.candidatures.models import Candidature, accepter, refuser
from portal.comptes.models import Personne
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import UNDO
from portal.notifications import worker
from portal.notifications.echeances import pass_time
from tests import builders
from tests.accueil.test_pages import words
from tests.comptes.test_erase import everything
from tests.test_cli import run as run  # a fixture

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe))


def refused(mission, zoe, who=None, **fields) -> Candidature:
    sent = builders.candidature(mission, who, **fields)
    candidatures.decide(sent, refuser, by=zoe, motif="Complet, dit Zoé")
    return sent


def reports() -> list[dict[str, int]]:
    rows = select(EntreeJournal).where(EntreeJournal.evenement == "retention.passer").order_by(EntreeJournal.id)
    return [entry.faits for entry in db.session.scalars(rows)]


def at(mission, **after: int):
    """The clock stopped so long after the action."""
    return clock.freeze(mission.action.fin + timedelta(**after))


def test_months_are_those_of_the_calendar():
    with clock.freeze(datetime(2028, 3, 31, 12, tzinfo=clock.ZONE)):
        assert f"{retention.months_ago(1):%Y-%m-%d}" == "2028-02-29"
        assert f"{retention.months_ago(13):%Y-%m-%d}" == "2027-02-28"
        assert f"{retention.months_ago(36):%Y-%m-%d}" == "2025-03-31"


def test_a_stranger_who_was_not_taken_goes_twelve_months_after_the_action(mission, zoe):
    sent = refused(
        mission, zoe, nom="Awa Unique", email="awa.unique@example.org", telephone="+262692777777", message="Mot unique"
    )
    db.session.commit()
    with at(mission, days=364):
        pass_time()
        assert "unique" in everything().lower()
        assert reports() == [{"personnes": 0, "candidatures": 0}]
    with at(mission, days=370):
        pass_time()
    found = everything().lower()
    for secret in ("unique", "777777", "complet, dit"):
        assert secret not in found, secret
    assert sent.personne.nom == "Personne effacée"
    assert db.session.scalar(select(func.count(Candidature.id))) == 1  # it stays counted
    assert reports()[-1] == {"personnes": 1, "candidatures": 0}


def test_somebody_known_loses_the_words_of_that_candidature_and_nothing_else(mission, zoe, smtp):
    lea = builders.personne("Léa Grondin")
    sent = refused(mission, zoe, lea, message="Mon dos va mieux")
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
    with at(mission, days=370):
        pass_time()
        assert retention.candidatures_due() == []
        pass_time()
    assert (sent.message, sent.generation) == ("", 2)
    assert "mon dos" not in everything().lower()
    assert "complet, dit" not in "".join(db.session.scalars(select(EntreeJournal.motif)))
    assert lea.nom == "Léa Grondin"
    assert reports() == [{"personnes": 0, "candidatures": 1}]


def test_whoever_was_accepted_goes_three_years_after_the_last_contact(mission, zoe, as_):
    lea = builders.personne("Léa Unique")
    sent = builders.candidature(mission, lea)
    candidatures.decide(sent, accepter, by=zoe)
    db.session.commit()
    with at(mission, days=3 * 365 - 5):
        pass_time()
    assert lea.nom == "Léa Unique"
    with at(mission, days=3 * 365 - 3):
        as_(lea).get("/moi/")
    with at(mission, days=3 * 365 + 5):
        pass_time()
    assert lea.nom == "Léa Unique"  # she came back meanwhile
    with at(mission, days=6 * 365 + 5):
        pass_time()
    db.session.expire_all()
    assert lea.nom == "Personne effacée"
    assert "unique" not in everything().lower()
    assert sent.etat == "acceptee"  # somebody came


def test_whoever_is_of_the_house_stays(mission, zoe):
    paul = builders.personne("Paul Maillot")
    builders.pole("Jardin", members=[paul])
    gone = builders.bienveillant("Ancien Bienveillant")
    gone.desactive_le = clock.now()
    db.session.commit()
    with at(mission, days=5 * 365):
        pass_time()
    db.session.expire_all()
    assert (zoe.nom, paul.nom, gone.nom) == ("Zoé Hoarau", "Paul Maillot", "Personne effacée")


def test_a_row_never_proved_does_not_take_the_account_of_that_address_with_it(mission, zoe):
    paul = builders.personne("Paul Maillot", email="paul@example.org")
    refused(mission, zoe, nom="Un autre nom", email="paul@example.org", message="Mot typé")
    builders.pole("Jardin", members=[paul])
    db.session.commit()
    with at(mission, days=370):
        pass_time()
    db.session.expire_all()
    assert paul.nom == "Paul Maillot"
    assert "Mot typé" not in everything()


def test_the_durations_are_settings(mission, zoe):
    refused(mission, zoe, nom="Awa Unique")
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    reglage.change(reglage.GARDE_CANDIDATURE, 24, by=ada)
    db.session.commit()
    with at(mission, days=600):
        pass_time()
    assert "Awa Unique" in everything()
    with at(mission, days=740):
        pass_time()
    assert "Awa Unique" not in everything()


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
    assert reports() == [{"personnes": 1, "candidatures": 0}]
    with clock.freeze(night + timedelta(hours=29)):
        pass_time()
    assert reports()[1:] == [{"personnes": 0, "candidatures": 0}]


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
            "C’est un essai : rien n’est effacé.",
        ]
        for gone in ("1", "0"):
            done = run("retention")
            assert (done.exit_code, done.output.replace("\u00a0", " ").splitlines()) == (0, [
                f"Personnes sans nouvelles depuis trop longtemps : {gone}",
                f"Candidatures sans suite, passé leur délai : {gone}",
            ])  # fmt: skip
        db.session.expire_all()
        assert "unique" not in everything().lower()
    assert reports() == [{"personnes": 1, "candidatures": 1}, {"personnes": 0, "candidatures": 0}]


def test_an_admin_reads_what_goes_tonight_and_what_went(mission, zoe, as_, count_queries):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    refused(mission, zoe, nom="Awa Unique")
    db.session.commit()
    with at(mission, days=370):
        client = as_(ada)
        with count_queries() as statements:
            tonight = words(client.get("/reglages/conservation"))
        assert len(statements) <= 8
        assert "sans nouvelles depuis trop longtemps 1 Candidatures sans suite, passé leur délai 1" in tonight
        assert "Pas encore de rapport" in tonight
        pass_time()
        went = words(client.get("/reglages/conservation"))
    assert "sans nouvelles depuis trop longtemps 0 Candidatures sans suite, passé leur délai 0 Les nuits passées" in went
    assert went.count("sans nouvelles depuis trop longtemps 1") == 1
    assert "Unique" not in went


def test_a_backlog_goes_over_several_nights(mission, zoe, monkeypatch):
    monkeypatch.setattr(retention, "A_NIGHT", 2)
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
        [day] = retention.to_report()
        for _ in range(2):  # the second one had looked before the first one was done
            retention.report(day)
            db.session.commit()
    assert reports() == [{"personnes": 0, "candidatures": 0}]
