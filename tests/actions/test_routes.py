"""The insiders' screens of an action: what they take, what they refuse and how, what they show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import commands
from portal.actions.models import Action, Canal, Etat, TypeAction
from portal.actions.processus import annuler
from portal.candidatures.models import Etat as EtatCandidature
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Etat as EtatMission
from tests import builders

HOSTILE = "\"'><svg/onload=alert(1)> <div hx-post=/x hx-trigger=load> @all =1+1"


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(page(answer).main.get_text(" ").split())


def typed(**fields: Any) -> dict[str, Any]:
    """What a bienveillant types for a new action."""
    return {
        "titre": "C’est mon patrimoine",
        "type": "manifestation",
        "canal": "permanence",
        "debut": "2027-10-30T09:00",
        "fin": "2027-10-30T21:30",
        "lieu": "La Raffinerie",
        "demandeur_nom": "DAL974",
    } | fields


def shown(client, path: str) -> dict[str, Any]:
    """The fields of the page's form as the browser would send them back untouched."""
    return shown_in(page(client.get(path)).select_one("form.formulaire"))


def shown_in(form) -> dict[str, Any]:
    fields = {e["name"]: e.get("value", "") for e in form.select("input[name]") if is_sent(e)}
    fields |= {e["name"]: e.get_text().removeprefix("\n") for e in form.select("textarea")}
    return fields | {e["name"]: chosen(e) for e in form.select("select")}


def is_sent(box) -> bool:
    return box.get("type") != "checkbox" or box.has_attr("checked")


def chosen(select) -> str:
    option = select.select_one("option[selected]") or select.option
    return str(option["value"])


def error_of(answer, name: str) -> str:
    found = page(answer).select_one(f"#{name}-erreur")
    return " ".join(found.get_text(" ").split()) if found else ""


# --- the quick entry -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_an_action_is_recorded_as_it_was_said(as_, zoe):
    culture = builders.pole("Culture")
    fields = typed(
        pole_porteur_id=str(culture.id),
        demandeur_contact="Mme Grondin",
        demandeur_email="dal@example.org",
        demandeur_telephone="0692 12 34 56",
        description="Une journée *ensemble*.",
        valeurs="Faire vivre le patrimoine.",
    )
    answer = as_(zoe).post("/actions/nouvelle", data=fields)
    action = db.session.scalars(select(Action)).one()
    assert (answer.status_code, answer.location) == (303, f"/actions/{action.id}")
    assert (action.titre, action.type, action.canal) == ("C’est mon patrimoine", TypeAction.MANIFESTATION, Canal.PERMANENCE)
    assert (action.etat, action.bienveillant, action.pole_porteur) == (Etat.SOLLICITEE, zoe, culture)
    assert clock.local(action.debut).isoformat() == "2027-10-30T09:00:00+04:00"
    assert clock.local(action.fin).isoformat() == "2027-10-30T21:30:00+04:00"
    assert (action.demandeur.nom, action.demandeur.contact) == ("DAL974", "Mme Grondin")
    assert (action.demandeur.email, action.demandeur.telephone) == ("dal@example.org", "+262692123456")
    assert action.valeurs == "Faire vivre le patrimoine."


def test_an_evening_that_ends_after_midnight_is_one_event(as_, zoe):
    as_(zoe).post("/actions/nouvelle", data=typed(debut="2027-10-30T20:00", fin="2027-10-31T02:00"))
    action = db.session.scalars(select(Action)).one()
    assert action.fin - action.debut == timedelta(hours=6)
    assert "20 h à 2 h" in words(as_(zoe).get(f"/actions/{action.id}")).replace("\u00a0", " ")


def test_validated_outside_the_portal_it_is_confirmed_at_once_with_the_reason(as_, zoe):
    as_(zoe).post("/actions/nouvelle", data=typed(deja_validee="y", motif="réunion interpôle du 3 mars"))
    action = db.session.scalars(select(Action)).one()
    assert action.etat is Etat.CONFIRMEE
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.enregistrer")).one()
    assert (told.motif, told.avant, told.apres) == ("réunion interpôle du 3 mars", "sollicitee", "confirmee")


def test_a_reason_alone_confirms_nothing(as_, zoe):
    as_(zoe).post("/actions/nouvelle", data=typed(motif="réunion interpôle du 3 mars"))
    assert db.session.scalars(select(Action)).one().etat is Etat.SOLLICITEE


