"""The pôles and groupes say yes to their lines of a devis, or what is wrong with them; the bienveillant waits, or goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions.models import reading
from portal.besoins import commands as besoins
from portal.besoins import promesses
from portal.besoins.models import confirmer, desister
from portal.db import db
from portal.devis import commands, envoi, queries
from portal.devis.models import Etat, Unite
from portal.journal import EntreeJournal
from portal.poles.models import Genre
from tests import builders


class House:
    """Zoé builds a devis that holds two lines of the groupe Cuisine, where Gina is, and one of the pôle Jardin, Rémi's."""

    def __init__(self) -> None:
        self.zoe, self.gina, self.remi = (
            builders.bienveillant(),
            builders.personne("Gina Mussard"),
            builders.personne("Rémi Fontaine"),
        )
        builders.identity(self.zoe)
        self.cuisine = builders.pole("Cuisine", Genre.GROUPE, [self.gina])
        self.jardin = builders.pole("Jardin", members=[self.remi])
        self.devis = builders.devis(builders.validated(self.zoe))
        for libelle, pole in (("Repas", self.cuisine), ("Café", self.cuisine), ("Visite", self.jardin)):
            commands.add(self.devis, by=self.zoe, libelle=libelle, unite=Unite.FORFAIT, prix=100_00, pole_id=pole.id)
        db.session.commit()
        self.page = f"/devis/{self.devis.id}"

    @property
    def states(self) -> list[tuple[str, bool, str]]:
        return [(each.libelle, each.confirmee_le is not None, each.reserve) for each in queries.fresh(self.devis.id).lignes[1:]]


@pytest.fixture
def house(app):
    return House()


def waiting(client, page="/poles/") -> list[str]:
    return [str(a["href"]) for a in BeautifulSoup(client.get(page).text, "html5lib").select("a[href*='#nos-lignes']")]


def form(client, house, slug) -> dict[str, str]:
    """What that form of the page would send."""
    page = BeautifulSoup(client.get(house.page).text, "html5lib")
    found = page.select_one(f"form[action*='/{slug}/']")
    assert found
    return {str(field["name"]): str(field.get("value", "")) for field in found.select("input[name]")}


def test_a_member_sees_what_is_asked_and_confirms_all_of_it_at_once(as_, house):
    gina = as_(house.gina)
    assert waiting(gina) == []  # nobody has asked yet
    assert as_(house.zoe).post(f"{house.page}/demander").location == f"{house.page}#envoi"
    assert waiting(gina) == waiting(gina, "/") == [f"{house.page}#nos-lignes"]
    sent = form(gina, house, "confirmer_lignes")
    for _ in range(2):
        assert gina.post(f"{house.page}/confirmer_lignes/{house.cuisine.id}", data=sent).status_code == 303
    assert house.states == [("Repas", True, ""), ("Café", True, ""), ("Visite", False, "")]
    assert waiting(gina) == waiting(gina, "/") == []
    assert waiting(as_(house.remi)) == [f"{house.page}#nos-lignes"]
    told = select(EntreeJournal).where(EntreeJournal.evenement == "devis.confirmer_lignes")
    assert len(db.session.scalars(told).all()) == 1


def test_a_member_objects_with_a_word_and_whoever_builds_it_hears(as_, house, outbox):
    gina, zoe = as_(house.gina), as_(house.zoe)
    zoe.post(f"{house.page}/demander")
    path = f"{house.page}/reserver/{house.cuisine.id}"
    sent = form(gina, house, "reserver")
    silent = gina.post(path, data=sent)
    assert (silent.status_code, house.states[0]) == (422, ("Repas", False, ""))
    assert "Un motif est nécessaire" in silent.text
    assert gina.post(path, data=sent | {"mot": "Pas à ce prix"}).status_code == 303
    assert house.states[:2] == [("Repas", False, "Pas à ce prix"), ("Café", False, "Pas à ce prix")]
    assert waiting(gina) == []  # it has answered
    assert "Pas à ce prix" in zoe.get(house.page).text
    assert outbox()[-1].genre == "devis_repondu"
    meal = queries.fresh(house.devis.id).lignes[1]
    commands.edit_numbers(house.devis, by=house.zoe, typed={meal.id: commands.Typed(reading(meal.numbers), {"prix": 120_00})})
    assert house.states[0] == ("Repas", False, "")  # and is asked again
    assert waiting(gina) == [f"{house.page}#nos-lignes"]


@pytest.mark.parametrize("slug", ["confirmer_lignes", "reserver"])
def test_lines_that_changed_while_they_were_read_are_read_again(as_, house, slug):
    gina = as_(house.gina)
    sent = form(gina, house, slug) | {"mot": "Trop cher"}
    meal = queries.fresh(house.devis.id).lignes[1]
    commands.edit_numbers(house.devis, by=house.zoe, typed={meal.id: commands.Typed(reading(meal.numbers), {"prix": 10_00})})
    answer = gina.post(f"{house.page}/{slug}/{house.cuisine.id}", data=sent)
    assert answer.status_code == 409
    assert "ont changé pendant que tu les lisais" in answer.text
    assert "Trop cher" in answer.text
    assert house.states[0] == ("Repas", False, "")


