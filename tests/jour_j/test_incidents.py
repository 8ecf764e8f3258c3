"""Incidents: what happened, when, where, what was done, who was there; added to, never changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.db import db
from portal.jour_j import commands, refus
from portal.jour_j.commands import Tap
from portal.jour_j.models import Entree, Genre
from tests.jour_j.conftest import at, kept, tap


def noted(saturday, **more):
    said = Tap(**({"uuid": tap("x").uuid, "genre": Genre.INCIDENT, "saisi_le": clock.now(), "mot": "Verre cassé."} | more))
    saturday.send(said)
    return said


def test_it_says_where_what_was_done_and_who_was_on_site_when_it_happened(saturday):
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"), tap(Genre.JAUGE, "", "+10"))
    with clock.freeze(at(11)):
        noted(saturday, valeur="serieux", lieu="La scène", mesures="Balayé.", saisi_le=at(10))
        saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.awa).id, "arrive"), tap(Genre.JAUGE, "", "+10"))
        [incident] = saturday.day().incidents
    e = incident.entree
    assert (e.lieu, e.mesures, e.quand, e.recu_le) == ("La scène", "Balayé.", at(10), at(11))
    assert incident.noted_later
    assert (incident.gravite.label, incident.present, incident.public) == ("Sérieux", [saturday.lea], 10)


def test_what_followed_is_added_and_changes_nothing(saturday):
    said = noted(saturday)
    saturday.send(tap(Genre.SUITE, said.uuid, mot="Pompiers repartis."), tap(Genre.SUITE, said.uuid, mot="Famille prévenue."))
    [incident] = saturday.day().incidents
    assert (incident.entree.mot, [s.mot for s in incident.suites]) == (
        "Verre cassé.",
        ["Pompiers repartis.", "Famille prévenue."],
    )


def test_what_followed_is_of_an_incident_of_this_day_and_in_words(saturday):
    said, tick = noted(saturday), tap(Genre.COCHE, saturday.jour.points[0].id, "fait")
    saturday.send(tick)
    for cible in ("", tick.uuid, tap("x").uuid):
        assert isinstance(saturday.send(tap(Genre.SUITE, cible, mot="Suite"))[0].refusal, refus.NotOfThisDay)
    assert isinstance(saturday.send(tap(Genre.SUITE, said.uuid))[0].refusal, refus.WordsMissing)


def test_one_taken_back_leaves_the_page_with_its_trace_in_the_journal(saturday):
    said = noted(saturday)
    saturday.send(commands.undoing(said.uuid, at=at(9)))
    assert saturday.day().incidents == []
    assert [line.is_undone for line in saturday.day().journal if line.entree.genre is Genre.INCIDENT] == [True]


@pytest.mark.parametrize(("valeur", "told"), [("", 0), ("leger", 0), ("serieux", 1), ("grave", 1)])
def test_the_bienveillant_hears_at_once_of_what_is_serious(saturday, outbox, valeur, told):
    said = noted(saturday, valeur=valeur)
    assert [(m.genre, m.adresse, m.faits["entree"]) for m in outbox()] == told * [
        ("jour_incident", saturday.zoe.email, said.uuid)
    ]


def test_who_notes_it_is_not_told_of_it(saturday, outbox):
    saturday.send(tap(Genre.INCIDENT, "", "grave", "Feu"), by=saturday.zoe)
    assert outbox() == []


@pytest.mark.both
def test_texts_too_long_are_refused_before_the_database_is(saturday):
    for more in ({"lieu": "x" * 201}, {"mesures": "x" * 2001}, {"lieu": "a\0"}):
        said = noted(saturday, **more)
        assert db.session.get(Entree, said.uuid) is None
    assert kept(noted(saturday, lieu="x" * 200, mesures="x" * 2000)).lieu == "x" * 200


def test_the_form_says_the_hour_at_which_it_happened(saturday, as_):
    awa = as_(saturday.awa)
    for heure, quand in (("08:30", at(8.5)), ("23:10", at(-1) + timedelta(minutes=10)), ("", at(9))):
        uuid = tap("x").uuid
        answer = awa.post(
            f"{saturday.url}/entrees",
            data={"uuid": uuid, "genre": "incident", "valeur": "leger", "mot": "Chute", "heure": heure},
        )
        assert (answer.status_code, answer.location) == (303, f"{saturday.url}#incidents")
        assert kept(tap("x", uuid=uuid)).quand == quand


def test_what_followed_is_asked_again_with_its_words_when_nothing_was_written(saturday, as_):
    said = noted(saturday)
    db.session.commit()
    answer = as_(saturday.awa).post(
        f"{saturday.url}/entrees", data={"uuid": tap("x").uuid, "genre": "suite", "cible": said.uuid, "mot": " "}
    )
    assert answer.status_code == 422
    assert "Écris ce qui s’est passé." in answer.text


def test_who_only_reads_the_day_reads_no_incident_nor_message_to_others(saturday, as_):
    saturday.send(
        Tap(tap("x").uuid, Genre.INCIDENT, at(9), mot="Chute d’un enfant.", mesures="Parents prévenus."),
        tap(Genre.MESSAGE, saturday.held_by(saturday.awa).mission_id, mot="Entre référents."),
    )
    db.session.commit()
    lea = as_(saturday.lea).get(saturday.url).text
    assert "Incident noté" in lea
    for words in ("Parents prévenus.", "Chute d’un enfant.", "Entre référents."):
        assert words not in lea
    assert "Parents prévenus." in as_(saturday.zoe).get(saturday.url).text


def test_the_journal_tells_the_team_of_what_followed_without_the_words_of_the_incident(saturday, as_):
    saturday.send(incident := tap(Genre.INCIDENT, "", "serieux", "Malaise de Paul."))
    saturday.send(tap(Genre.SUITE, incident.uuid, "", "Parti à l’hôpital."))
    db.session.commit()
    lea = as_(saturday.lea)
    for url in (saturday.url, f"{saturday.url}/journal"):
        text = lea.get(url).text
        assert "incident de 9\u00a0h" in text
        assert "Paul" not in text