@pytest.mark.parametrize(
    ("wrong", "field", "advice"),
    [
        ({"titre": "  "}, "titre", "Donne un titre à l’action."),
        ({"titre": "x" * 121}, "titre", "120 caractères au plus"),
        ({"demandeur_nom": ""}, "demandeur_nom", "Écris qui demande cette action."),
        ({"debut": ""}, "debut", "Écris le jour et l’heure du début."),
        ({"debut": "demain matin"}, "debut", "Cette date n’est pas comprise"),
        ({"fin": "2027-10-30T09:00"}, "fin", "La fin doit venir après le début."),
        ({"fin": "2027-10-30T02:00"}, "fin", "Après minuit, c’est la date du lendemain."),
        ({"fin": "2027-11-13T09:01"}, "fin", "plus de 14 jours"),
        ({"lieu": ""}, "lieu", "Écris où cela se passe."),
        ({"demandeur_email": "dal@"}, "demandeur_email", "Cette adresse semble incomplète"),
        ({"demandeur_telephone": "12"}, "demandeur_telephone", "Ce numéro ne semble pas exister"),
        ({"pole_porteur_id": "999"}, "pole_porteur_id", "Erreur"),
        ({"type": "concert"}, "type", "Erreur"),
        ({"canal": "portail"}, "canal", "Erreur"),
        ({"deja_validee": "y"}, "motif", "Dis où, quand et par qui elle a été validée."),
    ],
)
def test_a_mistake_keeps_every_word_and_says_beside_its_field_what_to_mend(as_, zoe, wrong, field, advice):
    said = {"description": "Deux\nlignes & « guillemets »", "demandeur_contact": "Mme Grondin"}
    answer = as_(zoe).post("/actions/nouvelle", data=typed(**said) | wrong)
    assert answer.status_code == 422
    assert advice in error_of(answer, field)
    form = page(answer).select_one("form.formulaire")
    assert form.select_one("#description").get_text().strip("\n") == said["description"]
    assert form.select_one("#demandeur_contact")["value"] == "Mme Grondin"
    for name, value in wrong.items():
        if form.select_one(f"input#{name}") and name not in ("deja_validee", "titre"):
            assert form.select_one(f"#{name}")["value"] == value
    assert not db.session.scalars(select(Action)).all()


def test_fourteen_days_are_not_too_long(as_, zoe):
    assert as_(zoe).post("/actions/nouvelle", data=typed(fin="2027-11-13T09:00")).status_code == 303


@pytest.mark.both
def test_a_form_sent_twice_is_one_action_and_a_new_form_another(as_, zoe):
    client = as_(zoe)
    fields = typed(cle="une-cle-de-formulaire")
    first = client.post("/actions/nouvelle", data=fields)
    assert client.post("/actions/nouvelle", data=fields).location == first.location
    client.post("/actions/nouvelle", data=fields | {"cle": "une-autre-cle"})
    client.post("/actions/nouvelle", data=typed())
    assert len(db.session.scalars(select(Action)).all()) == 3


def test_a_form_sent_back_with_other_words_is_another_action(as_, zoe):
    """Back, another title, sent again: what was typed is never thrown away."""
    client = as_(zoe)
    fields = typed() | {"cle": "une-cle-de-formulaire"}
    places = [client.post("/actions/nouvelle", data=fields | more).location for more in ({}, {"titre": "Autre fête"}, {})]
    assert places[0] == places[2] != places[1]


def test_another_person_s_key_makes_their_own_action(as_, zoe):
    as_(zoe).post("/actions/nouvelle", data=typed(cle="la-meme"))
    bruno = builders.bienveillant("Bruno Ozoux")
    as_(bruno).post("/actions/nouvelle", data=typed(cle="la-meme"))
    assert {a.bienveillant for a in db.session.scalars(select(Action))} == {zoe, bruno}


def test_hostile_words_stay_words(as_, zoe):
    fields = typed(titre=HOSTILE, lieu=HOSTILE, demandeur_nom=HOSTILE, description=HOSTILE, valeurs=HOSTILE)
    client = as_(zoe)
    location = client.post("/actions/nouvelle", data=fields).location
    for path in ("/actions/", location, f"{location}/modifier", f"{location}/programme", f"{location}/journal"):
        html = page(client.get(path))
        assert not html.select("svg[onload], div[hx-post], [onload]")
    assert HOSTILE in words(client.get(location))


# --- its states ----------------------------------------------------------------------------------------------


