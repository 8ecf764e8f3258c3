"""Every refusal is an answer: a status, a French sentence that says what to do, what was typed; never a trace."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import current_app
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal import clock
from portal.comptes import commands as comptes
from portal.db import db
from portal.errors import SENTENCES
from tests import builders, workshop

HTMX = {"HX-Request": "true"}
TRACE = re.compile(r"Traceback|werkzeug|sqlalchemy|psycopg|sqlite|site-packages|ZeroDivision|\.py", re.IGNORECASE)
STATUSES = (400, 403, 404, 405, 408, 409, 410, 413, 414, 415, 422, 429, 500, 503)
LETTER = "Je viens avec ma guitare,\net deux amis."


@pytest.fixture
def app(site):
    with workshop.opened(site) as app:
        yield app


def main_of(answer) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main
    return " ".join(main.get_text(" ").split())


# --- said in French, as a page or as a fragment ----------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_has_its_words(client, status):
    title, advice = SENTENCES[status]
    page = client.get(f"/atelier/statut/{status}", crash=True)
    assert page.status_code == status
    assert title in main_of(page)
    assert " ".join(advice.split()) in main_of(page)
    assert "HX-Request" in page.vary
    fragment = client.get(f"/atelier/statut/{status}", headers=HTMX, crash=True)
    said = f"{title}. {advice}" if status == 401 else advice
    assert (fragment.status_code, fragment.text) == (status, f"<p data-message>{said}</p>")


@pytest.mark.parametrize(("status", "like"), [(406, 400), (418, 400), (451, 400), (501, 500), (502, 500)])
def test_a_rarer_status_borrows_the_words_of_its_family(client, status, like):
    page = client.get(f"/atelier/statut/{status}")
    assert page.status_code == status
    assert SENTENCES[like][1] in main_of(page)


def test_the_words_are_french_and_say_what_to_do():
    for title, advice in SENTENCES.values():
        assert title[0].isupper()
        assert not title.endswith(".")
        assert advice.endswith(".")
        assert not re.search(r"'|error|bad request", f"{title}{advice}", re.IGNORECASE)


def test_a_refusal_of_the_house_says_its_own_sentence(client):
    page, fragment = client.post("/atelier/refusal"), client.post("/atelier/refusal", headers=HTMX)
    assert (page.status_code, fragment.status_code) == (409, 409)
    assert "Non, et voici pourquoi." in main_of(page)
    assert fragment.text == "<p data-message>Non, et voici pourquoi.</p>"


def test_they_suit_who_is_told_tu_and_who_is_told_vous():
    to_somebody = r"\b(tu|te|toi|ton|ta|tes|vous|votre|vos)\b|\b[tT]’|\b\w+ez\b|-(toi|le|la|en)\b"
    for title, advice in SENTENCES.values():
        assert not re.search(to_somebody, f"{title} {advice}", re.IGNORECASE), advice


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_for_the_team_alone_is_said_to_the_team_alone(client, as_, headers):
    stranger, volunteer = client, as_(builders.personne())
    for who in (stranger, volunteer):
        answer = who.post("/atelier/hushed", headers=headers)
        assert answer.status_code == 409
        assert "Non, et l’équipe sait pourquoi." in answer.text
        assert "Kabar" not in answer.text
    told = as_(builders.bienveillant()).post("/atelier/hushed", headers=headers).text
    assert "Kabar privé" in told
    assert "l’équipe sait" not in told


def test_a_page_that_waited_too_long_says_so(client):
    page = client.post("/atelier/done", csrf=False)
    assert page.status_code == 400
    assert "n’est plus à jour" in main_of(page)


def test_what_can_be_tried_again_can_be(client):
    for status, words in ((429, "Réessayer"), (503, "Réessayer")):
        assert words in main_of(client.get(f"/atelier/statut/{status}"))
    assert "Réessayer" not in main_of(client.get("/atelier/statut/404"))


def test_a_method_that_is_not_open_says_which_are(client):
    answer = client.delete("/atelier/")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_redirection_is_no_error(client):
    assert client.get("/atelier").status_code == 308


# --- what was typed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/atelier/refusal", "/atelier/crash", "/atelier/statut/503", "/atelier/statut/413"])
def test_what_somebody_wrote_is_given_back(client, path):
    typed = {"message": LETTER, "motif": '<b>"Trop" loin</b>', "nom": "Léa", "telephone": "0692 12 34 56"}
    machine = {"cle": "Zk3tQx-8sVb0aPq2Lm7c_w", "attente": "y"}
    page = client.post(path, data=typed | machine, crash=True)
    areas = [area.get_text() for area in BeautifulSoup(page.text, "html5lib").select("textarea")]
    assert areas == list(typed.values())


def test_so_it_is_when_the_token_is_too_old(client):
    assert LETTER in client.post("/atelier/done", data={"message": LETTER}, csrf=False).text


def test_a_password_never_comes_back(client):
    typed = {"mot_de_passe": "quatre mots tres secrets", "nouveau_mot_de_passe": "quatre mots tres secrets"}
    for answer in (
        client.post("/atelier/refusal", data=typed),
        client.post("/comptes/connexion", data=typed | {"email": "awa@example.org"}),
        client.post("/comptes/connexion", data=typed, csrf=False),
        client.post("/atelier/crash", data=typed, crash=True),
    ):
        assert answer.status_code >= 400
        assert "secrets" not in answer.text


def test_an_address_gives_nothing_back(client):
    assert "deux amis" not in client.get("/atelier/statut/404", query_string={"message": LETTER}).text


def test_a_body_that_is_too_big_is_refused_and_not_repeated(client):
    answer = client.post("/atelier/done", data={"message": "mot " * 600_000}, csrf=False)
    assert answer.status_code == 413
    assert len(answer.text) < 20_000


@pytest.mark.parametrize(
    ("body", "kind", "statuses"),
    [
        ("{", "application/json", {400, 415}),
        ("x", "multipart/form-data", {400}),
        ("--x\r\n", "multipart/form-data; boundary=x", {400}),
        ("&".join(["a=1"] * 100_000), "application/x-www-form-urlencoded", {400}),
        ("%ff%fe=%00&email=%ed%a0%80", "application/x-www-form-urlencoded", {400}),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(client, body, kind, statuses):
    answer = client.post("/comptes/connexion", data=body, content_type=kind, csrf=False)
    assert answer.status_code in statuses


def test_too_many_parts_are_refused(client):
    many = {f"champ{n}": "x" for n in range(600)}
    answer = client.post("/comptes/connexion", data=many, content_type="multipart/form-data", csrf=False)
    assert answer.status_code == 413


# --- the unexpected --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_crash_says_nothing_of_the_machine(client, caplog, headers):
    answer = client.post("/atelier/crash", headers=headers, crash=True)
    assert answer.status_code == 500
    assert "La faute est au portail" in answer.text
    assert not TRACE.search(answer.text)
    assert caplog.records[-1].exc_info[0] is ZeroDivisionError  # the team finds it in the log


def test_when_the_page_of_the_error_fails_too_a_bare_one_is_sent(app, client, monkeypatch):
    monkeypatch.setitem(app.jinja_env.globals, "nav", lambda: 1 / 0)
    answer = client.get("/atelier/statut/404")
    assert answer.status_code == 404
    assert SENTENCES[404][1] in main_of(answer)
    assert "<nav" not in answer.text


def refused_by_the_database(client, monkeypatch, statement: str):
    monkeypatch.setitem(workshop.ENDINGS, "text", lambda: str(db.session.execute(text(statement))))
    answer = client.post("/atelier/text", crash=True)
    assert not TRACE.search(answer.text)
    assert workshop.people() == 0
    return answer


@pytest.mark.both
def test_a_constraint_that_speaks_is_a_change_of_situation(client, monkeypatch):
    answer = refused_by_the_database(client, monkeypatch, "INSERT INTO role (personne_id, nom) VALUES (999, 'admin')")
    assert answer.status_code == 409


@pytest.mark.both
def test_the_log_says_which_one_and_nothing_of_the_row(client, monkeypatch, caplog):
    row = "INSERT INTO personne (nom, email) VALUES ('Awa Payet', 'awa@example.org')"
    assert refused_by_the_database(client, monkeypatch, row).status_code == 409
    assert "personne" in caplog.text
    assert "awa" not in caplog.text.lower()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("value", ["CAST('x' AS integer)", "CAST(99999999999 AS integer)"])
def test_a_value_that_the_database_cannot_hold_is_a_bad_request(client, monkeypatch, value):
    assert refused_by_the_database(client, monkeypatch, f"SELECT {value}").status_code == 400


# --- the database is busy, full or only to be read -------------------------------------------------------------


@contextmanager
def in_a_hurry():
    """Whoever writes to SQLite waits a tenth of a second for their turn."""
    current_app.extensions["watch"].settle()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.db._patience", ContextVar("patience", default=0.1))
        yield


@contextmanager
def impatient(setting: str):
    """Every connection opened from now on begins with this setting."""

    def set_it(connection, _record) -> None:
        connection.execute(setting)
        connection.commit()

    current_app.extensions["watch"].settle()
    db.engine.dispose()
    event.listen(db.engine, "connect", set_it)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", set_it)
        db.engine.dispose()


@contextmanager
def written_by_somebody_else(database):
    """Another connection holds SQLite's write lock, or PostgreSQL's table."""
    other = create_engine(database.url)
    with other.connect() as connection:
        sqlite = database.engine == "sqlite"
        if sqlite:
            connection.connection.dbapi_connection.isolation_level = None
        connection.exec_driver_sql("BEGIN EXCLUSIVE" if sqlite else "LOCK TABLE personne IN EXCLUSIVE MODE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    other.dispose()


@pytest.mark.both
def test_a_busy_database_is_read_and_asks_to_write_again_later(client, as_, database):
    awa = as_(builders.personne())
    with in_a_hurry() if database.engine == "sqlite" else impatient("SET lock_timeout = 100"):
        with written_by_somebody_else(database):
            for who in (client, awa):
                answer = who.post("/atelier/done", data={"message": LETTER})
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
                assert LETTER in answer.text
                assert "Rien n’est perdu" in main_of(answer)
                assert who.get("/missions/").status_code == 200
            assert "<nav" in answer.text  # the whole page, which only reads
        assert awa.post("/atelier/done").status_code == 303  # and it heals by itself
    assert workshop.people() == 2


@pytest.mark.sqlite
def test_a_busy_database_still_shows_pages_to_who_comes_back_after_an_hour(as_, database):
    """The session's last-seen time can wait."""
    awa = as_(builders.personne())
    with (
        clock.freeze(clock.now() + timedelta(hours=2)),
        in_a_hurry(),
        written_by_somebody_else(database),
    ):
        assert awa.get("/moi/").status_code == 200


