"""The demandeur and the team write to each other: each message once, to whoever is to answer it, read by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions import echanges, relais
from portal.actions.models import Action, Echange
from portal.db import db
from portal.journal import EntreeJournal
from portal.notifications import messages
from tests import builders
from tests.actions.test_suivi import asked, page, url, words, zoe

__all__ = ["asked", "zoe"]  # fixtures


def bubbles(answer) -> list[str]:
    return [" ".join(b.get_text(" ").split()) for b in page(answer).select(".bulle .lettre")]


def said(action: Action) -> list[str]:
    return list(db.session.scalars(select(Echange.texte).where(Echange.action_id == action.id).order_by(Echange.id)))


@pytest.mark.both
def test_what_they_write_reaches_whoever_sets_it_up_once(client, zoe, asked, outbox):
    relais.take(asked, by=zoe)
    fields = {"cle": "une-cle-de-message-0001", "texte": "Avez-vous un piano ?\nMerci"}
    answers = [client.post(url(asked, "/ecrire"), data=fields) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert said(asked) == ["Avez-vous un piano ?\nMerci"]
    [message] = [m for m in outbox() if m.genre == "message_du_demandeur"]
    assert message.adresse == zoe.email
    letter = messages.render(message.genre, message.faits)
    assert "> Avez-vous un piano ?\n> Merci" in letter.texte
    assert f"/actions/{asked.id}/echanges" in letter.texte


@pytest.mark.both
def test_all_that_they_write_in_a_few_minutes_is_one_message(client, zoe, asked, outbox):
    relais.take(asked, by=zoe)
    db.session.commit()
    start = clock.start_of(clock.today() + timedelta(days=1))
    for minutes, texte in ((0, "Un"), (9.9, "Deux"), (10, "Trois")):
        with clock.freeze(start + timedelta(minutes=minutes)):
            client.post(url(asked, "/ecrire"), data={"texte": texte})
    first, second = (m for m in outbox() if m.genre == "message_du_demandeur")
    assert [m.du_le for m in (first, second)] == [start + timedelta(minutes=n) for n in (10, 20)]
    letters = [messages.render(m.genre, m.faits).texte for m in (first, second)]
    assert ["> Un" in letters[0], "> Deux" in letters[0], "> Trois" in letters[0]] == [True, True, False]
    assert ["> Deux" in letters[1], "> Trois" in letters[1]] == [False, True]


def test_whoever_holds_a_link_floods_neither_the_page_nor_the_team(client, zoe, asked, outbox, settings):
    settings(rate_limits=True)
    bruno = builders.bienveillant("Bruno Ozoux")
    with clock.freeze(clock.start_of(clock.today() + timedelta(days=1))):
        answers = [client.post(url(asked, "/ecrire"), data={"texte": f"Message {n}"}).status_code for n in range(12)]
    assert answers == [303] * 10 + [429] * 2
    found = [m for m in outbox() if m.genre == "message_du_demandeur"]
    assert sorted(m.adresse for m in found) == sorted([zoe.email, bruno.email])
    letter = messages.render(found[0].genre, found[0].faits).texte
    assert "> Message 4" in letter
    assert "> Message 5" not in letter
    assert "Et 5 autres messages, sur la page." in letter


def test_another_link_is_not_slowed_down(client, asked, settings):
    settings(rate_limits=True)
    other = builders.request(titre="Un bal")
    for n in range(11):
        client.post(url(asked, "/ecrire"), data={"texte": f"Message {n}"})
    assert client.post(url(other, "/ecrire"), data={"texte": "Bonjour"}).status_code == 303


def test_while_nobody_has_it_every_bienveillant_reads_it(client, zoe, asked, outbox):
    bruno = builders.bienveillant("Bruno Ozoux")
    client.post(url(asked, "/ecrire"), data={"texte": "Bonjour"})
    assert sorted(m.adresse for m in outbox() if m.genre == "message_du_demandeur") == sorted([zoe.email, bruno.email])


@pytest.mark.both
def test_what_the_team_writes_reaches_the_demandeur_with_their_link_and_answers_them(client, as_, zoe, asked, outbox):
    relais.take(asked, by=zoe)
    fields = {"cle": "une-cle-de-message-0002", "texte": "Oui, un piano droit."}
    answers = [as_(zoe).post(f"/actions/{asked.id}/echanges", data=fields) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    db.session.expire_all()
    assert asked.repondue_le
    [message] = [m for m in outbox() if m.genre == "demande_message"]
    assert message.adresse == "vwa@example.org"
    assert url(asked) in messages.render(message.genre, message.faits).texte
    assert bubbles(client.get(url(asked))) == ["Oui, un piano droit."]


def test_the_same_form_with_other_words_is_another_message(client, asked):
    for texte in ("Un", "Deux", "Un"):
        client.post(url(asked, "/ecrire"), data={"cle": "une-cle-de-message-0003", "texte": texte})
    assert said(asked) == ["Un", "Deux"]


def test_one_side_s_key_is_not_the_other_s(client, as_, zoe, asked):
    relais.take(asked, by=zoe)
    fields = {"cle": "une-cle-de-message-0004", "texte": "Bonjour"}
    client.post(url(asked, "/ecrire"), data=fields)
    as_(zoe).post(f"/actions/{asked.id}/echanges", data=fields)
    assert said(asked) == ["Bonjour", "Bonjour"]


def test_an_empty_message_and_one_too_long_come_back_with_every_word(client, as_, zoe, asked):
    relais.take(asked, by=zoe)
    for who, path in ((client, url(asked, "/ecrire")), (as_(zoe), f"/actions/{asked.id}/echanges")):
        for texte in ("  ", "x" * 5001):
            answer = who.post(path, data={"texte": texte})
            assert answer.status_code == 422
            assert page(answer).select_one("#texte-erreur")
            assert page(answer).select_one("#texte").get_text().strip() == texte.strip()
    assert said(asked) == []


def test_the_answer_is_sent_from_under_its_words_before_a_new_link_is_offered(as_, zoe, asked):
    relais.take(asked, by=zoe)
    shown = page(as_(zoe).get(f"/actions/{asked.id}/echanges"))
    sends = [b.get_text(strip=True) for b in shown.select("main button") if "Envoyer" in b.get_text()]
    assert sends == ["Envoyer", "Envoyer un nouveau lien"]


def test_those_who_answer_for_it_read_the_exchange_and_only_who_sets_it_up_writes(as_, zoe, asked):
    relais.take(asked, by=zoe)
    member = builders.personne("Paul Maillot")
    asked.pole_porteur = builders.pole("Jardin", members=[member])
    for who in (builders.bienveillant("Bruno Ozoux"), member):
        client = as_(who)
        read = client.get(f"/actions/{asked.id}/echanges")
        assert read.status_code == 200
        assert "0692 00 00 48" in words(client.get(f"/actions/{asked.id}"))
        assert not page(read).select("textarea")
        for act in ("echanges", "lien", "repondue"):
            assert client.post(f"/actions/{asked.id}/{act}", data={"texte": "x"}).status_code == 403
    assert as_(builders.personne()).get(f"/actions/{asked.id}/echanges").status_code == 404
    assert (
        as_(builders.personne("Ada", [builders.ADMIN]))
        .post(f"/actions/{asked.id}/echanges", data={"texte": "Bonjour"})
        .location.endswith("/echanges#reponse")
    )
    assert said(asked) == ["Bonjour"]


def test_the_others_of_the_house_read_neither_the_exchange_nor_how_to_reach_the_demandeur(as_, zoe):
    action = builders.action(
        zoe, demandeur={"nom": "Dal", "contact": "Zaza", "email": "d@example.org", "telephone": "+262692000048"}
    )
    neighbour, referent = builders.personne("Nadia Bègue"), builders.personne("Rémi Fontaine")
    builders.pole("Sport", members=[neighbour])
    builders.hold(builders.referent_mission(action), referent)
    for who in (neighbour, referent, builders.personne("Tara", [builders.TRESORIER])):
        sheet = as_(who).get(f"/actions/{action.id}")
        assert as_(who).get(f"/actions/{action.id}/echanges").status_code == 403
        assert not [kept for kept in ("0692", "d@example.org", "Zaza", "Échanges") if kept in words(sheet)]
        assert "Dal" in words(sheet)


def test_the_journal_says_that_they_wrote_and_never_what(app, zoe, asked):
    echanges.write(asked, texte="Un secret", cle="", by=None)
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.ecrire")).one()
    assert told.personne_id is None
    assert "secret" not in f"{told.motif}{told.faits}"


@pytest.mark.parametrize("many", [1, 3])
def test_the_team_s_side_costs_the_same_too(as_, zoe, asked, count_queries, many):
    for n in range(many):
        echanges.write(asked, texte=f"{n} ?", cle="", by=None)
        echanges.write(asked, texte=f"{n} !", cle="", by=builders.bienveillant(f"Rose {n}"))
    client, page_ = as_(zoe), f"/actions/{asked.id}/echanges"
    with count_queries() as statements:
        client.get(page_)
    assert len(statements) == 4  # who reads, the action, the messages, is one its référent
