"""Asking for an action: the public form, what it keeps, what it refuses, and what the team alone sees of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.actions import relais
from portal.actions.models import Action, Canal, Etat
from portal.actions.processus import solliciter
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles import commands as poles
from portal.poles.models import Ressource
from tests import builders

ASK = "/actions/solliciter"
HOSTILE = "\"'><svg/onload=alert(1)> <div hx-post=/x hx-trigger=load>"


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    main = page(answer).main
    assert main
    return " ".join(main.get_text(" ").split())


def typed(**fields: Any) -> dict[str, Any]:
    """What a demandeur writes."""
    return {
        "cle": "une-cle-de-formulaire-1",
        "nom": "Chorale Vwa Kréol",
        "contact": "Armelle Gigan",
        "email": "vwa@example.org",
        "telephone": "0692 00 00 48",
        "titre": "Vingt ans de la chorale",
        "jour": "2027-10-30",
        "de": "15:00",
        "a": "22:00",
        "personnes": "120",
        "description": "Un concert,\npuis un repas.",
    } | fields


def made() -> Action:
    return db.session.scalars(select(Action)).one()


# --- the page --------------------------------------------------------------------------------------------------


def test_the_page_shows_what_the_house_offers_by_pole_and_says_what_happens_next(client):
    jardin = builders.pole("Jardin")
    for titre, of in (("La case", None), ("Une visite", jardin), ("Un repas", None)):
        builders.prestation(titre, of)
    poles.save_prestation(None, titre="Cachée", ressource=Ressource.ESPACE, visible=False, by=None)
    answer = client.get(ASK)
    offered = {
        field.legend.get_text(strip=True): [span.get_text(strip=True) for span in field.select(".choix > span")]
        for field in page(answer).select(".offres fieldset")
    }
    assert offered == {"Notre tiers-lieu": ["La case", "Un repas"], "Pôle Jardin": ["Une visite"]}
    assert "vous répond sous 5 jours" in words(answer)
    assert "rien ne la garantit" in words(answer)


def test_without_anything_to_offer_the_form_stands_alone(client):
    assert not page(client.get(ASK)).select(".offres")


def test_the_home_page_leads_there(client):
    assert page(client.get("/")).select_one(f'main a[href="{ASK}"]')


@pytest.mark.parametrize("many", [1, 3])
def test_it_costs_the_same_whatever_is_offered(client, count_queries, many):
    for n in range(many):
        builders.prestation(f"Chose {n}", builders.pole(f"Pôle {n}"))
    with count_queries() as statements:
        client.get(ASK)
    assert len(statements) == 2


# --- what is kept ----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_request_is_kept_as_it_was_said_for_somebody_to_take(client, outbox):
    ticked = [builders.prestation(titre).id for titre in ("La case", "Un repas")]
    answer = client.post(ASK, data=typed(souhaits=[str(ticked[1]), "999", "abc"]))
    action = made()
    assert (answer.status_code, answer.location.startswith("/actions/suivi/")) == (303, True)
    assert (action.titre, action.etat, action.canal, action.bienveillant) == (
        "Vingt ans de la chorale", Etat.SOLLICITEE, Canal.PORTAIL, None,
    )  # fmt: skip
    assert (clock.local(action.debut).isoformat(), clock.local(action.fin).isoformat()) == (
        "2027-10-30T15:00:00+04:00", "2027-10-30T22:00:00+04:00",
    )  # fmt: skip
    assert (action.personnes, action.souple, action.souhaits) == (120, False, [ticked[1]])
    assert action.description == "Un concert,\npuis un repas."
    client_ = action.demandeur
    assert (client_.nom, client_.contact, client_.email, client_.telephone) == (
        "Chorale Vwa Kréol", "Armelle Gigan", "vwa@example.org", "+262692000048",
    )  # fmt: skip
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == solliciter.key)).one()
    assert (told.personne_id, told.faits) == (None, {"souhaits": [ticked[1]]})
    assert [(m.genre, m.adresse) for m in outbox()] == [("demande_recue", "vwa@example.org")]


def test_an_evening_that_ends_after_midnight_is_one_event(client):
    client.post(ASK, data=typed(de="20h", a="2 h 30"))
    assert made().fin - made().debut == timedelta(hours=6, minutes=30)


def test_a_date_that_is_only_an_idea_is_kept_as_such(client, as_):
    client.post(ASK, data=typed(souple="y"))
    assert made().souple
    assert "Date à voir" in words(as_(builders.bienveillant()).get("/actions/?qui=a_prendre"))


def test_a_telephone_is_enough_and_then_nothing_is_mailed(client, outbox):
    answer = client.post(ASK, data=typed(email=""))
    assert outbox() == []
    shown = words(client.get(answer.location)).replace("\u00a0", " ")
    assert "Gardez l’adresse de cette page" in shown
    assert "0692 00 00 48" in shown


def test_somebody_of_the_house_finds_their_own_name_in_it(as_):
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    form = page(as_(awa).get(ASK)).select_one("form.formulaire")
    assert form
    assert [form.select_one(f"#{name}")["value"] for name in ("nom", "email", "telephone")] == [
        "Awa Payet", awa.email, "0692 12 34 56",
    ]  # fmt: skip


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field", "advice"),
    [
        ({"nom": " "}, "nom", "Écrivez qui demande."),
        ({"titre": ""}, "titre", "Dites en quelques mots"),
        ({"titre": "x" * 121}, "titre", "120 caractères au plus"),
        ({"email": "", "telephone": ""}, "email", "sans l’un des deux, personne ne peut vous répondre"),
        ({"email": "vwa@"}, "email", "Cette adresse semble incomplète"),
        ({"telephone": "12"}, "telephone", "Ce numéro ne semble pas exister"),
        ({"jour": ""}, "jour", "Choisissez un jour."),
        ({"jour": "un samedi"}, "jour", "Cette date n’est pas comprise"),
        ({"jour": "2020-01-01"}, "jour", "Ce jour est passé."),
        ({"de": ""}, "de", "Écrivez l’heure du début."),
        ({"de": "matin"}, "de", "Cette heure n’est pas comprise"),
        ({"a": ""}, "a", "Écrivez l’heure de la fin."),
        ({"a": "15:00"}, "a", "L’heure de la fin est celle du début."),
        ({"personnes": "0"}, "personnes", "entre 1 et 5000"),
        ({"personnes": "beaucoup"}, "personnes", "entre 1 et 5000"),
    ],
)
def test_a_mistake_keeps_every_word_and_says_beside_its_field_what_to_mend(client, outbox, wrong, field, advice):
    ticked = str(builders.prestation().id)
    answer = client.post(ASK, data=typed(souhaits=ticked, souple="y") | wrong)
    assert answer.status_code == 422
    error = page(answer).select_one(f"#{field}-erreur")
    assert error
    assert advice in error.get_text(" ")
    form = page(answer).select_one("form.formulaire")
    assert form
    assert form.select_one("#description").get_text().strip("\n") == "Un concert,\npuis un repas."
    for name, value in (typed() | wrong).items():
        if name not in ("description", "telephone") and name not in wrong:
            assert form.select_one(f'input[name="{name}"]')["value"] == value, name
    assert form.select_one(f'input[name="souhaits"][value="{ticked}"]').has_attr("checked")
    assert form.select_one("#souple").has_attr("checked")
    assert not db.session.scalars(select(Action)).all()
    assert outbox() == []


def test_an_hour_of_today_that_is_over_is_said_beside_its_field(client):
    with clock.freeze(builders.in_days(0, 21)):
        today = clock.today().isoformat()
        answers = [client.post(ASK, data=typed(jour=today, de=de, a="23:30")) for de in ("20:59", "21:01")]
    assert [a.status_code for a in answers] == [422, 303]
    assert "Cette heure est déjà passée." in page(answers[0]).select_one("#de-erreur").get_text()


def test_a_robot_and_whoever_is_too_fast_are_asked_to_send_once_more(client, settings):
    settings(rate_limits=True)
    for trap in ({"site_web": "http://spam"}, {}):  # filled the hidden field; sent without the form's own time
        answer = client.post(ASK, data=typed(**trap))
        assert answer.status_code == 422
        assert "envoyez encore une fois" in words(answer)
    again = keys(answer)
    assert client.post(ASK, data=typed(**again)).status_code == 303


def keys(answer) -> dict[str, str]:
    """What the form itself put there: which sending it is, and since when it is read."""
    return {name: page(answer).select_one(f"form.formulaire input[name={name}]")["value"] for name in ("cle", "vu")}


def test_only_the_form_s_own_time_lets_it_through_and_no_sooner_than_a_hand_writes(client, settings):
    settings(rate_limits=True)
    shown = keys(client.get(ASK))
    assert client.post(ASK, data=typed(**shown)).status_code == 422
    second, _, seal = shown["vu"].partition(".")
    assert client.post(ASK, data=typed(**shown | {"vu": f"{int(second) - 60}.{seal}"})).status_code == 422
    with clock.freeze(clock.now() + timedelta(seconds=3)):
        assert client.post(ASK, data=typed(**shown)).status_code == 303


def test_too_many_from_one_place_wait_a_moment(client, settings):
    settings(rate_limits=True)
    answers = [client.post(ASK, data=typed()) for _ in range(7)]
    assert [a.status_code for a in answers] == [422] * 6 + [429]
    assert "Retry-After" in answers[-1].headers
    assert "Vingt ans de la chorale" in answers[-1].text  # nothing typed is lost


def test_nobody_s_mailbox_is_flooded_whoever_types_the_address(app, outbox, settings):
    settings(rate_limits=True)
    for _ in range(7):
        builders.request(email="Victime@example.org")
    assert len(outbox()) == 5


def test_hostile_words_stay_words(client, as_):
    location = client.post(ASK, data=typed(nom=HOSTILE, titre=HOSTILE, contact=HOSTILE, description=HOSTILE)).location
    zoe = as_(builders.bienveillant())
    for answer in (client.get(location), zoe.get("/actions/?qui=a_prendre"), zoe.get(f"/actions/{made().id}")):
        assert not page(answer).select("svg[onload], div[hx-post], [onload]")
        assert HOSTILE in words(answer)


# --- one sending, one action -----------------------------------------------------------------------------------


@pytest.mark.both
def test_sent_twice_it_is_one_action_and_one_message(client, outbox):
    places = {client.post(ASK, data=typed()).location for _ in range(2)}
    assert len(places) == 1
    assert made()
    assert len(outbox()) == 1


def test_another_form_is_another_request(client):
    for cle in ("une-cle-de-formulaire-1", "une-cle-de-formulaire-2"):
        client.post(ASK, data=typed(cle=cle))
    assert len(db.session.scalars(select(Action)).all()) == 2


def test_without_javascript_and_without_cookies_set_before_the_form_works_as_shown(client):
    """Exactly what the page's form holds, filled in and sent."""
    builders.prestation()
    form = page(client.get(ASK)).select_one("form.formulaire")
    assert form
    blank = {e["name"]: e.get("value", "") for e in form.select("input[name]") if e.get("type") != "checkbox"}
    fields = blank | {k: v for k, v in typed().items() if k != "cle"}
    assert client.post(form["action"], data=fields, csrf=False).status_code == 303


