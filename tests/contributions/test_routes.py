"""The hours of an action over HTTP: relire, transmettre, valider, corriger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions.models import NIGHT
from portal.contributions import commands, queries
from portal.contributions.forms import minutes_of
from portal.contributions.models import Etat, valider
from portal.db import db
from portal.journal import EntreeJournal
from portal.outbox import Message
from tests import builders
from tests.contributions.conftest import at, words


def typed(client, past, **changed: str) -> dict[str, str]:
    """The form as it is shown, with these changes: lea="3,5", lea_constat="excuse"."""
    page = BeautifulSoup(client.get(past.url).text, "html5lib")
    form = page.select_one("form#heures")
    data = {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]") if i["name"] != "csrf_token"}
    for choice in form.select("select"):
        data[str(choice["name"])] = str(choice.select_one("option[selected]")["value"])
    for who, value in changed.items():
        name, _, constat = who.partition("_")
        data[f"{constat or 'minutes'}_{past.releve(getattr(past, name)).id}"] = value
    return data


def etats(past) -> set[str]:
    return {r.etat for r in queries.of_action(past.action)}


def test_the_referent_mends_and_hands_over_then_the_bienveillant_validates(closed, as_):
    awa, zoe = as_(closed.awa), as_(closed.zoe)
    sent = awa.post(f"{closed.url}/transmettre", data=typed(awa, closed, lea="3 h 30", noe="4"))
    assert (sent.status_code, etats(closed)) == (303, {Etat.VALIDE_REFERENT})
    assert zoe.post(f"{closed.url}/valider", data=typed(zoe, closed)).status_code == 303
    assert etats(closed) == {Etat.VALIDE}
    assert closed.ledger(closed.lea) == [("heures", 210)]
    assert "Tout est validé" in zoe.get(closed.url).text


def test_a_bienveillant_reads_that_their_own_hours_are_somebody_else_s_to_validate(past, as_):
    past.pay(past.zoe, titre="Cuisine", nature="volontaire")
    past.close()
    zoe = as_(past.zoe)
    assert f"minutes_{past.releve(past.zoe).id}" not in typed(zoe, past)
    assert zoe.post(f"{past.url}/valider", data=typed(zoe, past)).status_code == 303
    page = zoe.get(past.url).text
    assert "Il reste tes propres heures" in page
    assert 'form="heures"' not in page
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert ada.post(f"{past.url}/valider", data=typed(ada, past)).status_code == 303
    assert past.ledger(past.zoe) == [("heures", 540)]


def test_it_says_whether_the_presences_or_the_planned_slot_gave_each_time(closed, as_):
    page = BeautifulSoup(as_(closed.zoe).get(closed.url).text, "html5lib")
    said = {c.h2.text: c.select_one(".rang .sourdine").text.partition("\u00a0:")[0] for c in page.select("li.carte")}
    planned, seen = "D’après l’horaire prévu", "D’après les présences"
    assert said == {"Awa Payet": planned, "Noé Técher": planned, "Léa Grondin": seen, "Rémi Fontaine": seen}


def test_once_somebody_mended_it_where_a_time_came_from_is_not_said(closed, as_):
    zoe, constat = as_(closed.zoe), f"constat_{closed.releve(closed.lea).id}"
    assert zoe.post(f"{closed.url}/valider", data=typed(zoe, closed) | {constat: "non_pointe"}).status_code == 303
    page = zoe.get(closed.url).text
    assert "D’après" not in page
    assert page.count("Proposé&nbsp;:") + page.count("Proposé\u00a0:") == 4


def test_the_referent_does_not_validate(closed, as_):
    awa = as_(closed.awa)
    assert awa.post(f"{closed.url}/valider", data=typed(awa, closed)).status_code == 403
    assert etats(closed) == {Etat.PROPOSE}


def test_a_double_tap_is_one(closed, as_):
    zoe = as_(closed.zoe)
    data = typed(zoe, closed, lea="3")
    assert [zoe.post(f"{closed.url}/valider", data=data).status_code for _ in range(2)] == [303, 303]
    assert closed.ledger(closed.lea) == [("heures", 180)]


def test_two_people_at_once_see_both_words(closed, as_):
    awa, zoe = as_(closed.awa), as_(closed.zoe)
    mine = typed(zoe, closed, lea="2")
    assert awa.post(f"{closed.url}/transmettre", data=typed(awa, closed, lea="3 h 15")).status_code == 303
    answer = zoe.post(f"{closed.url}/valider", data=mine)
    assert answer.status_code == 409
    page = BeautifulSoup(answer.text, "html5lib")
    box = page.select_one(f"#minutes_{closed.releve(closed.lea).id}")
    assert (box["value"], "3 h 15" in page.text.replace("\u00a0", " ")) == ("2\u00a0h", True)
    assert etats(closed) == {Etat.VALIDE_REFERENT}


def test_words_that_are_no_time_are_given_back(closed, as_):
    zoe = as_(closed.zoe)
    answer = zoe.post(f"{closed.url}/valider", data=typed(zoe, closed, lea="longtemps"))
    assert (answer.status_code, "longtemps" in answer.text, etats(closed)) == (422, True, {Etat.PROPOSE})


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("3 h 30", 210), ("3h", 180), ("3,5", 210), ("0.25", 15), ("3:05", 185), ("45 min", 45), ("0", 0), ("3 h 75", None),
     ("", None), ("-2", None), ("1e3", None), ("sNaN", None), ("３", 180)],
)  # fmt: skip
def test_a_time_is_typed_as_people_write_it(text, minutes):
    assert minutes_of(text) == minutes


def test_before_the_end_the_page_says_what_will_come(past, as_):
    assert "n’a pas encore eu lieu" in as_(past.zoe).get(past.url).text


def test_the_page_says_what_is_still_to_come(past, as_):
    past.clear_up(past.lea)
    zoe = as_(past.zoe)
    with clock.freeze(at(18) + NIGHT):
        said = words(zoe.get(past.url).text)
        assert "Pas encore d’heures : celles d’une mission se comptent quand elle est finie, ou dans la minute" in said
        assert "Encore à venir" in said
        past.close()
        past.settle(valider)
        db.session.commit()
        said = words(zoe.get(past.url).text)
    assert "Validé jusqu’ici : 17 h" in said
    assert "Démontage, dimanche 22 novembre, 9 h à 12 h : 1 personne" in said
    with clock.freeze(at(36)):
        commands.propose(past.action)
        assert "Encore à venir" not in zoe.get(past.url).text


def beside(client, past, who) -> list[str]:
    """What the page marks as held at the same time as each place of that person."""
    page = BeautifulSoup(client.get(past.url).text, "html5lib")
    cards = (card for card in page.select("li.carte") if card.h2.text == who.nom)
    return [mark.a.text for card in cards for mark in card.select("p.ou") if "En même temps que" in mark.text]


@pytest.mark.both
def test_two_places_at_the_same_time_are_marked_until_one_counts_for_nothing(past, as_):
    """Accepted all the same, on this action or on another, they would be counted twice without a word."""
    with clock.freeze(at(-100)):
        other = builders.action(past.zoe, titre="Marché", debut=at(8), fin=at(20))
        slots = (("Caisse", at(12), at(15)), ("Ménage", at(13), at(15)))
        till, _ = (
            builders.hold(builders.mission(other, titre=titre, debut=debut, fin=fin), past.lea) for titre, debut, fin in slots
        )
    past.close()
    zoe, market = as_(past.zoe), replace(past, action=other)
    assert beside(zoe, past, past.lea) == ["Caisse"]
    assert beside(zoe, past, past.remi) == beside(zoe, past, past.awa) == []
    with clock.freeze(at(20) + NIGHT):
        commands.propose(other)
        assert beside(zoe, market, past.lea) == ["Accueil du public", "Ménage", "Caisse"]
        next(r for r in queries.of_action(other) if r.affectation is till).minutes = 0
        assert beside(zoe, market, past.lea) == beside(zoe, past, past.lea) == []


def test_a_volunteer_does_not_read_the_hours_of_others(closed, as_):
    assert as_(closed.lea).get(closed.url).status_code == 404


def test_a_correction_keeps_its_reason_and_asks_for_it(closed, as_):
    closed.settle(valider)
    db.session.commit()
    zoe, releve = as_(closed.zoe), closed.releve(closed.lea)
    url = f"/contributions/releves/{releve.id}/corriger"
    shown = BeautifulSoup(zoe.get(url).text, "html5lib")
    assert "dans le message que la personne reçoit" in shown.text
    assert "La personne le lit dans le message qu’elle reçoit." in shown.text
    data = {"lu": shown.select_one("input[name=lu]")["value"], f"minutes_{releve.id}": "5", f"constat_{releve.id}": "present"}
    assert zoe.post(url, data=data).status_code == 422
    assert zoe.post(url, data=data | {"motif": "Elle a fermé avec moi."}).status_code == 303
    assert closed.ledger(closed.lea) == [("heures", 240), ("heures", 60)]
    assert "Correction" in as_(closed.lea).get("/contributions/").text
    told = db.session.query(Message.faits).filter_by(genre="heures_validees", personne_id=closed.lea.id)
    assert told.order_by(Message.id.desc()).first().faits["motif"] == "Elle a fermé avec moi."
    reason = db.session.query(EntreeJournal.motif).filter_by(evenement="releve.corriger")
    assert reason.scalar() == "Elle a fermé avec moi."


@pytest.mark.parametrize("more", [0, 2])
def test_the_page_takes_the_same_queries_whatever_the_people(past, as_, count_queries, more):
    for number in range(more):
        who = builders.personne(f"Aide{number} Hoarau")
        past.pay(who, titre=f"Cuisine {number}", points=50)
        past.pay(who, titre=f"Service {number}", points=50)
    past.close()
    zoe = as_(past.zoe)
    with count_queries() as statements:
        assert zoe.get(past.url).text.count("En même temps que") == 2 * more
    assert len(statements) == 6


def test_the_amount_is_read_by_who_validates_and_by_whoever_earns_it(past, as_):
    past.places[past.noe].mission.points = 1
    past.pay(past.awa, titre="Cuisine", montant=12_050)
    past.close()
    said = {who: words(as_(who).get(past.url).text) for who in (past.awa, past.zoe)}
    assert [("1 point " in text, "120,50 €" in text) for text in said.values()] == [(False, True), (True, True)]
    assert "Rétribuée" in said[past.awa]
    assert "1 points" not in said[past.zoe]
