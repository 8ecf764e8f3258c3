"""Who looked at whose sheet or number: once a day of each page, told to whom it is about, kept a year."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError, OperationalError

from portal import clock
from portal.comptes import commands
from portal.comptes.models import Consultation, Personne, Vue
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Minorite, Nature
from portal.notifications import nuit
from tests import builders

pytestmark = pytest.mark.both
PHONE = "+262692777777"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def ada(app) -> Personne:
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Unique", telephone=PHONE)


def looks() -> list[tuple[int, int, Vue]]:
    db.session.rollback()
    return [(c.par_id, c.personne_id, c.page) for c in db.session.scalars(select(Consultation).order_by(Consultation.id))]


def test_a_sheet_that_is_looked_at_is_noted_once_a_day(zoe, ada, awa, as_):
    client, office = as_(zoe), as_(ada)
    for _ in range(3):
        assert client.get(f"/equipe/{awa.id}").status_code == 200
        assert office.get(f"/reglages/personnes/{awa.id}").status_code == 200
    assert looks() == [(zoe.id, awa.id, Vue.FICHE), (ada.id, awa.id, Vue.COMPTE)]
    with clock.freeze(clock.now() + timedelta(days=1)):
        as_(zoe).get(f"/equipe/{awa.id}")
    assert looks()[2:] == [(zoe.id, awa.id, Vue.FICHE)]


def test_one_s_own_is_nobody_s_look_and_neither_is_a_refusal(zoe, awa, as_):
    as_(zoe).get(f"/equipe/{zoe.id}")
    assert as_(awa).get(f"/equipe/{zoe.id}").status_code == 403
    assert as_(zoe).get("/equipe/999").status_code == 404
    assert as_(zoe).post(f"/equipe/{awa.id}/note", data={"texte": "x" * 3_000}).status_code == 422
    assert looks() == []


@pytest.fixture
def tonight(zoe, awa):
    """An action of today, where Awa has a number and Léa none."""
    action = builders.action(zoe, debut=clock.now() + timedelta(hours=1), fin=clock.now() + timedelta(hours=5))
    for who in (awa, builders.personne("Léa Sans", telephone="")):
        builders.hold(builders.mission(action, nature=Nature.VOLONTAIRE, titre=who.nom), who)
    db.session.commit()
    return action


@pytest.mark.parametrize(
    ("path", "page"),
    [("/missions/equipe/{id}", Vue.EQUIPE), ("/jour-j/{id}", Vue.JOUR_J), ("/jour-j/{id}/feuille", Vue.JOUR_J)],
)
def test_the_numbers_of_a_team_are_noted_when_they_are_shown(tonight, zoe, awa, as_, path, page):
    assert "92777777" in as_(zoe).get(path.format(id=tonight.id)).text
    assert looks() == [(zoe.id, awa.id, page)]


@pytest.fixture
def guarded(tonight, zoe) -> Personne:
    """Léa, who has no number of her own, but somebody who answers for her."""
    mission = builders.mission(tonight, nature=Nature.VOLONTAIRE, titre="Accueil")
    applied = builders.candidature(mission, nom="Léa Mineure", telephone="", mineur=Minorite(17, "Marie", "+262692888888"))
    builders.hold(mission, applied.personne)
    db.session.commit()
    return applied.personne


@pytest.mark.parametrize(
    ("path", "page"),
    [("/missions/equipe/{id}", Vue.EQUIPE), ("/jour-j/{id}", Vue.JOUR_J), ("/jour-j/{id}/feuille", Vue.JOUR_J)],
)
def test_so_is_the_number_of_whoever_answers_for_a_minor(tonight, guarded, zoe, awa, as_, path, page):
    assert "92888888" in as_(zoe).get(path.format(id=tonight.id)).text
    assert looks() == [(zoe.id, awa.id, page), (zoe.id, guarded.id, page)]


def test_so_it_is_among_the_candidatures(tonight, guarded, zoe, ada, as_, count_queries):
    builders.candidature(builders.mission(tonight), builders.personne("Bob Majeur", telephone=PHONE))
    builders.candidature(builders.mission(tonight), guarded, mineur=Minorite(17, "Marie", "+262692888888"))
    db.session.commit()
    client = as_(zoe)
    for most in (7, 6):  # to write it down is one of them
        with count_queries() as statements:
            assert "0692 88 88 88" in client.get("/candidatures/").text.replace("\u00a0", " ")
        assert len(statements) == most
    assert looks() == [(zoe.id, guarded.id, Vue.CANDIDATURES)]
    as_(ada).get("/candidatures/?etat=toutes")
    assert looks()[1:] == [(ada.id, guarded.id, Vue.CANDIDATURES)]


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_so_it_is_when_what_was_answered_is_refused(tonight, guarded, zoe, as_, headers):
    minor = builders.candidature(builders.mission(tonight), guarded, mineur=Minorite(17, "Marie", "+262692888888"))
    db.session.commit()
    answer = as_(zoe).post(f"/candidatures/{minor.id}/refuser", headers=headers)
    assert answer.status_code == 422
    assert "0692 88 88 88" in answer.text.replace("\u00a0", " ")
    assert looks() == [(zoe.id, guarded.id, Vue.CANDIDATURES)]


def test_a_row_that_is_answered_alone_shows_no_number_but_its_own(tonight, guarded, zoe, as_):
    minor = builders.candidature(builders.mission(tonight), guarded, mineur=Minorite(17, "Marie", "+262692888888"))
    other = builders.candidature(builders.mission(tonight), builders.personne("Bob Majeur", telephone=PHONE))
    db.session.commit()
    client = as_(zoe)
    client.post(f"/candidatures/{other.id}/mettre_en_attente", headers=HTMX)
    assert looks() == []
    client.post(f"/candidatures/{minor.id}/mettre_en_attente", headers=HTMX)
    assert looks() == [(zoe.id, guarded.id, Vue.CANDIDATURES)]


def test_what_the_day_came_to_shows_no_number(tonight, guarded, zoe, as_):
    answer = as_(zoe).get(f"/jour-j/{tonight.id}/bilan")
    assert answer.status_code == 200
    assert "888888" not in re.sub(r"\s", "", answer.text)
    assert looks() == []


def test_where_no_number_is_shown_nothing_is_noted(zoe, awa, as_):
    action = builders.action(zoe)  # too far away
    builders.hold(builders.mission(action), awa)
    db.session.commit()
    assert "92777777" not in as_(zoe).get(f"/missions/equipe/{action.id}").text
    assert looks() == []


def test_the_page_is_read_all_the_same_while_the_database_takes_no_write(zoe, awa, as_, app):
    client = as_(zoe)

    def full(_connection, _cursor, statement, *_rest):
        if statement.startswith("INSERT INTO consultation"):
            raise OperationalError(statement, {}, Exception("disk full"))

    event.listen(db.engine, "before_cursor_execute", full)
    try:
        assert client.get(f"/equipe/{awa.id}").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", full)
    assert looks() == []


def test_the_database_holds_one_of_each_and_none_of_oneself(zoe, awa, as_):
    as_(zoe).get(f"/equipe/{awa.id}")
    for wrong in ({"par_id": awa.id}, {"page": Vue.FICHE, "par_id": zoe.id}):
        db.session.add(Consultation(**{"personne_id": awa.id, "page": Vue.COMPTE} | wrong))
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()


# --- told ------------------------------------------------------------------------------------------------------


def test_whom_it_is_about_reads_who_looked_and_the_admin_too(zoe, ada, awa, as_, count_queries):
    as_(zoe).get(f"/equipe/{awa.id}")
    client, office = as_(awa), as_(ada)
    part = " ".join(BeautifulSoup(client.get("/moi/donnees?quoi=consultations").text, "html5lib").main.get_text(" ").split())
    assert f"Le {clock.today():%d/%m/%Y} Par Zoé Hoarau A vu fiche dans l’équipe" in part
    for query, found in (("", True), ("?q=unique", True), ("?q=zoe+hoarau", True), ("?q=dijoux", False)):
        with count_queries() as statements:
            page = office.get(f"/reglages/journal/consultations{query}")
        assert len(statements) <= 6
        assert ("par Zoé Hoarau" in page.text) is found
    assert "Personne de ce nom" in page.text
    assert "Rien ici" in as_(zoe).get("/moi/donnees?quoi=consultations").text


def test_the_admin_takes_them_away_and_the_journal_says_so(zoe, ada, awa, as_):
    as_(zoe).get(f"/equipe/{awa.id}")
    office = as_(ada)
    office.get(f"/reglages/personnes/{zoe.id}")
    path = "/reglages/journal/consultations"
    assert f'action="{path}/export.xlsx"' in office.get(f"{path}?q=unique").text
    whole, some, none = (office.post(f"{path}/export.csv", data=data) for data in ({}, {"q": "unique"}, {"q": "personne"}))
    assert some.headers["Content-Disposition"] == f'attachment; filename="consultations-{clock.today()}.csv"'
    mine = f"{clock.today():%d/%m/%Y};Zoé Hoarau;Awa Unique;fiche dans l’équipe"
    assert some.data.decode("utf-8-sig").splitlines() == ["Jour;Par;Personne;A vu", mine]
    assert [len(answer.data.splitlines()) for answer in (whole, none)] == [3, 1]
    assert office.post(f"{path}/export.xlsx").data.startswith(b"PK")
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "consultation.emporter")).all()
    assert [e.faits for e in told] == [{"lignes": n} for n in (2, 1, 0, 2)]
    assert {(e.sujet, e.personne_id) for e in told} == {(f"personne:{ada.id}", ada.id)}
    assert office.get("/reglages/journal?sorte=consultation").text.count("téléchargées en tableur") == 4


def test_nobody_looked_yet(ada, as_):
    assert "Rien encore" in as_(ada).get("/reglages/journal/consultations").text


# --- kept no longer --------------------------------------------------------------------------------------------


def test_a_year_later_the_day_is_forgotten_and_the_journal_says_so(zoe, ada, awa, as_):
    as_(zoe).get(f"/equipe/{awa.id}")
    as_(ada).get(f"/equipe/{awa.id}")
    day = int(f"{clock.today():%Y%m%d}")
    with clock.freeze(clock.now() + timedelta(days=364)):
        assert nuit.SORTES["consultations"].due() == []
    with clock.freeze(clock.now() + timedelta(days=370)):
        as_(zoe).get(f"/equipe/{awa.id}")
        assert nuit.SORTES["consultations"].due() == [day]
        assert nuit.run_now()["consultations"] == 1
        db.session.commit()
        assert nuit.SORTES["consultations"].due() == []
    assert looks() == [(zoe.id, awa.id, Vue.FICHE)]
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "consultation.oublier")).one()
    assert (told.sujet, told.personne_id) == (f"consultation:{day}", None)


def test_with_whoever_is_erased_goes_who_looked_at_them(zoe, ada, awa, as_):
    as_(zoe).get(f"/equipe/{awa.id}")
    as_(ada).get(f"/equipe/{zoe.id}")
    commands.erase(awa, by=ada)
    db.session.commit()
    assert looks() == [(ada.id, zoe.id, Vue.FICHE)]