def offered(client, action) -> set[str]:
    return {form["action"].rsplit("/", 1)[1] for form in page(client.get(f"/actions/{action.id}")).select("#decisions form")}


def test_the_buttons_are_the_posts_that_pass(as_, zoe, action):
    sollicitation = builders.action(zoe, confirmed=False, titre="Autre")
    assert offered(as_(zoe), sollicitation) == {"enregistrer", "refuser", "decliner", "annuler"}
    assert offered(as_(zoe), action) == {"annuler"}
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert offered(ada, sollicitation) == {"refuser", "decliner", "annuler"}
    assert offered(as_(builders.bienveillant("Bruno Ozoux")), sollicitation) == set()


@pytest.mark.parametrize(("slug", "end"), [("refuser", "refusee"), ("decliner", "declinee"), ("annuler", "annulee")])
def test_a_reason_is_needed_and_asked_in_place(as_, zoe, slug, end):
    action = builders.action(zoe, confirmed=False)
    client = as_(zoe)
    answer = client.post(f"/actions/{action.id}/{slug}", data={"motif": "  "})
    assert answer.status_code == 422
    assert "Un motif est nécessaire" in error_of(answer, f"motif-{slug}")
    assert page(answer).select_one("#decisions details[open]")
    assert client.post(f"/actions/{action.id}/{slug}", data={"motif": "pas de place"}).status_code == 303
    db.session.expire_all()
    assert action.etat == end
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == f"action.{slug}")).one()
    assert (told.personne_id, told.motif) == (zoe.id, "pas de place")


def test_too_long_a_reason_is_kept_and_refused(as_, zoe, action):
    answer = as_(zoe).post(f"/actions/{action.id}/annuler", data={"motif": "x" * 501})
    assert answer.status_code == 422
    assert "500 caractères au plus" in error_of(answer, "motif-annuler")
    assert page(answer).select_one("#motif-annuler")["value"] == "x" * 501
    db.session.expire_all()
    assert action.etat is Etat.CONFIRMEE


@pytest.mark.both
def test_cancelling_an_action_cancels_its_missions_and_tells_everyone_engaged(as_, zoe, action, outbox):
    open_one, full = builders.mission(action), builders.mission(action, places=1)
    waiting, accepted = builders.candidature(open_one), builders.candidature(full)
    as_(zoe).post(f"/candidatures/{accepted.id}/accepter")
    accepted.dite_le = clock.now()
    as_(zoe).post(f"/actions/{action.id}/annuler", data={"motif": "cyclone"})
    db.session.expire_all()
    assert {open_one.etat, full.etat} == {EtatMission.ANNULEE}
    assert (full.prises, waiting.etat, accepted.etat) == (0, EtatCandidature.REFUSEE, EtatCandidature.LIBEREE)
    told = {m.adresse: m.faits["motif"] for m in outbox() if m.genre == "mission_annulee"}
    assert told == {waiting.personne.email: "cyclone", accepted.personne.email: "cyclone"}


def test_a_second_cancellation_says_that_things_have_moved(as_, zoe, action):
    client = as_(zoe)
    assert client.post(f"/actions/{action.id}/annuler", data={"motif": "cyclone"}).status_code == 303
    answer = client.post(f"/actions/{action.id}/annuler", data={"motif": "cyclone"})
    assert answer.status_code == 409
    assert "Entre-temps, la situation a changé" in answer.text


@pytest.mark.parametrize("slug", ["ouvrir", "clore", "rouvrir"])
def test_the_site_opens_and_closes_on_the_day_page_only(as_, zoe, action, slug):
    answer = as_(zoe).post(f"/actions/{action.id}/{slug}")
    assert answer.status_code == 409
    db.session.expire_all()
    assert action.etat is Etat.CONFIRMEE
    if slug == "ouvrir":
        assert "depuis la page du jour" in words(answer)
        assert page(answer).select_one(f'main a[href="/jour-j/{action.id}"]')


# --- the list ------------------------------------------------------------------------------------------------


def titles(answer) -> list[str]:
    return [h.get_text() for h in page(answer).select(".mission .quoi")]