@pytest.mark.parametrize("change", [{"quantite": 300}, {"prix": 1_00}, {"remise": 500}])
def test_a_yes_is_for_what_was_read_a_change_asks_for_it_again(house, change):
    envoi.confirm_lines(house.devis, house.cuisine, by=house.gina)
    meal = house.devis.lignes[1]
    commands.edit_numbers(house.devis, by=house.zoe, typed={meal.id: commands.Typed(reading(meal.numbers), change)})
    assert house.states[:2] == [("Repas", False, ""), ("Café", True, "")]


def test_a_discount_on_all_lines_asks_every_pole_again(house):
    envoi.confirm_lines(house.devis, house.cuisine, by=house.gina)
    commands.discount(house.devis, by=house.zoe, remise=1000)
    assert [said for _, said, _ in house.states] == [False, False, False]
    envoi.confirm_lines(house.devis, house.cuisine, by=house.gina)
    commands.discount(house.devis, by=house.zoe, remise=1000)  # the same: nothing is new
    assert [said for _, said, _ in house.states] == [True, True, False]


def taken_back(besoin, house):
    besoins.take_back(besoin, by=house.zoe)


def given_up(besoin, house):
    besoins.answer(besoin, desister, by=house.gina, motif="Le four est en panne.")


def run_out(besoin, house):
    with clock.freeze(clock.now() + timedelta(days=40)):
        promesses.expire(besoin.id)


@pytest.mark.both
@pytest.mark.parametrize("what", [taken_back, given_up, run_out])
@pytest.mark.parametrize("sent", [False, True], ids=["a draft", "the next version of what left"])
def test_a_yes_is_for_a_need_that_its_pole_still_promises(as_, house, what, sent):
    case = builders.espace("La case")
    action = builders.validated(house.zoe, debut=builders.in_days(60), fin=builders.in_days(60, 18))
    besoin = builders.besoin(action, house.cuisine, case)
    besoins.answer(besoin, confirmer, by=house.gina)
    devis = builders.devis(action)
    envoi.confirm_lines(devis, house.cuisine, by=house.gina)
    assert envoi.awaited(devis) == []
    if sent:
        envoi.send(devis, by=house.zoe)
    what(besoin, house)
    db.session.commit()
    draft = commands.draft(action, by=house.zoe)
    assert envoi.awaited(draft) == [house.cuisine]
    db.session.commit()
    assert "Besoin plus confirmé" in as_(house.zoe).get(f"/devis/{draft.id}").text


@pytest.mark.parametrize("slug", ["confirmer_lignes", "reserver"])
def test_nobody_speaks_for_a_pole_that_is_not_theirs(as_, house, slug):
    for who in (house.remi, house.zoe):
        answer = as_(who).post(f"{house.page}/{slug}/{house.cuisine.id}", data={"mot": "Non"})
        assert answer.status_code == 403
    assert house.states[0] == ("Repas", False, "")


@pytest.mark.both
def test_it_leaves_with_all_their_yes_or_with_a_reason_that_is_kept(as_, house):
    zoe = as_(house.zoe)
    answer = zoe.post(f"{house.page}/envoyer")
    assert answer.status_code == 409
    said = "On attend encore le groupe Cuisine et le pôle Jardin. Relance, ou envoie quand même en disant pourquoi."
    assert said in " ".join(answer.text.split())
    envoi.confirm_lines(house.devis, house.cuisine, by=house.gina)
    assert zoe.post(f"{house.page}/envoyer", data={"force": "Rémi a dit oui au téléphone"}).status_code == 303
    found = queries.fresh(house.devis.id)
    assert (found.etat, found.force) == (Etat.ENVOYE, "Rémi a dit oui au téléphone")
    assert "Rémi a dit oui au téléphone" in zoe.get(f"/actions/{found.action_id}/journal").text


def test_the_journal_of_the_action_says_which_line_of_which_devis(as_, house):
    zoe, meal = as_(house.zoe), house.devis.lignes[1]
    commands.edit_numbers(house.devis, by=house.zoe, typed={meal.id: commands.Typed(reading(meal.numbers), {"prix": 1_00})})
    commands.move(meal, by=house.zoe, up=True)
    commands.discount(house.devis, by=house.zoe, remise=500)
    commands.remove(house.devis.lignes[2], by=house.zoe)
    envoi.ask_poles(house.devis, by=house.zoe)
    envoi.object_to(house.devis, house.jardin, by=house.remi, mot="Il pleut")
    heads = BeautifulSoup(zoe.get(f"/actions/{house.devis.action_id}/journal").text, "html5lib").select(".programme h3")
    said = [" ".join(head.get_text().replace("\u00a0", " ").split()) for head in heads][:7]
    numero = house.devis.numero
    assert said == [
        f"Devis {numero} : lignes à revoir",
        f"Devis {numero} : demandé aux pôles",
        f"Devis {numero} : ligne retirée, « Café »",
        f"Devis {numero} : remise sur toutes les lignes",
        f"Devis {numero} : ligne déplacée, « Repas »",
        f"Devis {numero} : ligne modifiée, « Repas »",
        "Ligne « Visite » : ajoutée au devis",
    ]


@pytest.mark.parametrize("many", [1, 60])
def test_reading_it_as_a_member_costs_the_same_for_one_line_or_sixty(as_, house, count_queries, many):
    for n in range(many - 1):
        commands.add(house.devis, by=house.zoe, libelle=f"Ligne {n}", unite=Unite.FORFAIT, prix=1_00, pole_id=house.cuisine.id)
    gina, spent = as_(house.gina), []
    for path in (house.page, "/poles/"):
        with count_queries() as statements:
            gina.get(path)
        spent.append(len(statements))
    assert spent == [6, 6]