@pytest.mark.both
def test_who_is_signed_in_is_answered_even_when_nothing_can_be_read(client, as_):
    """The page of the error itself must not need to know who is there."""
    awa = as_(builders.personne())
    db.session.execute(text("ALTER TABLE session RENAME TO ailleurs"))
    db.session.commit()
    for path in ("/missions/", "/moi/"):
        answer = awa.get(path, crash=True)
        assert answer.status_code in (500, 503)
        assert "Retour à l’accueil" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.get("/missions/").status_code == 200


@pytest.mark.both
def test_a_database_that_only_reads_is_read_and_asks_to_write_again_later(client, as_, database):
    awa = as_(builders.personne())
    setting = "PRAGMA query_only=ON" if database.engine == "sqlite" else "SET default_transaction_read_only = on"
    with impatient(setting), clock.freeze(clock.now() + timedelta(hours=2)):  # the last-seen time wants to be written too
        assert awa.get("/moi/").status_code == 200
        answer = awa.post("/atelier/done", data={"message": LETTER})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert LETTER in answer.text


def test_no_connection_left_asks_to_come_back(client, app):
    """More requests than connections, and none comes free in time."""
    with app.test_request_context("/missions/"):
        answer = app.handle_user_exception(PoolTimeout("QueuePool limit"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_long_text_comes_back_whole(client):
    long = "Une journée ensemble. " * 600
    answer = client.post("/atelier/refusal", data={"description": long})
    assert long.strip() in answer.text


def test_signed_out_elsewhere_one_s_words_come_back(as_, client):
    awa = builders.personne(roles=[builders.BIENVEILLANT])
    mine = as_(awa)
    comptes.set_active(awa, False, by=builders.personne(roles=[builders.ADMIN]))
    answer = mine.post("/actions/nouvelle", data={"titre": "Fête", "description": LETTER})
    assert answer.status_code == 401
    assert LETTER in answer.text
    assert "Se connecter dans un autre onglet" in main_of(answer)
    assert mine.post("/actions/nouvelle").status_code == 303  # nothing to give back
    assert client.post("/actions/nouvelle", data={"description": LETTER}).status_code == 303  # nobody was signed in
    answer = mine.post("/actions/nouvelle", data={"description": LETTER}, headers={"HX-Request": "true"})
    assert (answer.status_code, "HX-Redirect" in answer.headers) == (401, False)  # the page stays, with what they wrote
    assert "data-message" in answer.text


def test_trying_again_is_offered_where_it_leads_somewhere(client):
    assert "Réessayer" in client.get("/atelier/statut/503").text
    assert "Réessayer" not in client.post("/atelier/statut/503").text


@pytest.mark.sqlite
@pytest.mark.parametrize("setting", ["PRAGMA max_page_count=1", "PRAGMA query_only=ON"], ids=["full", "read-only"])
def test_a_disk_that_is_full_or_read_only_is_read(client, setting):
    with impatient(setting):
        answer = client.post("/atelier/done", data={"nom": "Léa" * 4000, "message": LETTER})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "et deux amis" in answer.text
        assert client.get("/missions/").status_code == 200
    assert client.post("/atelier/done").status_code == 303


# --- the address that a refused form leaves ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "above"),
    [
        ("/factures/2/enregistrer", "/factures/2"),
        ("/factures/2/reglements/5/contrepasser", "/factures/2"),
        ("/partage/action/3/cles/devis", "/partage/action/3"),
        ("/candidatures/suivi/a%0d%0ab/retirer", "/candidatures/suivi/a%0D%0Ab"),
        ("/candidatures/suivi/a%3Fb/retirer", "/candidatures/suivi/a%3Fb"),
    ],
)
def test_the_address_of_a_form_that_is_read_again_is_its_page(client, asked, above):
    answer = client.get(asked, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.location) == (303, above)
    assert client.get(asked).status_code == 405  # to a program
