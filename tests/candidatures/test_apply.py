"""A volunteer applies without an account: the form, its guards, and what one submission is."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock
from portal.candidatures import commands
from portal.candidatures.models import Candidature, Etat, refuser
from portal.comptes.models import Personne
from portal.db import db
from portal.missions.models import UNDO, Nature
from portal.outbox import Message
from tests import builders

TYPED = {
    "nom": "Léa Grondin",
    "email": "lea@example.org",
    "telephone": "0692 12 34 56",
    "message": "Je sais faire le carry poulet.",
    "accord": "y",
}


@pytest.fixture
def mission(app):
    return builders.mission(builders.action(builders.bienveillant()), places=1)


def shown(client, mission) -> dict[str, str]:
    """The form as a browser got it: its hidden fields, to be sent back with what is typed."""
    soup = BeautifulSoup(client.get(f"/candidatures/deposer/{mission.id}").text, "html5lib")
    form = soup.select_one("form.formulaire")
    assert form
    return {str(f["name"]): str(f.get("value", "")) for f in form.select("input[type=hidden]") if f["name"] != "csrf_token"}


def send(client, mission, **fields: Any):
    return client.post(f"/candidatures/deposer/{mission.id}", data=shown(client, mission) | TYPED | fields)


def test_the_form_asks_what_the_contract_says(client, mission):
    soup = BeautifulSoup(client.get(f"/candidatures/deposer/{mission.id}").text, "html5lib")
    visible = {f["name"]: f for f in soup.select("form.formulaire [name]") if f.get("type") != "hidden"}
    of_minors = ["mineur", "age", "responsable", "responsable_telephone"]
    assert list(visible) == ["site_web", "nom", "email", "telephone", "message", *of_minors, "sollicitable", "accord"]
    assert visible["email"]["autocomplete"] == "email"
    assert visible["telephone"]["type"] == "tel"
    assert visible["site_web"]["tabindex"] == "-1"
    assert [label["for"] for label in soup.select("label:has(.facultatif)")] == ["telephone", "message"]


@pytest.mark.both
def test_applying_leads_to_a_personal_page_and_one_message(client, mission, outbox):
    answer = send(client, mission)
    assert answer.status_code == 303
    assert answer.location.startswith("/candidatures/suivi/")
    candidature = db.session.scalars(select(Candidature)).one()
    assert (candidature.etat, candidature.personne.telephone) == (Etat.DEPOSEE, "+262692123456")
    assert candidature.personne.confirme_le is None
    assert [(m.genre, m.adresse) for m in outbox()] == [("candidature_recue", "lea@example.org")]
    followed = client.get(answer.location)
    assert "Elle est bien arrivée" in followed.text
    assert followed.headers["Cache-Control"] == "no-store"


@pytest.mark.both
def test_the_same_submission_is_one_candidature_and_one_message(client, mission, outbox):
    form = shown(client, mission) | TYPED
    answers = [client.post(f"/candidatures/deposer/{mission.id}", data=form) for _ in range(3)]
    assert {a.status_code for a in answers} == {303}
    assert len({a.location for a in answers}) == 1
    assert len(outbox()) == 1
    assert db.session.scalar(select(func.count(Candidature.id))) == 1
    assert db.session.scalar(select(func.count(Personne.id)).where(Personne.nom == "Léa Grondin")) == 1


@pytest.mark.both
def test_whoever_is_signed_in_reads_that_they_sent_one_already(as_, mission):
    """Two tabs, or an evening when one forgot; the first is withdrawn, or refused and told: nothing is said any more."""
    awa = builders.personne("Awa Payet", email="awa@example.org")
    client, path, said = as_(awa), f"/candidatures/deposer/{mission.id}", "Tu as déjà candidaté à cette mission"
    tabs = [shown(client, mission) for _ in range(2)]
    typed = {"nom": "Awa Payet", "email": "awa@example.org", "accord": "y"}
    first, second = (client.post(path, data=tab | typed, follow_redirects=True).text for tab in tabs)
    assert ("Tu avais déjà candidaté" in first, "Tu avais déjà candidaté" in second) == (False, True)
    assert said in client.get(path).text
    assert said not in as_(builders.personne("Bob Payet")).get(path).text
    for candidature in db.session.scalars(select(Candidature)).all():
        commands.decide(candidature, refuser, by=mission.action.bienveillant, motif="Complet")
    db.session.commit()
    assert said in client.get(path).text  # nobody told them yet
    with clock.freeze(clock.now() + 2 * UNDO):
        assert said not in as_(awa).get(path).text


def test_the_same_address_again_is_a_row_of_its_own_marked_double(client, mission):
    first = send(client, mission).location
    second = send(client, mission, nom="Quelqu’un d’autre", message="Autre mot").location
    assert first != second
    assert [c.en_double for c in db.session.scalars(select(Candidature).order_by(Candidature.id))] == [False, True]
    page = client.get(second).text
    assert "Léa" not in page
    assert "carry" not in page


@pytest.mark.both
def test_back_a_word_mended_and_sent_again_the_last_words_count(client, mission):
    form = shown(client, mission) | TYPED
    url = f"/candidatures/deposer/{mission.id}"
    mended = {"nom": "Léa Grondin", "telephone": "0693 00 00 01", "message": "J’apporte un parasol."}
    first, second = (client.post(url, data=form | words).location for words in ({}, mended))
    assert first == second
    candidature = db.session.scalars(select(Candidature)).one()
    assert (candidature.message, candidature.personne.telephone) == (mended["message"], "+262693000001")
    assert db.session.scalars(select(Message.genre)).all() == ["candidature_recue"]


def test_back_the_address_mended_and_sent_again_it_is_another_and_gets_its_own_link(client, mission):
    """The first went to a mistyped address: its link would never arrive."""
    form = shown(client, mission) | TYPED
    url = f"/candidatures/deposer/{mission.id}"
    first, second = (client.post(url, data=form | {"email": email}).location for email in ("lea@exmple.org", "lea@example.org"))
    assert first != second
    assert db.session.scalars(select(Message.adresse).order_by(Message.id)).all() == ["lea@exmple.org", "lea@example.org"]


def test_a_key_that_was_seen_mends_nothing_of_a_proved_person(client, as_, mission):
    awa = builders.personne("Awa Payet", email="awa@example.org", telephone="+262692000000")
    form = shown(client, mission) | TYPED | {"email": awa.email}
    url = f"/candidatures/deposer/{mission.id}"
    as_(awa).post(url, data=form)
    client.post(url, data=form | {"nom": "Pirate", "message": "Faux"})
    candidature = db.session.scalars(select(Candidature)).one()
    assert (candidature.personne.nom, candidature.message) == ("Awa Payet", TYPED["message"])


def test_somebody_elses_address_changes_and_reveals_nothing_of_theirs(client, as_, mission):
    awa = builders.personne("Awa Payet", email="awa@example.org", telephone="+262692000000")
    page = client.get(send(client, mission, email="AWA@example.org", nom="Un inconnu").location).text
    assert "Awa" not in page
    db.session.refresh(awa)
    assert (awa.nom, awa.telephone) == ("Awa Payet", "+262692000000")
    candidature = db.session.scalars(select(Candidature)).one()
    assert candidature.personne_id != awa.id
    assert "Un inconnu" not in as_(awa).get("/moi/").text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("nom", "", "Écris ton nom"),
        ("email", "lea@", "s’écrit comme"),
        ("email", "", "Écris ton adresse"),
        ("telephone", "12", "ne semble pas exister"),
        ("telephone", "+33692123456", "+262 692123456"),
        ("message", "x" * 2001, "trop long"),
        ("accord", "", "Coche cette case"),
    ],
)
def test_an_error_keeps_every_word_and_says_what_to_mend_beside_the_field(client, mission, field, typed, said):
    answer = send(client, mission, **{field: typed})
    assert answer.status_code == 422
    soup = BeautifulSoup(answer.text, "html5lib")
    wrong = soup.select_one(f"#{field}-erreur")
    assert wrong
    assert said in wrong.text
    for name in {"nom", "email", "telephone"} - {field}:
        assert soup.select_one(f"[name={name}]")["value"] == TYPED[name]
    if field != "message":
        assert TYPED["message"] in soup.select_one("[name=message]").text
    assert db.session.scalar(select(func.count(Candidature.id))) == 0


@pytest.mark.parametrize("trap", [{"site_web": "http://spam.example"}, {"vu": ""}, {"vu": "1.0000"}])
def test_a_robot_gets_the_same_form_and_a_person_sends_it_with_one_tap(client, mission, settings, trap):
    settings(rate_limits=True)
    form = shown(client, mission) | TYPED
    caught = client.post(f"/candidatures/deposer/{mission.id}", data=form | trap)
    assert caught.status_code == 422
    soup = BeautifulSoup(caught.text, "html5lib")
    again = {f["name"]: f.get("value", "") for f in soup.select("form.formulaire input") if f.get("type") != "checkbox"}
    assert again["cle"] == form["cle"]
    again.pop("csrf_token")
    sent = client.post(f"/candidatures/deposer/{mission.id}", data=again | {"accord": "y", "message": TYPED["message"]})
    assert sent.status_code == 303


def test_sent_in_less_than_two_seconds_it_comes_back(client, mission, settings):
    settings(rate_limits=True)
    assert send(client, mission).status_code == 422
    assert db.session.scalar(select(func.count(Candidature.id))) == 0


@pytest.mark.both
def test_a_mission_that_filled_up_meanwhile_offers_the_waiting_list(client, mission):
    form = shown(client, mission) | TYPED
    builders.hold(mission, builders.personne("Rapide"))
    refused = client.post(f"/candidatures/deposer/{mission.id}", data=form)
    assert refused.status_code == 409
    assert "vient de se remplir" in refused.text
    assert TYPED["message"] in refused.text
    soup = BeautifulSoup(refused.text, "html5lib")
    assert soup.select_one("[name=attente][checked]")
    taken = client.post(f"/candidatures/deposer/{mission.id}", data=form | {"attente": "y"})
    assert taken.status_code == 303


@pytest.mark.parametrize(("field", "days", "said"), [("candidatures_du", 2, "ouvrent"), ("candidatures_au", -2, "terminée")])
def test_outside_the_phase_the_form_says_so_and_takes_nothing(client, mission, field, days, said):
    closed = builders.mission(mission.action, **{field: builders.in_days(days)})
    assert said in client.get(f"/candidatures/deposer/{closed.id}").text
    answer = client.post(f"/candidatures/deposer/{closed.id}", data=TYPED)
    assert answer.status_code == 409
    kept = {f["name"]: f.get("value") or f.text.strip() for f in BeautifulSoup(answer.text, "html5lib").select("[readonly]")}
    assert kept == {name: TYPED[name] for name in ("nom", "email", "telephone", "message")}
    assert db.session.scalar(select(func.count(Candidature.id))) == 0


def test_a_draft_mission_is_as_absent(client, mission):
    draft = builders.mission(mission.action, published=False)
    assert client.get(f"/candidatures/deposer/{draft.id}").status_code == 404
    assert client.post(f"/candidatures/deposer/{draft.id}", data=TYPED).status_code == 404


def test_the_thirty_first_candidature_of_a_minute_from_one_network_waits(client, mission, settings):
    settings(rate_limits=True)
    url = f"/candidatures/deposer/{mission.id}"
    codes = [client.post(url, data={"email": f"p{i}@example.org"}).status_code for i in range(31)]
    assert codes == [422] * 30 + [429]


def test_signed_in_the_form_is_filled_in_and_the_candidature_is_theirs(as_, mission):
    awa = builders.personne("Awa Payet", email="awa@example.org", telephone="+262692000000")
    client = as_(awa)
    page = client.get(f"/candidatures/deposer/{mission.id}").text
    assert 'value="Awa Payet"' in page
    send(client, mission, nom="Awa Payet", email="awa@example.org")
    assert db.session.scalars(select(Candidature)).one().personne_id == awa.id


@pytest.mark.both
def test_the_bienveillant_who_applies_to_the_referent_post_has_it_at_once(as_, mission):
    """The third way of the priority: simply applying through the public form while signed in."""
    zoe = mission.action.bienveillant
    post = builders.referent_mission(mission.action)
    waiting = builders.candidature(post)
    answer = as_(zoe).post(f"/candidatures/deposer/{post.id}", data={})
    assert (answer.status_code, answer.location) == (303, f"/missions/{post.id}")
    db.session.expire_all()
    assert post.prises == 1
    assert (waiting.etat, waiting.cedee) == (Etat.LISTE_ATTENTE, True)
    assert db.session.scalar(select(func.count(Candidature.id))) == 1
    assert "candidature_cedee" in db.session.scalars(select(Message.genre)).all()


def test_another_bienveillant_applies_like_anybody(as_, mission):
    post = builders.referent_mission(mission.action)
    other = builders.bienveillant("Rose Técher")
    send(as_(other), post, nom="Rose Técher", email=other.email)
    db.session.expire_all()
    assert post.prises == 0
    assert db.session.scalars(select(Candidature)).one().etat is Etat.DEPOSEE
    assert post.nature is Nature.REFERENT
