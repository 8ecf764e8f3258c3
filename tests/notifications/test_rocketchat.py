"""The channel of the interpôle: what it hears, through a real HTTP server that behaves as Rocket.Chat does."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions import interpole
from portal.actions.deliberation import Ou
from portal.actions.models import Action
from portal.actions.processus import annuler, decliner, refuser
from portal.db import db
from portal.notifications import rocketchat, worker
from portal.notifications.lettres.canal import harmless
from portal.outbox import Message, Voie
from portal.poles.models import Pole
from portal.poles.queries import present_in
from tests import builders
from tests.notifications.chat import chat, server

__all__ = ["chat", "server"]  # fixtures
DAY = builders.in_days


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def culture() -> builders.Voice:
    """A pôle that carries actions, and somebody of it."""
    found = db.session.scalar(select(Pole).where(Pole.nom == "Culture"))
    return builders.Voice(found, present_in(found.id)[0]) if found else builders.interpole("Culture")["Culture"]


def proposed(zoe, titre: str = "Kabar") -> Action:
    return builders.proposed(zoe, culture().pole, titre=titre, debut=DAY(10, 9), fin=DAY(10, 18))


def taken(zoe, titre: str = "Kabar") -> Action:
    """An action that the interpôle is asked about."""
    return builders.in_validation(zoe, culture(), titre=titre, debut=DAY(10, 9), fin=DAY(10, 18))


def decide(action: Action, *, favorable: bool, compte_rendu: str = "Dit en réunion.") -> None:
    minute = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": compte_rendu}
    interpole.decide(action, by=culture().member, favorable=favorable, **minute)


def rows() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).where(Message.voie == Voie.ROCKETCHAT).order_by(Message.id)))


def run() -> None:
    db.session.commit()
    worker.run_once()


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


# --- what it hears -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_hears_of_a_question_then_of_the_outcome(chat, zoe):
    action = taken(zoe)
    run()
    decide(action, favorable=True)
    run()
    day = clock.local(action.debut)
    asked, outcome = map(plain, chat.texts)
    assert asked.startswith("À valider par l’interpôle : « Kabar », ")
    assert f" {day.day} " in asked
    assert "9 h à 18 h" in asked
    assert outcome.startswith("Validée par l’interpôle : « Kabar », ")
    for text in (asked, outcome):
        assert text.splitlines()[1].startswith("http://localhost:")
        assert f"/actions/{action.id}" in text.splitlines()[1]
    assert [(row.envoye_le is not None, row.erreur, row.essais) for row in rows()] == [(True, "", 1)] * 2


def test_it_hears_that_the_interpole_refused(chat, zoe):
    action = taken(zoe)
    run()
    decide(action, favorable=False, compte_rendu="Contraire à nos valeurs, dit Paul Grondin")
    run()
    assert plain(chat.texts[1]).startswith("Refusée par l’interpôle : « Kabar »")
    assert "Grondin" not in chat.texts[1]


@pytest.mark.parametrize("end", [refuser, decliner, annuler])
def test_it_hears_that_somebody_stopped_it_before_any_decision(chat, zoe, end):
    action = taken(zoe)
    run()
    actions.decide(action, end, by=zoe, motif="plus de place")
    run()
    assert plain(chat.texts[1]).startswith("Plus d’avis à donner : « Kabar »")


@pytest.mark.parametrize("validated", [False, True])
def test_what_was_refused_elsewhere_is_not_its_business(chat, zoe, validated):
    action = taken(zoe) if validated else proposed(zoe)
    if validated:
        decide(action, favorable=True)
    run()
    before = len(chat.texts)
    actions.decide(action, refuser, by=zoe, motif="plus de place")
    run()
    assert len(chat.texts) == before


def test_nothing_of_anybody_is_said(chat, zoe):
    action = taken(zoe)
    decide(action, favorable=True)
    run()
    said = " ".join(chat.texts) + " ".join(str(row.faits) for row in rows())
    for secret in ("DAL974", "dal@example.org", "Zoé", "Hoarau", zoe.email):
        assert secret not in said


def test_a_question_that_is_no_more_asked_is_not_put(chat, zoe):
    """The chat was down, and the decision was faster: one line, no storm."""
    action = taken(zoe)
    decide(action, favorable=True)
    run()
    assert [text.split(" ")[0] for text in chat.texts] == ["Validée"]
    assert [(row.envoye_le is None, row.erreur) for row in rows()] == [(True, "périmé"), (False, "")]


def test_without_an_address_nothing_is_written_for_it(zoe):
    taken(zoe)
    assert rows() == []


def test_once_the_address_is_taken_away_what_waits_is_put_aside(chat, settings, zoe):
    taken(zoe)
    settings(rocketchat_url=None)
    run()
    assert [(row.ecarte_le is not None, row.abandonne_le) for row in rows()] == [(True, None)]


def test_without_an_address_the_table_is_asked_once(app, count_queries):
    """Each look would take SQLite's one write lock, every second."""
    with worker.Round(rocketchat.Channel(app.config["PORTAL"])) as round_:
        assert not round_.next()
        with count_queries() as asked:
            assert not round_.next()
    assert asked == []


