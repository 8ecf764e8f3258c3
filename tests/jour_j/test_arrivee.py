"""Saying of oneself that one is there: the code shown on site, the personal link, and what says no."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock, security
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.candidatures.suivi import page_token
from portal.db import db
from portal.jour_j.arrivee import PURPOSE
from portal.jour_j.models import Entree
from portal.jour_j.pli import Presence
from tests import builders
from tests.cells import fingerprint
from tests.jour_j.conftest import NINE, at, jour_of
from tests.jour_j.test_routes import form_of, one, said_in, soup

DAY = clock.local(NINE).date().toordinal()


def rows() -> list[Entree]:
    db.session.expire_all()
    return list(db.session.scalars(select(Entree).order_by(Entree.quand)))


def code_of(saturday, day: int = DAY) -> str:
    return f"/jour-j/arrivee/{security.seal(PURPOSE, saturday.action.id, day)}"


@pytest.fixture
def scanned(saturday):
    """The address that the code of today holds; Léa helps from nine to one in the morning."""
    return code_of(saturday)


def press(client, url: str, words: str):
    page = soup(client.get(url).text)
    button = next(b for b in page.select("#contenu form button") if words in b.get_text())
    return client.post(str(button.find_parent("form")["action"]), data=form_of(page, words))


# --- the code ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_one_scans_says_it_and_it_is_written_as_one_s_own(saturday, scanned, as_):
    lea = as_(saturday.lea)
    before = fingerprint()
    assert said_in(soup(lea.get(scanned).text), ".badge") == "Pas encore là"
    assert fingerprint() == before
    answer = press(lea, scanned, "Je suis là")
    assert (answer.status_code, answer.location) == (303, scanned)
    [entree] = rows()
    assert (entree.personne_id, entree.valeur, entree.cible) == (
        saturday.lea.id,
        "arrive",
        str(saturday.held_by(saturday.lea).id),
    )
    assert said_in(soup(lea.get(scanned).text), ".carte.mission").endswith("Sur place 9 h Je pars C’est une erreur")


def test_twice_is_once_and_one_may_leave_come_back_or_take_it_back(saturday, scanned, as_):
    lea, place = as_(saturday.lea), saturday.held_by(saturday.lea).id
    for _ in range(2):
        assert lea.post(scanned, data={"valeur": "arrive"}).status_code == 303
    assert len(rows()) == 1
    for words, becomes in (
        ("Je pars", "parti"),
        ("Je suis là", "arrive"),
        ("C’est une erreur", "attendu"),
        ("Je suis là", "arrive"),
    ):
        press(lea, scanned, words)
        assert saturday.day().state.presence(place) is Presence(becomes)
    assert len(rows()) == 5


@pytest.mark.parametrize(
    ("hour", "status", "words"),
    [
        (8.74, 409, "à partir de 8 h 45"),
        (8.75, 303, ""),
        (24.9, 303, ""),
        (25.1, 409, "Ta mission est finie depuis 1 h"),
    ],
)
def test_from_a_quarter_of_an_hour_before_to_the_end_and_otherwise_whom_to_see(saturday, scanned, as_, hour, status, words):
    with clock.freeze(at(hour)):
        lea = as_(saturday.lea)
        assert ("Je suis là" in lea.get(scanned).text) == (status == 303)
        answer = lea.post(scanned, data={"valeur": "arrive"})
        assert answer.status_code == status
        assert words in " ".join(answer.text.replace("\u00a0", " ").split())
        assert status == 303 or "Vois Awa" in answer.text.replace("\n", " ")
    assert len(rows()) == (status == 303)


def test_somebody_not_signed_in_is_told_how(scanned, client):
    answer = client.get(scanned)
    page = soup(answer.text)
    assert answer.status_code == 200
    assert [a["href"] for a in page.select("#contenu a.bouton")] == [
        "/candidatures/retrouver",
        f"/comptes/connexion?next={scanned}",
    ]
    assert "Awa" not in answer.text
    assert client.post(scanned, data={"valeur": "arrive"}).status_code == 303  # to the door
    assert rows() == []


def test_somebody_who_is_not_of_the_team_is_told_whom_to_see(scanned, as_):
    paul = as_(builders.personne("Paul Maillot"))
    for answer in (paul.get(scanned), paul.post(scanned, data={"valeur": "arrive"})):
        assert "Tu n’as pas de place dans l’équipe" in answer.text
        assert "Vois la personne référente" in answer.text
    assert (answer.status_code, rows()) == (403, [])


@pytest.mark.parametrize("day", [DAY - 1, DAY + 1])
def test_the_code_of_another_day_says_so(saturday, as_, day):
    lea, other = as_(saturday.lea), code_of(saturday, day)
    assert "celui d’un autre jour" in lea.get(other).text
    assert lea.post(other, data={"valeur": "arrive"}).status_code == 409
    assert rows() == []


def test_a_called_off_action_says_so(saturday, scanned, as_):
    actions.decide(saturday.action, annuler, by=saturday.zoe, motif="Cyclone")
    for answer in (as_(saturday.lea).get(scanned), as_(saturday.lea).post(scanned, data={"valeur": "arrive"})):
        assert "Cette action n’a pas lieu" in answer.text
    assert rows() == []


@pytest.mark.parametrize("code", ["x", "1-739211", "1-739211.aaaa", "%00", "9" * 300])
def test_a_code_that_the_portal_did_not_sign_is_a_404(saturday, as_, code):
    assert as_(saturday.lea).get(f"/jour-j/arrivee/{code}").status_code == 404
    assert as_(saturday.lea).post(f"/jour-j/arrivee/{code}").status_code == 404


def test_a_place_of_somebody_else_is_not_said(saturday, scanned, as_):
    mine = str(saturday.held_by(saturday.awa).id)
    as_(saturday.lea).post(scanned, data={"valeur": "arrive", "cible": mine})
    assert [e.cible for e in rows()] == [str(saturday.held_by(saturday.lea).id)]


@pytest.mark.parametrize("valeur", ["brûler", "x" * 300])
def test_what_no_button_says_is_refused(saturday, scanned, as_, valeur):
    assert as_(saturday.lea).post(scanned, data={"valeur": valeur}).status_code == 422
    assert rows() == []


@pytest.mark.parametrize("ends", [21.5, 24 + 18])
def test_after_midnight_it_is_still_the_code_of_the_evening(saturday, scanned, as_, ends):
    saturday.action.fin = at(ends)
    with clock.freeze(at(24.5)):
        assert as_(saturday.lea).post(scanned, data={"valeur": "arrive"}).status_code == 303


# --- shown on site -------------------------------------------------------------------------------------------


def test_whoever_runs_the_day_shows_the_code_of_the_day(saturday, as_):
    awa = as_(saturday.awa)
    assert one(soup(awa.get(saturday.url).text), f'a[href="{saturday.url}/code"]').get_text() == "Afficher le QR code"
    page = soup(awa.get(f"{saturday.url}/code").text)
    assert len(page.select(".qr svg path")) == 2
    assert str(one(page, "[data-partager]")["data-partager"]).endswith(code_of(saturday))
    assert as_(saturday.lea).get(f"{saturday.url}/code").status_code == 403


@pytest.mark.parametrize(("who", "drawn"), [("awa", 1), ("zoe", 1), ("lea", 0)])
def test_the_sheet_bears_it_for_whoever_runs_the_day(saturday, as_, who, drawn):
    page = soup(as_(getattr(saturday, who)).get(f"{saturday.url}/feuille").text)
    assert len(page.select(".qr svg")) == drawn


@pytest.mark.parametrize(("days", "offset"), [(-3, 0), (0, 0), (1, 1), (9, 1)])
def test_the_sheet_printed_before_bears_the_code_of_the_first_day(saturday, as_, days, offset):
    saturday.action.fin = at(24 + 18)
    with clock.freeze(at(12) + timedelta(days=days)):
        page = soup(as_(saturday.awa).get(f"{saturday.url}/code").text)
    assert str(one(page, "[data-partager]")["data-partager"]).endswith(code_of(saturday, DAY + offset))


# --- the personal link ---------------------------------------------------------------------------------------


@pytest.fixture
def ines(saturday):
    """Somebody without an account, accepted since yesterday on a mission from 9 to 18: the address of their page."""
    with clock.freeze(at(-15)):
        made = builders.candidature(builders.mission(saturday.action, fin=at(18)), nom="Inès Robert")
        candidatures.decide(made, accepter, by=saturday.zoe)
    return made, f"/candidatures/suivi/{page_token(made)}"


@pytest.mark.both
def test_whoever_has_no_account_says_it_from_their_link(saturday, ines, client):
    candidature, page = ines
    answer = press(client, page, "Je suis là")
    assert answer.status_code == 303
    assert "Sur place" in client.get(answer.location).text
    [entree] = rows()
    assert (entree.personne_id, entree.valeur) == (candidature.personne_id, "arrive")
    press(client, page, "Je suis là")
    assert len(rows()) == 1
    assert press(client, answer.location, "Je pars").status_code == 303
    assert [e.valeur for e in rows()] == ["arrive", "parti"]


@pytest.mark.parametrize(("hour", "shown"), [(8.7, False), (8.8, True), (17.9, True), (18.1, False)])
def test_their_page_offers_it_around_their_mission_only(ines, client, hour, shown):
    with clock.freeze(at(hour)):
        assert ("Je suis là" in client.get(ines[1]).text) == shown


def test_a_place_that_was_given_back_says_nothing_more(saturday, ines, client):
    candidature, page = ines
    candidatures.free(candidature, by=saturday.zoe, motif="complet")
    link = page.replace("/candidatures/suivi/", "/jour-j/arrivee/lien/")
    assert "Je suis là" not in client.get(page).text
    assert client.post(link, data={"valeur": "arrive"}).status_code == 403
    assert rows() == []


def test_once_the_address_is_proved_the_page_s_own_link_acts_no_more(saturday, ines, client):
    candidature, page = ines
    candidature.personne.confirme_le = clock.now()
    assert "Je suis là" not in client.get(page).text
    answer = client.post(page.replace("/candidatures/suivi/", "/jour-j/arrivee/lien/"), data={"valeur": "arrive"})
    assert (answer.status_code, rows()) == (403, [])


def test_the_day_of_another_action_is_not_reached_by_a_link(ines, client):
    other = builders.action(builders.bienveillant("Rose"), debut=at(9), fin=at(18))
    assert jour_of(other).action_id != ines[0].mission.action_id
    client.post(ines[1].replace("/candidatures/suivi/", "/jour-j/arrivee/lien/"), data={"valeur": "arrive", "cible": "1"})
    assert {e.jour_id for e in rows()} == {ines[0].mission.action_id}