# --- what the team sees, and the public does not ---------------------------------------------------------------


@pytest.mark.both
def test_the_same_address_for_the_same_day_is_shown_as_perhaps_twice_and_blocks_nothing(app, as_):
    first = builders.request(email="vwa@example.org")
    twin = builders.request(email="VWA@example.org", titre="La même")
    other_day = builders.request(debut=builders.in_days(21), fin=builders.in_days(21, 12))
    stranger = builders.request(email="autre@example.org")
    zoe = as_(builders.bienveillant())
    marked = {a.id: "Peut-être en double" in words(zoe.get(f"/actions/{a.id}")) for a in (first, twin, other_day, stranger)}
    assert marked == {first.id: True, twin.id: True, other_day.id: False, stranger.id: False}
    assert page(zoe.get(f"/actions/{first.id}")).select_one(f'.encart a[href="/actions/{twin.id}"]')


def test_the_list_marks_them_too(app, as_):
    for more in ({}, {"email": "VWA@Example.org"}, {"email": "autre@example.org"}, {"email": ""}, {"email": ""}):
        builders.request(**more)
    assert words(as_(builders.bienveillant()).get("/actions/?qui=a_prendre")).count("Peut-être en double") == 2


def test_a_twin_on_another_page_or_under_another_filter_marks_it_too(app, as_):
    zoe = builders.bienveillant()
    relais.take(builders.request(), by=zoe)
    builders.request(email="VWA@example.org")
    marked = [
        words(as_(zoe).get(f"/actions/?qui={qui}")).count("Peut-être en double") for qui in ("miennes", "a_prendre", "toutes")
    ]
    assert marked == [1, 1, 2]


