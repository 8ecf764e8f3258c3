"""/reglages/rocketchat: whether the chat is linked, what it took last, a word to try it; never its address."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.db import db
from portal.journal import EntreeJournal
from portal.notifications import worker
from portal.outbox import Message, Voie
from tests import builders
from tests.notifications.chat import HOOK, chat, server

__all__ = ["chat", "server"]  # fixtures
PATH = "/reglages/rocketchat"


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def office(ada, as_):
    return as_(ada)


def words(answer) -> str:
    return " ".join(BeautifulSoup(answer.text, "html5lib").main.get_text(" ").replace("\u00a0", " ").split())


def rows() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).where(Message.voie == Voie.ROCKETCHAT)))


@pytest.mark.both
def test_a_word_is_sent_through_the_outbox_and_the_page_says_that_it_left(chat, office, ada):
    assert "Rien n’est encore parti" in words(office.get(PATH))
    for _ in range(2):  # two taps are one word
        assert office.post(PATH).location == PATH
    assert "Attend de partir" in words(office.get(PATH))
    [row] = rows()
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "outbox.essayer")).one()
    assert (told.sujet, told.personne_id) == (f"outbox:{row.id}", ada.id)
    db.session.commit()
    worker.run_once()
    assert [text.partition("\n")[0] for text in chat.texts] == ["Message d’essai du portail\u00a0: ce canal est relié."]
    page = words(office.get(PATH))
    assert "Message d’essai du portail : ce canal est relié." in page
    assert "Envoyé" in page
    assert "Attend" not in page


def test_what_the_chat_answered_is_said_and_where_to_send_it_again(chat, office):
    chat.answers = [(404, {"success": False, "error": "secret du réseau"}, {})]
    office.post(PATH)
    db.session.commit()
    worker.run_once()
    page = office.get(PATH)
    assert "N’est pas passé" in words(page)
    assert "Rocket.Chat a répondu 404 : l’adresse du webhook n’est pas, ou plus, la bonne." in words(page)
    assert "secret du réseau" not in page.text
    assert BeautifulSoup(page.text, "html5lib").select_one("main .encart a")["href"] == "/notifications/courrier"


def test_its_address_is_never_shown(chat, office, settings):
    settings(rocketchat_token="un-jeton-tres-secret")
    page = office.get(PATH)
    assert words(page).count("Relié") == 2
    for secret in (HOOK, "jeton-tres-secret", "64f0integrationid", chat.url, "127.0.0.1"):
        assert secret not in page.text


def test_without_a_webhook_there_is_nothing_to_try(office):
    page = office.get(PATH)
    assert words(page).count("Pas relié") == 2
    assert "PORTAL_ROCKETCHAT_URL" in page.text
    assert "Envoyer un message d’essai" not in page.text
    assert office.post(PATH).status_code == 409
    assert rows() == []


@pytest.mark.parametrize(("private", "said"), [(True, "Permis"), (False, "Refusé : son adresse doit être publique")])
def test_it_says_whether_the_house_s_network_is_open_to_it(chat, office, settings, private, said):
    settings(rocketchat_private=private)
    assert said in words(office.get(PATH))


def test_nobody_else_enters(chat, as_):
    zoe = builders.bienveillant()
    assert as_(zoe).get(PATH).status_code == 403
    assert as_(zoe).post(PATH).status_code == 403


@pytest.mark.parametrize("many", [False, True])
def test_the_page_costs_the_same_after_one_message_or_many(chat, office, count_queries, many):
    for number in range(5 if many else 1):
        db.session.add(
            Message(cle=str(number), genre="interpole", adresse="Canal", voie=Voie.ROCKETCHAT, faits={"fait": "essai"})
        )
    db.session.commit()
    with count_queries() as statements:
        assert office.get(PATH).status_code == 200
    assert len(statements) == 3