def test_a_bienveillant_sees_their_own_to_come_soonest_first(as_, zoe):
    builders.action(zoe, titre="Plus tard", debut=builders.in_days(30), fin=builders.in_days(30, 18))
    builders.action(zoe, titre="Bientôt", debut=builders.in_days(3), fin=builders.in_days(3, 18))
    builders.action(builders.bienveillant("Bruno Ozoux"), titre="Celle de Bruno")
    over = builders.action(zoe, titre="Arrêtée")
    commands.decide(over, annuler, by=zoe, motif="pluie")
    client = as_(zoe)
    assert titles(client.get("/actions/")) == ["Bientôt", "Plus tard"]
    assert titles(client.get("/actions/?qui=toutes")) == ["Bientôt", "Celle de Bruno", "Plus tard"]
    assert titles(client.get("/actions/?quand=passees")) == ["Arrêtée"]
    assert titles(client.get("/actions/?qui=pirate&quand=hier&etat=bizarre&page=x")) == [
        "Bientôt",
        "Celle de Bruno",
        "Plus tard",
    ]


def test_the_treasurer_sees_everyone_s(as_, zoe, action):
    tara = builders.personne("Tara Robert", [builders.TRESORIER])
    assert titles(as_(tara).get("/actions/")) == ["Fête du moulin"]


def test_each_state_is_counted_and_narrows_the_list(as_, zoe):
    for n in range(2):
        builders.action(zoe, titre=f"Confirmée {n}")
    builders.action(zoe, titre="Demandée", confirmed=False)
    client = as_(zoe)
    counters = [c.get_text(strip=True) for c in page(client.get("/actions/")).select('nav[aria-label="Par état"] a')]
    assert counters == ["Tous · 3", "Sollicitée · 1", "Confirmée · 2"]
    assert titles(client.get("/actions/?etat=sollicitee")) == ["Demandée"]
    assert "Aucune action dans cet état" in client.get("/actions/?etat=validee").text


def test_an_action_whose_day_has_passed_asks_what_became_of_it(as_, zoe):
    with clock.freeze(builders.in_days(-20)):
        builders.action(zoe, titre="Oubliée")
    assert "Date passée" in words(as_(zoe).get("/actions/"))


def test_fifty_actions_a_page(as_, zoe):
    for n in range(51):
        builders.action(zoe, titre=f"Action {n:02d}")
    client = as_(zoe)
    assert len(titles(client.get("/actions/"))) == 50
    assert titles(client.get("/actions/?page=2")) == ["Action 50"]


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("/actions/", 3), ("/actions/{id}", 2), ("/actions/{id}/programme", 4), ("/actions/{id}/journal", 4)],
)
def test_a_page_costs_the_same_for_one_or_many(as_, zoe, count_queries, path, queries, n):
    bruno = builders.bienveillant("Bruno Ozoux")
    made = [builders.action(zoe, titre=f"Action {i}", pole_porteur=builders.pole(f"Pôle {i}")) for i in range(n)]
    for i in range(n):
        commands.add_step(made[0], by=bruno, titre=f"Étape {i}", debut=made[0].debut, fin=made[0].fin)
        builders.mission(made[0], titre=f"Mission {i}")
    client, url = as_(zoe), path.format(id=made[0].id)
    with count_queries() as statements:
        assert client.get(url).status_code == 200
    assert len(statements) == queries, statements


# --- the journal ---------------------------------------------------------------------------------------------


def test_the_journal_says_who_did_what_in_words_and_why(as_, zoe, action):
    mission = builders.mission(action, titre="Accueil du public")
    candidature = builders.candidature(mission)
    as_(zoe).post(f"/candidatures/{candidature.id}/refuser", data={"motif": "Toutes les places sont prises."})
    lines = page(as_(zoe).get(f"/actions/{action.id}/journal")).select(".programme .corps")
    told = [[" ".join(part.get_text().split()) for part in line.find_all(recursive=False)] for line in lines]
    assert told == [
        ["Candidature de Léa Grondin, « Accueil du public » : refusée", "Zoé Hoarau", "Toutes les places sont prises."],
        ["Candidature de Léa Grondin, « Accueil du public » : déposée", "Léa Grondin"],
        ["Mission « Accueil du public » : publiée", "Zoé Hoarau"],
        ["Mission « Accueil du public » : créée", "Zoé Hoarau"],
        ["Action : enregistrée, validée hors du portail", "Zoé Hoarau", "vu en réunion interpôle"],
        ["Action : créée", "Zoé Hoarau"],
    ]


def test_the_journal_of_an_action_tells_nothing_of_another(as_, zoe, action):
    builders.mission(builders.action(zoe, titre="Autre"), titre="Celle d’à côté")
    assert "Celle d’à côté" not in as_(zoe).get(f"/actions/{action.id}/journal").text