def test_a_preview_shows_what_the_channel_would_read(chat, zoe, as_):
    """The same page as for mails."""
    action = taken(zoe)
    data = {"apercu": "1", "motif": "plus de place"}
    page = as_(zoe).post(f"/actions/{action.id}/refuser", data=data)
    assert "Canal interpôle, Rocket.Chat" in page.text
    assert "Plus d’avis à donner" in page.text
    assert len(rows()) == 1


# --- people's words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    [
        "@all venez",
        "x@here",
        "#general",
        "*gras* _i_ ~s~ `code` ```bloc```",
        "[lien](http://evil.example)",
        "http://evil.example/x",
        "evil.example",
        ":smile:",
        "> citation",
        "<http://evil.example|ici>",
        "# Titre",
        "a\n@all\n# b",
        "\\(x\\) $$y$$",
        "\u202eevil\u200b@all",
    ],
)
def test_peoples_words_call_nobody_and_lead_nowhere(hostile):
    said = harmless(hostile)
    assert not set(said) & set("@#*_~`[]<>\\$|/\n\u202e\u200b")
    assert not re.search(r"[.:]\S", said)
    assert len(harmless(hostile * 100)) <= 121


def test_plain_words_stay_as_they_are():
    words = "Fête du moulin : 20 ans ! L’été, « chez nous » (3e édition) - ça recommence… J&K, etc."
    assert harmless(words) == words


def test_a_title_reaches_the_chat_without_its_teeth(chat, zoe):
    taken(zoe, "@all *venez* http://evil.example")
    run()
    [text] = chat.texts
    assert "＠all ∗venez∗" in text
    assert text.count("http") == 2  # what was typed, and our own link
    assert text.count("://") == 1


# --- the dead letters ----------------------------------------------------------------------------------------------


def test_whoever_administers_reads_why_and_sends_it_again(chat, zoe, as_):
    chat.answers = [(410, {}, {})]
    taken(zoe)
    run()
    ada = as_(builders.personne("Ada", [builders.ADMIN]))
    page = " ".join(BeautifulSoup(ada.get("/notifications/courrier").text, "html5lib").main.get_text(" ").split())
    assert "Canal interpôle, Rocket.Chat" in page
    assert "Annonce sur le chat, 1 essai. Rocket.Chat a répondu 410 : ce webhook a été supprimé" in page
    [row] = rows()
    letter = ada.get(f"/notifications/{row.id}")
    assert "À valider par l’interpôle" in letter.text
    assert ada.post(f"/notifications/{row.id}/reprendre").status_code == 303
    run()
    assert [(r.voie, r.envoye_le is not None) for r in rows()] == [(Voie.ROCKETCHAT, True)]
    assert len(chat.texts) == 1
