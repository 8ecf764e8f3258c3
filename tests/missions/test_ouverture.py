"""From the needs that pôles confirmed to draft missions, all of them or none, once."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands, ouverture
from portal.missions.models import Etat, Mission, Nature, annuler
from portal.poles.models import Genre
from tests import builders
from tests.cells import fingerprint


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def gina(app):
    return builders.personne("Gina Payet")


@pytest.fixture
def groupe(gina):
    return builders.pole("Sono", Genre.GROUPE, members=[gina])


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


@pytest.fixture
def need(action, groupe, gina):
    """So many people that the groupe confirms."""

    def confirmed(titre: str = "Deux personnes à la sono", *, of=action, quantite: int = 2, only: int = 0, **fields: Any):
        besoin = builders.besoin(of, groupe, titre=titre, quantite=quantite, **fields)
        besoins.answer(besoin, confirmer, by=gina, quantite=only or quantite, motif="Pas plus." if only else "")
        return besoin

    return confirmed


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def form_of(client, action) -> dict[str, Any]:
    """What the page would send as it is shown."""
    found: dict[str, Any] = {}
    for field in soup(client.get(f"/missions/ouvrir/{action.id}")).select("form#ouverture [name]"):
        if field.get("type") in {"checkbox", "radio"} and not field.has_attr("checked"):
            continue
        found.setdefault(field["name"], []).append(field.get("value", ""))
    return found


def made(action) -> list[Mission]:
    db.session.expire_all()
    return list(db.session.scalars(select(Mission).where(Mission.action_id == action.id).order_by(Mission.id)))


def local(instant) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


# --- what is proposed ----------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_referent_s_post_and_each_confirmed_need_of_people(action, need, groupe):
    besoin = need(quantite=3)
    builders.besoin(action, groupe, titre="Pas encore dit")
    found = ouverture.proposals(action)
    assert [(p.besoin_id, p.titre, p.nature, p.places) for p in found] == [
        (None, "Référent de la journée", Nature.REFERENT, 1),
        (besoin.id, "Deux personnes à la sono", Nature.VOLONTAIRE, 3),
    ]
    assert {(p.debut, p.fin) for p in found} == {(action.debut, action.fin)}


def test_the_page_says_who_confirmed_each(as_, zoe, action, need):
    need()
    assert "2 personnes, confirmé par le groupe Sono" in soup(as_(zoe).get(f"/missions/ouvrir/{action.id}")).text


def test_as_many_places_as_the_pole_confirmed(action, need):
    need(quantite=5, only=3)
    assert ouverture.proposals(action)[1].places == 3


@pytest.mark.both
def test_a_need_that_has_its_mission_is_proposed_no_more_unless_that_one_is_cancelled(zoe, action, need):
    besoin = need()
    mission = commands.create(
        action, by=zoe, besoin_id=besoin.id, nature=Nature.VOLONTAIRE, titre="Sono", debut=action.debut, fin=action.fin
    )
    assert [p.besoin_id for p in ouverture.proposals(action)] == [None]
    commands.decide(mission, annuler, by=zoe, motif="doublon")
    assert [p.besoin_id for p in ouverture.proposals(action)] == [None, besoin.id]


def test_whom_the_demandeur_pays_is_a_charge_de_mission(zoe, groupe, gina, need):
    """The price is that of the accepted devis; one that is included in the hour of the site bills nobody."""
    action = builders.validated(zoe)
    paid, given = need("Une régisseuse", of=action), need("Deux personnes à l’accueil", of=action)
    builders.identity(zoe)
    devis = builders.devis(action)
    for line in devis.lignes:
        line.prix, line.comprise = 50_00, line.besoin_id == given.id
    builders.accepted(action)
    natures = {p.besoin_id: p.nature for p in ouverture.proposals(action)}
    assert natures == {None: Nature.REFERENT, paid.id: Nature.CHARGE_DE_MISSION, given.id: Nature.VOLONTAIRE}


# --- made at once --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_all_are_made_as_they_were_shown_and_the_tab_is_where_they_are_published(as_, zoe, action, need):
    besoin, client = need(), as_(zoe)
    answer = client.post(f"/missions/ouvrir/{action.id}", data=form_of(client, action))
    assert (answer.status_code, answer.location) == (303, f"/missions/action/{action.id}")
    assert [(m.besoin_id, m.titre, m.nature, m.places, m.etat, m.prises, m.slot) for m in made(action)] == [
        (None, "Référent de la journée", Nature.REFERENT, 1, Etat.BROUILLON, 0, action_slot(action)),
        (besoin.id, "Deux personnes à la sono", Nature.VOLONTAIRE, 2, Etat.BROUILLON, 0, action_slot(action)),
    ]
    assert "Publier" in client.get(answer.location).text


def action_slot(action):
    return action.debut, action.fin


def test_each_is_changed_before_it_is_made(as_, zoe, action, need):
    besoin, client = need(), as_(zoe)
    typed = {
        "titre": "Balance et micros",
        "nature": "charge_de_mission",
        "places": "4",
        "fin": local(action.debut.replace(minute=30)),
    }
    fields = form_of(client, action) | {f"p{besoin.id}-{name}": value for name, value in typed.items()}
    client.post(f"/missions/ouvrir/{action.id}", data=fields)
    mission = made(action)[1]
    assert (mission.titre, mission.nature, mission.places) == ("Balance et micros", Nature.CHARGE_DE_MISSION, 4)
    assert mission.slot == (action.debut, action.debut.replace(minute=30))


def test_the_tick_takes_the_referent_s_post(as_, zoe, action):
    client = as_(zoe)
    client.post(f"/missions/ouvrir/{action.id}", data=form_of(client, action) | {"preferent-prendre_poste": "y"})
    [post] = made(action)
    assert (post.nature, post.prises) == (Nature.REFERENT, 1)


def test_the_tick_says_the_other_place_of_that_hour(as_, zoe, action):
    commands.take(builders.referent_mission(builders.action(zoe), titre="Tenir la porte"), by=zoe)
    db.session.commit()
    client = as_(zoe)
    data = form_of(client, action) | {"preferent-prendre_poste": "y"}
    answer = client.post(f"/missions/ouvrir/{action.id}", data=data, follow_redirects=True)
    said = "À la même heure que ton poste de référent, tu tiens déjà «\u00a0Tenir la porte\u00a0»."
    assert f"Une mission en brouillon\u00a0: publie-la. {said}" in answer.text


@pytest.mark.parametrize("path", ["/missions/ouvrir/{}", "/missions/nouvelle/{}?nature=volontaire"])
def test_what_the_public_will_read_of_the_action_is_shown_before(as_, zoe, action, path):
    """The demandeur may have written it to the house alone."""
    action.description = "Le budget est de 500 €."
    db.session.commit()
    page = soup(as_(zoe).get(path.format(action.id)))
    [said] = [box for box in page.select(".encart") if "Le public lira aussi" in box.get_text()]
    assert "500 €" in said.get_text()
    assert said.a
    assert said.a["href"].startswith(f"/actions/{action.id}/modifier?next=/missions/")
    assert said.a["href"].endswith("#description")


def test_an_admin_opens_them_without_the_tick(as_, action):
    client = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    fields = form_of(client, action)
    assert "preferent-titre" in fields
    assert "prendre_poste" not in client.get(f"/missions/ouvrir/{action.id}").text
    client.post(f"/missions/ouvrir/{action.id}", data=fields | {"preferent-prendre_poste": "y"})
    assert [m.prises for m in made(action)] == [0]


@pytest.mark.both
def test_the_same_page_sent_twice_makes_them_once(as_, zoe, action, need):
    need()
    client = as_(zoe)
    fields = form_of(client, action) | {"preferent-prendre_poste": "y"}
    answers = [client.post(f"/missions/ouvrir/{action.id}", data=fields) for _ in range(2)]
    assert [a.location for a in answers] == [f"/missions/action/{action.id}"] * 2
    assert len(made(action)) == 2
    assert "Rien à ouvrir" in client.get(f"/missions/ouvrir/{action.id}").text


def test_a_mistake_in_one_makes_none_and_keeps_every_word(as_, zoe, action, need):
    besoin, client = need(), as_(zoe)
    wrong = {f"p{besoin.id}-places": "zéro", f"p{besoin.id}-titre": "Balance", "preferent-titre": "Qui ouvre"}
    answer = client.post(f"/missions/ouvrir/{action.id}", data=form_of(client, action) | wrong)
    assert answer.status_code == 422
    assert "Un nombre entier entre 1 et 500" in soup(answer).select_one(f"#p{besoin.id}-places-erreur").get_text()
    said = {field["name"]: field.get("value") for field in soup(answer).select("form#ouverture input")}
    assert [said[name] for name in wrong] == list(wrong.values())
    assert not made(action)


def test_what_is_left_out_is_not_looked_at_and_is_not_proposed_again_at_home(as_, zoe, action, need):
    besoin, client = need(), as_(zoe)
    fields = form_of(client, action) | {f"p{besoin.id}-places": ""}
    del fields[f"p{besoin.id}-retenir"]
    client.post(f"/missions/ouvrir/{action.id}", data=fields)
    assert [m.nature for m in made(action)] == [Nature.REFERENT]
    assert not ouverture.to_open_by(zoe)
    said = select(EntreeJournal.faits).where(EntreeJournal.evenement == "besoin.sans_mission")
    assert [faits["titre"] for faits in db.session.scalars(said)] == ["Deux personnes à la sono"]
    again = form_of(client, action)
    assert f"p{besoin.id}-retenir" not in again  # still there, without its tick
    client.post(f"/missions/ouvrir/{action.id}", data=again | {f"p{besoin.id}-retenir": "y"})
    assert [m.besoin_id for m in made(action)] == [None, besoin.id]


def test_a_need_that_its_pole_took_back_meanwhile_stops_it_all(as_, zoe, action, need):
    client, first, second = as_(zoe), need(), need("Deux bras")
    fields = form_of(client, action) | {f"p{first.id}-titre": "Balance"}
    besoins.take_back(second, by=zoe)
    db.session.commit()
    before = fingerprint()
    answer = client.post(f"/missions/ouvrir/{action.id}", data=fields)
    assert answer.status_code == 409
    assert "n’est plus confirmé" in answer.text
    assert soup(answer).find("input", attrs={"name": f"p{first.id}-titre"})["value"] == "Balance"
    assert fingerprint() == before


# --- volontaires and values ----------------------------------------------------------------------------------


def test_without_values_people_are_charges_de_mission_and_the_page_says_why(as_, zoe, need):
    action, client = builders.action(zoe, valeurs=" "), as_(zoe)
    besoin = need(of=action)
    page = soup(client.get(f"/missions/ouvrir/{action.id}"))
    assert [r["value"] for r in page.select(f'input[name="p{besoin.id}-nature"]')] == ["charge_de_mission"]
    link = page.select_one(f'main a[href^="/actions/{action.id}/modifier?"][href$="#valeurs"]')
    assert soup(client.get(link["href"])).select_one("[name=next]")["value"] == f"/missions/ouvrir/{action.id}"
    forced = form_of(client, action) | {f"p{besoin.id}-nature": "volontaire"}
    assert client.post(f"/missions/ouvrir/{action.id}", data=forced).status_code == 422
    client.post(f"/missions/ouvrir/{action.id}", data=form_of(client, action))
    assert made(action)[1].nature is Nature.CHARGE_DE_MISSION


# --- who is invited, where -----------------------------------------------------------------------------------


def test_home_leads_there_until_it_is_done(as_, zoe, action, need):
    need()
    builders.action(builders.bienveillant("Rose Técher"))  # somebody else's
    client = as_(zoe)
    [row] = [a for a in soup(client.get("/")).select(".rangees a") if "équipe à réunir" in a.get_text()]
    assert row["href"] == f"/missions/ouvrir/{action.id}"
    client.post(row["href"], data=form_of(client, action))
    assert "à réunir" not in client.get("/").text


def test_of_several_actions_home_leads_to_their_list(as_, zoe):
    for n in range(3):
        builders.action(zoe, titre=f"Fête {n}")
    builders.action(zoe, titre="Pas encore", confirmed=False)
    client = as_(zoe)
    [row] = [a for a in soup(client.get("/")).select(".rangees a") if "équipes à réunir" in a.get_text()]
    listed = [a.strong.get_text() for a in soup(client.get(row["href"])).select(".rangees a")]
    assert listed == ["Fête 0", "Fête 1", "Fête 2"]


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_costs_the_same_for_one_need_or_many(as_, zoe, action, need, count_queries, n):
    for _ in range(n):
        need()
    client = as_(zoe)
    with count_queries() as statements:
        client.get(f"/missions/ouvrir/{action.id}")
    assert len(statements) == 5, statements  # the action twice, for who may enter and what it says; who asks, the posts


def test_only_whoever_sets_it_up_and_an_admin_open_them(as_, zoe, action):
    cast = builders.cast(action)
    allowed = {who: as_(one).get(f"/missions/ouvrir/{action.id}").status_code for who, one in cast.items() if one}
    assert allowed == {"VO": 403, "RF": 403, "BA": 200, "BO": 403, "PM": 403, "TR": 403, "AD": 200}
