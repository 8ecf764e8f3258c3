"""The programme on its screen: reordered with two buttons, what follows moves along, what clashes is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions import commands
from portal.actions.models import Action, Etape
from portal.actions.processus import annuler
from portal.comptes import commands as comptes
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders

HOUR = timedelta(hours=1)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe) -> Action:
    return builders.action(zoe)


def step(action: Action, titre: str, start: float, hours: float = 1.0, **fields: Any) -> Etape:
    debut = action.debut + start * HOUR
    return commands.add_step(action, by=action.bienveillant, titre=titre, debut=debut, fin=debut + hours * HOUR, **fields)


@pytest.fixture
def morning(action) -> list[Etape]:
    """Accueil 9–10, visite 10–12, ronkozé 12–12:30, then the meal at 13 whatever happens."""
    plan = [("Accueil", 0, 1.0), ("Visite", 1, 2.0), ("Ronkozé", 3, 0.5)]
    return [step(action, *line) for line in plan] + [step(action, "Repas", 4, ancre=True)]


def planned(action: Action) -> list[tuple[str, float, float]]:
    """(title, hours from the beginning, length) as stored."""
    db.session.expire_all()
    return [(e.titre, (e.debut - action.debut) / HOUR, (e.fin - e.debut) / HOUR) for e in action.programme]


def shown(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(shown(answer).body.get_text(" ").split())  # a blank that does not break is one too


def typed(client, path: str) -> dict[str, Any]:
    form = shown(client.get(path)).select_one("form.formulaire")
    boxes = [e for e in form.select("input[name]") if e.get("type") != "checkbox" or e.has_attr("checked")]
    chosen = {s["name"]: (s.select_one("option[selected]") or s.option)["value"] for s in form.select("select")}
    return {e["name"]: e.get("value", "") for e in boxes} | chosen


def hour(instant) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


# --- up and down ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_an_item_moves_up_and_the_whole_keeps_its_time(as_, zoe, action, morning):
    visit, client = morning[1], as_(zoe)
    answer = client.post(f"/actions/{action.id}/programme/{visit.id}/monter")
    assert answer.location == f"/actions/{action.id}/programme#etape-{visit.id}"  # first now: its button has gone
    assert planned(action) == [("Visite", 0, 2), ("Accueil", 2, 1), ("Ronkozé", 3, 0.5), ("Repas", 4, 1)]
    answer = client.post(f"/actions/{action.id}/programme/{visit.id}/descendre")
    assert answer.location == f"/actions/{action.id}/programme#descendre-{visit.id}"
    assert planned(action) == [("Accueil", 0, 1), ("Visite", 1, 2), ("Ronkozé", 3, 0.5), ("Repas", 4, 1)]
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.deplacer_etape")).all()
    assert [entry.faits["titre"] for entry in told] == ["Visite", "Visite"]
    assert "Étape « Visite » : déplacée dans le programme" in words(client.get(f"/actions/{action.id}/journal"))


@pytest.mark.parametrize(
    ("who", "sens", "sentence"),
    [
        (2, "descendre", "« Repas » est à heure fixe : rien ne passe par-dessus."),
        (3, "monter", "Cette étape est fixée par l’horloge"),
        (0, "monter", "déjà au bout de sa piste"),
    ],
)
def test_what_is_fixed_stays_and_is_not_jumped_over(as_, zoe, action, morning, who, sens, sentence):
    before = planned(action)
    answer = as_(zoe).post(f"/actions/{action.id}/programme/{morning[who].id}/{sens}")
    assert answer.status_code == 409
    assert sentence in words(answer)
    assert planned(action) == before


def test_a_hard_end_is_not_jumped_over_either(zoe, action):
    first, last = step(action, "Repas", 0), step(action, "Concert", 1, butoir=True)
    with pytest.raises(commands.NeighbourFixed, match="tenue de finir à l’heure"):
        commands.move_step(first, by=zoe, up=False)
    with pytest.raises(commands.StepFixed):
        commands.move_step(last, by=zoe, up=True)


def test_two_items_hours_apart_are_not_swapped_into_the_night(zoe, action):
    first, _ = step(action, "Accueil", 0), step(action, "Concert", 7.5)
    with pytest.raises(commands.TooFarApart):
        commands.move_step(first, by=zoe, up=False)


def test_the_buttons_are_where_there_is_somebody_to_pass(as_, zoe, action, morning):
    step(action, "Buvette", 0, 4, piste="buvette")
    page = shown(as_(zoe).get(f"/actions/{action.id}/programme"))
    buttons = [b["id"].split("-") for b in page.select(".ordre button")]
    assert all(row.select("button") for row in page.select(".ordre"))  # an empty one draws over the item below
    up, down = ([int(id) for sens, id in buttons if sens == wanted] for wanted in ("monter", "descendre"))
    assert (up, down) == ([e.id for e in morning[1:3]], [e.id for e in morning[:3]])


def test_whoever_reads_only_sees_no_button(as_, action, morning):
    page = shown(as_(builders.bienveillant("Bruno Ozoux")).get(f"/actions/{action.id}/programme"))
    assert not page.select(".ordre, main form")


@pytest.mark.browser
def test_pressed_again_and_again_with_the_keyboard_the_item_goes_on(visit, zoe, action, morning):
    commands.remove_step(morning[3], by=zoe)
    first, path = morning[0].id, f"/actions/{action.id}/programme"
    page = visit(zoe, reduced_motion="reduce")
    page.goto(path)
    page.locator(f"#descendre-{first}").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/programme#descendre-{first}")
    assert page.evaluate("document.activeElement.id") == f"descendre-{first}"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/programme#etape-{first}")
    assert page.evaluate("document.activeElement.id") == f"etape-{first}"
    assert [titre for titre, *_ in planned(action)] == ["Visite", "Ronkozé", "Accueil"]


# --- what follows --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_longer_item_pushes_what_came_right_after_up_to_the_fixed_hour(as_, zoe, action, morning):
    client, path = as_(zoe), f"/actions/{action.id}/programme/{morning[0].id}"
    answer = client.post(path, data=typed(client, path) | {"fin": hour(morning[0].fin + HOUR)}, follow_redirects=True)
    assert planned(action) == [("Accueil", 0, 2), ("Visite", 2, 2), ("Repas", 4, 1), ("Ronkozé", 4, 0.5)]
    assert "Les 2 suivantes suivent." in answer.text
    assert "« Ronkozé » et « Repas » se chevauchent maintenant." in words(answer)


def test_a_shorter_item_draws_them_nearer(as_, zoe, action, morning):
    client, path = as_(zoe), f"/actions/{action.id}/programme/{morning[0].id}"
    client.post(path, data=typed(client, path) | {"fin": hour(morning[0].fin - HOUR / 2)})
    assert planned(action) == [("Accueil", 0, 0.5), ("Visite", 0.5, 2), ("Ronkozé", 2.5, 0.5), ("Repas", 4, 1)]


def test_without_the_tick_only_the_item_changes(as_, zoe, action, morning):
    client, path = as_(zoe), f"/actions/{action.id}/programme/{morning[0].id}"
    fields = typed(client, path) | {"fin": hour(morning[0].fin + HOUR)}
    fields.pop("suivre")
    client.post(path, data=fields)
    assert planned(action)[:2] == [("Accueil", 0, 2), ("Visite", 1, 2)]


def test_another_title_moves_nothing(as_, zoe, action, morning):
    client, path, before = as_(zoe), f"/actions/{action.id}/programme/{morning[0].id}", planned(action)
    client.post(path, data=typed(client, path) | {"titre": "Accueil, café"})
    assert planned(action)[1:] == before[1:]


def test_the_page_says_by_how_much_a_hard_end_would_be_passed(as_, zoe, action):
    step(action, "Repas", 6, 1.5)
    step(action, "Concert", 7, 2, butoir=True)
    said = words(as_(zoe).get(f"/actions/{action.id}/programme"))
    assert "Déborde de 30 min sur « Concert », qui finirait à 18 h 30 au lieu de 18 h" in said
    assert "Finit à 18 h au plus tard" in said


# --- who answers for an item ---------------------------------------------------------------------------------


def test_an_item_has_somebody_who_answers_for_it(as_, zoe, action):
    lea = builders.personne("Léa Grondin")
    client, path = as_(zoe), f"/actions/{action.id}/programme"
    data = {"titre": "Sono", "debut": hour(action.debut), "fin": hour(action.fin), "responsable_id": lea.id}
    assert client.post(path, data=data).status_code == 303
    assert "Léa Grondin" in words(client.get(path))
    assert "Léa Grondin" in words(client.get(f"/jour-j/{action.id}"))
    assert "Léa Grondin" in words(client.get(f"/jour-j/{action.id}/feuille"))
    comptes.erase(lea, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    db.session.expire_all()
    assert action.programme[0].responsable_id is None


@pytest.mark.parametrize("who", ["999", "abc"])
def test_nobody_unknown_answers_for_an_item(as_, zoe, action, who):
    data = {"titre": "Sono", "debut": hour(action.debut), "fin": hour(action.fin), "responsable_id": who}
    assert as_(zoe).post(f"/actions/{action.id}/programme", data=data).status_code == 422


def test_a_stranger_who_never_proved_their_address_is_not_offered(as_, zoe, action):
    builders.candidature(builders.mission(action), nom="Inconnue Dijoux")
    assert "Inconnue Dijoux" not in as_(zoe).get(f"/actions/{action.id}/programme").text


def test_the_public_page_of_a_mission_names_nobody(client, zoe, action):
    lea = builders.personne("Léa Grondin")
    step(action, "Sono", 0, responsable_id=lea.id)
    db.session.commit()
    answer = client.get(f"/missions/{builders.mission(action).id}")
    db.session.commit()
    assert "Léa Grondin" not in answer.text


def test_an_action_that_is_over_is_no_more_reordered(as_, zoe, action, morning):
    commands.decide(action, annuler, by=zoe, motif="pluie")
    assert as_(zoe).post(f"/actions/{action.id}/programme/{morning[1].id}/monter").status_code == 409


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_costs_the_same_for_one_or_many(as_, zoe, action, count_queries, n):
    for i in range(n):
        step(action, f"Étape {i}", i, responsable_id=builders.personne(f"Awa{i} Payet").id)
    client, path = as_(zoe), f"/actions/{action.id}/programme"
    with count_queries() as statements:
        client.get(path)
    assert len(statements) == 4, statements
