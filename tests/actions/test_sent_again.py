"""What a demandeur sends again: a word mended, another request from the same phone, another address; a gesture too late."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.actions import commands, depot, relais
from portal.actions.models import Action, Etat, reading
from portal.actions.processus import refuser
from portal.actions.suivi import page_token
from portal.db import db
from tests import builders
from tests.actions.test_solliciter import ASK, typed, words


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def asked() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(Action.titre).order_by(Action.id)))


def made() -> Action:
    db.session.expire_all()
    return db.session.scalars(select(Action)).one()


def url(action: Action, end: str = "") -> str:
    return f"/actions/suivi/{page_token(action)}{end}"


# --- the same form once more ---------------------------------------------------------------------------------------


@pytest.mark.both
def test_back_a_word_changed_sent_again_the_last_words_count(client, outbox):
    for titre in ("Vingt ans", "Trente ans", "Trente ans"):
        client.post(ASK, data=typed(titre=titre))
    assert (asked(), [m.genre for m in outbox()]) == (["Trente ans"], ["demande_recue"])


@pytest.mark.parametrize("other", [{"jour": "2027-12-04"}, {"nom": "Un autre qui passe", "email": "autre@example.org"}])
def test_another_day_or_another_asker_writes_nothing_over(client, outbox, other):
    for _ in range(2):
        client.post(ASK, data=typed(titre="La fête"))
        client.post(ASK, data=typed(titre="Un stage", **other))
    assert asked() == ["La fête", "Un stage"]
    assert [m.genre for m in outbox()] == ["demande_recue"] * 2


@pytest.mark.both
def test_once_somebody_works_on_it_other_words_are_another_request_and_the_same_are_none(client, zoe):
    client.post(ASK, data=typed())
    first = made()
    relais.take(first, by=zoe)
    commands.edit(first, by=zoe, read=reading(first.sheet), demandeur={}, titre="Mis au propre")
    db.session.commit()
    for titre in ("Vingt ans de la chorale", "Autre chose", "Autre chose"):
        assert client.post(ASK, data=typed(titre=titre)).status_code == 303
    assert asked() == ["Mis au propre", "Autre chose"]


def test_an_address_that_was_mistyped_is_mended_and_the_right_one_hears_of_it(client, outbox):
    wrong = client.post(ASK, data=typed(email="faux@example.org")).location
    assert client.post(ASK, data=typed(email="vrai@example.org")).location == ASK
    assert [(m.genre, m.adresse) for m in outbox()] == [
        ("demande_recue", "faux@example.org"),
        ("demande_lien", "vrai@example.org"),
    ]
    assert client.get(wrong).status_code == 410
    assert client.get(url(made())).status_code == 200


def test_a_link_that_was_replaced_does_not_come_back_with_the_old_form(client, zoe):
    client.post(ASK, data=typed())
    relais.take(made(), by=zoe)
    depot.send_link(made(), by=zoe)
    db.session.commit()
    answer = client.post(ASK, data=typed())
    assert (answer.location, len(asked())) == (ASK, 1)
    assert "ouvrez le lien de notre dernier e-mail" in client.get(ASK).text


# --- another address ---------------------------------------------------------------------------------------------------


def test_sent_again_without_an_address_no_mail_is_promised(client):
    for reach in ({"email": "faux@example.org"}, {"email": ""}):
        answer = client.post(ASK, data=typed(**reach))
    assert (made().demandeur.email, answer.location) == ("", ASK)
    said = client.get(ASK).text
    assert "L’équipe vous appelle." in said
    assert "e-mail." not in said


def test_once_they_mend_their_address_the_link_that_went_elsewhere_opens_nothing(client):
    action = builders.request(email="faux@example.org")
    old, fields = url(action), {"email": "vrai@example.org", "telephone": "0692112233"}
    answer = client.post(f"{old}/corriger", data=fields)
    assert (answer.status_code, client.get(old).status_code, client.get(answer.location).status_code) == (303, 410, 200)


@pytest.mark.parametrize(("before", "email", "opens"), [("faux", "vrai", 410), ("", "vrai", 200), ("vrai", "VRAI", 200)])
def test_the_team_mends_it_on_the_sheet_as_well(client, zoe, outbox, before, email, opens):
    action = builders.request(email=before and f"{before}@example.org")
    relais.take(action, by=zoe)
    old, told = url(action), len(outbox())
    commands.edit(action, by=zoe, read=reading(action.sheet), demandeur={"email": f"{email}@example.org"})
    db.session.commit()
    assert client.get(old).status_code == opens
    sent = [] if before == "vrai" else [("demande_lien", "vrai@example.org")]
    assert [(m.genre, m.adresse) for m in outbox()][told:] == sent


# --- a gesture that came late --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "fields", "kept"),
    [
        ("renoncer", {"mot": "Pas de budget"}, "Pas de budget"),
        ("corriger", {"contact": "Zaza", "email": "zaza@example.org", "telephone": ""}, "Zaza\nzaza@example.org"),
    ],
)
def test_on_a_request_that_was_refused_their_page_says_so_and_keeps_their_words(client, zoe, slug, fields, kept):
    action = builders.request()
    relais.take(action, by=zoe)
    commands.decide(action, refuser, by=zoe, motif="Le moulin est en travaux.")
    db.session.commit()
    answer = client.post(url(action, f"/{slug}"), data=fields)
    assert answer.status_code == 409
    assert "Le moulin est en travaux." in words(answer)
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.select_one(".encart.ton-attention")
    assert page.select_one("#texte").get_text().strip("\n").splitlines() == kept.splitlines()
    db.session.expire_all()
    assert action.etat is Etat.REFUSEE