def test_those_without_an_address_are_no_twins(app, as_):
    one, _ = builders.request(email=""), builders.request(email="")
    assert "Peut-être en double" not in words(as_(builders.bienveillant()).get(f"/actions/{one.id}"))


@pytest.mark.both
def test_a_date_already_taken_is_recorded_and_shown_to_the_team_alone(client, as_):
    zoe = builders.bienveillant()
    held = builders.action(zoe, titre="Kabar secret", debut=builders.in_days(20, 9), fin=builders.in_days(20, 16))
    builders.action(zoe, titre="Pas confirmée", confirmed=False, debut=builders.in_days(20, 9), fin=builders.in_days(20, 16))
    builders.action(zoe, titre="Avant", debut=builders.in_days(20, 9), fin=builders.in_days(20, 15))
    jour = clock.local(builders.in_days(20)).date().isoformat()
    location = client.post(ASK, data=typed(jour=jour)).location
    assert "Kabar" not in client.get(location).text
    asked = db.session.scalars(select(Action).where(Action.canal == Canal.PORTAIL)).one()
    shown = as_(zoe).get(f"/actions/{asked.id}")
    assert "La date est déjà prise" in words(shown)
    assert [a["href"] for a in page(shown).select(".encart ul a")] == [f"/actions/{held.id}"]
    assert "déjà prise" not in words(as_(zoe).get(f"/actions/{held.id}"))


@pytest.mark.parametrize("many", [1, 3])
def test_its_page_costs_the_same_however_many_collide(as_, count_queries, many):
    zoe = builders.bienveillant()
    for n in range(many):
        builders.request(titre=f"Double {n}")
        builders.action(zoe, debut=builders.in_days(20, 9), fin=builders.in_days(20, 20))
    asked = builders.request(souhaits=[builders.prestation(f"Chose {n}").id for n in range(many)])
    client, url = as_(zoe), f"/actions/{asked.id}"
    with count_queries() as statements:
        client.get(url)
    assert len(statements) == 6  # who asks, the action, what lies around it, what was ticked, the delay, is one its référent


def test_a_sending_that_fails_elsewhere_is_not_taken_for_a_twin(app):
    """Another constraint than the key's is no twin, and says so."""
    with pytest.raises(IntegrityError):
        builders.request(personnes=0)
