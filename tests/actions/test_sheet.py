"""The sheet of an action: it changes as one meant, never over what somebody else wrote, and no more once all is over."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.actions import commands
from portal.actions.processus import annuler
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles import commands as poles
from portal.poles.models import Genre
from tests import builders
from tests.actions.test_routes import action, chosen, page, shown, shown_in, typed, zoe

__all__ = ["action", "zoe"]  # fixtures


def test_the_sheet_changes_and_the_journal_names_what(as_, zoe, action):
    client = as_(zoe)
    fields = shown(client, f"/actions/{action.id}/modifier") | {"lieu": "Au jardin", "demandeur_email": "n@example.org"}
    answer = client.post(f"/actions/{action.id}/modifier", data=fields)
    assert (answer.status_code, answer.location) == (303, f"/actions/{action.id}")
    db.session.expire_all()
    assert (action.lieu, action.demandeur.email) == ("Au jardin", "n@example.org")
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.modifier")).one()
    assert told.faits["champs"] == ["demandeur_email", "lieu"]


def test_a_form_sent_back_untouched_changes_and_journals_nothing(as_, zoe, action):
    client = as_(zoe)
    assert (
        client.post(f"/actions/{action.id}/modifier", data=shown(client, f"/actions/{action.id}/modifier")).status_code == 303
    )
    assert not db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.modifier")).all()


@pytest.mark.both
def test_two_people_on_the_same_sheet_lose_neither_text(as_, zoe, action):
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    mine, hers = shown(client, path), shown(ada, path)
    ada.post(path, data=hers | {"description": "Le texte <b>d’Ada</b>", "lieu": "Au jardin"})
    answer = client.post(path, data=mine | {"description": "Le texte de Zoé", "titre": "Fête du sucre"})
    assert answer.status_code == 409
    db.session.expire_all()
    assert (action.description, action.titre) == ("Le texte <b>d’Ada</b>", "Fête du moulin")
    form = page(answer).select_one("form.formulaire")
    assert form.select_one("#description").get_text().strip() == "Le texte de Zoé"
    assert [c.get_text() for c in form.select(".citation")] == ["Le texte <b>d’Ada</b>"]  # what both changed
    # what only Ada changed is taken as hers, and one more tap stores what is now read
    assert form.select_one("#lieu")["value"] == "Au jardin"
    again = {e["name"]: e.get("value", "") for e in form.select("input")} | {"description": "Les deux", "valeurs": ""}
    again |= {e["name"]: chosen(e) for e in form.select("select")}
    assert client.post(path, data=again).status_code == 303
    db.session.expire_all()
    assert (action.description, action.titre, action.lieu) == ("Les deux", "Fête du sucre", "Au jardin")


def test_a_form_sent_twice_is_no_conflict_with_itself(as_, zoe, action):
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    fields = shown(client, path) | {"titre": "Fête du sucre"}
    assert [client.post(path, data=fields).status_code for _ in range(2)] == [303, 303]


def test_a_pole_that_became_a_groupe_still_carries_its_action(as_, zoe):
    pole = builders.pole("Culture")
    action = builders.action(zoe, pole_porteur=pole)
    poles.save_pole(pole, nom="Culture", genre=Genre.GROUPE, description="", by=None)
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    client.post(path, data=shown(client, path) | {"titre": "Fête du sucre"})
    db.session.expire_all()
    assert (action.titre, action.pole_porteur) == ("Fête du sucre", pole)


def test_a_form_that_does_not_say_what_it_read_is_compared(as_, zoe, action):
    client = as_(zoe)
    fields = shown(client, f"/actions/{action.id}/modifier") | {"lu": "", "titre": "Autre chose"}
    answer = client.post(f"/actions/{action.id}/modifier", data=fields)
    assert answer.status_code == 409
    assert [c.get_text() for c in page(answer).select(".citation")] == ["Fête du moulin"]


def test_an_action_that_is_over_is_no_more_edited(as_, zoe, action):
    commands.decide(action, annuler, by=zoe, motif="pluie")
    client = as_(zoe)
    assert "Modifier la fiche" not in client.get(f"/actions/{action.id}").text
    for path in ("modifier", "programme"):
        answer = client.post(f"/actions/{action.id}/{path}", data=typed())
        assert answer.status_code == 409
        assert "Cette action est close" in answer.text
    assert client.get(f"/actions/{action.id}/modifier").status_code == 409


@pytest.mark.parametrize("wanted", ["/devis/8#envoi", "//evil.example.org"])
def test_the_sheet_leads_back_to_where_it_was_opened_from(as_, zoe, wanted):
    action = builders.action(zoe)
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    form = page(client.get(path, query_string={"next": wanted})).select_one("form.formulaire")
    answer = client.post(path, data=shown_in(form))
    assert answer.location == (wanted if wanted.startswith("/devis") else f"/actions/{action.id}")
