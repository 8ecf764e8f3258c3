"""What is kept no longer than the house said: who goes, who stays, and what is told of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal import clock, reglage
from portal.candidatures import commands as candidatures
from portal.candidatures.models import Candidature, accepter, refuser
from portal.comptes.models import Personne
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import UNDO
from portal.notifications import nuit, worker
from portal.notifications.echeances import pass_time
from tests import builders
from tests.comptes.test_erase import everything

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


def gone(**number: int) -> dict[str, int]:
    """A report that says so many of these kinds, and none of the others."""
    return dict.fromkeys(nuit.SORTES, 0) | number


def years_after(instant: datetime, years: int = 1) -> datetime:
    """The same day and hour so many years later; the first of March after a 29 February that there is not."""
    here = clock.local(instant)
    try:
        return here.replace(year=here.year + years)
    except ValueError:
        return here.replace(year=here.year + years, month=3, day=1)


def at(mission, **after: int):
    """The clock stopped so long after the action."""
    return clock.freeze(mission.action.fin + timedelta(**after))


def test_a_stranger_who_was_not_taken_goes_twelve_months_after_the_action(mission, zoe):
    sent = refused(
        mission, zoe, nom="Awa Unique", email="awa.unique@example.org", telephone="+262692777777", message="Mot unique"
    )
    db.session.commit()
    with at(mission, days=364):
        pass_time()
        assert "unique" in everything().lower()
        assert reports() == [gone()]
    with at(mission, days=370):
        pass_time()
    found = everything().lower()
    for secret in ("unique", "777777", "complet, dit"):
        assert secret not in found, secret
    assert sent.personne.nom == "Personne effacée"
    assert db.session.scalar(select(func.count(Candidature.id))) == 1  # it stays counted
    assert reports()[-1] == gone(personnes=1)


def test_somebody_known_loses_the_words_of_that_candidature_and_nothing_else(mission, zoe, smtp):
    lea = builders.personne("Léa Grondin")
    sent = refused(mission, zoe, lea, message="Mon dos va mieux")
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
    with at(mission, days=370):
        pass_time()
        assert nuit.SORTES["candidatures"].due() == []
        pass_time()
    assert (sent.message, sent.generation) == ("", 2)
    assert "mon dos" not in everything().lower()
    assert "complet, dit" not in "".join(db.session.scalars(select(EntreeJournal.motif)))
    assert lea.nom == "Léa Grondin"
    assert reports()[-1] == gone(candidatures=1)  # the worker's own look may have had its report, after four


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


def test_what_was_answered_goes_with_the_words_of_the_candidature(mission, zoe, smtp):
    sent = builders.candidature(mission, builders.personne("Léa Grondin", [builders.TRESORIER]), message="Mon dos va mieux")
    candidatures.decide(sent, refuser, by=zoe, motif="trop loin", mot="Désolée pour ton dos")
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
    assert "ton dos" in everything()
    with at(mission, days=370):
        nuit.run_now()
    assert "ton dos" not in everything()
    assert "trop loin" not in everything()


def test_links_asked_for_again_are_kept_a_month(zoe, client):
    client.post("/candidatures/retrouver", data={"email": "inconnue@example.org"})
    for days, kept in ((29, True), (31, False)):
        with clock.freeze(clock.now() + timedelta(days=days)):
            nuit.run_now()
            db.session.commit()
        assert ("inconnue@" in everything()) is kept
