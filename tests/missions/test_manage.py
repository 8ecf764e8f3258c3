"""Setting missions up: what their forms take and refuse, by nature, new, changed or copied; what those who set them up read."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import reading
from portal.actions.processus import annuler as annuler_action
from portal.db import db
from portal.missions import commands
from portal.missions.models import Etat, Mission, Nature, Origine, annuler
from tests import builders

HOSTILE = "\"'><svg/onload=alert(1)> <div hx-post=/x hx-trigger=load>"


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


@pytest.fixture
def draft_action(zoe):
    """Not confirmed yet, and without values."""
    return builders.action(zoe, confirmed=False, titre="Séminaire", valeurs="")


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(page(answer).main.get_text(" ").split())


def error_of(answer, name: str) -> str:
    found = page(answer).select_one(f"#{name}-erreur")
    return " ".join(found.get_text(" ").split()) if found else ""


def local(instant) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


def typed(action, nature: str = "volontaire", **fields: Any) -> dict[str, Any]:
    return {
        "nature": nature,
        "titre": "Accueil du public",
        "debut": local(action.debut),
        "fin": local(action.fin),
        "places": "4",
        "description": "Accueillir et orienter.",
        "fourni": "Repas partagé",
    } | fields


def edited(mission: Mission, nature: str = "volontaire", **fields: Any) -> dict[str, Any]:
    """The edition form of this mission as it is now read, with these words in it."""
    db.session.refresh(mission)
    return typed(mission.action, nature, **fields) | {"lu": reading(mission.sheet)}


def made() -> Mission:
    db.session.expire_all()
    return db.session.scalars(select(Mission).order_by(Mission.id.desc()).limit(1)).one()


def names(answer) -> set[str]:
    return {e["name"] for e in page(answer).select("form.formulaire [name]")}


# --- a new mission -------------------------------------------------------------------------------------------


def test_each_nature_asks_what_makes_sense_for_it(as_, zoe, action):
    client, path = as_(zoe), f"/missions/nouvelle/{action.id}"
    common = {
        "csrf_token",
        "cle",
        "nature",
        "titre",
        "debut",
        "fin",
        "description",
        "fourni",
        "apporter",
        "competences",
        "preavis",
        "candidatures_du",
        "candidatures_au",
    }
    several = {"places", "minimum", "alerte"}
    assert names(client.get(f"{path}?nature=referent")) == common | {"contrepartie", "prendre_poste"}
    assert names(client.get(f"{path}?nature=charge_de_mission")) == common | {*several, "contrepartie", "points", "montant"}
    # a volontaire is never paid: no field where an amount could be written
    assert names(client.get(f"{path}?nature=volontaire")) == common | several | {"reserve_majeurs"}
    assert {a["href"] for a in page(client.get(path)).select(".rangees a")} == {f"{path}?nature={n}" for n in Nature}


def test_the_slot_is_first_that_of_the_action(as_, zoe, action):
    form = page(as_(zoe).get(f"/missions/nouvelle/{action.id}?nature=referent"))
    assert form.select_one("#debut")["value"] == local(action.debut)
    assert form.select_one("#fin")["value"] == local(action.fin)


@pytest.mark.both
def test_a_mission_is_drafted_as_it_was_said(as_, zoe, action):
    fields = typed(action, candidatures_du="2026-01-05T08:00", candidatures_au="2026-01-20T18:00")
    answer = as_(zoe).post(f"/missions/nouvelle/{action.id}", data=fields)
    mission = made()
    assert (answer.status_code, answer.location) == (303, f"/missions/action/{action.id}#mission-{mission.id}")
    assert (mission.etat, mission.nature, mission.places, mission.prises) == (Etat.BROUILLON, Nature.VOLONTAIRE, 4, 0)
    assert (mission.debut, mission.fin, mission.fourni) == (action.debut, action.fin, "Repas partagé")
    assert mission.candidatures_du
    assert clock.local(mission.candidatures_du).isoformat() == "2026-01-05T08:00:00+04:00"


def test_enregistrer_et_publier_does_both(as_, zoe, action):
    as_(zoe).post(f"/missions/nouvelle/{action.id}", data=typed(action, suite="publier"))
    assert made().etat is Etat.OUVERTE


def test_an_action_that_is_not_confirmed_keeps_drafts_only(as_, zoe, draft_action):
    client, path = as_(zoe), f"/missions/nouvelle/{draft_action.id}"
    assert "Enregistrer et publier" not in client.get(f"{path}?nature=referent").text
    answer = client.post(path, data=typed(draft_action, "referent", suite="publier"))
    assert answer.status_code == 409
    assert "L’action n’est pas encore confirmée" in words(answer)
    assert page(answer).select_one("#titre")["value"] == "Accueil du public"
    assert not db.session.scalars(select(Mission)).all()
    assert client.post(path, data=typed(draft_action, "referent")).status_code == 303
    assert client.post(f"/missions/{made().id}/publier").status_code == 409
    assert made().etat is Etat.BROUILLON


def test_without_values_no_volontaire_mission_and_a_link_to_write_them(as_, zoe, draft_action):
    client, path = as_(zoe), f"/missions/nouvelle/{draft_action.id}"
    values = f"/actions/{draft_action.id}/modifier?next="
    link = page(client.get(path)).select_one(f'.rangees a[href^="{values}"][href$="#valeurs"]')
    assert page(client.get(link["href"])).select_one("[name=next]")["value"] == f"{path}?nature=volontaire"
    answer = client.post(path, data=typed(draft_action))
    assert answer.status_code == 422
    assert "n’énonce pas de valeurs" in words(answer)
    assert page(answer).select_one(f'main a[href^="{values}"]')["href"] == link["href"]
    assert page(answer).select_one("#titre")["value"] == "Accueil du public"
    assert not db.session.scalars(select(Mission)).all()
    assert client.post(path, data=typed(draft_action, "charge_de_mission")).status_code == 303


def test_a_referent_s_mission_has_one_place_whatever_is_sent(as_, zoe, action):
    as_(zoe).post(f"/missions/nouvelle/{action.id}", data=typed(action, "referent", places="12"))
    assert (made().nature, made().places) == (Nature.REFERENT, 1)


def test_a_volontaire_s_mission_takes_no_amount_whatever_is_sent(as_, zoe, action):
    client = as_(zoe)
    client.post(f"/missions/nouvelle/{action.id}", data=typed(action, contrepartie="50 €"))
    assert made().contrepartie == ""
    client.post(f"/missions/nouvelle/{action.id}", data=typed(action, "charge_de_mission", contrepartie="50 €"))
    assert made().contrepartie == "50\u00a0€"


@pytest.mark.parametrize(
    ("wrong", "field", "advice"),
    [
        ({"titre": " "}, "titre", "Donne un titre à la mission."),
        ({"debut": ""}, "debut", "Écris le jour et l’heure du début."),
        ({"fin": "2020-01-01T09:00"}, "fin", "La fin doit venir après le début."),
        ({"places": ""}, "places", "Écris combien de personnes il faut."),
        ({"places": "0"}, "places", "entre 1 et 500"),
        ({"places": "501"}, "places", "entre 1 et 500"),
        ({"places": "１２"}, "places", "entre 1 et 500"),
        ({"candidatures_au": "2026-01-01T09:00"}, "candidatures_au", "doit finir après avoir commencé"),
        ({"candidatures_du": "bientôt"}, "candidatures_du", "Cette date n’est pas comprise"),
    ],
)
def test_a_mistake_keeps_every_word_and_says_beside_its_field_what_to_mend(as_, zoe, action, wrong, field, advice):
    fields = typed(action, candidatures_du="2026-01-05T08:00") | wrong
    answer = as_(zoe).post(f"/missions/nouvelle/{action.id}", data=fields)
    assert answer.status_code == 422
    assert advice in error_of(answer, field)
    assert page(answer).select_one("#description").get_text().strip() == "Accueillir et orienter."
    assert page(answer).select_one("#fourni")["value"] == "Repas partagé"
    assert not db.session.scalars(select(Mission)).all()


def test_a_form_sent_twice_is_one_mission(as_, zoe, action):
    client, fields = as_(zoe), typed(action, cle="une-cle-de-formulaire", suite="publier")
    first = client.post(f"/missions/nouvelle/{action.id}", data=fields)
    assert client.post(f"/missions/nouvelle/{action.id}", data=fields).location == first.location
    assert len(db.session.scalars(select(Mission)).all()) == 1


def test_an_unknown_nature_asks_again(as_, zoe, action):
    answer = as_(zoe).post(f"/missions/nouvelle/{action.id}", data=typed(action, "pirate"))
    assert answer.status_code == 422
    assert "Quelle mission" in words(answer)


def test_an_action_that_is_over_takes_no_mission(as_, zoe, action):
    mission = builders.mission(action)
    actions.decide(action, annuler_action, by=zoe, motif="pluie")
    client = as_(zoe)
    assert client.get(f"/missions/nouvelle/{action.id}").status_code == 409
    assert client.post(f"/missions/nouvelle/{action.id}", data=typed(action)).status_code == 409
    assert client.post(f"/missions/{mission.id}/dupliquer").status_code == 409
    assert client.post(f"/missions/{mission.id}/modifier", data=typed(action)).status_code == 409
    assert "Nouvelle mission" not in client.get(f"/missions/action/{action.id}").text


# --- changing it ---------------------------------------------------------------------------------------------


def hold(mission, nom: str = "Léa Grondin"):
    who = builders.personne(nom)
    commands.assign(mission, who, origine=Origine.CANDIDATURE, known_at=clock.now())
    return who


def test_a_mission_changes(as_, zoe, action):
    mission = builders.mission(action)
    answer = as_(zoe).post(f"/missions/{mission.id}/modifier", data=edited(mission, titre="Accueil et vestiaire", places="6"))
    assert answer.status_code == 303
    assert (made().titre, made().places, made().etat) == ("Accueil et vestiaire", 6, Etat.OUVERTE)


def test_a_draft_is_published_from_its_form(as_, zoe, action):
    mission = builders.mission(action, published=False)
    as_(zoe).post(f"/missions/{mission.id}/modifier", data=edited(mission, suite="publier"))
    assert made().etat is Etat.OUVERTE


def test_the_nature_changes_while_nobody_is_on_it(as_, zoe, action):
    mission = builders.mission(action, nature=Nature.CHARGE_DE_MISSION, contrepartie="50 €")
    client = as_(zoe)
    assert len(page(client.get(f"/missions/{mission.id}/modifier")).select("input[name=nature]")) == 3
    client.post(f"/missions/{mission.id}/modifier", data=edited(mission, "volontaire", contrepartie="50 €"))
    assert (made().nature, made().contrepartie, made().places) == (Nature.VOLONTAIRE, "", 4)
    client.post(f"/missions/{mission.id}/modifier", data=edited(mission, "referent"))
    assert (made().nature, made().places) == (Nature.REFERENT, 1)


def test_the_nature_of_people_already_on_it_stays(as_, zoe, action):
    mission = builders.mission(action)
    hold(mission)
    client = as_(zoe)
    assert not page(client.get(f"/missions/{mission.id}/modifier")).select("input[name=nature]")
    answer = client.post(f"/missions/{mission.id}/modifier", data=edited(mission, "charge_de_mission", titre="Autre titre"))
    assert answer.status_code == 409
    assert "la nature de la mission ne change plus" in words(answer)
    assert page(answer).select_one("#titre")["value"] == "Autre titre"
    assert (made().nature, made().titre) == (Nature.VOLONTAIRE, "Accueil du public")


def test_places_never_go_below_the_people_on_it(as_, zoe, action):
    mission = builders.mission(action, places=3)
    for nom in ("Léa Grondin", "Ali Hoareau"):
        hold(mission, nom)
    client = as_(zoe)
    answer = client.post(f"/missions/{mission.id}/modifier", data=edited(mission, places="1"))
    assert answer.status_code == 422
    assert "Plus de places que cela sont déjà prises" in words(answer)
    assert client.post(f"/missions/{mission.id}/modifier", data=edited(mission, places="2")).status_code == 303
    assert made().places == 2


def test_values_taken_away_hold_back_the_volontaire_missions(as_, zoe, action):
    mission = builders.mission(action, published=False)
    action.valeurs = ""
    client = as_(zoe)
    assert client.post(f"/missions/{mission.id}/publier").status_code == 422
    answer = client.post(f"/missions/{mission.id}/modifier", data=edited(mission))
    assert answer.status_code == 422
    assert page(answer).select_one(f'main a[href^="/actions/{action.id}/modifier?next="][href$="#valeurs"]')


@pytest.mark.both
def test_two_people_on_the_same_mission_lose_neither_text(as_, zoe, action):
    mission = builders.mission(action)
    ada, client, path = as_(builders.personne("Ada Dijoux", [builders.ADMIN])), as_(zoe), f"/missions/{mission.id}/modifier"
    mine, hers = edited(mission, titre="Accueil et bar"), edited(mission, titre="Accueil, vestiaire", places="6")
    assert ada.post(path, data=hers).status_code == 303
    answer = client.post(path, data=mine)
    assert answer.status_code == 409
    assert "Cette page a changé pendant que tu écrivais" in words(answer)
    form = page(answer).select_one("#mission")
    assert [c.get_text() for c in form.select(".citation")] == ["Accueil, vestiaire", "6"]
    assert (form.select_one("#titre")["value"], made().titre) == ("Accueil et bar", "Accueil, vestiaire")
    assert client.post(path, data=mine | {"lu": form.select_one("#lu")["value"]}).status_code == 303
    assert made().titre == "Accueil et bar"


def test_what_the_mission_no_longer_asks_is_said_back(as_, zoe, action):
    """Somebody made it volontaire meanwhile: the contrepartie that was typed has no field any more."""
    mission = builders.mission(action, nature=Nature.CHARGE_DE_MISSION)
    client, path = as_(zoe), f"/missions/{mission.id}/modifier"
    mine, hers = edited(mission, "charge_de_mission", contrepartie="120 € sur facture"), edited(mission, "volontaire")
    assert client.post(path, data=hers).status_code == 303
    answer = client.post(path, data=mine)
    assert answer.status_code == 409
    assert "120 € sur facture" in words(answer)


def test_a_volontaire_mission_keeps_the_values_it_stands_on(as_, zoe, action):
    mission = builders.mission(action)
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    form = page(client.get(path)).select_one("form.formulaire")
    fields = {e["name"]: e.get("value", "") for e in form.select("input")}
    fields |= {e["name"]: e.select_one("[selected]")["value"] for e in form.select("select") if e.select_one("[selected]")}
    fields |= {"description": "Autre texte", "valeurs": ""}
    answer = client.post(path, data=fields)
    assert answer.status_code == 422
    assert "elles ont besoin de ses valeurs" in words(answer)
    assert "Autre texte" in answer.text
    db.session.expire_all()
    assert action.valeurs == "Faire vivre le patrimoine."
    commands.decide(mission, annuler, by=zoe, motif="plus besoin")
    assert client.post(path, data=fields).status_code == 303


def test_a_cancelled_mission_is_no_more_edited(as_, zoe, action):
    mission = builders.mission(action)
    client = as_(zoe)
    client.post(f"/missions/{mission.id}/annuler", data={"motif": "pluie"})
    assert client.get(f"/missions/{mission.id}/modifier").status_code == 409
    assert client.post(f"/missions/{mission.id}/modifier", data=typed(action)).status_code == 409


def test_a_copy_is_a_draft_with_nobody_on_it(as_, zoe, action):
    mission = builders.mission(action, titre="Cuisine", places=3)
    hold(mission)
    answer = as_(zoe).post(f"/missions/{mission.id}/dupliquer")
    copy = made()
    assert answer.location == f"/missions/{copy.id}/modifier"
    assert copy.id != mission.id
    assert (copy.titre, copy.places, copy.prises, copy.etat) == ("Cuisine", 3, 0, Etat.BROUILLON)


def test_a_copy_asked_for_twice_by_one_button_is_one_copy(as_, zoe, action):
    mission = builders.mission(action)
    client = as_(zoe)

    def new_key() -> str:
        tab = page(client.get(f"/missions/action/{action.id}"))
        return str(tab.select_one(f'form[action="/missions/{mission.id}/dupliquer"] [name=cle]')["value"])

    key, other = new_key(), new_key()
    first, second = (client.post(f"/missions/{mission.id}/dupliquer", data={"cle": key}).location for _ in range(2))
    assert first == second
    assert client.post(f"/missions/{mission.id}/dupliquer", data={"cle": other}).location != first


# --- reading -------------------------------------------------------------------------------------------------


def test_hostile_words_stay_words(as_, zoe, action):
    client = as_(zoe)
    fields = typed(action, titre=HOSTILE, description=HOSTILE, fourni=HOSTILE, suite="publier")
    client.post(f"/missions/nouvelle/{action.id}", data=fields)
    mission = made()
    hold(mission, HOSTILE)
    paths = (f"action/{action.id}", f"equipe/{action.id}", f"{mission.id}/modifier")
    for path in paths:
        answer = client.get(f"/missions/{path}")
        assert not page(answer).select("svg[onload], div[hx-post], [onload]")
    assert HOSTILE in words(client.get(f"/missions/action/{action.id}"))


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("who", ["zoe", "ada"])
@pytest.mark.parametrize(("path", "queries"), [("/missions/action/{id}", 5), ("/missions/equipe/{id}", 3)])
def test_a_page_costs_the_same_for_one_or_many(as_, zoe, action, count_queries, path, queries, who, n):
    for i in range(n):
        hold(builders.mission(action, titre=f"Mission {i}"), f"Nom {i}")
        hold(builders.referent_mission(action, titre=f"Référent {i}"), f"Prénom {i}")
    client = as_(zoe if who == "zoe" else builders.personne("Ada Dijoux", [builders.ADMIN]))
    url = path.format(id=action.id)
    with count_queries() as statements:
        assert client.get(url).status_code == 200
    assert len(statements) == queries, statements


def test_the_team_s_numbers_show_from_two_days_before_to_seven_days_after(as_, zoe, action):
    who = builders.personne("Léa Grondin", telephone="+262692123456")
    commands.assign(builders.mission(action), who, origine=Origine.CANDIDATURE, known_at=clock.now())
    url = f"/missions/equipe/{action.id}"
    for day, shown in ((7, False), (8, True), (10, True), (17, True), (18, False)):
        with clock.freeze(builders.in_days(day)):
            assert ("tel:+262692123456" in as_(zoe).get(url).text) == shown, day


def test_a_team_of_nobody_says_what_will_come(as_, zoe, action):
    assert "Personne encore" in words(as_(zoe).get(f"/missions/equipe/{action.id}"))
    assert "Pas encore de mission" in words(as_(zoe).get(f"/missions/action/{action.id}"))
