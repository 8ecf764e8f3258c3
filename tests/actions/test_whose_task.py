"""Whose a task is: who may do what with it, on whose mind it is and from when, whoever leaves or is erased."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions import commands, echeancier, retroplanning
from portal.actions.processus import annuler
from portal.actions.tache import Tache
from portal.comptes import commands as comptes
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders
from tests.actions.test_retroplanning import action, lea, shown, task, typed_on, zoe

__all__ = ["action", "lea", "zoe"]  # fixtures


# --- whose it is ---------------------------------------------------------------------------------------------

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
CELLS = {
    # path          AN   VO   RF   BA   BO   PM   TR   AD    of a task of nobody's
    "":           (303, 403, 403, 422, 403, 403, 403, 422),
    "/retirer":   (303, 403, 403, 303, 403, 403, 403, 303),
    "/faire":     (303, 404, 403, 303, 403, 403, 403, 303),
    "/ecarter":   (303, 404, 403, 303, 403, 403, 403, 303),
    "/reprendre": (303, 404, 403, 303, 403, 403, 403, 303),
}  # fmt: skip


def titles(tasks: Collection[Tache]) -> list[str]:
    return [t.titre for t in tasks]


def everything() -> object:
    db.session.expire_all()
    tasks = db.session.execute(select(Tache.__table__).order_by(Tache.id)).all()
    return [tuple(t) for t in tasks], len(db.session.scalars(select(EntreeJournal.id)).all())


@pytest.mark.parametrize("path", CELLS)
def test_who_may_do_what_with_a_task(client, as_, zoe, action, path):
    people = builders.cast(action)
    for n, (who, status) in enumerate(zip(WHO, CELLS[path], strict=True)):
        pain = task(action, f"Pain {n}")
        url = f"/actions/{action.id}/retroplanning/{pain.id}{path}"
        visitor = as_(people[who]) if people[who] else client
        before = everything()
        assert visitor.post(url, data={"motif": "pluie"}).status_code == status, who
        changes = status == 303 and who != "AN" and path != "/reprendre"  # there is nothing to take up again
        assert (everything() != before) == changes, who


def test_whoever_is_entrusted_with_it_reads_and_settles_it_and_nothing_else(as_, zoe, action, lea):
    pain, other = task(action, responsable_id=lea.id), task(action, "Balayer")
    client, path = as_(lea), f"/actions/{action.id}/retroplanning"
    assert client.get(path).status_code == 404  # the action itself is the house's
    page = shown(client.get(f"{path}/{pain.id}"))
    assert not page.select("#modifier")
    assert client.post(f"{path}/{pain.id}", data={"titre": "Autre"}).status_code == 403
    assert client.get(f"{path}/{other.id}").status_code == 404
    assert client.post(f"{path}/{other.id}/faire").status_code == 404
    assert client.post(f"{path}/{pain.id}/faire").location == f"{path}/{pain.id}"
    db.session.expire_all()
    assert pain.traitee_par == lea


def test_whoever_left_keeps_what_they_had_until_it_is_given_to_somebody_else(as_, zoe, action, lea):
    pain = task(action, responsable_id=lea.id)
    comptes.set_active(lea, False, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning/{pain.id}"
    assert client.post(path, data=typed_on(client, path) | {"titre": "Pain et beurre"}).status_code == 303
    db.session.expire_all()
    assert (pain.titre, pain.responsable) == ("Pain et beurre", lea)
    wrong = {"titre": "Jus", "jours": "J-3", "responsable_id": lea.id}
    assert client.post(f"/actions/{action.id}/retroplanning", data=wrong).status_code == 422


def test_erased_what_they_had_is_the_bienveillant_s_again(zoe, action, lea):
    pain = task(action, responsable_id=lea.id)
    comptes.erase(lea, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    db.session.expire_all()
    assert pain.responsable is None


# --- what awaits somebody ------------------------------------------------------------------------------------


@pytest.mark.both
def test_late_or_due_within_a_week_is_on_its_owner_s_mind(zoe, action, lea):
    """In ten days: J-20 is late, J-10 is today, J-3 is in a week, J-2 in eight days."""
    for jours in (20, 10, 3, 2):
        task(action, f"Pour J-{jours}", jours)
    assert titles(echeancier.tasks_awaiting(zoe)) == ["Pour J-20", "Pour J-10", "Pour J-3"]
    assert echeancier.tasks_awaiting(lea) == []


@pytest.mark.both
@pytest.mark.parametrize("hour", [0, 3.9, 20.5])
def test_a_week_is_counted_in_days_of_la_reunion(zoe, hour):
    action = builders.action(zoe, debut=builders.in_days(10, 0), fin=builders.in_days(10, 3))
    task(action, "Dans sept jours", 3)
    task(action, "Dans huit jours", 2)
    with clock.freeze(clock.start_of(clock.today()) + timedelta(hours=hour)):
        assert titles(echeancier.tasks_awaiting(zoe)) == ["Dans sept jours"]


def test_entrusted_to_somebody_it_is_no_more_the_bienveillant_s(zoe, action, lea):
    task(action, "À Léa", 10, responsable_id=lea.id)
    task(action, "À personne", 10)
    assert (titles(echeancier.tasks_awaiting(lea)), titles(echeancier.tasks_awaiting(zoe))) == (["À Léa"], ["À personne"])


def test_what_somebody_who_left_had_is_on_the_bienveillant_s_mind(zoe, action, lea):
    task(action, "À Léa", 10, responsable_id=lea.id)
    lea.desactive_le = clock.now()
    assert titles(echeancier.tasks_awaiting(zoe)) == ["À Léa"]


def test_whoever_is_bienveillant_no_more_has_only_their_own(zoe, action):
    """They could settle none of the others."""
    for owner in ({}, {"responsable_id": zoe.id}):
        task(action, "À elle" if owner else "À personne", 10, **owner)
    comptes.set_roles(zoe, [], by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert titles(echeancier.tasks_awaiting(zoe)) == ["À elle"]


def test_what_is_settled_or_of_an_action_that_stopped_awaits_nobody(zoe, action):
    retroplanning.do(task(action, "Faite", 10), by=zoe)
    assert echeancier.tasks_awaiting(zoe) == []
    task(action, "Encore", 10)
    commands.decide(action, annuler, by=zoe, motif="pluie")
    assert echeancier.tasks_awaiting(zoe) == []


@pytest.mark.parametrize("n", [1, 3])
def test_what_awaits_costs_one_query_and_the_tab_five(as_, zoe, action, count_queries, n):
    for i in range(n):
        task(action, f"Tâche {i}", 10, responsable_id=zoe.id)
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning"
    with count_queries() as statements:
        client.get(path)
    assert len(statements) == 5, statements
    with count_queries() as statements:
        assert [t.action.titre for t in echeancier.tasks_awaiting(zoe)] == ["Fête du moulin"] * n
    assert len(statements) == 3, statements  # two of them read Zoé and her roles again


def test_a_task_is_ticked_where_all_of_mine_are_read_and_taken_back_there(as_, zoe, action):
    task(action, jours=12)
    client, mine = as_(zoe), "/actions/taches"
    form = shown(client.get(mine)).select_one(".personne form")
    answer = client.post(form["action"], data={field["name"]: field["value"] for field in form.select("input")})
    assert answer.location == mine
    page = shown(client.get(mine))
    assert page.select_one(".vide")
    assert client.post(page.select_one(".toast form")["action"]).location == mine
    assert shown(client.get(mine)).select_one(".personne")
