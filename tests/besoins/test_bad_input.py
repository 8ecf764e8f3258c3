"""What makes no sense, asked over HTTP: a clear French answer, and every table as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import MetaData, select

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler, decliner, refuser
from portal.actions.suivi import page_token
from portal.besoins import commands
from portal.besoins.models import Besoin, Occupation, Pret, confirmer
from portal.db import db
from tests import builders

BESIDE = {"session", "version"}  # who reads, when; the number of the cached pages
ENDS = {"annuler": annuler, "refuser": refuser, "decliner": decliner}


@pytest.fixture
def action(house):
    made = house.action("Kabar", confirmed=False)
    db.session.commit()
    return made


@pytest.fixture
def besoin(house, action):
    """The case, asked of the groupe."""
    made = builders.besoin(action, house.groupe, house.case)
    db.session.commit()
    return made


def everything() -> dict[str, list[str]]:
    db.session.rollback()
    known = MetaData()
    known.reflect(db.session.connection())
    tables = {name: table for name, table in known.tables.items() if name not in BESIDE}
    found = {name: sorted(str(row) for row in db.session.execute(select(table))) for name, table in tables.items()}
    db.session.rollback()
    return found


def words(answer: Any) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main
    return " ".join(main.get_text(" ").split()).replace("\u00a0", " ")


def refused(client: Any, path: str, data: dict[str, str], status: int, sentence: str) -> None:
    """The answer, and the whole database as it was."""
    before = everything()
    answer = client.post(path, data=data)
    assert answer.status_code == status, words(answer)
    assert sentence in words(answer)
    assert everything() == before


def stop(house, action, end: str) -> None:
    actions.decide(action, ENDS[end], by=house.zoe, motif="La pluie.")
    db.session.commit()


def answered(house, besoin) -> Besoin:
    commands.answer(besoin, confirmer, by=house.gina)
    db.session.commit()
    return besoin


def at(instant: Any) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


# --- an opinion ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_an_opinion_by_somebody_outside_the_pole(as_, house):
    voices = builders.interpole("Culture", "Jardin")
    action = builders.in_validation(house.zoe, voices["Culture"])
    db.session.commit()
    path = f"/actions/{action.id}/avis/{voices['Jardin'].pole.id}"
    said = {name: str(value) for name, value in builders.favorable().items()}
    refused(as_(voices["Culture"].member), path, said, 403, "L’avis d’un pôle est donné par ses membres")


def test_an_opinion_once_the_validation_is_over(as_, house):
    voices = builders.interpole("Culture", "Jardin")
    action = builders.in_validation(house.zoe, voices["Culture"])
    stop(house, action, "refuser")
    path = f"/actions/{action.id}/avis/{voices['Jardin'].pole.id}"
    said = {name: str(value) for name, value in builders.favorable().items()}
    refused(as_(voices["Jardin"].member), path, said, 409, "La validation n’est pas en cours")


# --- a booking -------------------------------------------------------------------------------------------------


def test_a_booking_across_the_end_of_the_action_s_day(as_, house, action):
    """A night that ends after midnight is one slot; another day is a mistake."""
    elsewhen = {"debut": at(action.debut + timedelta(days=3)), "fin": at(action.fin + timedelta(days=3))}
    data = {"ressource": "espace", "titre": "La case", "pole_id": str(house.groupe.id), "espace_id": str(house.case.id)}
    client, path = as_(house.zoe), f"/besoins/nouveau/{action.id}"
    refused(client, path, data | elsewhen, 422, "tombe un autre jour")
    backwards = {"debut": at(action.fin), "fin": at(action.debut)}
    refused(client, path, data | backwards, 422, "La fin doit venir après le début")


@pytest.mark.both
def test_a_booking_where_another_action_is_firm(as_, house, besoin):
    answered(house, builders.besoin(house.action("Bal"), house.groupe, house.site))
    refused(as_(house.gina), f"/besoins/{besoin.id}/confirmer", {}, 409, "c’est déjà pris par « Bal »")


# --- a need ----------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_need_confirmed_twice(as_, house, besoin):
    """The same yes changes nothing; another answer comes too late."""
    client, path = as_(house.gina), f"/besoins/{besoin.id}"
    assert client.post(f"{path}/confirmer").status_code == 303
    before = everything()
    assert client.post(f"{path}/confirmer").status_code == 303
    assert everything() == before
    refused(client, f"{path}/refuser", {"motif": "Finalement non."}, 409, "est maintenant « Confirmé », par Gina Payet")


def test_a_need_confirmed_by_somebody_of_another_pole(as_, house, besoin):
    sam = builders.personne("Sam")
    builders.pole("Sport", members=[sam])
    db.session.commit()
    for who in (sam, house.zoe, builders.personne("Awa")):
        for slug in ("confirmer", "refuser"):
            refused(as_(who), f"/besoins/{besoin.id}/{slug}", {"motif": "x"}, 403, "réservé à d’autres personnes")


def test_a_need_whose_hour_is_past(as_, house, besoin):
    client = as_(house.gina)
    with clock.freeze(besoin.fin + timedelta(minutes=1)):
        refused(client, f"/besoins/{besoin.id}/confirmer", {}, 409, "Ce créneau est passé")


@pytest.mark.both
@pytest.mark.parametrize("end", ENDS)
def test_a_need_of_an_action_that_stopped(as_, house, action, besoin, end):
    """Neither the pôle nor the bienveillant does anything more with it."""
    draft = builders.besoin(action, house.groupe, asked=False)
    stop(house, action, end)
    for slug in ("confirmer", "refuser"):
        refused(as_(house.gina), f"/besoins/{besoin.id}/{slug}", {"motif": "x"}, 409, "Cette action est close")
    zoe = as_(house.zoe)
    for path in (f"/besoins/{draft.id}/demander", f"/besoins/{besoin.id}/reprendre", f"/besoins/action/{action.id}/demander"):
        refused(zoe, path, {}, 409, "Cette action est close")


# --- an action that stops, or moves ----------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("end", [*ENDS, "renoncer"])
def test_an_action_that_stops_frees_all_tells_who_promised_and_leaves_the_lists(
    as_, client, house, action, besoin, outbox, end
):
    """`renoncer`: by the demandeur, from their page."""
    for thing in (besoin, builders.besoin(action, house.groupe, house.chairs, quantite=40)):
        answered(house, thing)
    asked = builders.besoin(action, house.groupe, titre="Deux bras")
    db.session.commit()
    told = len(outbox())
    if end == "renoncer":
        assert client.post(f"/actions/suivi/{page_token(action)}/renoncer").status_code == 303
    else:
        assert as_(house.zoe).post(f"/actions/{action.id}/{end}", data={"motif": "La pluie."}).status_code == 303
    db.session.expire_all()
    assert action.is_stopped
    assert [db.session.scalars(select(kept)).all() for kept in (Occupation, Pret)] == [[], []]
    freed = [m.adresse for m in outbox()[told:] if m.genre == "besoin_libere"]
    assert freed == [house.gina.email] * 2
    gina = as_(house.gina)
    for path in ("/besoins/", "/besoins/espaces", "/"):
        shown = words(gina.get(path))
        assert asked.titre not in shown
        assert "Kabar" not in shown
    assert "besoin" not in words(as_(house.zoe).get("/")).split("Rien ne t’attend")[0]
    answered(house, builders.besoin(house.action("Bal"), house.groupe, house.site))  # anybody's again


@pytest.mark.both
def test_an_action_that_moves_onto_another_s_space_does_not_move(as_, house, action, besoin):
    answered(house, besoin)
    later = {"debut": action.debut + timedelta(days=7), "fin": action.fin + timedelta(days=7)}
    answered(house, builders.besoin(house.action("Bal", **later), house.groupe, house.salle))
    data = {"debut": at(later["debut"]), "motif": "Les artistes ne sont pas là."}
    refused(as_(house.zoe), f"/actions/{action.id}/decaler", data, 409, "c’est déjà pris par « Bal »")


def test_a_date_moved_under_accepted_missions_says_who_is_affected_before(as_, house):
    action = house.action()
    builders.hold(builders.mission(action), builders.personne("Léa Grondin"))
    db.session.commit()
    data = {"debut": at(action.debut + timedelta(days=7)), "motif": "La cour est en travaux."}
    before = everything()
    answer = as_(house.zoe).post(f"/actions/{action.id}/decaler", data=data)
    assert (answer.status_code, everything()) == (200, before)
    assert "Léa Grondin" in words(answer)
    assert "devra dire de nouveau oui" in words(answer)
