"""The programme over HTTP: items side by side, each mistake beside its field, no text of two people lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from portal import clock
from portal.actions import commands
from portal.actions.models import Etape, reading
from portal.db import db
from tests.actions.test_routes import action, error_of, page, shown, shown_in, zoe

__all__ = ["action", "zoe"]  # fixtures


def step(action, titre="Repas", start=3, hours=1.0, **fields: Any) -> dict[str, Any]:
    begins = action.debut + timedelta(hours=start)
    said = {"debut": begins, "fin": begins + timedelta(hours=hours)}
    return {"titre": titre} | {k: clock.local(v).strftime("%Y-%m-%dT%H:%M") for k, v in said.items()} | fields


def test_items_overlap_by_nature(as_, zoe, action):
    client, path = as_(zoe), f"/actions/{action.id}/programme"
    client.post(path, data=step(action, "Vidéos et podcasts", 0, 8.5, piste="Case", lieu="Case"))
    client.post(path, data=step(action, "Accueil", 0))
    client.post(path, data=step(action, "Repas", 3, ancre="y"))
    db.session.expire_all()
    assert [(e.titre, e.piste, e.ancre) for e in action.programme] == [
        ("Vidéos et podcasts", "Case", False),
        ("Accueil", "", False),
        ("Repas", "", True),
    ]
    shown_titles = [h.get_text() for h in page(client.get(path)).select(".programme h3")]
    assert shown_titles == ["Vidéos et podcasts", "Accueil", "Repas"]


@pytest.mark.parametrize(
    ("fields", "name", "advice"),
    [
        ({"titre": ""}, "titre", "Donne un titre à cette étape."),
        ({"start": 3, "hours": -1}, "fin", "La fin doit venir après le début."),
        ({"start": 24 * 30}, "debut", "cette étape tombe un autre jour"),
        ({"start": -24 * 3}, "debut", "cette étape tombe un autre jour"),
    ],
)
def test_a_wrong_item_is_refused_beside_its_field(as_, zoe, action, fields, name, advice):
    answer = as_(zoe).post(f"/actions/{action.id}/programme", data=step(action, **fields))
    assert answer.status_code == 422
    assert advice in error_of(answer, name)
    db.session.expire_all()
    assert action.programme == []


def test_the_same_item_sent_twice_is_there_once(as_, zoe, action):
    client = as_(zoe)
    for _ in range(2):
        assert client.post(f"/actions/{action.id}/programme", data=step(action)).status_code == 303
    db.session.expire_all()
    assert len(action.programme) == 1


def test_the_next_item_begins_where_the_last_one_ends(as_, zoe, action):
    client = as_(zoe)
    client.post(f"/actions/{action.id}/programme", data=step(action, start=3, hours=1.5))
    form = shown(client, f"/actions/{action.id}/programme")
    assert (form["debut"][11:], form["fin"][11:]) == ("13:30", "14:30")


def test_an_item_changes_and_goes(as_, zoe, action):
    client = as_(zoe)
    client.post(f"/actions/{action.id}/programme", data=step(action))
    db.session.expire_all()
    [etape] = action.programme
    path = f"/actions/{action.id}/programme/{etape.id}"
    assert client.post(path, data=shown(client, path) | {"titre": "Repas, carry poulet"}).status_code == 303
    db.session.expire_all()
    assert etape.titre == "Repas, carry poulet"
    assert client.post(path, data=step(action, titre="")).status_code == 422
    db.session.expire_all()
    assert etape.titre == "Repas, carry poulet"
    assert client.post(f"{path}/retirer").status_code == 303
    assert client.post(f"{path}/retirer").status_code == 404
    db.session.expire_all()
    assert action.programme == []


@pytest.mark.both
def test_two_people_on_the_same_item_lose_neither_text(as_, zoe, action):
    client = as_(zoe)
    client.post(f"/actions/{action.id}/programme", data=step(action))
    db.session.expire_all()
    path = f"/actions/{action.id}/programme/{action.programme[0].id}"
    mine, hers = shown(client, path), shown(client, path)
    client.post(path, data=hers | {"titre": "Repas, carry", "lieu": "Cuisine", "ancre": "y"})
    answer = client.post(path, data=mine | {"titre": "Repas partagé"})
    assert answer.status_code == 409
    form = page(answer).select_one("#etape")
    assert [c.get_text() for c in form.select(".citation")] == ["Repas, carry"]
    assert (form.select_one("#titre")["value"], form.select_one("#lieu")["value"]) == ("Repas partagé", "Cuisine")
    assert form.select_one("#ancre").has_attr("checked")
    assert client.post(path, data=shown_in(form)).status_code == 303
    db.session.expire_all()
    [etape] = action.programme
    assert (etape.titre, etape.lieu, etape.ancre) == ("Repas partagé", "Cuisine", True)


@pytest.mark.both
def test_an_item_removed_meanwhile_says_so(zoe, action):
    etape = commands.add_step(action, by=zoe, titre="Repas", debut=action.debut, fin=action.fin)
    db.session.execute(delete(Etape).execution_options(synchronize_session=False))  # as another request, after ours read it
    with pytest.raises(commands.StepGone):
        commands.edit_step(etape, by=zoe, read=reading(etape.sheet), **etape.sheet | {"titre": "Repas partagé"})
    with pytest.raises(commands.StepGone):
        commands.remove_step(etape, by=zoe)
