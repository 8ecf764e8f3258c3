"""Hours over HTTP: relire, transmettre, valider, corriger; my ledger and what leaves the portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from portal import clock, reglage
from portal.actions.models import NIGHT
from portal.comptes.models import NomRole
from portal.contributions import commands, queries
from portal.contributions.forms import minutes_of
from portal.contributions.models import Attestation, Contribution, Etat, transmettre, valider
from portal.db import db
from portal.journal import EntreeJournal
from portal.outbox import Message
from tests import builders
from tests.contributions.conftest import at


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


def words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html5lib").get_text(" ").split())


# --- the hours of an action ----------------------------------------------------------------------------------


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


# --- my ledger -----------------------------------------------------------------------------------------------


def test_an_empty_ledger_says_how_it_fills(closed, as_):
    assert "Rien encore" in as_(closed.lea).get("/contributions/").text


def test_my_ledger_by_year_and_by_pole(closed, as_):
    closed.settle(valider)
    db.session.commit()
    said = words(as_(closed.lea).get("/contributions/").text)
    assert "2026 : 4 h" in said
    assert "Pôle Culture 4 h" in said


@pytest.mark.parametrize("actions", [1, 3])
def test_my_ledger_takes_the_same_queries_for_one_line_and_for_many(closed, as_, count_queries, actions):
    for number in range(actions - 1):
        _another(closed, f"Autre {number}")
    closed.settle(valider)
    db.session.commit()
    lea = as_(closed.lea)
    with count_queries() as statements:
        assert lea.get("/contributions/").status_code == 200
    assert len(statements) == 5


def _another(past, titre: str) -> None:
    """Léa helped on another action, whose hours are validated."""
    with clock.freeze(at(-100)):
        action = builders.action(past.zoe, titre=titre, debut=at(-50), fin=at(-48))
        builders.hold(builders.mission(action), past.lea)
    commands.propose(action)
    replace(past, action=action).settle(valider)


def test_the_export_opens_in_a_french_spreadsheet_and_computes_nothing(closed, as_):
    closed.lea.nom = "=HYPERLINK(1)"
    closed.action.titre = "Été ; « fête »"
    closed.settle(valider)
    closed.correct(closed.lea, 2.5)
    db.session.commit()
    answer = as_(closed.zoe).post(f"{closed.url}/export.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8-sig")
    assert ';\'=HYPERLINK(1);"Été ; « fête »";' in text
    assert ";4,00;heures;" in text
    assert ";-1,50;heures;" in text
    assert ";110;points;" in text


def test_who_exports_what(closed, as_):
    closed.settle(valider)
    db.session.commit()
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    mine = as_(closed.lea).get("/contributions/export.csv").data.decode("utf-8-sig").splitlines()
    assert len(mine) == 2
    assert len(as_(ada).post("/contributions/annee/2026/export.csv").data.splitlines()) == 4
    assert as_(closed.zoe).post("/contributions/annee/2026/export.csv").status_code == 403
    assert as_(closed.awa).post(f"{closed.url}/export.csv").status_code == 403


def test_the_treasurer_exports_the_money_of_the_house_and_no_hours(closed, as_):
    closed.settle(valider)
    db.session.commit()
    office = as_(builders.personne("Ugo Robert", [NomRole.TRESORIER]))
    assert "Points et euros de la maison, 2026" in office.get("/contributions/").text
    _, line = office.post("/contributions/annee/2026/export.csv").data.decode("utf-8-sig").splitlines()
    assert "Noé Técher" in line
    assert ";110;points;" in line


def test_taking_away_the_data_of_others_is_written_down_and_one_s_own_is_not(closed, as_):
    closed.settle(valider)
    db.session.commit()
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    as_(closed.lea).get("/contributions/export.csv")
    as_(closed.zoe).post(f"{closed.url}/export.csv")
    as_(ada).post("/contributions/annee/2026/export.csv")
    done = db.session.query(EntreeJournal).filter_by(evenement="contribution.exporter").order_by(EntreeJournal.id).all()
    assert [(e.sujet, e.personne_id, e.faits) for e in done] == [
        (f"action:{closed.action.id}", closed.zoe.id, {"lignes": 3, "personnes": 3}),
        (f"personne:{ada.id}", ada.id, {"lignes": 3, "personnes": 3}),
    ]
    assert "téléchargées en tableur" in as_(closed.zoe).get(f"/actions/{closed.action.id}/journal").text


# --- attestations --------------------------------------------------------------------------------------------


def ask(client, **data: object):
    return client.post("/contributions/attestations", data=data)


def only() -> Attestation:
    return db.session.query(Attestation).order_by(Attestation.id.desc()).first()


@pytest.fixture
def lea(closed, as_):
    """Léa, with four validated hours."""
    closed.settle(valider)
    db.session.commit()
    return as_(closed.lea)


def test_an_attestation_says_who_what_when_and_a_code(closed, lea):
    reglage.change(reglage.NOM, "Association La Fabrik", by=closed.lea)
    assert ask(lea, annee=2026, action=closed.action.id).status_code == 303
    answer = lea.get(f"/contributions/attestations/{only().id}.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).replace("\u00a0", " ")
    said = "Association La Fabrik atteste"
    for word in (said, "Léa Grondin", "Fête du moulin", "Volontaire", "21 novembre 2026", "4 h", only().code):
        assert word in text
    assert lea.get(f"/contributions/attestations/{only().id}.pdf").data == answer.data


def test_words_are_never_read_as_the_document_s_own_language(closed, lea):
    closed.lea.nom = '#panic("x") $x$ #read("/etc/passwd")'
    db.session.commit()
    ask(lea, annee=2026)
    text = PdfReader(BytesIO(lea.get(f"/contributions/attestations/{only().id}.pdf").data)).pages[0].extract_text()
    assert "#panic(" in text


def test_anybody_verifies_a_code_and_reads_initials_only(closed, lea, client):
    ask(lea, annee=2026, action=closed.action.id)
    page = client.get(f"/contributions/attestation/{only().code.lower().replace('-', ' ')}")
    said = words(page.text)
    assert page.status_code == 200
    assert "L. G." in said
    assert "4 h" in said
    assert "Fête du moulin" in said
    assert "Grondin" not in said


def test_asked_again_it_is_the_same_one_until_the_hours_change(closed, lea, client):
    for _ in range(2):
        ask(lea, annee=2026)
    first = only()
    assert db.session.query(Attestation).count() == 1
    with clock.freeze(at(21)):
        closed.correct(closed.lea, 6)
    db.session.commit()
    said = words(client.get(f"/contributions/attestation/{first.code}").text)
    assert "authentique" not in said
    assert "les heures ont été corrigées depuis, le 21 novembre 2026" in said
    with clock.freeze(clock.now() + timedelta(days=3)):
        ask(lea, annee=2026)
        assert (only().rang, only().minutes) == (2, 360)
        said = words(client.get(f"/contributions/attestation/{first.code}").text)
    assert "Attestation remplacée" in said
    assert "24 novembre 2026" in said
    assert "authentique" in client.get(f"/contributions/attestation/{only().code}").text


def test_hours_mended_back_to_what_they_were_are_what_it_says(closed, lea, client):
    ask(lea, annee=2026)
    for minute, hours in enumerate((3, 4), start=1):
        with clock.freeze(at(20) + timedelta(minutes=minute)):
            closed.correct(closed.lea, hours)
    db.session.commit()
    assert "authentique" in client.get(f"/contributions/attestation/{only().code}").text


def test_an_attestation_keeps_the_words_of_its_day(closed, lea, client):
    """A title reworded, another validator's name: it is the same one; one's own name mended makes another."""
    ask(lea, annee=2026, action=closed.action.id)
    closed.action.titre = "Autre titre"
    closed.zoe.nom = "Zoé Hoareau-Payet"
    db.session.commit()
    ask(lea, annee=2026, action=closed.action.id)
    assert (only().rang, only().objet) == (1, "Fête du moulin")
    assert "Fête du moulin" in client.get(f"/contributions/attestation/{only().code}").text
    closed.lea.nom = "Léa Grondin-Boyer"
    db.session.commit()
    ask(lea, annee=2026, action=closed.action.id)
    assert (only().rang, only().objet) == (2, "Autre titre")


def test_an_action_over_new_year_has_one_attestation_whatever_the_year_on_screen(closed, lea):
    for annee in (2026, 2027):
        assert ask(lea, annee=annee, action=closed.action.id).status_code == 303
    assert (db.session.query(Attestation).count(), only().annee) == (1, 2026)
    closed.correct(closed.lea, 2)
    db.session.commit()
    ask(lea, annee=2027, action=closed.action.id)
    assert only().rang == 2
    assert len(queries.attestations(closed.lea)) == 1


def test_a_code_that_is_none_is_said_so(client):
    answer = client.get("/contributions/attestation/AAAAA-BBBBB")
    assert (answer.status_code, "Aucune attestation" in answer.text) == (404, True)


def test_trying_codes_is_slowed_down(client, settings):
    settings(rate_limits=True)
    found = [client.get("/contributions/attestation/AAAAA-BBBBB").status_code for _ in range(61)]
    assert (found[0], found[-1]) == (404, 429)


def test_there_is_nothing_to_attest_before_the_hours_are_validated(closed, as_):
    closed.settle(transmettre, by=closed.awa)
    db.session.commit()
    assert ask(as_(closed.lea), annee=2026).status_code == 409
    assert ask(as_(closed.lea), annee=2026, action=closed.action.id).status_code == 404


def test_nobody_downloads_the_attestation_of_another(closed, lea, as_):
    ask(lea, annee=2026)
    assert as_(closed.zoe).get(f"/contributions/attestations/{only().id}.pdf").status_code == 404


def test_a_charge_de_mission_paid_in_points_has_no_hours_to_attest(closed, lea, as_):
    assert queries.lines(Contribution.personne_id == closed.noe.id)
    assert ask(as_(closed.noe), annee=2026).status_code == 409


def test_the_amount_is_read_by_who_validates_and_by_whoever_earns_it(past, as_):
    past.places[past.noe].mission.points = 1
    past.pay(past.awa, titre="Cuisine", montant=12_050)
    past.close()
    said = {who: words(as_(who).get(past.url).text) for who in (past.awa, past.zoe)}
    assert [("1 point " in text, "120,50 €" in text) for text in said.values()] == [(False, True), (True, True)]
    assert "Rétribuée" in said[past.awa]
    assert "1 points" not in said[past.zoe]
