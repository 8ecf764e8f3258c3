"""Closing: what is not settled is shown and owes a word; whoever closed signs; whoever opens next knows."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.jour_j import cloture, commands, refus
from portal.jour_j.commands import Statut
from portal.jour_j.models import Genre, Phase
from portal.jour_j.pli import NON_CONFORME
from tests import builders
from tests.jour_j.conftest import at, jour_of, tap


def text_of(page: str, selector: str) -> str:
    found = BeautifulSoup(page, "html5lib").select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


@pytest.fixture
def evening(saturday):
    """Everything is ticked, the site is open, it is a quarter to ten."""
    saturday.tick_all(Phase.OUVERTURE)
    saturday.open()
    with clock.freeze(at(21.75)):
        saturday.tick_all(Phase.FERMETURE)
        yield saturday


def leave_a_line(s):
    point = s.day().points(Phase.FERMETURE)[3]
    s.send(tap(Genre.COCHE, point.id, "defait"))
    return f"1 ligne à voir {point.texte}"


def leave_a_fault(s):
    point = s.day().points(Phase.FERMETURE)[3]
    s.send(tap(Genre.COCHE, point.id, NON_CONFORME, "Il goutte."))
    return f"Non conforme : {point.texte}"


def leave_a_fault_of_the_opening(s):
    point = s.day().points(Phase.OUVERTURE)[1]
    s.send(tap(Genre.COCHE, point.id, NON_CONFORME, "Un câble en travers."))
    return f"Non conforme : {point.texte}"


def leave_somebody(s):
    s.send(tap(Genre.PRESENCE, s.held_by(s.lea).id, "arrive"))
    return "Léa Grondin est encore sur place"


def leave_an_incident(s):
    s.send(tap(Genre.INCIDENT, mot="Vitre cassée."))
    return "Incident de 21 h 45 , sans suite : Vitre cassée."


LEAVING = [leave_a_line, leave_a_fault, leave_a_fault_of_the_opening, leave_somebody, leave_an_incident]


@pytest.mark.parametrize("leave", LEAVING)
def test_what_is_not_settled_is_shown_and_asks_for_a_word(evening, as_, leave):
    said = leave(evening)
    page = as_(evening.awa).get(evening.url).text
    shown = text_of(page, "#a-regler") + (" " + evening.day().points(Phase.FERMETURE)[3].texte if leave is leave_a_line else "")
    assert said in shown
    assert text_of(page, "#fermeture label[for=mot-fermer]") == "Un mot pour la suite"
    assert isinstance(evening.close().refusal, refus.ReasonWanted)
    assert evening.close("Vu avec Zoé.").statut is Statut.RECUE


def test_nothing_left_closes_in_one_tap(evening, as_):
    page = as_(evening.awa).get(evening.url).text
    assert BeautifulSoup(page, "html5lib").select("#a-regler, #mot-fermer") == []
    assert evening.close().statut is Statut.RECUE


def test_whoever_closes_is_not_waited_for_and_the_others_are(evening):
    evening.send(*(tap(Genre.PRESENCE, evening.held_by(p).id, "arrive") for p in (evening.awa, evening.lea)))
    assert [a.personne.prenom for a in cloture.left_by(evening.day(), evening.awa.id).presents] == ["Léa"]
    assert [a.personne.prenom for a in cloture.left_by(evening.day(), evening.zoe.id).presents] == ["Awa", "Léa"]
    evening.send(tap(Genre.PRESENCE, evening.held_by(evening.lea).id, "parti", when=at(21.8)))
    assert not cloture.left_by(evening.day(), evening.awa.id)


def test_an_undone_incident_is_none(evening):
    noted = tap(Genre.INCIDENT, mot="Fausse alerte.")
    evening.send(noted, commands.undoing(noted.uuid, at=clock.now()))
    assert not cloture.left_by(evening.day(), evening.awa.id)


def test_a_critical_fault_left_is_told_to_the_bienveillant(evening, outbox):
    gas = evening.day().points(Phase.FERMETURE)[1]
    evening.send(tap(Genre.COCHE, gas.id, NON_CONFORME, "La vanne ne tourne plus."))
    evening.close("Bouteille débranchée.")
    told = next(m for m in outbox() if m.genre == "jour_fermeture")
    assert told.faits["lignes"] == [f"{gas.texte} (non conforme)"]


def test_a_closing_is_signed_with_name_hour_and_word(evening, as_):
    leave_somebody(evening)
    evening.close("Léa ferme la grille en partant.")
    for who in (evening.zoe, evening.lea):
        page = as_(who).get(evening.url).text
        assert text_of(page, "#fermeture .signature") == "Fermé par Awa Payet à 21 h 45"
        assert text_of(page, "#fermeture .citation") == "Léa ferme la grille en partant."


# --- the next one --------------------------------------------------------------------------------------------


@pytest.fixture
def tomorrow(saturday):
    """Another action, the next day, that Léa runs."""
    action = builders.action(saturday.zoe, titre="Kabar", debut=at(24 + 9), fin=at(24 + 18))
    builders.hold(builders.referent_mission(action), saturday.lea)
    return action


@pytest.mark.both
def test_whoever_opens_next_sees_how_the_last_closing_went(evening, tomorrow, as_):
    lea = as_(evening.lea)
    assert 'id="derniere"' not in lea.get(f"/jour-j/{tomorrow.id}").text
    said = leave_a_fault(evening)
    leave_an_incident(evening)
    evening.close("Bâche sur la vitre.")
    with clock.freeze(at(24 + 8.5)):
        page = lea.get(f"/jour-j/{tomorrow.id}").text
    told = text_of(page, "#derniere")
    assert told.startswith("Dernière fermeture, samedi 21 novembre 2 à savoir")
    for words in ("Fermé par Awa Payet à 21 h 45, après « C’est mon patrimoine ».", "Bâche sur la vitre.", said):
        assert words in told.replace(" ,", ",").replace(" .", ".")
    assert "1 incident noté, sans suite" in told


def test_the_hour_is_that_of_the_tap_not_of_the_network(evening, tomorrow):
    closing = tap(Genre.SITE, "", "fermer", when=at(21.8))
    with clock.freeze(at(23)):
        evening.send(closing, sent=at(23))
        assert cloture.last().quand == at(21.8)


def test_a_closing_that_left_nothing_says_so(evening, tomorrow, as_):
    evening.close()
    with clock.freeze(at(24 + 8.5)):
        told = text_of(as_(evening.lea).get(f"/jour-j/{tomorrow.id}").text, "#derniere summary")
    assert told == "Dernière fermeture, samedi 21 novembre : tout était fait"


def test_once_open_and_for_who_only_reads_it_is_not_there(evening, tomorrow, as_):
    evening.close()
    with clock.freeze(at(24 + 9)):
        reader, url = as_(evening.awa), f"/jour-j/{tomorrow.id}"
        assert 'id="derniere"' not in reader.get(url).text
        commands.receive(jour_of(tomorrow), [tap(Genre.SITE, "", "ouvrir", "vite")], by=evening.lea)
        assert 'id="derniere"' not in as_(evening.lea).get(url).text


def test_the_last_closing_is_the_last(evening, tomorrow):
    evening.close("premier")
    with clock.freeze(at(24 + 9)):
        commands.receive(jour_of(tomorrow), [tap(Genre.SITE, "", "ouvrir", "vite")], by=evening.lea)
    with clock.freeze(at(24 + 18)):
        commands.receive(jour_of(tomorrow), [tap(Genre.SITE, "", "fermer", "second")], by=evening.lea)
        last = cloture.last()
    assert (last.titre, last.par, last.mot, len(last.lignes)) == ("Kabar", "Léa Grondin", "second", 10)
