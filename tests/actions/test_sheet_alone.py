"""The date changed on the sheet alone: what hangs on it is not left behind."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import update

from portal.actions import commands
from portal.actions.models import Action, Etat, reading
from portal.actions.processus import enregistrer
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import annuler as annuler_mission
from tests import builders
from tests.actions.test_decaler import DAY, HOUR, WHY, action, at, confirm, link_of, page, step, words, zoe

__all__ = ["action", "zoe"]  # fixtures


def typed_sheet(action: Action, **fields: object) -> dict[str, object]:
    sheet = {name: at(v) if isinstance(v, datetime) else v for name, v in action.sheet.items() if v is not None}
    return sheet | {"lu": reading(action.sheet)} | fields


def confirmed(action: Action) -> None:
    commands.decide(action, enregistrer, by=action.bienveillant, motif="vu en réunion")


def with_a_mission(action: Action) -> None:
    builders.mission(action, published=False)


def with_a_step(action: Action) -> None:
    step(action, "Repas", 3)


def with_a_need(action: Action) -> None:
    builders.besoin(action, builders.pole(), asked=False)


@pytest.mark.both
@pytest.mark.parametrize("hang", [confirmed, with_a_step, with_a_mission, with_a_need])
def test_the_sheet_alone_does_not_leave_behind_what_hangs_on_the_date(as_, zoe, hang):
    """Every other word is kept, and the dates wait in the link that moves it all."""
    action = builders.action(zoe, confirmed=False)
    hang(action)
    before, new = action.debut, action.debut + 7 * DAY
    data = typed_sheet(action, titre="Fête du sucre", debut=at(new), fin=at(new + 2 * HOUR))
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    answer = client.post(path, data=data)
    assert answer.status_code == 409
    assert "tout change avec elle" in words(answer)
    assert page(answer).select_one("#titre")["value"] == "Fête du sucre"
    assert page(answer).select_one("#debut")["value"] == at(before)
    db.session.expire_all()
    assert action.debut == before
    link = link_of(answer, "Décaler vers ces dates")
    form = page(client.get(link["href"])).select_one("#decaler")
    assert [form.select_one(f"#{name}")["value"] for name in ("debut", "jusqu_a")] == [at(new), at(new + 2 * HOUR)]


def test_a_day_that_has_begun_keeps_its_dates(as_, zoe, action):
    db.session.execute(update(Action).values(etat=Etat.EN_COURS))
    data = typed_sheet(action, fin=at(action.fin + HOUR))
    answer = as_(zoe).post(f"/actions/{action.id}/modifier", data=data)
    assert answer.status_code == 409
    assert "a déjà commencé" in words(answer)
    assert page(answer).select_one("#fin")["value"] == at(action.fin + HOUR)


def test_asked_for_with_nothing_but_a_cancelled_mission_it_has_other_dates(as_, zoe):
    action = builders.action(zoe, confirmed=False)
    missions.decide(builders.mission(action, published=False), annuler_mission, by=zoe, motif="pluie")
    new = action.debut + DAY
    data = typed_sheet(action, debut=at(new), fin=at(new + HOUR))
    assert as_(zoe).post(f"/actions/{action.id}/modifier", data=data).status_code == 303
    db.session.expire_all()
    assert (action.debut, action.fin) == (new, new + HOUR)


@pytest.mark.parametrize("debut", ["hier", "2027", "<svg>", "9" * 40])
def test_an_address_made_up_is_the_plain_form(as_, zoe, action, debut):
    form = page(as_(zoe).get(f"/actions/{action.id}/decaler", query_string={"debut": debut})).select_one("#decaler")
    assert form.select_one("#debut")["value"] == at(action.debut)


def test_going_back_from_the_preview_keeps_the_dates_that_were_typed(as_, zoe, action):
    client, new = as_(zoe), action.debut + 7 * DAY
    answer = client.post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(new), "jusqu_a": at(new + HOUR)})
    back = link_of(answer, "Revenir")
    form = page(client.get(back["href"])).select_one("#decaler")
    assert [form.select_one(f"#{name}")["value"] for name in ("debut", "jusqu_a")] == [at(new), at(new + HOUR)]


def test_confirmed_twice_by_one_thumb_it_moves_once(as_, zoe, action):
    mission = builders.mission(action)
    client, new = as_(zoe), action.debut + 7 * DAY
    answer = client.post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(new)})
    assert [confirm(client, answer).status_code for _ in range(2)] == [303, 422]
    db.session.expire_all()
    assert (action.debut, mission.debut) == (new, new)
